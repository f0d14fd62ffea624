"""The plan itself: whose, who keeps it, where it stands, what the person said."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle import rules as circle_rules
from liane.circle.expressions import Groups
from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, Versioned
from liane.core.states import Machine
from liane.directory.models import Practice


class Plan(Base, Authored, Shared, Versioned, Scoped):
    """A coordinated care plan (PPCS, HAS 2019): one open at a time for a person.

    ``version`` guards the frame (référent, summary, alert procedure, review date); each line has
    its own. ``for_person`` and ``for_carers`` say with whom it is shared.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "brouillon"
        SENT = "sent", "transmis au médecin traitant"
        VALIDATED = "validated", "validé par le médecin traitant"
        UNANSWERED = "unanswered", "transmis, sans réponse"
        IN_FORCE = "in_force", "en vigueur"
        CLOSED = "closed", "clos"

    scope_area = Area.CARE_PLAN
    KIND = "frame"
    FIELDS = (
        "referent", "medical", "psychological", "social", "autonomy", "alert_procedure",
        "review_on",
    )  # fmt: skip

    referent = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", verbose_name="référent du plan"
    )
    medical = EncryptedTextField("situation médicale")
    psychological = EncryptedTextField("situation psychologique et cognitive")
    social = EncryptedTextField("situation sociale et familiale")
    autonomy = EncryptedTextField("autonomie et logement")
    alert_procedure = EncryptedTextField("en cas d’alerte")
    review_on = models.DateField("prochaine révision", null=True, blank=True)
    review_told = models.DateField(null=True, editable=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=~Q(status="closed"), name="one_open_plan"
            )
        ]
        indexes = [
            models.Index(fields=["person", "status"]),
            models.Index(fields=["status", "sent_at"]),
            models.Index(fields=["referent", "review_on"]),
        ]

    @property
    def is_open(self) -> bool:
        """True until it is closed: it can be changed."""
        return self.status != self.Status.CLOSED

    @property
    def is_running(self) -> bool:
        """True while its actions are to be carried out."""
        return self.status in RUNNING

    @property
    def review_is_due(self) -> bool:
        """True from the day of its review."""
        return (
            self.is_open and self.review_on is not None and self.review_on <= timezone.localdate()
        )


_S = Plan.Status
LIFE = Machine(
    {
        _S.DRAFT: {_S.SENT, _S.CLOSED},
        _S.SENT: {_S.VALIDATED, _S.UNANSWERED, _S.DRAFT, _S.SENT, _S.CLOSED},
        _S.VALIDATED: {_S.IN_FORCE, _S.SENT, _S.DRAFT, _S.CLOSED},
        _S.UNANSWERED: {_S.VALIDATED, _S.IN_FORCE, _S.SENT, _S.DRAFT, _S.CLOSED},
        _S.IN_FORCE: {_S.VALIDATED, _S.SENT, _S.DRAFT, _S.CLOSED},
    }
)
RUNNING = (_S.VALIDATED, _S.UNANSWERED, _S.IN_FORCE)


class PlanEvent(StatusRow, Guarded):
    """The dated history of a plan's state."""

    rls_using = "EXISTS (SELECT 1 FROM careplans_plan p WHERE p.id = {t}.plan_id)"

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="history")


class PartQuerySet(ScopedQuerySet[Any]):
    """Rows of a plan: readable by whoever the plan is shared with."""

    def within(self, reach: Reach) -> Self:
        """Rows that the actor may read."""
        if reach.everything:
            return self
        return self.filter(self._shared(reach))

    def _shared(self, reach: Reach) -> Q:
        groups = circle_rules.flags(reach.actor.role, Area.CARE_PLAN)
        if not groups or not reach.actor.holders:
            return Q(pk__in=[])
        flagged: Groups = {f"plan__{flag}": scopes for flag, scopes in groups.items()}
        return Q(reach.granted("person_id", flagged))


class Part(Scoped):
    """A row of a plan; ``person`` is the plan's, so that reach needs no join to find it."""

    scope_area = Area.CARE_PLAN

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="%(class)ss")

    objects: ClassVar[Any] = PartQuerySet.as_manager()

    class Meta:
        abstract = True


class Review(Base, Authored, AppendOnly, Part):
    """A review that was held: when, what came out of it, when the next one is."""

    held_on = models.DateField()
    note = EncryptedTextField()
    next_on = models.DateField(null=True)


class WordsQuerySet(ScopedQuerySet[Any]):
    """What was said, for whom it was meant; whoever wrote it always finds it."""

    def _own(self, reach: Reach) -> Q:
        return Q(author_holder_id__in=reach.actor.holders)


class Words(Base, Authored, AppendOnly, Shared, Scoped):
    """The person's own words, or a carer's: never changed, a new row says it anew.

    ``voice`` is who speaks; the author is who wrote it down. They belong to the person and outlive
    a plan.
    """

    class Voice(models.TextChoices):
        PERSON = "person", "la personne"
        CARER = "carer", "un proche"
        RECORDED = "recorded", "la personne, par écrit d’un professionnel"

    class Topic(models.TextChoices):
        MATTERS = "matters", "ce qui compte"
        PREFERS = "prefers", "préférences"
        REFUSES = "refuses", "ce qui n’est pas souhaité"

    scope_area = Area.CARE_PLAN

    voice = models.CharField(max_length=8, choices=Voice)
    topic = models.CharField("à propos de", max_length=8, choices=Topic, default=Topic.MATTERS)
    text = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = WordsQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]
