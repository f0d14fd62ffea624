"""Requests for support: M. Simon's, from his nurse to the DAC, and the desk's file of a month."""

import datetime as dt
from dataclasses import dataclass
from itertools import batched
from typing import Any
from uuid import UUID

from django.utils import timezone

from liane.demo.chronicle import Chronicle, Voice, at, voice
from liane.demo.names import chance, ident
from liane.demo.territory import Territory
from liane.directory.models import Absence, Commune, Duty, Post, Practice
from liane.patients.models import Patient
from liane.referrals import delays
from liane.referrals.models import (
    URGENCY_ORDER,
    Assignment,
    OptIn,
    Referral,
    ReferralStep,
    Return,
    ReturnTo,
    Urgency,
)
from liane.referrals.states import ANSWERS, CLOSED, RETURNED
from liane.referrals.telling import STORY, TOLD_IN_TIMELINE


@dataclass(frozen=True)
class Told:
    """One request of the file. ``steps``: (state, how many days after, reason)."""

    key: str
    days: float
    by: str
    motive: str
    who: dict[str, str]
    town: str
    text: str
    steps: tuple[tuple[str, float, str], ...] = ()
    taken_by: str = ""
    urgency: str = Urgency.NORMAL
    consent: str = "agrees"
    note: str = ""
    caller: tuple[str, str, str] = ("", "", "")
    answer: str = ""
    last: str = ""
    to: str = "dac"


CHUNK = 500
ISABELLE, MARGAUX, INES = "Isabelle Lafitte", "Margaux Dagès", "Inès Harispe"
FILE = (
    Told("sortie", 0, "Béatrice Salles", "going_home",
         {"birth_name": "LACOSTE", "given_names": "Germaine", "sex": "F",
          "birth_date": "1936-05-11"}, "40088",
         "Sort après-demain du service de médecine, vit seule au deuxième étage sans ascenseur. "
         "Aucune aide en place.", urgency=Urgency.URGENT),
    Told("aidant", 1, "", "carer", {"words": "M. et Mme Dupouy, Pouillon"}, "40233",
         "Le mari ne dort plus, sa femme déambule la nuit. Demande s’il existe du répit.",
         consent="later", caller=("Mme Dupouy, la belle-fille", "0639980141", "proche")),
    Told("voisine", 6, "", "isolation", {"words": "une dame âgée, rue du Moulin"}, "40313",
         "Volets fermés depuis trois jours, courrier non relevé. La voisine ne veut pas donner son "
         "nom.", consent="later", caller=("", "", "voisin ou autre personne")),
    Told("droits", 4, "Hélène Roussel", "rights",
         {"birth_name": "DARRIEU", "given_names": "Michel", "sex": "M"}, "40202",
         "Plus de mutuelle depuis la retraite, renonce à ses lunettes.",
         steps=(("received", 0.2, ""),), taken_by=ISABELLE),
    Told("refus", 9, "Patrick Dulucq", "refusal",
         {"birth_name": "CASTETS", "given_names": "Suzanne", "sex": "F"}, "40279",
         "Refuse la toilette et les repas depuis son retour. La fille est épuisée.",
         steps=(("received", 0.4, ""), ("in_scope", 2, "")), taken_by=MARGAUX,
         urgency=Urgency.SOON),
    Told("memoire", 31, "Nadia Bordenave", "memory",
         {"birth_name": "LABEYRIE", "given_names": "Jean", "sex": "M"}, "40088",
         "Se perd en rentrant du marché. Conduit toujours.",
         steps=(("received", 0.3, ""), ("in_scope", 1, ""), ("one_off", 3, "")),
         taken_by=MARGAUX,
         answer="Consultation mémoire obtenue, la fille a les papiers pour le permis."),
    Told("logement", 45, "Claire Aubert", "housing",
         {"birth_name": "PEYROT", "given_names": "Ginette", "sex": "F"}, "40088",
         "Pas d’eau chaude depuis l’hiver, moisissures dans la chambre.",
         steps=(("received", 0.5, ""), ("in_scope", 2, ""), ("sustained", 4, "")),
         taken_by=MARGAUX,
         answer="Visite faite avec le service habitat : dossier de travaux lancé, bain d’appoint "
         "au foyer en attendant."),
    Told("medecin", 20, "Anne Capdeville", "professional",
         {"birth_name": "BROCA", "given_names": "Alain", "sex": "M"}, "40088",
         "Son médecin part à la retraite, dernière ordonnance dans dix jours.",
         steps=(("received", 0.2, ""), ("out_of_scope", 0.5, "recherche de médecin traitant"),
                ("onward", 1, ""), ("done", 1, "")),
         taken_by=ISABELLE, answer="La CPTS du Grand Dax vous répond directement."),
    Told("doublon", 15, "Sarah Dumora", "staying_home",
         {"birth_name": "LACROIX", "given_names": "Odile", "sex": "F"}, "40202",
         "Chutes à répétition.", steps=(("received", 0.5, ""),
         ("duplicate", 1, "demande du SSIAD du même jour"), ("information", 1.2, ""),
         ("done", 1.2, "")), taken_by=INES, answer="Le SSIAD nous a déjà saisis, visite mardi."),
    Told("hors", 26, "", "advice", {"words": "un jeune homme, Bayonne"}, "",
         "Cherche un addictologue à Bayonne.", consent="later",
         caller=("M. Etcheverry", "0639980155", "la personne elle-même"),
         steps=(("received", 0, ""), ("out_of_scope", 0.1, "autre département"),
                ("information", 0.1, ""), ("done", 0.2, "")),
         taken_by=ISABELLE, answer="Numéro de l’appui des Pyrénées-Atlantiques donné."),
    Told("refusee", 33, "Karim Lasserre", "rights",
         {"birth_name": "MORA", "given_names": "Yves", "sex": "M"}, "40088",
         "Souhaite changer de fauteuil.", steps=(("received", 0.6, ""),
         ("refused", 1, "Demande à adresser au prestataire, M. Mora suit lui-même.")),
         taken_by=INES),
    Told("annulee", 12, "Béatrice Salles", "going_home",
         {"birth_name": "LESCA", "given_names": "Robert", "sex": "M"}, "40279",
         "Sortie prévue vendredi.", steps=(("received", 0.3, ""),
         ("revoked", 1, "Transféré en soins de suite, pas de retour à domicile.")),
         taken_by=INES),
    Told("fin", 75, "Hélène Roussel", "end_of_life",
         {"birth_name": "GARBAY", "given_names": "Simone", "sex": "F"}, "40233",
         "Veut mourir chez elle. Fils présent, une infirmière passe deux fois par jour.",
         steps=(("received", 0.1, ""), ("in_scope", 0.2, ""), ("intensive", 1, ""),
                ("done", 40, "")),
         taken_by=ISABELLE, urgency=Urgency.URGENT,
         answer="Équipe mobile de soins palliatifs et garde-malade en place dès ce soir.",
         last="Décès à domicile, entourée. Entretien de deuil proposé au fils."),
    Told("cpts", 2, "Hélène Roussel", "professional",
         {"birth_name": "DUVIGNAU", "given_names": "Paul", "sex": "M"}, "40088",
         "Cherche un kinésithérapeute à domicile après fracture du col.", to="cpts"),
)  # fmt: skip


def load(land: Territory, staff: list[Practice]) -> None:
    """The desk, the file and who opted in, once."""
    _desk(land)
    for key in ("tilleuls", "capbreton", "kine"):
        OptIn.objects.get_or_create(
            pk=ident("opt in", key),
            defaults={"organisation": land.structures[key], "wants": True, "at": at(60)},
        )
    if Referral.objects.filter(pk=ident("request", FILE[0].key)).exists():
        return
    book = Chronicle(staff=staff)
    for told in FILE:
        _write(book, land, told)
    book.save()


EVERY = 25
"""One person of the crowd in so many was the subject of a request."""
LIVES: tuple[tuple[tuple[str, float, str], ...], ...] = (
    (("received", 0.3, ""), ("in_scope", 2, ""), ("sustained", 4, ""), ("done", 60, "")),
    (("received", 0.5, ""), ("in_scope", 1, ""), ("information", 2, ""), ("done", 2, "")),
    (("received", 1, ""), ("in_scope", 3, ""), ("one_off", 5, ""), ("done", 20, "")),
    (("received", 0.2, ""), ("out_of_scope", 1, "autre dispositif"), ("information", 1.1, ""),
     ("done", 1.1, "")),
    (("received", 0.4, ""), ("refused", 2, "La personne ne souhaite pas d’appui.")),
    (("received", 0.2, ""), ("in_scope", 1, ""), ("intensive", 3, ""), ("done", 90, "")),
    (("received", 0.3, ""), ("in_scope", 2, ""), ("intensive", 5, "")),
    (("received", 0.6, ""), ("in_scope", 1, "")),
)  # fmt: skip
"""How requests of the crowd went; the last two are still open."""
NEEDS = ("staying_home", "carer", "going_home", "rights", "coordination", "memory", "isolation")


def crowd(land: Territory, persons: int, seed: int) -> int:
    """Requests of the hospital about the crowd, so that the desk's file grows with the territory.

    Returns how many were made now.
    """
    numbers = range(7, persons, EVERY)
    ids = {ident("request", seed, number): number for number in numbers}
    made = 0
    for chunk in batched(ids, CHUNK):  # noqa: B911
        there = set(Referral.objects.filter(pk__in=chunk).values_list("pk", flat=True))
        missing = {ids[pk] for pk in chunk if pk not in there}
        people = Patient.objects.in_bulk([ident("person", seed, number) for number in missing])
        book = Chronicle()
        for number in sorted(missing):
            one = people.get(ident("person", seed, number))
            if one is not None:
                _of_the_crowd(book, land, one, number, seed)
                made += 1
        book.save()
    return made


def _of_the_crowd(book: Chronicle, land: Territory, one: Patient, number: int, seed: int) -> None:
    rng = chance(f"request {seed}:{number}")
    steps = LIVES[number // EVERY % len(LIVES)]
    closed = steps[-1][0] in CLOSED
    days = rng.randint(95, 190) if closed else rng.randint(6, 40)
    told = Told(
        f"{seed}:{number}", days, "Béatrice Salles", rng.choice(NEEDS), {}, one.insee,
        "Situation signalée par le service de médecine à la sortie.", steps=steps,
        taken_by=rng.choice((ISABELLE, INES)), urgency=rng.choice(list(Urgency)),
        answer="Nous avons pris contact avec la personne et son médecin.",
        last="Aides en place, plus de besoin d’appui.",
    )  # fmt: skip
    _write(book, land, told, one, pk=ident("request", seed, number), shared=False)


YEARS = 160
"""Requests of the last two years that were answered without opening a record."""
ONWARD = (("received", 0.4, ""), ("in_scope", 1, ""), ("onward", 3, ""), ("done", 3, ""))
ANSWERED = (LIVES[1], LIVES[3], LIVES[4], LIVES[1], ONWARD)
ASKERS = ("Hélène Roussel", "Béatrice Salles", "Claire Aubert", "Nathalie Cazenave",
          "Patrick Dulucq", "Nadia Bordenave", "", "Sarah Dumora", "Béatrice Salles")  # fmt: skip
AROUND = ("40088", "40088", "40279", "40202", "40233", "40313", "40065", "40088", "")
"""Where they came from: the DAC's report of the year is read by commune and by EPCI."""


def years(land: Territory) -> int:
    """What the DAC was asked over two years, so that its activity report is alive.

    Returns how many were made now.
    """
    ids = {ident("request of the years", number): number for number in range(YEARS)}
    there = set(Referral.objects.filter(pk__in=list(ids)).values_list("pk", flat=True))
    book = Chronicle()
    for pk, number in ids.items():
        if pk not in there:
            _write(book, land, _of_the_years(number), pk=pk)
    book.save()
    return len(ids) - len(there)


def _of_the_years(number: int) -> Told:
    rng = chance(f"request of the years {number}")
    by = rng.choice(ASKERS)
    return Told(
        f"years:{number}", rng.randint(8, 690), by, rng.choice((*NEEDS, "professional", "advice")),
        {"words": "personne orientée sans dossier"}, rng.choice(AROUND),
        "Demande d’avis et d’orientation.", steps=rng.choice(ANSWERED),
        taken_by=rng.choice((ISABELLE, INES, MARGAUX)), urgency=rng.choice(list(Urgency)),
        caller=("", "", "") if by else ("M. Lafargue, un fils", "0639980170", "proche"),
        consent="agrees" if by else "later",
        answer="Coordonnées du bon interlocuteur données, rappel proposé dans quinze jours.",
    )  # fmt: skip


def _desk(land: Territory) -> None:
    """The DAC's front desk, on duty; a colleague away with an open file."""
    dac, today = land.structures["dac"], timezone.localdate()
    post, _ = Post.objects.get_or_create(
        pk=ident("post", "dac"),
        defaults={"organisation": dac, "name": "Accueil du DAC", "phone": dac.phone},
    )
    Duty.objects.get_or_create(
        pk=ident("duty", "dac"),
        defaults={"post": post, "practice": land.of(ISABELLE), "starts_at": at(7)},
    )
    Absence.objects.get_or_create(
        pk=ident("absence", "margaux"),
        defaults={
            "practice": land.of(MARGAUX), "starts_on": today - dt.timedelta(days=1),
            "ends_on": today + dt.timedelta(days=12),
        },
    )  # fmt: skip


def simon(land: Territory, book: Chronicle, one: Patient) -> None:
    """His nurse asked for support; the case manager answered, and still follows him."""
    told = Told(
        "simon", 44, "Claire Aubert", "staying_home", {}, "40202",
        "Deux chutes, 4 kg perdus, réfrigérateur vide. Il se trompe de jour. Veut rester chez lui.",
        steps=(("received", 0.2, ""), ("in_scope", 1, ""), ("intensive", 4, "")),
        taken_by=ISABELLE, urgency=Urgency.SOON,
        answer="Je suis M. Simon à partir d’aujourd’hui : visite à domicile vendredi avec Claire, "
        "dossier APA ensuite. Je vous tiens au courant.",
    )  # fmt: skip
    _write(book, land, told, one)


def _write(
    book: Chronicle,
    land: Territory,
    told: Told,
    one: Patient | None = None,
    *,
    pk: UUID | None = None,
    shared: bool = True,
) -> None:
    """One request with its whole life. ``shared``: made from the record, by one of the circle."""
    shared = shared and one is not None
    author = land.of(told.by or told.taken_by or ISABELLE)
    by, start = voice(author), _start(told)
    rows = [("sent", start, "")] + [
        (state, start + dt.timedelta(days=days), why) for state, days, why in told.steps
    ]
    if not told.by and not told.steps:
        rows.append(("received", start, ""))
    status, since, _ = rows[-1]
    outcomes = [state for state, _, _ in rows if state in ANSWERS]
    hands = land.of(told.taken_by) if told.taken_by else None
    doctor = land.of("Hélène Roussel") if shared else None
    town = Commune.objects.filter(pk=told.town).first()
    referral = Referral(
        pk=pk or ident("request", told.key), organisation=land.structures[told.to], person=one,
        by_circle=shared, for_team=shared, created_at=start,
        channel="phone" if told.caller != ("", "", "") else "liane", motive=told.motive,
        urgency=told.urgency, priority=URGENCY_ORDER[Urgency(told.urgency)], consent=told.consent,
        consent_note=told.note, insee=told.town, city=town.name if town else "", doctor=doctor,
        status=status, outcome=outcomes[-1] if outcomes else "", since=since,
        waits_until=delays.until(told.urgency, status, since), closed=status in CLOSED,
        assigned=hands, **_asker(told, author), **by.author,
    )  # fmt: skip
    referral.text = told.text
    referral.identity = _who(one) if one is not None else told.who
    referral.caller, referral.caller_phone = told.caller[:2]
    book.add(referral)
    staff = voice(hands) if hands is not None else by
    for number, (state, when, why) in enumerate(rows):
        who = by if number == 0 or state == "revoked" else staff
        before = rows[number - 1][0] if number else ""
        row = ReferralStep(
            referral=referral, before=before, after=state, reason=why, at=when, created_at=when,
            **who.author,
        )  # fmt: skip
        book.add(row)
        if shared and state in TOLD_IN_TIMELINE:
            book.tell(STORY, one, row.pk, who, when)
        words = told.last if state == "done" else why if state == "refused" else told.answer
        if words and (state in RETURNED or (state == "done" and told.last)):
            _return(book, referral, state, words, staff, when, doctor)
    if hands is not None:
        book.add(
            Assignment(referral=referral, practice=hands, at=rows[1][1], created_at=rows[1][1],
                       **staff.author)
        )  # fmt: skip


def _start(told: Told) -> dt.datetime:
    """The moment of a request; those of today were made in the last hours."""
    if told.days < 1:
        return timezone.now() - dt.timedelta(minutes=35)
    return at(told.days, 9 + len(told.key) % 8, 5 * (len(told.text) % 12))


def _asker(told: Told, author: Practice) -> dict[str, Any]:
    if not told.by:
        return {"requester_kind": "caller", "requester_id": None,
                "requester_label": told.caller[2]}  # fmt: skip
    house = author.role in {"coordinator", "case_manager", "secretary"}
    what = author.function or author.professional.profession_label
    return {
        "requester_kind": "organisation" if house else "professional",
        "requester_id": author.organisation_id if house else author.pk,
        "requester_label": author.organisation.name
        if house
        else f"{author.professional.name}, {what}",
    }


def _who(one: Patient) -> dict[str, str]:
    names = ("birth_name", "given_names", "used_given", "sex", "phone", "address_line", "city")
    return {name: str(getattr(one, name)) for name in names} | {
        "birth_date": one.birth_date.isoformat() if one.birth_date else ""
    }


def _return(
    book: Chronicle,
    referral: Referral,
    state: str,
    words: str,
    by: Voice,
    when: dt.datetime,
    doctor: Practice | None,
) -> None:
    given = Return(referral=referral, step=state, at=when, created_at=when, **by.author)
    given.text = words
    book.add(given)
    called = referral.requester_kind == "caller"
    way = "liane"
    if called:
        way = "phone" if referral.caller_phone else "nobody"
    first = ReturnTo(
        referral=referral, given=given, role="requester", way=way,
        holder_id=referral.requester_id, settled_at=when, settled_by=by.label, created_at=when,
    )  # fmt: skip
    first.label, first.phone = referral.asker, referral.caller_phone
    book.add(first)
    second = ReturnTo(
        referral=referral, given=given, role="doctor", way="liane" if doctor else "nobody",
        holder_id=doctor.pk if doctor else None, settled_at=when, settled_by=by.label,
        created_at=when,
    )  # fmt: skip
    second.label = doctor.professional.name if doctor else "Aucun médecin traitant connu"
    second.phone = ""
    book.add(second)
