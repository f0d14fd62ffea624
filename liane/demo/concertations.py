"""M. Simon's meetings: one held, its minutes sent; one being polled."""

import datetime as dt
import json

from liane.careplans.models import Action
from liane.core.audience import TEAM
from liane.core.templatetags.liane import long_date
from liane.demo.chronicle import Chronicle, at, voice
from liane.demo.names import ident
from liane.demo.territory import Territory
from liane.meetings.models import (
    Decision,
    Meeting,
    MeetingEvent,
    Minutes,
    Opinion,
    Participant,
    Section,
    SectionChange,
    Slot,
    SlotAnswer,
)
from liane.patients.models import Patient

SITUATION = (
    "Deux chutes en un mois, dont une où il est resté au sol une heure. 59 kg, moins 3 kg à "
    "l’automne. Seul le soir ; la voisine du 25 passe quand elle voit le volet fermé."
)
VIEWS = (
    "Infirmière : mange mieux les jours où Maïté est là. Médecin : arrêt du somnifère, vertiges "
    "au lever à surveiller. Gestionnaire de cas : l’APA tarde, relancer. Lui : « Pas question de "
    "la maison de retraite. »"
)


def tell(land: Territory, person: Patient, key: str) -> None:
    """The meetings of one of the stories, if it has some."""
    if key == "simon":
        _held(land, person)
        _polled(land, person)


def _held(land: Territory, person: Patient) -> None:
    isabelle, roussel = land.of("Isabelle Lafitte"), land.of("Hélène Roussel")
    claire, maite = land.of("Claire Aubert"), land.of("Maïté Darrigrand")
    by, book = voice(isabelle), Chronicle()
    meeting = Meeting(
        pk=ident("meeting", "simon", 1), person=person, convener=isabelle, created_at=at(33, 9),
        motive="Il est tombé deux fois et mange peu : tenir le retour à domicile ensemble.",
        place="Maison de santé de Dax, salle du premier", starts_at=at(27, 13), status="sent",
        submitted_at=at(26, 18), for_person=True, told_at=at(31, 10), person_presence="present",
        voice="Il est venu la dernière demi-heure, a redit qu’il voulait rester chez lui et choisi "
        "l’heure des passages.",
        others="Sa voisine, Josette Labat", version=2, **by.author,
    )  # fmt: skip
    meeting.save(force_insert=True)
    about = {"meeting": meeting, "person": person}
    people = {}
    for number, practice in enumerate((isabelle, roussel, claire, maite)):
        people[practice.pk] = Participant(
            **about, practice=practice, presence="remote" if practice == roussel else "present",
            approves=practice != maite, created_at=at(33, 9, number), **by.author,
        )  # fmt: skip
        people[practice.pk].save(force_insert=True)
    slots = [Slot.objects.create(**about, starts_at=when) for when in (at(27, 13), at(26, 18))]
    answers = {
        isabelle: ("yes", "yes"), roussel: ("yes", "no"), claire: ("yes", "maybe"),
        maite: ("yes", "yes"),
    }  # fmt: skip
    for practice, said in answers.items():
        for slot, answer in zip(slots, said, strict=True):
            SlotAnswer.objects.create(
                **about, slot=slot, participant=people[practice.pk], answer=answer, via="page",
                at=at(32, 12), **voice(practice).author,
            )  # fmt: skip
    texts = {"situation": SITUATION, "views": VIEWS, "decisions": ""}
    for heading, text in texts.items():
        section = Section(**about, heading=heading, text=text, version=2 if text else 1)
        section.save(force_insert=True)
        if text:
            SectionChange(
                **about, section=section, what="changed", number=2, text=text, at=at(27, 14),
                **voice(claire).author,
            ).save(force_insert=True)  # fmt: skip
    decided = (
        ("Peser chaque semaine et prévenir sous 57 kg", claire, at(20, 12).date()),
        ("Revoir la tension debout et couché", roussel, at(13, 12).date()),
        ("Relancer le dossier APA au département", isabelle, at(20, 12).date()),
    )
    carried = {
        one.practice_id: one.pk
        for one in Action.objects.filter(person=person, practice__in=[claire, roussel])
    }
    for number, (text, practice, due) in enumerate(decided):
        Decision(
            **about, text=text, practice=practice, due_on=due, created_at=at(27, 14, number),
            action_id=carried.get(practice.pk),
            **by.author,
        ).save(force_insert=True)  # fmt: skip
    content = {
        "motive": meeting.motive, "starts_at": at(27, 13).isoformat(),
        "place": meeting.place, "convener": isabelle.professional.name,
        "participants": [
            {"name": one.label, "what": one.role_words, "presence": one.get_presence_display()}
            for one in people.values()
        ],
        "person": meeting.get_person_presence_display(), "voice": meeting.voice,
        "others": meeting.others,
        "sections": [
            {"title": label, "text": texts[heading]} for heading, label in Section.Heading.choices
        ],
        "decisions": [
            {"text": text, "who": practice.professional.name, "due_on": long_date(due)}
            for text, practice, due in decided
        ],
    }  # fmt: skip
    made = Minutes(
        **about, number=1, at=at(26, 18), content=json.dumps(content, ensure_ascii=False),
        **by.author,
    )  # fmt: skip
    made.save(force_insert=True)
    for practice, when in ((isabelle, at(26, 18)), (claire, at(26, 20)), (roussel, at(25, 8))):
        Opinion(
            **about, minutes=made, participant=people[practice.pk], answer="approves", via="page",
            at=when, **voice(practice).author,
        ).save(force_insert=True)  # fmt: skip
    steps = (
        ("", "proposed", "meeting.convened", at(33, 9), by),
        ("proposed", "dated", "meeting.dated", at(31, 10), by),
        ("dated", "held", "meeting.held", at(27, 13), by),
        ("held", "minuted", "meeting.minuted", at(26, 18), by),
        ("minuted", "approved", "meeting.approved", at(25, 8), voice(roussel)),
        ("approved", "sent", "meeting.sent", at(25, 9), by),
    )
    for before, after, kind, when, who in steps:
        MeetingEvent.objects.create(
            meeting=meeting, before=before, after=after, at=when, created_at=when, **who.author
        )
        book.tell(kind, person, meeting.pk, who, when, TEAM)
    book.save()


def _polled(land: Territory, person: Patient) -> None:
    isabelle, claire = land.of("Isabelle Lafitte"), land.of("Claire Aubert")
    roussel, maite = land.of("Hélène Roussel"), land.of("Maïté Darrigrand")
    by, book = voice(isabelle), Chronicle()
    asked = at(1, 9)
    meeting = Meeting(
        pk=ident("meeting", "simon", 2), person=person, convener=isabelle, created_at=asked,
        motive="Réviser le plan avant le printemps : conduite arrêtée, jardin, soirées seul.",
        place="Chez M. Simon", video="https://visio.exemple.fr/concertation-dax", minutes=45,
        **by.author,
    )  # fmt: skip
    meeting.save(force_insert=True)
    about = {"meeting": meeting, "person": person}
    people = []
    for number, practice in enumerate((isabelle, claire, roussel, maite)):
        one = Participant(**about, practice=practice, created_at=at(1, 9, number), **by.author)
        one.save(force_insert=True)
        people.append(one)
    guest = Participant(
        **about, name="Dr Camille Etcheverry", what="cardiologue, hôpital de Dax",
        email="camille.etcheverry@mss.exemple.fr", created_at=at(1, 9, 10), **by.author,
        consent="M. Simon a accepté, au téléphone avec Isabelle Lafitte.",
    )  # fmt: skip
    guest.save(force_insert=True)
    slots = [
        Slot.objects.create(**about, starts_at=at(0, hour) + dt.timedelta(days=days))
        for days, hour in ((5, 13), (6, 18), (8, 13))
    ]
    said_yet = ((0, isabelle, ("yes", "yes", "yes")), (2, roussel, ("no", "yes", "maybe")))
    for place, practice, said in said_yet:
        for slot, answer in zip(slots, said, strict=True):
            SlotAnswer.objects.create(
                **about, slot=slot, participant=people[place], answer=answer, via="page",
                at=asked, **voice(practice).author,
            )  # fmt: skip
    for heading in Section.Heading.values:
        Section(**about, heading=heading).save(force_insert=True)
    MeetingEvent.objects.create(
        meeting=meeting, after="proposed", at=asked, created_at=asked, **by.author
    )
    book.tell("meeting.convened", person, meeting.pk, by, asked, TEAM)
    book.save()
