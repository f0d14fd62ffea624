"""Reads of requests: the desk's list, mine, one with its whole history. Queries are counted."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.prepared import prepared
from liane.directory import queries as directory
from liane.directory.models import Practice
from liane.directory.queries import Away
from liane.patients.models import Contact
from liane.patients.queries import cluster_ids
from liane.referrals import delays, orientation, rules, telling
from liane.referrals.delays import Measured
from liane.referrals.models import (
    Assignment,
    Referral,
    ReferralFile,
    ReferralStep,
    Return,
    ReturnTo,
)
from liane.referrals.orientation import Standing
from liane.referrals.states import NEW, SUPPORT

SHOWN = 50
RELATED = ("organisation", "assigned__professional", "doctor__professional")
NOTHING_WAITS = ExpressionWrapper(Q(waits_until=None), output_field=BooleanField())
"""Accompaniments come after what waits for somebody."""
MOST_COUNTED = 99
HEAVY = ("text", "caller_phone")
"""Sealed columns that a list does not show."""


def reached() -> QuerySet[Referral]:
    """Requests that the current actor may read."""
    rows: QuerySet[Referral] = Referral.objects.within(Reach.of(acting.current()))
    return rows.select_related(*RELATED)


def houses() -> list[UUID]:
    """The organisations at whose desk the actor sits. No query."""
    actor = acting.current()
    if not rules.sits_at(actor, actor.organisation_id):
        return []
    return list(actor.holders)


def addressed() -> bool:
    """True when something was ever addressed to our desk. One query at most."""
    return bool(houses()) and reached().filter(_to_us()).order_by().exists()


def _to_us() -> Q:
    return Q(organisation_id__in=houses())


def _from_us() -> Q:
    holders = acting.current().holders
    asked = Q(requester_id__in=holders) | Q(author_holder_id__in=holders, requester_id=None)
    return asked | Q(doctor_id__in=holders)


VIEWS: dict[str, str] = {
    "": "En cours",
    "a-prendre": "À prendre",
    "miennes": "Les miennes",
    "attente": "Attendent trop",
    "suivies": "Accompagnements",
    "envoyees": "Envoyées",
    "closes": "Terminées",
}


def listed(view: str) -> QuerySet[Referral]:
    """The rows of a view, urgent first then oldest; the latest first once closed."""
    rows = reached().defer(*HEAVY)
    here = _to_us()
    if view == "closes":
        return rows.filter(here | _from_us(), closed=True).order_by("-since", "-id")
    rows = rows.filter(closed=False).order_by("priority", "created_at", "id")
    match view:
        case "a-prendre":
            return rows.filter(here, assigned=None)
        case "miennes":
            return rows.filter(here, assigned_id__in=acting.current().holders)
        case "attente":
            return rows.filter(here | _from_us(), waits_until__lt=timezone.now()).order_by(
                "waits_until", "id"
            )
        case "suivies":
            return rows.filter(here, status__in=SUPPORT)
        case "envoyees":
            return rows.filter(_from_us())
        case _:
            return rows.filter(here | _from_us()).order_by(
                NOTHING_WAITS, "priority", "created_at", "id"
            )


@dataclass(frozen=True)
class Page:
    """One page of the list. ``after`` is the next page's number, or None."""

    rows: list[Referral]
    after: int | None


def page(view: str, number: int = 1) -> Page:
    """One page of a view; the persons it names are recorded as read. One query."""
    start = (max(number, 1) - 1) * SHOWN
    rows = list(listed(view)[start : start + SHOWN + 1])
    noted(rows[:SHOWN])
    return Page(rows[:SHOWN], number + 1 if len(rows) > SHOWN else None)


def noted(rows: Collection[Referral]) -> None:
    """Record that these requests are about to be shown."""
    ledger.read({row.person_id for row in rows if row.person_id is not None}, "referral")


def counts() -> Mapping[str, int]:
    """How many requests of our desk are in each open view. One query."""
    if not houses():
        return {}
    now, holders = timezone.now(), acting.current().holders
    return (
        reached()
        .filter(_to_us(), closed=False)
        .aggregate(
            **{
                "a-prendre": Count("pk", filter=Q(assigned=None)),
                "miennes": Count("pk", filter=Q(assigned_id__in=holders)),
                "attente": Count("pk", filter=Q(waits_until__lt=now)),
                "suivies": Count("pk", filter=Q(status__in=SUPPORT)),
            }
        )
    )


def to_take() -> int:
    """How many requests of our desk nobody has taken. One query, none away from a desk."""
    ours = houses()
    return len(_untaken(acting.current(), timezone.now(), ours)) if ours else 0


@prepared
def _untaken(actor: Actor, now: dt.datetime, ours: list[UUID]) -> QuerySet[Referral, UUID]:
    rows: QuerySet[Referral] = Referral.objects.within(Reach(actor, now))
    untaken = rows.filter(organisation_id__in=ours, closed=False, assigned=None)
    return untaken.order_by().values_list("pk", flat=True)[:MOST_COUNTED]


def pressing(most: int = 6) -> list[Referral]:
    """For Aujourd’hui: what nobody took and what waits too long, at our desk. One query."""
    if not houses():
        return []
    found = _pressing(acting.current(), timezone.now(), houses(), most)
    noted(found)
    return found


@prepared
def _pressing(actor: Actor, now: dt.datetime, ours: list[UUID], most: int) -> QuerySet[Referral]:
    new = Q(assigned=None, status__in=NEW) | Q(waits_until__lt=now)
    rows: QuerySet[Referral] = Referral.objects.within(Reach(actor, now))
    waiting = rows.filter(new, organisation_id__in=ours, closed=False)
    related = waiting.select_related(*RELATED).defer(*HEAVY)
    return related.order_by("priority", "created_at", "id")[:most]


def of_person(person_id: UUID) -> list[Referral]:
    """Open requests about a person, for her record. Two queries."""
    found = _about(acting.current(), timezone.now(), cluster_ids(person_id))
    noted(found)
    return found


@prepared
def _about(actor: Actor, now: dt.datetime, cluster: list[UUID]) -> QuerySet[Referral]:
    rows: QuerySet[Referral] = Referral.objects.within(Reach(actor, now))
    open_ones = rows.filter(person_id__in=cluster, closed=False)
    return open_ones.select_related(*RELATED).defer(*HEAVY).order_by("priority", "created_at")


def one(referral_id: UUID) -> Referral | None:
    """One request within reach, recorded as read, or None. One query."""
    found = (
        reached()
        .select_related("person", "onward_from__organisation", "decision")
        .filter(pk=referral_id)
    )
    row = found.first()
    if row is not None:
        if row.person_id is not None:
            ledger.read([row.person_id], "referral", object_id=row.pk)
        else:
            ledger.read([None], "referral", object_id=row.pk)
    return row


@dataclass(frozen=True)
class Line:
    """One line of a request's story."""

    at: dt.datetime
    title: str
    who: str
    reason: str = ""
    text: str = ""
    told: Sequence[ReturnTo] = ()


@dataclass(frozen=True)
class Detail:
    """Everything a request's page shows of its life."""

    lines: list[Line] = field(default_factory=list)
    delays: list[Measured] = field(default_factory=list)
    owed: list[ReturnTo] = field(default_factory=list)
    files: list[ReferralFile] = field(default_factory=list)
    onward: list[Referral] = field(default_factory=list)
    standing: Standing | None = None


def detail(referral: Referral) -> Detail:
    """The story of a request: steps, hands, returns, positions.

    Six queries, and three for the decision of an MDPH.
    """
    steps = list(ReferralStep.objects.filter(referral=referral).order_by("at", "id"))
    hands = Assignment.objects.filter(referral=referral).select_related("practice__professional")
    returns = list(Return.objects.filter(referral=referral))
    told: dict[UUID, list[ReturnTo]] = {}
    for row in ReturnTo.objects.filter(referral=referral).order_by("role", "id"):
        told.setdefault(row.given_id, []).append(row)
    lines = [Line(row.at, row.label, row.author_label, row.reason) for row in steps]
    lines += [
        Line(row.at, f"Confiée à {row.practice.professional.name}", row.author_label, row.reason)
        for row in hands
        if row.practice is not None
    ]
    lines += [
        Line(row.at, "Retour", row.author_label, text=row.text, told=told.get(row.pk, []))
        for row in returns
    ]
    standing = None
    if orientation.decision_of(referral) is not None:
        standing = orientation.standing(referral)
        lines += [
            Line(row.at, row.label, "MDPH" if row.heard else row.author_label, row.comment)
            for row in orientation.said(referral)
        ]
    lines.sort(key=lambda line: line.at)
    owed = [row for rows in told.values() for row in rows if row.settled_at is None]
    files = list(ReferralFile.objects.filter(referral=referral).select_related("file"))
    onward = list(reached().defer(*HEAVY).filter(onward_from=referral))
    return Detail(lines, delays.measured(steps), owed, files, onward, standing)


def file_of(file_id: UUID) -> ReferralFile | None:
    """A document of a request within reach."""
    rows = ReferralFile.objects.within(Reach.of(acting.current())).filter(pk=file_id)
    found: ReferralFile | None = rows.select_related("file", "referral").first()
    return found


def colleagues(organisation_id: UUID) -> list[Practice]:
    """Those of the desk, by name. One query."""
    rows = directory.current(
        Practice.objects.filter(
            organisation_id=organisation_id, role__in=rules.ASKING, professional__active=True
        )
    )
    return list(rows.select_related("professional").order_by("professional__family"))


@dataclass(frozen=True)
class Absent:
    """A colleague away, and how much of theirs is open."""

    practice: Practice
    away: Away
    open: int


def absent() -> list[Absent]:
    """Colleagues of our desk who are away while requests of theirs are open. Three queries."""
    actor = acting.current()
    if actor.organisation_id is None or not houses():
        return []
    open_by = dict(_open_by(actor, timezone.now(), actor.organisation_id))
    gone = directory.away(list(open_by))
    people = (
        Practice.objects.filter(pk__in=list(gone)).select_related("professional") if gone else []
    )
    return [Absent(one, gone[one.pk], open_by[one.pk]) for one in people]


@prepared
def _open_by(
    actor: Actor, now: dt.datetime, organisation_id: UUID
) -> QuerySet[Referral, tuple[UUID, int]]:
    """The open requests of a desk: how many each of its people follows."""
    rows: QuerySet[Referral] = Referral.objects.within(Reach(actor, now)).filter(
        organisation_id=organisation_id, closed=False, assigned__isnull=False
    )
    grouped = rows.order_by().values("assigned_id").annotate(number=Count("pk"))
    return grouped.values_list("assigned_id", "number")


def duty() -> list[Practice]:
    """Who is on duty at our desk now. Two queries."""
    actor = acting.current()
    if actor.organisation_id is None or not houses():
        return []
    here = telling.on_duty(actor.organisation_id)
    return list(Practice.objects.filter(pk__in=here).select_related("professional"))


def by_ids(ids: Collection[UUID]) -> Mapping[UUID, Referral]:
    """Requests within reach by id. One query."""
    return {row.pk: row for row in reached().filter(pk__in=ids)}


def steps_by_ids(ids: Collection[UUID]) -> Mapping[UUID, ReferralStep]:
    """Steps of requests within reach by id, for the timeline. One query."""
    rows = ReferralStep.objects.within(Reach.of(acting.current())).filter(pk__in=ids)
    return {row.pk: row for row in rows.select_related("referral__organisation")}


def own_person() -> UUID | None:
    """The person whom somebody in the portal speaks for: herself, or the one she cares for."""
    actor = acting.current()
    if actor.role == "person":
        return actor.holder_id
    with acting.acting(acting.system("demandes : proche")):
        rows = Contact.objects.filter(pk__in=[actor.holder_id], ended_at=None)
        return rows.values_list("person_id", flat=True).first()


def reads_record(referral: Referral) -> bool:
    """True when the actor reads the record of the person concerned. One query."""
    reach = Reach.of(acting.current())
    return reach.patients().filter(pk__in=[referral.person_id]).exists()
