"""The lines of a plan: problems, objectives, actions. A line keeps its identity for ever.

No line is deleted nor saved anew: it changes (its version grows, the former content stays in
`Change`) or is withdrawn, with a date and a reason.
"""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.careplans.models.plans import Part, PartQuerySet
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, Versioned
from liane.core.states import Machine
from liane.directory.models import Organisation, Post, Practice


class Line(Base, Authored, Versioned, Part):
    """What problems, objectives and actions have in common. ``FIELDS`` are their content."""

    KIND: ClassVar[str]
    FIELDS: ClassVar[tuple[str, ...]]
    position = models.PositiveSmallIntegerField(default=0)
    dropped_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("position", "id")


class Problem(Line):
    """A problem situation: what, how pressing, and which evaluation showed it."""

    class Domain(models.TextChoices):
        MEDICAL = "medical", "santé"
        PSYCHOLOGICAL = "psychological", "moral et mémoire"
        SOCIAL = "social", "droits, ressources, entourage"
        AUTONOMY = "autonomy", "autonomie"
        HOUSING = "housing", "logement"
        CARER = "carer", "aidants"

    class Priority(models.IntegerChoices):
        FIRST = 1, "prioritaire"
        NEXT = 2, "ensuite"
        LATER = 3, "à surveiller"

    KIND = "problem"
    FIELDS = ("domain", "statement", "priority", "origin", "origin_id", "origin_line")

    domain = models.CharField("domaine", max_length=14, choices=Domain)
    statement = EncryptedTextField("problème")
    priority = models.PositiveSmallIntegerField("priorité", choices=Priority, default=Priority.NEXT)
    origin = EncryptedTextField("ce qui l’a montré")
    origin_id = models.UUIDField(null=True, editable=False)
    """The assessment that shows it, and below the line of it that does."""
    origin_line = models.CharField(max_length=80, blank=True, editable=False)

    class Meta(Line.Meta):
        ordering: ClassVar[tuple[str, ...]] = ("priority", "position", "id")


class Objective(Line):
    """What is aimed at with the person: how one will know, by when, and what became of it.

    Not reached, it says why and stays: the fourth part of the HAS form. One that was wished and
    could not be tried need not answer a problem.
    """

    class Status(models.TextChoices):
        OPEN = "open", "en cours"
        REACHED = "reached", "atteint"
        UNREACHED = "unreached", "non atteint"

    KIND = "objective"
    FIELDS = ("text", "indicator", "term", "shared", "why")

    problem = models.ForeignKey(
        Problem, null=True, on_delete=models.PROTECT, related_name="objectives"
    )
    text = EncryptedTextField("objectif")
    indicator = EncryptedTextField("signe que c’est atteint")
    term = models.DateField("échéance", null=True, blank=True)
    shared = models.BooleanField("partagé avec la personne", default=True)
    why = EncryptedTextField("pourquoi il n’est pas atteint")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)


class ActionQuerySet(PartQuerySet):
    """Actions of the plans within reach; whoever carries one out finds it, and it alone."""

    def within(self, reach: Reach) -> Self:
        """Actions that the actor may read: social and home-help members, only theirs."""
        if reach.everything:
            return self
        mine = self.of(reach.actor.holders) & reach.condition(
            Area.CARE_PLAN, "person_id", frozenset()
        )
        return self.filter(self._shared(reach) | mine)

    @staticmethod
    def of(holders: tuple[Any, ...]) -> Q:
        """Entrusted to one of these practices, structures or posts."""
        return Q(practice_id__in=holders) | Q(organisation_id__in=holders) | Q(post_id__in=holders)


class Action(Line):
    """What somebody does for an objective. ``task_id``, ``appointment_id``, ``series_id`` and
    ``referral_id`` name what it became: what is done there comes back (`liane.careplans.returns`).
    """

    class Recourse(models.IntegerChoices):
        """In this order: HAS, glossary of the PPCS."""

        PREVENT = 1, "prévenir"
        SOLVE = 2, "résoudre"
        MITIGATE = 3, "atténuer"

    class Status(models.TextChoices):
        TODO = "todo", "à faire"
        DOING = "doing", "en cours"
        DONE = "done", "faite"
        NOT_DONE = "not_done", "non faite"
        STOPPED = "stopped", "arrêtée"

    KIND = "action"
    FIELDS = (
        "text", "recourse", "practice", "organisation", "post", "who_else", "frequency",
        "starts_on", "due_on", "result",
    )  # fmt: skip

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="actions")
    text = EncryptedTextField("action")
    recourse = models.PositiveSmallIntegerField("pour", choices=Recourse, default=Recourse.SOLVE)
    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    post = models.ForeignKey(
        Post, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    who_else = EncryptedTextField("par quelqu’un d’autre")
    frequency = EncryptedTextField("à quel rythme")
    starts_on = models.DateField("à partir du", null=True, blank=True)
    due_on = models.DateField("avant le", null=True, blank=True)
    result = EncryptedTextField("résultat")
    status = models.CharField(max_length=10, choices=Status, default=Status.TODO)
    task_id = models.UUIDField(null=True, editable=False, db_index=True)
    appointment_id = models.UUIDField(null=True, editable=False, db_index=True)
    series_id = models.UUIDField(null=True, editable=False, db_index=True)
    referral_id = models.UUIDField(null=True, editable=False, db_index=True)

    objects: ClassVar[Any] = ActionQuerySet.as_manager()

    class Meta(Line.Meta):
        ordering: ClassVar[tuple[str, ...]] = ("recourse", "position", "id")
        indexes = [
            models.Index(fields=["practice", "status"]),
            models.Index(fields=["organisation", "status"]),
        ]

    @property
    def who(self) -> str:
        """Who does it, in words."""
        if self.practice is not None:
            return self.practice.professional.name
        return str(self.post or self.organisation or self.who_else or "")

    @property
    def is_late(self) -> bool:
        """True when its day is past and it still waits."""
        waiting = self.status in {self.Status.TODO, self.Status.DOING}
        return waiting and self.due_on is not None and self.due_on < timezone.localdate()

    @property
    def become(self) -> str:
        """What it was turned into: ``task``, ``visit``, ``visits``, ``request``, or nothing."""
        if self.task_id:
            return "task"
        if self.appointment_id:
            return "visit"
        if self.series_id:
            return "visits"
        return "request" if self.referral_id else ""


_A = Action.Status
ACTION_LIFE = Machine(
    {
        _A.TODO: {_A.DOING, _A.DONE, _A.NOT_DONE, _A.STOPPED},
        _A.DOING: {_A.TODO, _A.DONE, _A.NOT_DONE, _A.STOPPED},
        _A.DONE: {_A.TODO, _A.DOING, _A.NOT_DONE},
        _A.NOT_DONE: {_A.TODO, _A.DOING, _A.DONE, _A.STOPPED},
        _A.STOPPED: {_A.TODO, _A.DOING},
    }
)
_O = Objective.Status
OBJECTIVE_LIFE = Machine(
    {
        _O.OPEN: {_O.REACHED, _O.UNREACHED},
        _O.REACHED: {_O.OPEN, _O.UNREACHED},
        _O.UNREACHED: {_O.OPEN, _O.REACHED},
    }
)


class LineEvent(StatusRow, Part, Guarded):
    """The dated steps of an action or an objective. ``entry_id`` is the journal entry that moved
    it, when what it became was done elsewhere: never counted twice.
    """

    line_id = models.UUIDField(db_index=True)
    entry_id = models.UUIDField(null=True, unique=True)


class Change(Base, Authored, AppendOnly, Part):
    """One content that a line had, or that somebody proposed for it: nothing typed is lost.

    ``number`` is the line's version once changed; a proposal that came too late keeps the version
    it was written on. ``content`` is JSON, sealed.
    """

    class What(models.TextChoices):
        MADE = "made", "ajoutée"
        CHANGED = "changed", "modifiée"
        SET_ASIDE = "set_aside", "proposition arrivée après une autre, mise de côté"
        DROPPED = "dropped", "retirée"
        RESTORED = "restored", "remise"

    line_id = models.UUIDField(db_index=True)
    line_kind = models.CharField(max_length=10)
    what = models.CharField(max_length=10, choices=What)
    number = models.PositiveIntegerField()
    content = EncryptedTextField()
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    @property
    def day(self) -> dt.date:
        """The local day."""
        return timezone.localdate(self.at)
