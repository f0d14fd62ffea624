"""Questionnaires, what was answered about a person, and the scores that come out of it."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.assessments.engine.values import number
from liane.circle.reach import Reach
from liane.circle.rls import reaches
from liane.circle.scoping import FLAGS, Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.models import Authored, Base, Guarded, StatusRow, StoredFile, Versioned
from liane.core.states import Machine
from liane.directory.models import Organisation


class Domain(models.TextChoices):
    """The area of the rights table that an assessment belongs to: its questionnaire says which."""

    SOCIAL = Area.SOCIAL_ASSESSMENT.value, "évaluation médico-sociale"
    CLINICAL = Area.CLINICAL_NOTE.value, "évaluation clinique"


class Questionnaire(Base):
    """One version of a questionnaire. ``content`` is the FHIR resource as it came.

    Once answered a version never changes: another version is another row.
    """

    class Origin(models.TextChoices):
        HOUSE = "house", "fourni avec Liane"
        IMPORTED = "imported", "importé"

    url = models.CharField("adresse", max_length=400)
    version = models.CharField("version", max_length=60, blank=True)
    title = models.CharField("titre", max_length=400)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.IMPORTED)
    area = models.CharField(max_length=20, choices=Domain, default=Domain.CLINICAL)
    source = models.CharField("source", max_length=1000, blank=True)
    licence = models.CharField("licence", max_length=2000, blank=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    offered = models.BooleanField(default=True)
    gate = models.CharField(max_length=40, blank=True)
    """The setting that must be on for it to be offered (AGGIR and its licence)."""
    order = models.PositiveSmallIntegerField(default=100)
    remarks = models.TextField(blank=True)
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["url", "version", "organisation"], name="questionnaire_of_structure"
            ),
            models.UniqueConstraint(
                fields=["url", "version"],
                condition=Q(organisation=None),
                name="questionnaire_of_all",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AssessedQuerySet(ScopedQuerySet[Any]):
    """Rows that lie in one of two areas: each is read under the rights of its own."""

    def within(self, reach: Reach) -> Self:
        """Rows the actor may read."""
        if reach.everything:
            return self
        mine = Q(author_holder_id__in=reach.actor.holders)
        allowed = Q(pk__in=[])
        for area in (Area.SOCIAL_ASSESSMENT, Area.CLINICAL_NOTE):
            read = reach.condition(area, "person_id", FLAGS)
            own = mine & reach.condition(area, "person_id", frozenset())
            allowed |= Q(area=area.value) & (read | own)
        return self.filter(allowed)


def _readable(table: str) -> str:
    return "(SELECT liane_all())" + "".join(
        f" OR ({table}.area = '{area.value}' AND ({reaches(table + '.person_id', area)}))"
        for area in (Area.SOCIAL_ASSESSMENT, Area.CLINICAL_NOTE)
    )


class Response(Base, Authored, Shared, Versioned, Scoped):
    """One assessment of a person: a QuestionnaireResponse, sealed, and where it stands.

    ``content`` is JSON: ``response`` (the FHIR resource), ``counts`` (repetitions shown),
    ``touched`` (version at which each place last changed), ``prefilled`` (what was put there from
    the record, and from when). Completed, it never changes: a correction is another row that
    ``replaces`` it, and both stay.
    """

    rls_using: ClassVar[str] = _readable("{t}")

    class Status(models.TextChoices):
        IN_PROGRESS = "in-progress", "en cours"
        COMPLETED = "completed", "terminée"
        AMENDED = "amended", "corrigée"
        STOPPED = "stopped", "abandonnée"
        ERROR = "entered-in-error", "annulée"

    scope_area = Area.CLINICAL_NOTE

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=20, choices=Domain)
    status = models.CharField(max_length=16, choices=Status, default=Status.IN_PROGRESS)
    content = EncryptedTextField()
    at = models.DateTimeField("date de l’évaluation", default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.CharField(max_length=200, blank=True)
    completed_at = models.DateTimeField(null=True)
    completed_by = models.CharField(max_length=200, blank=True)
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="corrections"
    )
    reason = models.CharField(max_length=300, blank=True)
    concerns = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    """The organisation whose support somebody judges here (`giving`)."""
    occasion_id = models.UUIDField(null=True, editable=False)
    """What is judged, once: an accompaniment."""
    paper = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    paper_asked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = AssessedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(completed_at=None)
                | Q(status__in=["completed", "amended", "entered-in-error"]),
                name="response_completed",
            ),
            models.UniqueConstraint(
                fields=["occasion_id"],
                condition=Q(occasion_id__isnull=False) & ~Q(status="entered-in-error"),
                name="opinion_once",
            ),
            models.UniqueConstraint(
                fields=["replaces"], condition=Q(status="in-progress"), name="one_correction"
            ),
        ]
        indexes = [models.Index(fields=["person", "-at"])]

    shown_scores: "list[Score]"
    """Set for the timeline."""

    @property
    def is_open(self) -> bool:
        """True while it is being filled."""
        return self.status == self.Status.IN_PROGRESS

    @property
    def is_corrected(self) -> bool:
        """True when a completed correction took its place (annotated by queries)."""
        return bool(getattr(self, "corrected", False))

    @property
    def is_done(self) -> bool:
        """True once completed, and not withdrawn."""
        return self.status in {self.Status.COMPLETED, self.Status.AMENDED}


class ResponseEvent(StatusRow, Guarded):
    """The dated history of an assessment: started, completed, corrected, withdrawn, and why."""

    rls_using = "EXISTS (SELECT 1 FROM assessments_response r WHERE r.id = {t}.response_id)"

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="history")


class Score(Base, Authored, Shared, Scoped):
    """One score of a completed assessment, as decided then: what charts and reports read."""

    rls_using: ClassVar[str] = _readable("{t}")

    append_only = True
    scope_area = Area.CLINICAL_NOTE

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="scores")
    area = models.CharField(max_length=20, choices=Domain)
    url = models.CharField(max_length=400)
    code = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    unit = models.CharField(max_length=20, blank=True)
    value = models.DecimalField(max_digits=18, decimal_places=6)
    band = models.CharField(max_length=300, blank=True)
    level = models.CharField(max_length=40, blank=True)
    panel = models.CharField(max_length=200, blank=True)
    """The panel of which it is the first number (`grouped`): its system and code."""
    head = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")
    """The first number of its panel, for the others."""
    at = models.DateTimeField()

    objects: ClassVar[Any] = AssessedQuerySet.as_manager()

    @property
    def figure(self) -> str:
        """The value as people read it: ``5,5``."""
        return number(self.value)

    class Meta:
        indexes = [models.Index(fields=["person", "code", "-at"])]
        constraints = [models.UniqueConstraint(fields=["response", "code"], name="score_once")]


_S = Response.Status
LIFE = Machine(
    {
        _S.IN_PROGRESS: {_S.COMPLETED, _S.AMENDED, _S.STOPPED},
        _S.COMPLETED: {_S.ERROR},
        _S.AMENDED: {_S.ERROR},
    }
)
DONE = (_S.COMPLETED, _S.AMENDED)
