"""Interventions: what was done for a person, entered once and used everywhere."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.rls import been, denied
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.audience import Shared
from liane.core.models import AppendOnly, Authored, Base, Guarded
from liane.directory.models import Organisation, Practice


class ActKind(models.TextChoices):
    """What sort of act a visit is: how the person was seen, not what was cared for."""

    VISIT = "visit", "visite"
    SESSION = "session", "séance"
    OFFICE = "office", "rendez-vous"
    CALL = "call", "appel"
    REMOTE = "remote", "suivi à distance"
    HELP = "help", "aide à domicile"
    MEETING = "meeting", "réunion de coordination"


HOLDERS = "ANY ((SELECT liane_holders())::uuid[])"
PAST_SQL = (
    f"(({{t}}.performed_by_id = {HOLDERS} OR {{t}}.author_holder_id = {HOLDERS})"
    f" AND {been('{t}.person_id', '{t}.at', Area.INTERVENTION)})"
    f" OR ({been('{t}.person_id', '{t}.at', Area.INTERVENTION, house='{t}.organisation_id')}"
    f" AND NOT {denied('{t}.person_id')})"
)


class InterventionQuerySet(ScopedQuerySet["Intervention"]):
    """Interventions within reach; whoever performed one, or wrote it, always finds it."""

    def _own(self, reach: Reach) -> Q:
        holders = reach.actor.holders
        return Q(performed_by_id__in=holders) | Q(author_holder_id__in=holders)

    def _past(self, reach: Reach) -> Q:
        """One's own acts; those of one's organisation where it was the member and is unopposed."""
        area = Area.INTERVENTION
        mine = self._own(reach) & reach.been(area, "at")
        houses = reach.been(area, "at", house="organisation_id")
        return mine | (houses & ~reach.denied("person_id"))

    def standing(self) -> Self:
        """Without those that were undone or replaced."""
        return self.filter(undo=None)


class Intervention(Base, Authored, Shared, AppendOnly, Scoped):
    """One act for one person: never changed; a mistake is undone by a row of :class:`Undo`.

    ``at`` is when the act took place, ``entered_at`` when it was written down. ``performed_by`` is
    the practice that did it, which need not be the author. ``code`` is the act of a protocol's
    nomenclature, where the person follows one; ``late_reason`` says why it was entered late.
    """

    class Outcome(models.TextChoices):
        NOTHING = "nothing", "rien à signaler"
        WATCH = "watch", "à surveiller"
        PROBLEM = "problem", "problème"

    class Source(models.TextChoices):
        AGENDA = "agenda", "agenda"
        PHONE = "phone", "saisie au passage"
        IMPORT = "import", "import"
        FHIR = "fhir", "FHIR"

    scope_area = Area.INTERVENTION
    rls_past: ClassVar[str] = PAST_SQL
    maskable = True

    at = models.DateTimeField("date de l’acte")
    entered_at = models.DateTimeField("saisie le", default=timezone.now)
    minutes = models.PositiveSmallIntegerField("durée en minutes", null=True, blank=True)
    performed_by = models.ForeignKey(
        Practice, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="par"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField("type", max_length=12, choices=ActKind, default=ActKind.VISIT)
    code = models.CharField("acte du parcours", max_length=60, blank=True)
    title = models.CharField("objet", max_length=120, blank=True)
    late_reason = models.CharField("raison de la saisie tardive", max_length=200, blank=True)
    outcome = models.CharField("constat", max_length=8, choices=Outcome, default=Outcome.NOTHING)
    note = models.CharField("note", max_length=500, blank=True)
    source = models.CharField(max_length=8, choices=Source, default=Source.AGENDA)
    appointment_id = models.UUIDField(null=True, editable=False)
    replaces_id = models.UUIDField(null=True, editable=False)

    objects: ClassVar[Any] = InterventionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-at"]),
            models.Index(fields=["performed_by", "-at"]),
            models.Index(fields=["organisation", "at"]),
            models.Index(fields=["appointment_id"]),
        ]

    @property
    def entered_late(self) -> bool:
        """True when it was written down on a later day than the act."""
        return timezone.localdate(self.entered_at) > timezone.localdate(self.at)

    @property
    def day(self) -> dt.date:
        """The local day of the act."""
        return timezone.localdate(self.at)


class Undo(Base, Authored, AppendOnly, Guarded):
    """An intervention that does not stand any more, and why."""

    rls_using = (
        "EXISTS (SELECT 1 FROM interventions_intervention i WHERE i.id = {t}.intervention_id)"
    )

    intervention = models.OneToOneField(Intervention, on_delete=models.PROTECT, related_name="undo")
    reason = models.CharField(max_length=200, blank=True)
