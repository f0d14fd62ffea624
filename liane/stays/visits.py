"""What a stay does to home visits: everything `stays` asks of `agenda`."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from django.utils import timezone

from liane.agenda import queries
from liane.agenda import services as agenda
from liane.stays.models import Stay
from liane.stays.state import Period, Status, StayState


def follow(stay: Stay, before: StayState, after: StayState) -> None:
    """Make the agenda agree with the stay: suspended, reopened, offered again or restored.

    A transfer, a death or home hospitalisation leave visits suspended after the discharge, until
    a hospital or somebody of the circle says otherwise. Visits that were taken up again are left
    alone by whatever does not change the dates.
    """
    if _matters(stay, before) == _matters(stay, after):
        return
    if not after.suspends:
        agenda.restore(cause_id=stay.pk)
        return
    agenda.suspend(
        person_id=stay.person_id,
        start=after.suspends[0].start,
        end=_end(stay, after),
        cause_id=stay.pk,
        cause_kind="absence",
        windows=list(gaps(after.suspends)),
    )
    if after.status is Status.ENDED and after.proposes_resumption:
        agenda.propose_resumption(cause_id=stay.pk, resume_from=after.discharged_at)


def waiting(stay: Stay) -> int:
    """How many visits wait for somebody to say that they resume."""
    return sum(
        len(rows)
        for cause, rows in queries.resumptions(stay.person_id)
        if cause.cause_id == stay.pk
    )


def suspended(person_id: UUID) -> int:
    """How many visits to come are suspended, among those the actor may know of."""
    return (
        queries.reached()
        .filter(person_id=person_id, status="suspended", starts_at__gte=timezone.now())
        .count()
    )


def gaps(periods: tuple[Period, ...]) -> Iterator[tuple[datetime, datetime]]:
    """The reopened dates between suspended periods."""
    for earlier, later in pairwise(periods):
        if earlier.end is not None:
            yield earlier.end, later.start


def next_visits(person_id: UUID) -> dict[UUID, datetime]:
    """When each intervenant was to come next. One query."""
    coming = queries.intervenants(person_id, timezone.now(), None)
    return {one.holder_id: one.next_at for one in coming}


def _matters(stay: Stay, state: StayState) -> tuple[object, ...]:
    return (
        state.suspends,
        state.proposes_resumption,
        state.status is Status.ENDED,
        _end(stay, state),
    )


def _end(stay: Stay, after: StayState) -> datetime | None:
    """None while the return is not sure: what comes after waits for somebody's word."""
    if stay.kind != Stay.Kind.HOSPITAL:
        return _holiday_end(after)
    if after.status is Status.ENDED or not after.suspends:
        return None
    return after.suspends[-1].end


def _holiday_end(after: StayState) -> datetime | None:
    """Visits after the announced return were never held; an earlier return offers those between."""
    announced = after.expected_discharge
    if announced is None or after.discharged_at is None:
        return announced
    return max(announced, after.discharged_at)
