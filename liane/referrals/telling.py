"""Writing a step of a request, and who hears of it: the desk, the requester, the one in charge.

Everything said is addressed by name: nothing of a request goes to a whole circle as a notification.
Where the request was made from the record, its steps also stand in the person's timeline.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from liane.core import acting, journal, ledger
from liane.core.audience import TEAM, Audience
from liane.core.models import Entry, author_of
from liane.core.states import transition
from liane.directory.models import Duty, Practice
from liane.referrals import delays
from liane.referrals.models import Assignment, Referral, ReferralStep
from liane.referrals.states import ANSWERS, CLOSED, LIFE, Status

NAMED = Audience(team=False)
STORY = "referral.step"
TOLD_IN_TIMELINE = ANSWERS | {Status.SENT, Status.DONE, Status.REFUSED, Status.REVOKED}
TO_DESK = frozenset({"referral.sent", "referral.revoked", "referral.reopened"})
IN_HANDS = frozenset({"referral.assigned", "referral.taken_over"})
TO_DOCTOR = frozenset({"referral.answered", "referral.done", "referral.refused"})


def step(referral: Referral, after: str, *, reason: str = "") -> ReferralStep:
    """Move a locked request one step: its row, what it now waits for, its version.

    Raises Refused for an illegal step, before anything is written.
    """
    row: ReferralStep = transition(referral, LIFE, after, reason=reason.strip()[:500])
    referral.since = row.at
    referral.waits_until = delays.until(referral.urgency, after, row.at)
    referral.closed = after in CLOSED
    if after in ANSWERS:
        referral.outcome = after
    Referral.objects.filter(pk=referral.pk).update(
        since=referral.since,
        waits_until=referral.waits_until,
        closed=referral.closed,
        outcome=referral.outcome,
        version=F("version") + 1,
    )
    referral.version += 1
    ledger.wrote(referral.person_id, "referral", object_id=referral.pk, purpose=str(after))
    if after in TOLD_IN_TIMELINE:
        story(referral, row)
    return row


def story(referral: Referral, row: ReferralStep) -> None:
    """The step in the person's timeline, where the request was made from the record."""
    if referral.person_id is not None and referral.for_team:
        journal.append(STORY, person_id=referral.person_id, object_id=row.pk, to=TEAM)


def assigned(referral: Referral, practice: Practice | None, *, reason: str = "") -> None:
    """Somebody has the request in hand from now on."""
    Assignment(
        referral=referral, practice=practice, reason=reason.strip()[:300],
        **author_of(acting.current()),
    ).save(force_insert=True)  # fmt: skip
    referral.assigned = practice
    Referral.objects.filter(pk=referral.pk).update(assigned=practice, version=F("version") + 1)
    referral.version += 1
    ledger.wrote(referral.person_id, "referral", object_id=referral.pk, purpose="confiée")


def tell(kind: str, referral: Referral, *, urgent: bool = False) -> None:
    """The journal entry that notifications read, for those :func:`told_of` names."""
    journal.append(
        kind, person_id=referral.person_id, object_id=referral.pk, to=NAMED, urgent=urgent
    )


def told_of(entry: Entry) -> Collection[UUID]:
    """The holders told of an entry about a request."""
    with acting.acting(acting.system("demandes : destinataires")):
        referral = (
            Referral.objects.select_related("organisation").filter(pk__in=[entry.object_id]).first()
        )
        if referral is None:
            return []
        if entry.kind in TO_DESK:
            return desk_of(referral)
        if entry.kind in IN_HANDS:
            found = _hands(referral)
            if entry.kind == "referral.taken_over":
                found.append(referral.requester_id)
        else:
            found = [referral.requester_id or referral.author_holder_id]
            if entry.kind in TO_DOCTOR:
                found.append(referral.doctor_id)
        return [holder for holder in found if holder is not None]


def nobody(entry: Entry) -> Collection[UUID]:
    """What software alone follows: no notification."""
    return ()


def desk_of(referral: Referral) -> list[UUID]:
    """Who hears of a new request: whoever has it in hand, else who is on duty, else the desk."""
    if referral.assigned_id is not None:
        return [referral.assigned_id]
    return on_duty(referral.organisation_id) or [referral.organisation_id]


def on_duty(organisation_id: UUID) -> list[UUID]:
    """The practices on duty now on a post of this organisation. One query."""
    now = timezone.now()
    turns = Duty.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=now),
        post__organisation_id=organisation_id,
        post__active=True,
        starts_at__lte=now,
    )
    return list(turns.values_list("practice_id", flat=True))


def _hands(referral: Referral) -> list[UUID | None]:
    """Who has it in hand, and who had it just before. One query."""
    rows = Assignment.objects.filter(referral=referral).order_by("-at", "-id")
    return list(rows.values_list("practice_id", flat=True)[:2])
