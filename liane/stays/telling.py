"""Telling the circle: facts, one notice for each member, journal entries by audience.

The journal's readers (timeline, notifications, live) do the rest; nothing here knows a channel.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.core import journal, sms
from liane.core.audience import Audience
from liane.core.inserting import insert, insert_all, together, update
from liane.core.prepared import prepared
from liane.notifications.queries import wishes
from liane.notifications.rules import CALL_AFTER, SMS_AFTER, Wishes, due_at
from liane.stays import facts as told
from liane.stays import visits
from liane.stays.facts import Fact, FactKind
from liane.stays.models import Stay, StayFact, StayNotice
from liane.stays.recipients import Member, to_tell
from liane.stays.serial import state_data, state_from
from liane.stays.state import StayState
from liane.stays.words import neutral_sentence

TEAM_KIND = "stay.told"
OUTSIDE_KIND = "stay.away"
#: Facts that change where people must go: each member is expected to say "j'ai vu".
INSISTING = frozenset(
    {
        FactKind.ADMITTED,
        FactKind.DISCHARGED,
        FactKind.ON_LEAVE,
        FactKind.RETURNED,
        FactKind.CANCELLED,
        FactKind.CLASS_CHANGED,
    }
)
_CHASE = (
    "due_at", "sms_at", "sms_sent_at", "call_at",
    "seen_at", "seen_by", "called_at", "called_by",
)  # fmt: skip


def tell(stay: Stay, after: StayState, *, fresh: bool = False) -> list[StayFact]:
    """Tell the circle what changed, if anything; inside the transaction of the change.

    Each member is told against what that member was told last, so that nobody hears a fact twice
    and everybody who heard one hears its reversal. ``fresh``: nobody was told anything of it yet.
    """
    if after.confidential:
        return []
    last = None if fresh else _last.first(stay.pk)
    main = told.notices(state_from(last.state) if last else None, after)
    if not main:
        return []
    rows = {fact: _row(stay, fact, after) for fact in main}
    made = list(rows.values())
    known = {} if fresh else {one.holder_id: one for one in _known(stay.pk)}
    members = to_tell(stay.person_id)
    times = _Times.of(stay, members)
    notices: list[StayNotice] = []
    replaced: list[StayNotice] = []
    for member in members:
        previous = known.get(member.holder_id)
        own = main
        if previous is None or (last is not None and previous.fact_id != last.pk):
            before = state_from(previous.fact.state) if previous else None
            own = told.notices(before, after)
        for fact in own:
            if fact not in rows:
                rows[fact] = _row(stay, fact, after)
        if own:
            pairs = [(fact, rows[fact]) for fact in own]
            notices += _notices(stay, member, pairs, previous, times)
            replaced += [previous] if previous else []
    with together():
        for one in replaced:
            one.latest = False
            update(one, "latest")
        insert_all(notices)
        for fact, row in zip(main, made, strict=True):
            _write(stay, fact, row, after)
    return made


def _row(stay: Stay, fact: Fact, after: StayState) -> StayFact:
    said = StayFact(
        stay=stay,
        kind=fact.kind,
        reverses=fact.reverses or "",
        at=fact.at,
        ward=str(fact.ward),
        state=state_data(after),
    )
    return insert(said)


@prepared
def _last(stay_id: UUID) -> QuerySet[StayFact]:
    return StayFact.objects.filter(stay_id=stay_id).order_by("-id")[:1]


@prepared
def _known(stay_id: UUID) -> QuerySet[StayNotice]:
    """What each member was told last."""
    return StayNotice.objects.filter(stay_id=stay_id, latest=True).select_related("fact")


def _notices(
    stay: Stay,
    member: Member,
    own: list[tuple[Fact, StayFact]],
    previous: StayNotice | None,
    times: "_Times",
) -> list[StayNotice]:
    insists = any(fact.kind in INSISTING for fact, _ in own)
    when = times.chase(member) if insists else _inherited(previous)
    last = own[-1][1]
    return [
        StayNotice(
            stay=stay,
            fact=row,
            holder_id=member.holder_id,
            label=member.label,
            function=member.function,
            phone=member.phone,
            outside_team=member.outside_team,
            has_account=member.has_account,
            latest=row.pk == last.pk,
            **when,
        )
        for _, row in own
    ]


@dataclass(frozen=True)
class _Times:
    """What decides when each member is reached: next visits and quiet hours, read once."""

    now: datetime
    visits: Mapping[UUID, datetime]
    wishes: Mapping[UUID, Wishes]

    @classmethod
    def of(cls, stay: Stay, members: Collection[Member]) -> "_Times":
        users = [member.user_id for member in members if member.user_id]
        return cls(timezone.localtime(), visits.next_visits(stay.person_id), wishes(users))

    def chase(self, member: Member) -> dict[str, datetime | str | None]:
        """When it is due, when a text message follows, when the telephone is what is left."""
        if not member.has_account:
            return {"due_at": self.now, "call_at": self.now}
        quiet = self.wishes[member.user_id].quiet if member.user_id else None
        due = due_at(quiet, self.now, next_visit=self.visits.get(member.holder_id))
        if not (sms.enabled() and sms.mobile(member.phone)):
            return {"due_at": due, "call_at": due + SMS_AFTER}
        return {"due_at": due, "sms_at": due + SMS_AFTER, "call_at": due + CALL_AFTER}


def _inherited(previous: StayNotice | None) -> dict[str, datetime | str | None]:
    """A detail changes nobody's day: who had seen the main thing is not chased again."""
    if previous is None:
        return {"due_at": timezone.now(), "call_at": None}
    return {name: getattr(previous, name) for name in _CHASE}


def _write(stay: Stay, fact: Fact, row: StayFact, after: StayState) -> None:
    """One entry for the care team and the person; one, without place nor reason, for others."""
    urgent = fact.kind in INSISTING
    journal.append(
        TEAM_KIND,
        person_id=stay.person_id,
        object_id=row.pk,
        to=Audience(team=True, person=True),
        occurred_at=_past(fact.at),
        urgent=urgent,
    )
    if urgent and neutral_sentence(after):
        journal.append(
            OUTSIDE_KIND,
            person_id=stay.person_id,
            object_id=row.pk,
            to=Audience(team=False, outside=True, carers=True),
            occurred_at=_past(fact.at),
            urgent=urgent,
        )


def _past(at: datetime | None) -> datetime:
    now = timezone.now()
    return min(at, now) if at else now
