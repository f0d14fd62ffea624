"""The file of an organisation that supports persons: accompaniments, contacts, reminders.

All of it is the organisation's own (the non-shared file): its members who read working files read
it, nobody else does. The care team learns level and case manager alone (`queries.cards`).
"""

from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle import rules as circle_rules
from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.circle.rls import been, denied, reaches
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, Versioned
from liane.directory.models import Organisation, Practice
from liane.followups.states import ExitReason, Level, Stage, nothing_planned
from liane.patients.models import Patient

HOLDERS = "ANY ((SELECT liane_holders())::uuid[])"
OWN_SQL = (
    f"(SELECT liane_all()) OR ({{t}}.organisation_id = {HOLDERS}"
    f" AND ({reaches('{t}.person_id', Area.WORKING_FILE)}))"
)
OF_ACCOMPANIMENT_SQL = (
    "EXISTS (SELECT 1 FROM followups_accompaniment a WHERE a.id = {t}.accompaniment_id)"
)
LOG_SQL = (
    f"(SELECT liane_all()) OR ({{t}}.organisation_id = {HOLDERS}"
    " AND 'care' = ANY ((SELECT liane_scopes('working_file'))::text[])"
    f" AND ({{t}}.person_id IS NULL OR ({reaches('{t}.person_id', Area.WORKING_FILE)})))"
)


class OwnQuerySet(ScopedQuerySet[Any]):
    """Rows of the organisations one works for, about persons within reach."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read: never another organisation's."""
        rows = super().within(reach)
        return rows if reach.everything else rows.filter(organisation_id__in=reach.actor.holders)

    def of_house(self, reach: Reach, organisation_id: UUID) -> Self:
        """Those of one house, for a list: its own index gives the order, a page costs a page."""
        if not reach.everything and organisation_id not in reach.actor.holders:
            return self.none()
        return super().within(reach.probed()).filter(organisation_id=organisation_id)


class Accompaniment(Base, Authored, Versioned, Scoped):
    """One organisation supports one person, from a day to another.

    ``status`` is the stage. ``next_at`` and ``next_kind`` repeat what `steps` computed last, for
    the order of lists alone; pages compute what they show.
    """

    rls_using: ClassVar[str] = OWN_SQL
    scope_area = Area.WORKING_FILE

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    level = models.CharField("niveau", max_length=10, choices=Level)
    status = models.CharField("étape", max_length=14, choices=Stage, default=Stage.QUALIFICATION)
    case_manager = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    exit_reason = models.CharField(max_length=12, choices=ExitReason, blank=True)
    request_id = models.UUIDField(null=True, editable=False)
    earlier = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="reentries"
    )
    next_at = models.DateTimeField(default=nothing_planned, editable=False)
    next_kind = models.CharField(max_length=10, blank=True, editable=False)
    nothing_told = models.DateField(null=True, editable=False)

    objects: ClassVar[Any] = OwnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organisation"],
                condition=Q(closed_at=None),
                name="one_open_accompaniment",
            )
        ]
        indexes = [
            models.Index(
                fields=["organisation", "next_at", "id"],
                name="file_active",
                condition=Q(closed_at=None),
            ),
            models.Index(
                fields=["case_manager", "next_at", "id"],
                name="file_of_case_manager",
                condition=Q(closed_at=None),
            ),
            models.Index(fields=["organisation", "opened_at"]),
            models.Index(fields=["organisation", "closed_at"]),
            models.Index(fields=["person", "organisation", "-opened_at"]),
            models.Index(fields=["request_id"]),
        ]

    def __str__(self) -> str:
        return f"accompagnement {self.pk}"

    @property
    def is_open(self) -> bool:
        """True until its exit."""
        return self.closed_at is None


class AccompanimentStep(StatusRow, Guarded):
    """One dated stage."""

    rls_using: ClassVar[str] = OF_ACCOMPANIMENT_SQL

    accompaniment = models.ForeignKey(
        Accompaniment, on_delete=models.PROTECT, related_name="history"
    )

    @property
    def label(self) -> str:
        """The stage in words."""
        return Stage(self.after).label


class LevelChange(Base, Authored, AppendOnly, Guarded):
    """The level from a moment on, and why. The first row has no ``before``."""

    rls_using: ClassVar[str] = OF_ACCOMPANIMENT_SQL

    accompaniment = models.ForeignKey(
        Accompaniment, on_delete=models.PROTECT, related_name="levels"
    )
    before = models.CharField(max_length=10, choices=Level, blank=True)
    after = models.CharField(max_length=10, choices=Level)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)


class CaseManager(Base, Authored, AppendOnly, Guarded):
    """Who has the person in hand from a moment on; nobody when ``practice`` is empty."""

    rls_using: ClassVar[str] = OF_ACCOMPANIMENT_SQL

    accompaniment = models.ForeignKey(
        Accompaniment, on_delete=models.PROTECT, related_name="managers"
    )
    practice = models.ForeignKey(Practice, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)


class Reminder(Base, Authored, Scoped):
    """« Y revenir le … »: what the organisation reminds itself of, in its own file."""

    rls_using: ClassVar[str] = OWN_SQL
    scope_area = Area.WORKING_FILE

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    accompaniment = models.ForeignKey(
        Accompaniment, on_delete=models.PROTECT, related_name="reminders"
    )
    due_on = models.DateField()
    text = EncryptedTextField()
    told_on = models.DateField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = OwnQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "settled_at", "due_on"]),
            models.Index(fields=["due_on"], name="reminder_waiting", condition=Q(settled_at=None)),
        ]

    @property
    def is_late(self) -> bool:
        """True when its day is past."""
        return self.settled_at is None and self.due_on < timezone.localdate()


class LogQuerySet(models.QuerySet[Any]):
    """The log of the organisations one works for: rows about a person, or about nobody."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read: its organisations', persons out of reach left out."""
        if reach.everything:
            return self
        if Grant.Scope.CARE not in circle_rules.scopes(reach.actor.role, Area.WORKING_FILE, "r"):
            return self.none()
        about = Q(person=None) | reach.condition(Area.WORKING_FILE, "person_id", frozenset())
        return self.filter(about, organisation_id__in=reach.actor.holders)

    def past(self, reach: Reach) -> Self:
        """Those of one's organisation about a person whose circle one has left."""
        been_there = reach.been(Area.WORKING_FILE, "at") & ~reach.denied("person_id")
        return self.filter(been_there, organisation_id__in=reach.actor.holders)


class Contact(Base, Authored, AppendOnly, Guarded):
    """One contact about a person, with a partner organisation, or both. Never changed.

    ``minutes`` is its length. It counts as an act of the file active at ``at``.
    """

    class Channel(models.TextChoices):
        CALL = "call", "appel"
        MAIL = "mail", "message ou courrier"
        VISIT = "visit", "visite"
        MEETING = "meeting", "réunion"

    class Direction(models.TextChoices):
        OUT = "out", "de nous"
        IN = "in", "reçu"

    rls_using: ClassVar[str] = LOG_SQL
    rls_past: ClassVar[str] = (
        f"{{t}}.organisation_id = {HOLDERS}"
        f" AND {been('{t}.person_id', '{t}.at', Area.WORKING_FILE)}"
        f" AND NOT {denied('{t}.person_id')}"
    )

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField("moyen", max_length=8, choices=Channel)
    direction = models.CharField("sens", max_length=3, choices=Direction, default=Direction.OUT)
    at = models.DateTimeField(default=timezone.now)
    minutes = models.PositiveSmallIntegerField("durée en minutes", null=True)
    note = EncryptedTextField()

    objects: ClassVar[Any] = LogQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(partner__isnull=False),
                name="contact_about_somebody",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "at"]),
            models.Index(fields=["person", "organisation", "-at"]),
            models.Index(fields=["partner", "organisation", "-at"]),
        ]
