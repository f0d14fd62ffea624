"""Appointments that an establishment keeps in its own system and tells: heard in any order.

Everything said is kept; the appointment is folded from it, so that permutations and duplicates give
one end state. A cancellation is final (a new booking has a number of its own); otherwise the last
word counts, and what it leaves out is taken from the words before it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from liane.agenda import rules
from liane.agenda.models import Appointment, AppointmentEvent, BookingSaid, Place
from liane.core import acting, journal, keys, ledger
from liane.core.audience import Audience
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Organisation
from liane.interventions.models import ActKind
from liane.patients.models import Patient

Event, Status = BookingSaid.Event, Appointment.Status
USUAL = dt.timedelta(minutes=30)
TO = Audience(person=True)


@dataclass(frozen=True)
class Said:
    """One word about a booking; ``uid`` is the establishment's number. Times are aware."""

    uid: str
    event: str
    said_at: dt.datetime
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    title: str = ""


@dataclass(frozen=True)
class State:
    """What the booking is, all words together."""

    status: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    title: str


def hear(person_id: UUID, organisation: Organisation, said: Said) -> str:
    """Keep a word and bring the appointment up to date: ``created``, ``updated``, ``unchanged``.

    For machines: the caller acts as the system and holds the transaction. The care team and the
    person are told; outside members are not, an appointment in hospital says what one suffers from.
    """
    Patient.objects.select_for_update().get(pk=person_id)
    row, new = BookingSaid.objects.get_or_create(
        organisation=organisation, person_id=person_id, uid=said.uid[:200],
        said_at=said.said_at, event=said.event, digest=_digest(said),
        defaults={
            "starts_at": said.starts_at, "ends_at": said.ends_at, "title": said.title[:120]
        },
    )  # fmt: skip
    if not new:
        return "unchanged"
    words = BookingSaid.objects.filter(
        organisation=organisation, person_id=person_id, uid=row.uid
    ).order_by("said_at", "event", "digest")
    state = fold(list(words))
    return _keep(person_id, organisation, row.uid, state) if state else "unchanged"


def fold(words: Sequence[BookingSaid]) -> State | None:
    """The state that words give, in the order in which they were said; None without any date."""
    starts_at = ends_at = None
    title = ""
    for word in words:
        if word.starts_at is not None:
            starts_at = word.starts_at
            ends_at = word.ends_at
        title = word.title or title
    if starts_at is None:
        return None
    if ends_at is None or ends_at <= starts_at:
        ends_at = starts_at + USUAL
    return State(_status(words), starts_at, ends_at, title)


def _status(words: Sequence[BookingSaid]) -> str:
    if any(word.event == Event.CANCELLED for word in words):
        return Status.CANCELLED
    return Status.MISSED if words[-1].event == Event.MISSED else Status.PLANNED


def _digest(said: Said) -> str:
    told = "\0".join((str(said.starts_at), str(said.ends_at), said.title))
    return keys.digest(told, purpose="booking")


def _keep(person_id: UUID, organisation: Organisation, uid: str, state: State) -> str:
    found = Appointment.objects.select_for_update().filter(
        source_uid=f"siu:{uid}", source_organisation_id=organisation.pk
    )
    visit = found.first()
    if visit is None:
        _make(person_id, organisation, uid, state)
        return "created"
    moved = (visit.starts_at, visit.ends_at) != (state.starts_at, state.ends_at)
    renamed = visit.title != state.title
    steps = _steps(visit.status, state.status)
    if not (moved or renamed or steps):
        return "unchanged"
    visit.starts_at, visit.ends_at = state.starts_at, state.ends_at
    visit.title, visit.version = state.title, visit.version + 1
    visit.save(update_fields=["starts_at", "ends_at", "title", "version"])
    for step in steps:
        transition(visit, rules.LIFE, step, reason=organisation.name)
    if moved and not steps:
        _history(visit, visit.status, "déplacé")
    _tell(visit, moved, bool(steps))
    return "updated"


def _steps(now: str, wanted: str) -> list[str]:
    """The way from one status to another; none where somebody here knows better."""
    if now in {wanted, Status.DONE, Status.CANCELLED}:
        return []
    if now == Status.SUSPENDED and wanted == Status.PLANNED:
        return []
    if now == Status.MISSED and wanted == Status.CANCELLED:
        return [Status.PLANNED, Status.CANCELLED]
    if now == Status.SUSPENDED and wanted == Status.MISSED:
        return [Status.PLANNED, Status.MISSED]
    return [wanted]


def _make(person_id: UUID, organisation: Organisation, uid: str, state: State) -> None:
    visit = Appointment.objects.create(
        person_id=person_id, organisation=organisation, kind=ActKind.OFFICE, place=Place.OFFICE,
        title=state.title, starts_at=state.starts_at, ends_at=state.ends_at, status=state.status,
        for_person=True, source_uid=f"siu:{uid}", source_organisation_id=organisation.pk,
        **_author(organisation),
    )  # fmt: skip
    AppointmentEvent.objects.create(appointment=visit, after=state.status, **_author(organisation))
    if state.status == Status.PLANNED:
        _append("visit.planned", visit)


def _tell(visit: Appointment, moved: bool, stepped: bool) -> None:
    if stepped:
        kind = {
            Status.CANCELLED: "visit.cancelled", Status.MISSED: "visit.missed"
        }.get(Status(visit.status), "visit.planned")  # fmt: skip
        _append(kind, visit)
    elif moved and visit.status in {Status.PLANNED, Status.SUSPENDED}:
        _append("visit.moved", visit)
    else:
        journal.signal("agenda", person_id=visit.person_id, object_id=visit.pk)


def _append(kind: str, visit: Appointment) -> None:
    """Told, unless its time has passed: the timeline keeps it all the same."""
    coming = visit.ends_at > timezone.now()
    journal.append(kind, person_id=visit.person_id, object_id=visit.pk, to=TO, announce=coming)
    ledger.wrote(visit.person_id, "agenda", object_id=visit.pk)
    journal.signal("agenda", person_id=visit.person_id, object_id=visit.pk)


def _history(visit: Appointment, status: str, reason: str) -> None:
    visit.history.create(before=status, after=status, reason=reason, **author_of(acting.current()))


def _author(organisation: Organisation) -> dict[str, object]:
    return author_of(acting.current()) | {"author_label": organisation.name[:200]}
