"""What is left to do: tasks, plan reviews, visits, reminders. Computed from their rooms' rows.

The next step of an organisation for a person is the earliest of: open tasks that it has or gave,
the review of the care plan, visits planned by its own people, its reminders. Late ones come first.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from liane.agenda.models import Appointment
from liane.careplans.models import Plan
from liane.circle.reach import Reach
from liane.core import acting
from liane.core.clock import day_bounds
from liane.followups.models import Accompaniment, Reminder
from liane.followups.states import NOTHING, UNDATED
from liane.tasks.models import OPEN, Task

CHUNK = 500
KINDS = {
    "task": "Tâche", "review": "Révision du plan", "visit": "Visite", "reminder": "Rappel",
}  # fmt: skip
ICONS = {"task": "task", "review": "edit", "visit": "calendar", "reminder": "clock"}
WATCHED = ("task.", "plan.", "agenda.", "visit.", "appointment.", "series.", "person.merged")
"""Beginnings of the journal kinds after which a next step may be another."""


@dataclass(frozen=True)
class Step:
    """One thing left to do. ``at``: its moment, or its day's beginning; None without a day."""

    kind: str
    person_id: UUID
    title: str
    at: dt.datetime | None
    who: str = ""
    object_id: UUID | None = None
    whole_day: bool = True

    @property
    def is_late(self) -> bool:
        """True when its day is past."""
        return self.at is not None and self.at < day_bounds(timezone.localdate())[0]

    @property
    def label(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]

    @property
    def icon(self) -> str:
        """The sign of its kind."""
        return ICONS[self.kind]

    @property
    def url(self) -> str:
        """Where it is done."""
        match self.kind:
            case "task":
                return f"/taches/{self.object_id}/"
            case "review":
                return f"/personnes/{self.person_id}/plan/"
            case "visit":
                return f"/personnes/{self.person_id}/agenda/"
            case _:
                return f"/personnes/{self.person_id}/accompagnement/"


def upcoming(organisation_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, list[Step]]:
    """What an organisation has left to do for each person, earliest first. Four queries.

    Under the current actor's reach: what may not be read is not told.
    """
    found: dict[UUID, list[Step]] = {}
    if not person_ids:
        return found
    ids = list(person_ids)
    for step in (
        *_tasks(organisation_id, ids),
        *_reviews(ids),
        *_visits(organisation_id, ids),
        *_reminders(organisation_id, ids),
    ):
        found.setdefault(step.person_id, []).append(step)
    for rows in found.values():
        rows.sort(key=lambda step: (step.at is None, step.at or timezone.now()))
    return found


def _ours(organisation_id: UUID) -> Q:
    """Given to one of ours."""
    return (
        Q(practice__organisation_id=organisation_id)
        | Q(organisation_id=organisation_id)
        | Q(post__organisation_id=organisation_id)
    )


def _tasks(organisation_id: UUID, ids: list[UUID]) -> Iterable[Step]:
    rows: QuerySet[Task] = Task.objects.within(_reach()).filter(
        _ours(organisation_id) | Q(author_organisation_id=organisation_id),
        person_id__in=ids,
        status__in=OPEN,
    )
    related = ("practice__professional", "organisation", "post")
    for row in rows.select_related(*related):
        if row.person_id is not None:
            yield Step("task", row.person_id, row.title, _day(row.due_on), row.assignee, row.pk)


def _reviews(ids: list[UUID]) -> Iterable[Step]:
    rows = (
        Plan.objects.within(_reach())
        .filter(person_id__in=ids, review_on__isnull=False)
        .exclude(status=Plan.Status.CLOSED)
        .select_related("referent__professional")
        .defer("medical", "psychological", "social", "autonomy", "alert_procedure")
    )
    for row in rows:
        yield Step(
            "review", row.person_id, "Réviser le plan", _day(row.review_on),
            row.referent.professional.name, row.pk,
        )  # fmt: skip


def _visits(organisation_id: UUID, ids: list[UUID]) -> Iterable[Step]:
    rows = (
        Appointment.objects.within(_reach())
        .filter(
            _ours(organisation_id),
            person_id__in=ids,
            status=Appointment.Status.PLANNED,
            starts_at__gte=timezone.now(),
        )
        .order_by()
        .values("person_id")
        .annotate(at=Min("starts_at"))
    )
    for row in rows:
        yield Step("visit", row["person_id"], "Visite prévue", row["at"], whole_day=False)


def _reminders(organisation_id: UUID, ids: list[UUID]) -> Iterable[Step]:
    rows = Reminder.objects.within(_reach()).filter(
        organisation_id=organisation_id, person_id__in=ids, settled_at=None
    )
    for row in rows:
        yield Step(
            "reminder", row.person_id, row.text or "Y revenir", _day(row.due_on),
            row.author_label, row.pk,
        )  # fmt: skip


def refresh(person_ids: Collection[UUID]) -> int:
    """Put again in order the open accompaniments of these persons. Returns how many moved.

    Works as the system: what a list is sorted by does not depend on who looks.
    """
    moved: list[Accompaniment] = []
    with acting.acting(acting.system("file active : prochaine action")):
        rows = Accompaniment.objects.filter(person_id__in=list(person_ids), closed_at=None)
        by_house: dict[UUID, list[Accompaniment]] = {}
        for row in rows.only("person_id", "organisation_id", "next_at", "next_kind"):
            by_house.setdefault(row.organisation_id, []).append(row)
        for house, mine in by_house.items():
            found = upcoming(house, [row.person_id for row in mine])
            for row in mine:
                first = next(iter(found.get(row.person_id, [])), None)
                kind, at = (first.kind, first.at or UNDATED) if first else ("", NOTHING)
                if (row.next_kind, row.next_at) != (kind, at):
                    row.next_kind, row.next_at = kind, at
                    moved.append(row)
        Accompaniment.objects.bulk_update(moved, ["next_at", "next_kind"], batch_size=CHUNK)
    return len(moved)


def read(entries: Collection[object]) -> None:
    """Reader of the journal: something that may be a next step happened to these persons."""
    persons = {
        entry.person_id  # type: ignore[attr-defined]
        for entry in entries
        if entry.person_id is not None and entry.kind.startswith(WATCHED)  # type: ignore[attr-defined]
    }
    if persons:
        refresh(persons)


def _day(day: dt.date | None) -> dt.datetime | None:
    return day_bounds(day)[0] if day is not None else None


def _reach() -> Reach:
    return Reach.of(acting.current())
