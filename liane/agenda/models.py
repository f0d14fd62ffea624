"""The agenda: series, appointments, what suspends them, feeds and imports."""

import datetime as dt
from collections.abc import Collection
from typing import Any, ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.models import Authored, Base, Guarded, StatusRow, Versioned
from liane.directory.models import Organisation, Post, Practice
from liane.interventions.models import ActKind
from liane.patients.models import Patient


class Place(models.TextChoices):
    """Where an appointment takes place."""

    HOME = "home", "à domicile"
    OFFICE = "office", "au cabinet"
    REMOTE = "remote", "à distance"


class AgendaQuerySet(ScopedQuerySet[Any]):
    """Rows of the agenda within reach; an intervenant always finds their own."""

    def _own(self, reach: Reach) -> Q:
        holders = reach.actor.holders
        return Q(practice_id__in=holders) | Q(organisation_id__in=holders) | Q(post_id__in=holders)

    def standing_within(
        self, cluster: Collection[UUID], start: dt.datetime, end: dt.datetime | None
    ) -> Self:
        """Visits of a period, planned or suspended, to one person under any of its identities."""
        rows = self.filter(
            person_id__in=cluster,
            starts_at__gte=start,
            status__in=[Appointment.Status.PLANNED, Appointment.Status.SUSPENDED],
        )
        return rows if end is None else rows.filter(starts_at__lt=end)


class Planned(Base, Authored, Shared, Versioned, Scoped):
    """What a series and a single appointment have in common: who, where, what.

    Exactly one intervenant: a practice, or an organisation or a post that assigns it later.
    ``instructions`` are practical (keys, meals…), never clinical.
    """

    scope_area = Area.AGENDA

    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    post = models.ForeignKey(
        Post, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField("type", max_length=12, choices=ActKind, default=ActKind.VISIT)
    title = models.CharField("objet", max_length=120, blank=True)
    place = models.CharField("lieu", max_length=8, choices=Place, default=Place.HOME)
    instructions = models.CharField("consignes pratiques", max_length=500, blank=True)

    objects: ClassVar[Any] = AgendaQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def intervenant(self) -> str:
        """Who comes, in words."""
        if self.practice is not None:
            return self.practice.professional.name
        return str(self.post or self.organisation or "à attribuer")

    @property
    def intervenant_id(self) -> Any:
        """The holder that comes: a practice, a post or an organisation."""
        return self.practice_id or self.post_id or self.organisation_id


class Series(Planned):
    """A repetition: its RRULE is read in local time, in ``zone``, from ``starts_at``."""

    rule = models.CharField("répétition", max_length=300)
    zone = models.CharField(max_length=40, default=settings.TIME_ZONE)
    starts_at = models.DateTimeField("début")
    minutes = models.PositiveSmallIntegerField("durée en minutes", default=30)
    made_until = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    excluded = models.TextField(blank=True, editable=False)
    """Original starts left out (ISO 8601 in UTC, one a line): exceptions made elsewhere."""
    source_uid = models.CharField(max_length=255, blank=True, editable=False)
    continues = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    """The series that this one replaced from its start on, when it was changed on the way."""

    class Meta:
        indexes = [
            models.Index(fields=["person", "ended_at"]),
            models.Index(fields=["ended_at", "made_until"]),
        ]

    @property
    def words(self) -> str:
        """The repetition in plain words."""
        from liane.agenda.recurrence import words

        return words(self.rule)


class Appointment(Planned):
    """One visit or appointment, alone or the occurrence of a series.

    An occurrence is identified by (series, original start); moving it edits this row only, and
    ``moved`` keeps later changes of the series from touching it.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", "prévue"
        DONE = "done", "faite"
        CANCELLED = "cancelled", "annulée"
        SUSPENDED = "suspended", "suspendue"
        MISSED = "missed", "non faite"

    series = models.ForeignKey(
        Series, null=True, on_delete=models.PROTECT, related_name="occurrences"
    )
    original_start = models.DateTimeField(null=True, editable=False)
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin")
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    moved = models.BooleanField(default=False)
    source_uid = models.CharField(max_length=255, blank=True, editable=False)
    source_organisation_id = models.UUIDField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "original_start"], name="occurrence_once"),
            models.UniqueConstraint(
                fields=["source_uid", "source_organisation_id"],
                condition=~Q(source_uid=""),
                name="imported_once",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="ends_after_start"
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "starts_at"]),
            models.Index(fields=["person", "starts_at"]),
            models.Index(fields=["organisation", "starts_at"]),
            models.Index(fields=["post", "starts_at"]),
        ]

    @property
    def minutes(self) -> int:
        """Planned length."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


class AppointmentEvent(StatusRow, Guarded):
    """The dated history of an appointment: planned, moved, done, undone, suspended…"""

    rls_using = "EXISTS (SELECT 1 FROM agenda_appointment a WHERE a.id = {t}.appointment_id)"

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="history")


class BookingSaid(Base, Guarded):
    """What an establishment said of one of its own appointments: booked, moved, cancelled, missed.

    Kept in whatever order it came: the appointment is folded from all of it (`agenda.hearing`).
    """

    class Event(models.TextChoices):
        BOOKED = "1", "pris"
        RESCHEDULED = "2", "déplacé"
        CHANGED = "3", "modifié"
        CANCELLED = "4", "annulé"
        MISSED = "5", "non honoré"

    rls_using = "(SELECT liane_all())"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    uid = models.CharField(max_length=200)
    said_at = models.DateTimeField()
    event = models.CharField(max_length=1, choices=Event)
    digest = models.CharField(max_length=64)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    title = EncryptedTextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "uid", "person_id", "said_at", "event", "digest"],
                name="booking_said_once",
            )
        ]


class Cause(Base, Authored, Scoped):
    """Why the visits of a person stop for a time: a stay, a declared absence. Named by its id.

    ``windows`` of :class:`Window` reopen visits inside the period (a leave). ``resume_from`` is
    set when the return is known: visits from then on wait for each intervenant's word.
    """

    scope_area = Area.AGENDA

    cause_id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=30)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    resume_from = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "closed_at"])]


class Window(Base, Guarded):
    """Dates inside a cause's period during which visits take place (a leave from hospital)."""

    rls_using = "EXISTS (SELECT 1 FROM agenda_cause c WHERE c.id = {t}.cause_id)"

    cause = models.ForeignKey(Cause, on_delete=models.CASCADE, related_name="windows")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()


class Suspension(Base, Guarded):
    """One appointment held by one cause; several may hold it, the last to leave frees it."""

    rls_using = "EXISTS (SELECT 1 FROM agenda_appointment a WHERE a.id = {t}.appointment_id)"

    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="suspensions"
    )
    cause = models.ForeignKey(Cause, on_delete=models.PROTECT, related_name="suspensions")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "cause"],
                condition=Q(lifted_at=None),
                name="held_once_by_cause",
            )
        ]


class Schedule(Base, Authored, Versioned):
    """The hours that a practice opens to whoever looks for a time with it: free or taken, no more.

    Nothing is told of who never opened any. ``minutes`` is the length of a slot; slots are rows
    from now to :data:`liane.agenda.recurrence.HORIZON` ahead, within ``starts_at`` and ``ends_at``.
    """

    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="schedules")
    minutes = models.PositiveSmallIntegerField("durée d’un créneau en minutes", default=30)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice"], condition=Q(closed_at=None), name="one_open_schedule"
            )
        ]


class Opening(Base):
    """A time opened, or closed again, in a schedule: once, or repeated by an RRULE in local time.

    ``name`` is what the software that said it calls it.
    """

    class Kind(models.TextChoices):
        FREE = "free", "ouvert"
        CLOSED = "busy-unavailable", "fermé"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="openings")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.FREE)
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin")
    rule = models.CharField("répétition", max_length=300, blank=True)
    name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="opening_ends_after_start"
            )
        ]

    @property
    def words(self) -> str:
        """How often, in plain words; nothing for a time opened once."""
        from liane.agenda.recurrence import words

        return words(self.rule) if self.rule else ""


class Slot(Base):
    """One time of a schedule, free or not: of whom and why is said nowhere.

    Written again from openings, absences and appointments (`agenda.schedules`).
    """

    class Status(models.TextChoices):
        FREE = "free", "libre"
        BUSY = "busy", "pris"
        AWAY = "busy-unavailable", "absent"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=Status, default=Status.FREE)
    appointment = models.ForeignKey(
        Appointment, null=True, on_delete=models.SET_NULL, related_name="slots"
    )
    """The appointment of this practice that takes it: shown to whoever reads that appointment."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "starts_at"], name="slot_once"),
        ]
        indexes = [
            models.Index(fields=["status", "starts_at"]),
        ]


class Feed(Base):
    """A revocable link to one's own visits as iCalendar: no name, no health data.

    The token is kept as a digest only; it is shown once.
    """

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    with_town = models.BooleanField("montrer la commune", default=False)
    revoked_at = models.DateTimeField(null=True, blank=True)


class ImportBatch(Base, Authored, Guarded):
    """A round read from elsewhere, waiting for its author's yes; removed once settled."""

    rls_using = (
        "(SELECT liane_all()) OR {t}.author_holder_id = ANY ((SELECT liane_holders())::uuid[])"
    )

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=timezone.now)


class ImportLine(Base, Guarded):
    """One line of a round: what was read, who it may be about, what is wrong."""

    rls_using = "EXISTS (SELECT 1 FROM agenda_importbatch b WHERE b.id = {t}.batch_id)"

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    uid = models.CharField(max_length=255, blank=True)
    who = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=120, blank=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    rule = models.CharField(max_length=300, blank=True)
    excluded = models.TextField(blank=True)
    original_start = models.DateTimeField(null=True)
    cancelled = models.BooleanField(default=False)
    error = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(Patient, null=True, on_delete=models.CASCADE, related_name="+")
    certain = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]

    @property
    def times(self) -> tuple[Any, Any] | None:
        """Start and end, when both were understood."""
        if self.starts_at is None or self.ends_at is None:
            return None
        return self.starts_at, self.ends_at
