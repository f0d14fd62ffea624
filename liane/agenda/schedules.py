"""Verbs of schedules: open hours, change them, close; slots that follow what the agenda holds.

A schedule is public in the directory's sense: free, taken or away, of a practice whose own house
(or who works there) opened it. Whom a taken slot concerns is never written in it.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, Q
from django.http import Http404
from django.utils import timezone

from liane.agenda import freebusy, recurrence
from liane.agenda.freebusy import Repeated, Span
from liane.agenda.models import Appointment, Opening, Schedule, Slot
from liane.agenda.queries import engagements_of, my_practices
from liane.core import acting
from liane.core.clock import day_bounds
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import Entry, author_of
from liane.directory import rules as house_rules
from liane.directory.models import Absence, Practice

MOST = 100
"""Openings of one schedule."""
LONGEST = dt.timedelta(days=31)
"""One opening, from its beginning to its end."""


@dataclass(frozen=True)
class Hours:
    """One opening, as somebody says it."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    kind: str = Opening.Kind.FREE
    rule: str = ""
    name: str = ""


@dataclass(frozen=True)
class Plan:
    """What a schedule is to be."""

    hours: tuple[Hours, ...] = ()
    minutes: int = 30
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None


def open_schedule(practice_id: UUID, plan: Plan) -> Schedule:
    """Open the hours of a practice. Raises Refused, and Conflict where it has a schedule."""
    practice = Practice.objects.filter(pk=practice_id).first()
    if practice is None:
        raise Http404
    require_keeping(practice)
    _check(plan)
    with transaction.atomic():
        if Schedule.objects.filter(practice=practice, closed_at=None).exists():
            raise Conflict("Ce professionnel a déjà des horaires ouverts : modifiez-les.")
        schedule = Schedule.objects.create(
            practice=practice, minutes=plan.minutes, starts_at=plan.starts_at,
            ends_at=plan.ends_at, **author_of(acting.current()),
        )  # fmt: skip
        _write(schedule, plan.hours)
        refresh([schedule])
    return schedule


def change(schedule_id: UUID, plan: Plan) -> Schedule:
    """Other hours: what is not in ``plan`` is no longer open. Appointments stay as they are."""
    _check(plan)
    with transaction.atomic():
        schedule = _locked(schedule_id)
        schedule.minutes, schedule.version = plan.minutes, schedule.version + 1
        schedule.starts_at, schedule.ends_at = plan.starts_at, plan.ends_at
        schedule.save(update_fields=["minutes", "starts_at", "ends_at", "version"])
        _write(schedule, plan.hours)
        refresh([schedule])
    return schedule


def add(practice_id: UUID, hours: Hours, minutes: int) -> Schedule:
    """Open more hours of a practice, with slots of this length from now on."""
    found = of_practice(practice_id)
    if found is None:
        return open_schedule(practice_id, Plan((hours,), minutes))
    return change(found.pk, Plan((*hours_of(found), hours), minutes, found.starts_at,
                                 found.ends_at))  # fmt: skip


def remove(opening_id: UUID) -> None:
    """Close one opening again."""
    opening = Opening.objects.filter(pk=opening_id, schedule__closed_at=None).first()
    if opening is None:
        raise Http404
    with transaction.atomic():
        schedule = _locked(opening.schedule_id)
        opening.delete()
        schedule.version += 1
        schedule.save(update_fields=["version"])
        refresh([schedule])


def close(schedule_id: UUID) -> None:
    """Nothing is open any more. Appointments stay as they are."""
    with transaction.atomic():
        schedule = _locked(schedule_id)
        schedule.closed_at = timezone.now()
        schedule.save(update_fields=["closed_at"])
        schedule.slots.all().delete()


def of_practice(practice_id: UUID) -> Schedule | None:
    """The living schedule of a practice. One query."""
    return Schedule.objects.filter(practice_id=practice_id, closed_at=None).first()


def hours_of(schedule: Schedule) -> list[Hours]:
    """What a schedule opens. One query."""
    return [
        Hours(one.starts_at, one.ends_at, one.kind, one.rule, one.name)
        for one in schedule.openings.order_by("starts_at", "pk")
    ]


def mine() -> list[Schedule]:
    """The actor's own schedules, with what they open. Two queries."""
    rows = Schedule.objects.filter(practice__in=my_practices(), closed_at=None)
    return list(
        rows.select_related("practice__organisation")
        .prefetch_related(Prefetch("openings", Opening.objects.order_by("starts_at", "pk")))
        .order_by("practice__organisation__name")
    )


def require_keeping(practice: Practice) -> None:
    """Raise unless the actor keeps this agenda: who works there, the house or its software."""
    actor = acting.current()
    own_software = actor.kind == "client" and actor.organisation_id == practice.organisation_id
    if not (
        actor.is_system or own_software or house_rules.is_self(actor, practice)
        or house_rules.keeps_house(actor, practice.organisation_id)
    ):  # fmt: skip
        raise NotAllowed("Ces horaires ne sont ni les vôtres ni ceux de votre structure.")


def _check(plan: Plan) -> None:
    if not 5 <= plan.minutes <= 8 * 60:
        raise Refused("Un créneau dure entre 5 minutes et 8 heures.", field="minutes")
    if len(plan.hours) > MOST:
        raise Refused(f"{MOST} plages au plus.", field="hours")
    for one in plan.hours:
        if one.ends_at <= one.starts_at:
            raise Refused("Une plage finit après avoir commencé.", field="ends_at")
        if one.ends_at - one.starts_at > LONGEST:
            raise Refused("Une plage dure un mois au plus : répétez-la.", field="ends_at")
        if one.rule:
            try:
                recurrence.checked(one.rule)
            except ValueError:
                raise Refused(
                    "Cette répétition n’est pas comprise : par jours, semaines, mois ou années, "
                    "à une heure du jour.", field="rule",
                ) from None  # fmt: skip


def _write(schedule: Schedule, hours: Sequence[Hours]) -> None:
    schedule.openings.all().delete()
    Opening.objects.bulk_create(
        Opening(
            schedule=schedule, kind=one.kind, starts_at=one.starts_at, ends_at=one.ends_at,
            rule=recurrence.checked(one.rule) if one.rule else "", name=one.name[:120],
        )
        for one in hours
    )  # fmt: skip


def _locked(schedule_id: UUID) -> Schedule:
    found = (
        Schedule.objects.filter(pk=schedule_id, closed_at=None)
        .select_for_update(of=("self",))
        .select_related("practice")
        .first()
    )
    if found is None:
        raise Http404
    require_keeping(found.practice)
    return found


# ------------------------------------------------------------------ slots
def hold(slot_ids: Collection[UUID]) -> list[Slot]:
    """Slots to be taken now, locked, in order: side by side, of one schedule, all free.

    Raises Http404 for one that is not there, Conflict for one that is not free.
    """
    known = Slot.objects.filter(pk__in=slot_ids, schedule__closed_at=None)
    schedules = list(
        Schedule.objects.filter(pk__in=known.values("schedule_id")).select_for_update(of=("self",))
    )
    if len(schedules) > 1:
        raise Refused("Ces créneaux sont de plusieurs agendas.", field="slot")
    refresh(schedules)
    slots = list(known.select_related("schedule").order_by("starts_at"))
    if len(slots) != len(set(slot_ids)):
        raise Http404
    if any(slot.status != Slot.Status.FREE for slot in slots):
        raise Conflict("Ce créneau n’est plus libre : choisissez-en un autre.")
    if any(one.ends_at != other.starts_at for one, other in pairwise(slots)):
        raise Refused("Ces créneaux ne se suivent pas.", field="slot")
    return slots


def refresh(schedules: Sequence[Schedule], now: dt.datetime | None = None) -> None:
    """Write the slots of these schedules again: differences alone. A few queries for each."""
    now = now or timezone.now()
    with acting.acting(acting.system("agenda: créneaux")), transaction.atomic():
        for schedule in schedules:
            _refresh(schedule, now)


def _refresh(schedule: Schedule, now: dt.datetime) -> None:
    start, _ = day_bounds(timezone.localdate(now))
    window = Span(
        max(start, schedule.starts_at or start),
        min(start + recurrence.HORIZON, schedule.ends_at or start + recurrence.HORIZON),
    )
    taken = _taken(schedule.practice_id, window) if window.start < window.end else []
    wanted = {}
    if window.start < window.end:
        hours = [(one.kind, Repeated(Span(one.starts_at, one.ends_at), one.rule))
                 for one in schedule.openings.all()]  # fmt: skip
        cuts = freebusy.cut(
            [one for kind, one in hours if kind == Opening.Kind.FREE],
            [one for kind, one in hours if kind != Opening.Kind.FREE],
            _absences(schedule.practice_id, window), [span for span, _ in taken],
            minutes=schedule.minutes, window=window, zone=timezone.get_current_timezone_name(),
        )  # fmt: skip
        wanted = {one.span.start: one for one in cuts}
    known = {one.starts_at: one for one in schedule.slots.filter(starts_at__gte=start)}
    gone = [
        one.pk for at, one in known.items()
        if at not in wanted or wanted[at].span.end != one.ends_at
    ]  # fmt: skip
    schedule.slots.filter(pk__in=gone).delete()
    made, changed = [], []
    for at, one in wanted.items():
        by = next((key for span, key in taken if key and span.meets(one.span)), None)
        row = known.get(at)
        if row is None or row.pk in gone:
            made.append(Slot(schedule=schedule, starts_at=at, ends_at=one.span.end,
                             status=one.status, appointment_id=by))  # fmt: skip
        elif (row.status, row.appointment_id) != (one.status, by):
            row.status, row.appointment_id = one.status, by
            changed.append(row)
    Slot.objects.bulk_create(made)
    Slot.objects.bulk_update(changed, ["status", "appointment_id"])


def _taken(practice_id: UUID, window: Span) -> list[tuple[Span, UUID | None]]:
    """What takes the time of who works there, in all their practices; named where it is this one.

    Cancelled and suspended visits leave the time free.
    """
    practices = list(
        Practice.objects.filter(professional__practices=practice_id).values_list("pk", flat=True)
    )
    visits = Appointment.objects.filter(
        practice_id__in=practices, starts_at__lt=window.end, ends_at__gt=window.start,
        status__in=[Appointment.Status.PLANNED, Appointment.Status.DONE],
    )  # fmt: skip
    found: list[tuple[Span, UUID | None]] = [
        (Span(one.starts_at, one.ends_at), one.pk if one.practice_id == practice_id else None)
        for one in visits.order_by("starts_at")
    ]
    meetings = engagements_of(practices, window.start, window.end)
    return found + [(Span(one.starts_at, one.ends_at), None) for one in meetings]


def _absences(practice_id: UUID, window: Span) -> list[Span]:
    rows = Absence.objects.filter(
        practice_id=practice_id, ends_on__gte=timezone.localdate(window.start),
        starts_on__lte=timezone.localdate(window.end),
    )  # fmt: skip
    return [Span(day_bounds(one.starts_on)[0], day_bounds(one.ends_on)[1]) for one in rows]


def follow(practice_id: UUID) -> None:
    """What a practice was just given, or lost, shows at once in its professional’s slots."""
    refresh(
        list(
            Schedule.objects.filter(
                practice__professional__practices=practice_id, closed_at=None
            ).distinct()
        )
    )


def refresh_all() -> int:
    """Periodic: the horizon moves on. Returns how many schedules were written again."""
    rows = list(Schedule.objects.filter(closed_at=None))
    refresh(rows)
    return len(rows)


FOLLOWED = ("visit.", "visits.", "series.")


def read(entries: Collection[Entry]) -> None:
    """A reader of the journal: what is planned, moved or cancelled takes or frees slots."""
    told = [one for one in entries if one.kind.startswith(FOLLOWED)]
    if not told:
        return
    people = {one.person_id for one in told}
    since = timezone.now() - dt.timedelta(days=1)
    recent = Appointment.objects.filter(
        person_id__in=people, practice__isnull=False, starts_at__gte=since
    )
    refresh(
        list(
            Schedule.objects.filter(
                Q(practice__professional__practices__in=recent.values("practice_id"))
                | Q(slots__appointment_id__in=[one.object_id for one in told]),
                closed_at=None,
            ).distinct()
        )
    )


def after_absence(absence: Absence) -> str:
    """An absence closes the slots of its days."""
    refresh(list(Schedule.objects.filter(practice_id=absence.practice_id, closed_at=None)))
    return ""
