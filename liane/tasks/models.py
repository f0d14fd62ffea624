"""Tasks: what somebody is asked to do, for a person or not, until when, and what became of it."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle import rules
from liane.circle.reach import Reach
from liane.circle.rls import reaches
from liane.circle.scoping import FLAGS
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.models import Authored, Base, Guarded, StatusRow, Versioned
from liane.core.states import Machine
from liane.directory.models import Organisation, Post, Practice
from liane.patients.models import Patient

HOLDERS = "ANY ((SELECT liane_holders())::uuid[])"


class CircleRole(models.TextChoices):
    """A role in the circle to which a task may be given: whoever holds it sees it."""

    DOCTOR = "doctor", "médecin"
    NURSE = "nurse", "infirmier ou infirmière"
    PHARMACIST = "pharmacist", "pharmacien ou pharmacienne"
    PHYSIO = "physio", "kinésithérapeute"
    COORDINATOR = "coordinator", "coordination"
    CASE_MANAGER = "case_manager", "gestion de cas"
    SECRETARY = "secretary", "secrétariat"


class TaskQuerySet(models.QuerySet["Task"]):
    """Tasks that an actor may see."""

    def within(self, reach: Reach) -> Self:
        """About a person: the care team's, and those one gave or got. Otherwise: only those.

        What is to be done may tell of health: a secretary, who reads no clinical text, sees of a
        person only what is asked of secretaries or of her, or what she asked herself.
        """
        if reach.everything:
            return self
        own = self.concerning(reach)
        anybody = reach.condition(Area.TIMELINE, "person_id", frozenset())
        shared = reach.condition(Area.TIMELINE, "person_id", FLAGS)
        if rules.reads_when_named(reach.actor.role):
            shared &= Q(role=CircleRole.SECRETARY)
        about = Q(person__isnull=False) & ((anybody & own) | shared)
        return self.filter(about | (Q(person=None) & own))

    def concerning(self, reach: Reach) -> Q:
        """Given by, or to, one of the actor's holders."""
        holders = reach.actor.holders
        return (
            Q(practice_id__in=holders)
            | Q(organisation_id__in=holders)
            | Q(post_id__in=holders)
            | Q(author_holder_id__in=holders)
        )


class Task(Base, Authored, Shared, Versioned, Guarded):
    """One thing to do. Given to exactly one: a practice, a structure, a post, or a role in the
    circle of ``person``. Tasks are between professionals: the portal does not show them.
    """

    rls_using: ClassVar[str] = (
        "(SELECT liane_all())"
        f" OR ({{t}}.person_id IS NULL AND ({{t}}.practice_id = {HOLDERS}"
        f" OR {{t}}.organisation_id = {HOLDERS} OR {{t}}.post_id = {HOLDERS}"
        f" OR {{t}}.author_holder_id = {HOLDERS}))"
        " OR ({t}.person_id IS NOT NULL AND (" + reaches("{t}.person_id", Area.TIMELINE) + "))"
    )

    class Status(models.TextChoices):
        TODO = "todo", "à faire"
        CLAIMED = "claimed", "prise en charge"
        DONE = "done", "faite"
        REFUSED = "refused", "refusée"

    class Priority(models.IntegerChoices):
        HIGH = 1, "prioritaire"
        NORMAL = 2, "normale"

    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField("à faire", max_length=200)
    details = models.CharField("précisions", max_length=1000, blank=True)
    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    post = models.ForeignKey(
        Post, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=12, choices=CircleRole, blank=True)
    due_on = models.DateField("pour le", null=True, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    status = models.CharField(max_length=8, choices=Status, default=Status.TODO)
    claimed_by = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reminded_on = models.DateField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    source_message_id = models.UUIDField(null=True, editable=False)

    objects: ClassVar[Any] = TaskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role="") | Q(person__isnull=False), name="role_of_a_circle"
            )
        ]
        indexes = [
            models.Index(fields=["practice", "status"]),
            models.Index(fields=["organisation", "status"]),
            models.Index(fields=["post", "status"]),
            models.Index(fields=["role", "status"]),
            models.Index(fields=["person", "status"]),
            models.Index(fields=["author_holder_id", "status"]),
            models.Index(
                fields=["due_on"],
                name="task_to_remind",
                condition=Q(reminded_on=None, status__in=["todo", "claimed"]),
            ),
        ]

    @property
    def is_open(self) -> bool:
        """True while somebody must still do it."""
        return self.status in {self.Status.TODO, self.Status.CLAIMED}

    @property
    def is_late(self) -> bool:
        """True when its day is past and it is still open."""
        return self.is_open and self.due_on is not None and self.due_on < timezone.localdate()

    @property
    def assignee(self) -> str:
        """Who was asked, in words."""
        if self.practice is not None:
            return self.practice.professional.name
        return str(self.post or self.organisation or self.get_role_display())


class TaskEvent(StatusRow, Guarded):
    """The dated history of a task: who took, did, refused or reopened it, and why."""

    rls_using = "EXISTS (SELECT 1 FROM tasks_task k WHERE k.id = {t}.task_id)"

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="history")


_S = Task.Status
LIFE = Machine(
    {
        _S.TODO: {_S.CLAIMED, _S.DONE, _S.REFUSED},
        _S.CLAIMED: {_S.TODO, _S.DONE, _S.REFUSED},
        _S.DONE: {_S.TODO},
        _S.REFUSED: {_S.TODO},
    }
)
OPEN = (_S.TODO, _S.CLAIMED)
