"""« Trouver une infirmière »: a search offered in waves, the first to accept joins the circle.

What is offered names nobody: commune, care, rhythm, start. Practices near first, among those whose
organisation opted in; nobody in two hours, wider (EPCI, else department); then the organisation
that supports professionals there (DAC) gets a request. Delays: `delays.current()`.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.models import Grant, Membership
from liane.circle.reach import Reach
from liane.circle.services import requested
from liane.core import acting, journal, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.audience import TEAM
from liane.core.errors import Refused
from liane.core.idempotency import once
from liane.core.models import Entry, author_of
from liane.core.prepared import prepared
from liane.core.states import transition
from liane.directory import rules as directory_rules
from liane.directory import territories
from liane.directory.models import Commune, Organisation, Practice
from liane.directory.nomenclatures import profession_label
from liane.directory.queries import current
from liane.patients.models import Patient
from liane.referrals import delays, sending
from liane.referrals.models import Offer, OptIn, Quest, QuestStep
from liane.referrals.states import QUEST, SEEKING
from liane.referrals.states import Quest as Status
from liane.referrals.telling import NAMED

SEEKABLE = ("60", "10", "70", "91", "80", "94", "35", "AD")
"""Professions that one seeks for somebody at home (national codes; two letters are ours)."""
FIRST, SECOND = 1, 2


@dataclass(frozen=True)
class Sought:
    """What is needed. ``proof``: how the person agreed that somebody joins her circle."""

    person_id: UUID
    profession: str
    care: str
    rhythm: str
    starts_on: dt.date
    proof: str


def seek(sought: Sought, *, key: UUID | None = None) -> Quest:
    """Begin a search and offer it to the practices near. The same ``key`` begins it once.

    Raises Http404 or NotAllowed for whoever may not open the circle; Refused without a commune.
    """

    def do() -> Quest:
        require_write(sought.person_id, Area.CIRCLE)
        person = Patient.objects.get(pk=sought.person_id)
        town = _checked(sought, person)
        now = timezone.now()
        who = author_of(acting.current())
        quest = Quest(
            person=person, profession=sought.profession, care=sought.care.strip()[:200],
            rhythm=sought.rhythm.strip()[:100], starts_on=sought.starts_on, insee=town.code,
            city=town.name, proof=sought.proof.strip()[:200],
            next_at=now + delays.current().wider, **who,
        )  # fmt: skip
        quest.save(force_insert=True)
        QuestStep(quest=quest, after=Status.OPEN, **who).save(force_insert=True)
        ledger.wrote(person.pk, "quest", object_id=quest.pk)
        journal.append("quest.begun", person_id=person.pk, object_id=quest.pk, to=TEAM)
        if not _offer(quest, town, FIRST):
            _widen(quest)
        return quest

    content = [str(sought.person_id), sought.profession, sought.care, str(sought.starts_on)]
    return once(key, "quest.seek", content, Quest, do)[0]


def _checked(sought: Sought, person: Patient) -> Commune:
    if sought.profession not in SEEKABLE:
        raise Refused("Choisissez la profession.", field="profession")
    if not sought.care.strip() or not sought.rhythm.strip():
        raise Refused("Dites les soins et leur rythme.", field="care")
    names = {name.casefold() for name in (person.birth_name, person.used_name) if name}
    said = {word.strip(".,;").casefold() for word in f"{sought.care} {sought.rhythm}".split()}
    if names & said:
        raise Refused("Ne nommez pas la personne : l’offre part sans identité.", field="care")
    if not sought.proof.strip():
        raise Refused("Dites comment la personne a donné son accord.", field="proof")
    if person.died_on is not None:
        raise Refused("Cette personne est décédée.", code="dead")
    town = territories.commune(person.insee) or territories.commune(
        postcode=person.postcode, city=person.city
    )
    if town is None:
        raise Refused("Complétez d’abord l’adresse : la commune n’est pas reconnue.", field="city")
    return town


def _offer(quest: Quest, town: Commune, wave: int) -> int:
    """Offer to the practices of a wave; returns how many."""
    near = territories.organisations_in(town, wider=wave == SECOND)
    people = current(
        Practice.objects.filter(
            organisation_id__in=opted_in(near),
            role=Practice.Role.SOCIAL if quest.profession == "AD" else Practice.Role.CARE,
            professional__profession=quest.profession,
            professional__active=True,
            professional__user__is_active=True,
        )
    )
    kept_out = _kept_out(quest.person_id)
    offered = set(Offer.objects.filter(quest=quest).values_list("practice_id", flat=True))
    rows = [
        Offer(quest=quest, practice=one, wave=wave)
        for one in people.order_by("created_at")
        if not {one.pk, one.organisation_id, one.professional_id} & kept_out
        and one.pk not in offered
    ]
    Offer.objects.bulk_create(rows)
    if rows:
        journal.append("quest.offered", object_id=quest.pk, to=NAMED)
    return len(rows)


def _kept_out(person_id: UUID) -> set[UUID]:
    """Holders who follow the person already, or whom she opposes."""
    with acting.acting(acting.system("recherche : cercle")):
        members = Membership.objects.filter(
            person_id=person_id, status=Membership.Status.ACTIVE, practice__isnull=False
        )
        denied = Grant.objects.filter(person_id=person_id, deny=True)
        return {pk for pk in members.values_list("practice_id", flat=True) if pk} | set(
            denied.values_list("holder_id", flat=True)
        )


def opted_in(organisations: Collection[UUID]) -> list[UUID]:
    """Those of these organisations whose last word is yes. One query."""
    rows = OptIn.objects.filter(organisation_id__in=list(organisations)).order_by("at", "id")
    last = dict(rows.values_list("organisation_id", "wants"))
    return [pk for pk, wants in last.items() if wants]


def opt(organisation: Organisation, wants: bool) -> OptIn:
    """An organisation opts in or out, by whoever works alone there or keeps the house."""
    actor = acting.current()
    keeps = directory_rules.keeps_house(actor, organisation.pk)
    own = actor.organisation_id == organisation.pk and actor.role == Practice.Role.CARE
    directory_rules.require(
        keeps or (own and organisation.kind == Organisation.Kind.PRACTICE),
        "Ce choix revient à la structure.",
    )
    with transaction.atomic():
        made = OptIn(organisation=organisation, wants=wants, **author_of(actor))
        made.save(force_insert=True)
    return made


def accept(offer_id: UUID) -> Quest:
    """The first to accept joins the circle; the record opens to them at once.

    Raises Http404 for an offer to somebody else, Refused when another accepted first.
    """
    with transaction.atomic():
        offer = _mine(offer_id)
        quest = Quest.objects.select_for_update(of=("self",)).get(pk=offer.quest_id)
        if not quest.is_open:
            raise Refused("Un autre cabinet a accepté avant vous. Merci d’avoir répondu.")
        _move(quest, Status.ACCEPTED)
        quest.accepted_by = offer.practice
        quest.next_at = None
        quest.save(update_fields=["accepted_by", "next_at"])
        _answer(offer, Offer.Answer.ACCEPTED)
        requested.join(
            quest.person_id, offer.practice_id, ground=Membership.Ground.CONSENT,
            proof=f"recherche acceptée : {quest.proof}"[:200],
        )  # fmt: skip
        journal.append("quest.accepted", person_id=quest.person_id, object_id=quest.pk, to=NAMED)
    return quest


def decline(offer_id: UUID) -> None:
    """Not this time. When everybody near declined, the search widens without waiting."""
    with transaction.atomic():
        offer = _mine(offer_id)
        if offer.answer:
            return
        _answer(offer, Offer.Answer.DECLINED)
    with transaction.atomic(), acting.acting(acting.system("recherche : élargir")):
        quest = Quest.objects.select_for_update(of=("self",)).get(pk=offer.quest_id)
        waiting = Offer.objects.filter(quest=quest, answer="").exists()
        if not waiting and quest.status in {Status.OPEN, Status.WIDER}:
            _widen(quest)


def cancel(quest_id: UUID, *, reason: str) -> Quest:
    """No longer needed."""
    if not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        rows = Quest.objects.within(Reach.of(acting.current())).filter(pk=quest_id)
        quest: Quest | None = rows.select_for_update(of=("self",)).first()
        if quest is None:
            raise Http404
        require_write(quest.person_id, Area.CIRCLE)
        if not quest.is_open:
            raise Refused("Cette recherche est déjà terminée.")
        _move(quest, Status.CANCELLED, reason)
    return quest


def widen_due(now: dt.datetime | None = None) -> int:
    """Widen what nobody accepted in time (periodic work). Returns how many. Two never do the same
    one."""
    moment = now or timezone.now()
    with acting.acting(acting.system("recherche : élargir")):
        due = Quest.objects.filter(
            status__in=[Status.OPEN, Status.WIDER], next_at__lte=moment
        ).values_list("pk", flat=True)
        waiting = list(due)
    done = 0
    for pk in waiting:
        with acting.acting(acting.system("recherche : élargir")), transaction.atomic():
            quest = (
                Quest.objects.select_for_update(of=("self",))
                .filter(pk=pk, status__in=[Status.OPEN, Status.WIDER], next_at__lte=moment)
                .first()
            )
            if quest is not None:
                _widen(quest, moment)
                done += 1
    return done


def _widen(quest: Quest, now: dt.datetime | None = None) -> None:
    """One wave further; the desk at the end, at once where nobody new can be asked."""
    town = territories.commune(quest.insee)
    if quest.status == Status.OPEN:
        _move(quest, Status.WIDER)
        quest.next_at = (now or timezone.now()) + delays.current().desk
        quest.save(update_fields=["next_at"])
        if town is not None and _offer(quest, town, SECOND):
            _tell("quest.widened", quest)
            return
    _move(quest, Status.DESK)
    quest.next_at = None
    quest.referral = sending.for_quest(quest, words(quest))
    quest.save(update_fields=["next_at", "referral"])
    _tell("quest.desk", quest)


def words(quest: Quest) -> str:
    """What is sought, in one sentence, without a name."""
    who = profession_label(quest.profession, "", "")
    return (
        f"Cherche {who} à {quest.city} : {quest.care}, {quest.rhythm}, "
        f"à partir du {quest.starts_on:%d/%m/%Y}."
    )


def _tell(kind: str, quest: Quest) -> None:
    journal.append(kind, person_id=quest.person_id, object_id=quest.pk, to=NAMED)


def _move(quest: Quest, after: str, reason: str = "") -> None:
    transition(quest, QUEST, after, reason=reason.strip()[:500])
    Quest.objects.filter(pk=quest.pk).update(version=F("version") + 1)
    ledger.wrote(quest.person_id, "quest", object_id=quest.pk, purpose=str(after))


def _mine(offer_id: UUID) -> Offer:
    found = (
        Offer.objects.filter(pk=offer_id, practice_id__in=acting.current().holders)
        .select_related("practice")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _answer(offer: Offer, answer: str) -> None:
    offer.answer, offer.answered_at = answer, timezone.now()
    offer.save(update_fields=["answer", "answered_at"])


def told_of(entry: Entry) -> Collection[UUID]:
    """Who is told: the practices of the latest wave of an offer, whoever began of its outcome."""
    with acting.acting(acting.system("recherche : destinataires")):
        quest = Quest.objects.filter(pk__in=[entry.object_id]).first()
        if quest is None:
            return []
        if entry.kind != "quest.offered":
            return [quest.author_holder_id] if quest.author_holder_id else []
        rows = Offer.objects.filter(quest=quest, answer="", quest__status__in=SEEKING)
        return list(rows.values_list("practice_id", flat=True))


# ------------------------------------------------------------------ reads
def offers() -> list[Offer]:
    """Offers that wait for the actor's answer: nothing of a person in them. One query."""
    actor = acting.current()
    if not actor.holders:
        return []
    return _offers(actor)


@prepared
def _offers(actor: Actor) -> QuerySet[Offer]:
    rows = Offer.objects.filter(practice_id__in=actor.holders, answer="", quest__status__in=SEEKING)
    return rows.select_related("quest").order_by("quest__starts_on", "id")[:20]


def of_person(person_id: UUID) -> list[Quest]:
    """Open searches for a person, for her record. One query."""
    return _about(acting.current(), timezone.now(), person_id)


@prepared
def _about(actor: Actor, now: dt.datetime, person_id: UUID) -> QuerySet[Quest]:
    rows: QuerySet[Quest] = Quest.objects.within(Reach(actor, now))
    return rows.filter(person_id=person_id, status__in=SEEKING).order_by("id")


def one(quest_id: UUID) -> Quest | None:
    """One search within reach, recorded as read."""
    rows = Quest.objects.within(Reach.of(acting.current())).filter(pk=quest_id)
    found: Quest | None = rows.select_related("person", "accepted_by__professional").first()
    if found is not None:
        ledger.read([found.person_id], "quest", object_id=found.pk)
    return found


def story(quest: Quest) -> tuple[list[QuestStep], dict[str, int]]:
    """The steps of a search, and how many practices were asked and declined. Two queries."""
    steps = list(QuestStep.objects.filter(quest=quest).order_by("at", "id"))
    answers = list(Offer.objects.filter(quest=quest).values_list("answer", flat=True))
    return steps, {"asked": len(answers), "declined": answers.count(Offer.Answer.DECLINED)}


def house() -> Organisation | None:
    """The actor's organisation, where it may opt in."""
    actor = acting.current()
    if actor.organisation_id is None:
        return None
    found = Organisation.objects.filter(pk=actor.organisation_id).first()
    keeps = found is not None and directory_rules.keeps_house(actor, found.pk)
    alone = (
        found is not None
        and found.kind == Organisation.Kind.PRACTICE
        and actor.role == Practice.Role.CARE
    )
    return found if keeps or alone else None


def professions() -> list[tuple[str, str]]:
    """Whom one may seek, as a form offers it."""
    return [(code, profession_label(code, "", "").capitalize()) for code in SEEKABLE]
