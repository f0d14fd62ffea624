"""Reads about stays, under the current actor's reach."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from liane.circle import rules
from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.patients.models import Patient
from liane.stays import words
from liane.stays.models import Stay, StayFact, StayNotice
from liane.stays.serial import state_from
from liane.stays.state import Status, StayState

_LOUD = Q(stay_class__in=["full", "emergency"]) | ~Q(kind=Stay.Kind.HOSPITAL)
_NOW = Q(status__in=[Status.PLANNED, Status.IN_PROGRESS, Status.ON_LEAVE])
_BACK = Q(status=Status.ENDED, resumption=Stay.Resumption.PROPOSED)
_READS_PLACE = ("for_team", "for_person")


@dataclass(frozen=True)
class Told:
    """A fact as one reader reads it."""

    fact: StayFact
    person: Patient
    sentence: str


@dataclass(frozen=True)
class Board:
    """Who knows: the latest notice of each member of the circle."""

    notices: list[StayNotice]

    @property
    def asked(self) -> list[StayNotice]:
        """Those who are expected to say that they have seen."""
        return [one for one in self.notices if one.call_at is not None]

    @property
    def seen(self) -> list[StayNotice]:
        """Those who have seen, or were called."""
        return [one for one in self.asked if one.settled]

    @property
    def to_call(self) -> list[StayNotice]:
        """Those for whom the telephone is what is left."""
        return [one for one in self.asked if one.to_call]

    @property
    def waiting(self) -> list[StayNotice]:
        """Told, not yet seen, not yet to be called."""
        return [one for one in self.asked if not one.settled and not one.to_call]


def current(person_id: UUID) -> Stay | None:
    """The absence that matters now, the one under way before one to come. One query."""
    found = _current(acting.current(), timezone.now(), person_id)
    order = {Status.IN_PROGRESS: 0, Status.ON_LEAVE: 0, Status.PLANNED: 1, Status.ENDED: 2}
    ranked = sorted(found, key=lambda stay: order[Status(stay.status)])
    return ranked[0] if ranked else None


@prepared
def _current(actor: Actor, now: dt.datetime, person_id: UUID) -> QuerySet[Stay]:
    rows: QuerySet[Stay] = Stay.objects.within(Reach(actor, now))
    return rows.filter(_LOUD & (_NOW | _BACK), person_id=person_id).order_by("-id")[:10]


def one(stay_id: UUID) -> Stay | None:
    """A stay within reach."""
    reach = Reach.of(acting.current())
    found: Stay | None = (
        Stay.objects.within(reach).select_related("person", "hospital").filter(pk=stay_id).first()
    )
    return found


def of_person(person_id: UUID) -> list[Stay]:
    """Every absence of a person that the actor may know of, newest first."""
    reach = Reach.of(acting.current())
    found = Stay.objects.within(reach).filter(_LOUD, person_id=person_id)
    return list(found.exclude(status=Status.NOTHING).order_by("-starts_at")[:50])


def reads_place(person_id: UUID) -> bool:
    """Whether the actor reads where the person is: the care team and the person, nobody else."""
    reach = Reach.of(acting.current())
    if reach.everything:
        return True
    scopes = _place_scopes(reach)
    return bool(scopes) and reach.grants(scopes).filter(person_id=person_id).exists()


def _place_scopes(reach: Reach) -> frozenset[str]:
    groups = rules.flags(reach.actor.role, Area.AGENDA)
    return frozenset().union(*(groups.get(flag, frozenset()) for flag in _READS_PLACE))


def facts_with_place(reach: Reach) -> QuerySet[StayFact]:
    """What was told of hospital stays, to whoever reads where the person is."""
    facts = StayFact.objects.filter(stay__kind=Stay.Kind.HOSPITAL, stay__confidential=False)
    if reach.everything:
        return facts
    scopes = _place_scopes(reach)
    if not scopes:
        return facts.none()
    mine = Stay.objects.within(reach).filter(
        person_id__in=reach.grants(scopes).order_by().values("person_id")
    )
    return facts.filter(stay__in=mine.order_by().values("pk"))


def board(stay: Stay) -> Board:
    """Who has seen and who must be called. One query."""
    notices = StayNotice.objects.filter(stay=stay, latest=True).order_by("outside_team", "label")
    return Board(list(notices))


def own_notice(stay: Stay) -> StayNotice | None:
    """What the actor, or its organisation, was told and has not seen."""
    holders = acting.current().holders
    return StayNotice.objects.filter(
        stay=stay, latest=True, seen_at=None, call_at__isnull=False, holder_id__in=holders
    ).first()


def unseen() -> list[Told]:
    """What the actor was told of stays and has not said to have seen, oldest first."""
    actor = acting.current()
    if not actor.holders:
        return []
    notices = _unseen(actor, timezone.now())
    ledger.read({notice.stay.person_id for notice in notices}, "stay alert")
    found: dict[UUID, Told] = {}
    for notice in notices:
        told = _told(notice.fact, notice.stay, place=_as_team(notice, actor.role))
        found.setdefault(notice.stay_id, told)
    return list(found.values())


@prepared
def _unseen(actor: Actor, now: dt.datetime) -> QuerySet[StayNotice]:
    rows = StayNotice.objects.filter(
        stay__in=Stay.objects.within(Reach(actor, now)),
        latest=True,
        seen_at=None,
        call_at__isnull=False,
        holder_id__in=actor.holders,
    )
    return rows.select_related("fact", "stay__person").order_by("id")[:20]


def facts_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Told]:
    """Facts for the care team's entries. One query."""
    return {fact.pk: _told(fact, fact.stay, place=True) for fact in _facts(ids)}


def neutral_by_ids(ids: Collection[UUID]) -> Mapping[UUID, Told]:
    """The same facts without place nor reason. One query."""
    return {fact.pk: _told(fact, fact.stay, place=False) for fact in _facts(ids)}


def fact_sentence(fact_id: UUID | None, *, place: bool) -> str:
    """One fact as a sentence, for who may read it; empty when it is not within reach."""
    found = (facts_by_ids if place else neutral_by_ids)([fact_id] if fact_id else [])
    return next((told.sentence for told in found.values()), "")


def _facts(ids: Collection[UUID]) -> list[StayFact]:
    stays = Stay.objects.within(Reach.of(acting.current())).select_related("person")
    facts = StayFact.objects.filter(pk__in=ids, stay__in=stays)
    return list(facts.prefetch_related(Prefetch("stay", queryset=stays)))


def _told(fact: StayFact, stay: Stay, *, place: bool) -> Told:
    state = state_from(fact.state) or StayState()
    sentence = words.sentence(fact, stay.person, state) if place else words.neutral_sentence(state)
    return Told(fact, stay.person, sentence)


def _as_team(notice: StayNotice, role: str) -> bool:
    scope = Grant.Scope.OUTSIDE if notice.outside_team else Grant.Scope.CARE
    return rules.FLAGS.get(rules.line(role, scope) or "") == "for_team"


def waiting_for_sms() -> list[StayNotice]:
    """Notices unseen long enough for a text message, for the periodic job."""
    return list(
        StayNotice.objects.filter(
            latest=True,
            seen_at=None,
            called_at=None,
            sms_sent_at=None,
            sms_at__lte=timezone.now(),
        ).select_related("stay")[:200]
    )


def told_now(fact_id: UUID) -> Told | None:
    """One fact as the actor reads it, place and reason only for who may."""
    fact = next(iter(_facts([fact_id])), None)
    if fact is None:
        return None
    return _told(fact, fact.stay, place=reads_place(fact.stay.person_id))
