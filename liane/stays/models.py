"""Stays and other absences from home, what was said about them, who was told and who has seen."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.circle.reach import Reach
from liane.circle.scoping import Scoped, ScopedQuerySet
from liane.core.areas import Area
from liane.core.models import Authored, Base, Guarded, Versioned
from liane.directory.models import Organisation
from liane.stays.movement import Outcome, StayClass
from liane.stays.state import Status

_OF_ITS_STAY = "EXISTS (SELECT 1 FROM stays_stay s WHERE s.id = {t}.stay_id)"


class StayQuerySet(ScopedQuerySet[Any]):
    """Stays within reach. A confidential stay is shown to nobody."""

    def within(self, reach: Reach) -> Self:
        """Stays the actor may know of."""
        if reach.everything:
            return self
        return super().within(reach).filter(confidential=False)


class Stay(Base, Authored, Versioned, Scoped):
    """A stay in hospital, or another absence from home; folded from what was said about it.

    ``visit`` names it in the hospital's terms; empty for an absence that people declared.
    ``state`` is the fold's result, the columns beside it are what pages and constraints need.
    ``resumption``: whether the visits it suspended are offered again; `agenda` keeps who took up
    which.
    """

    class Kind(models.TextChoices):
        HOSPITAL = "hospital", "hospitalisation"
        RESPITE = "respite", "séjour de répit"
        HOLIDAY = "holiday", "vacances"

    class Resumption(models.TextChoices):
        NONE = "", "sans objet"
        PROPOSED = "proposed", "reprise proposée"

    scope_area = Area.AGENDA

    kind = models.CharField("type", max_length=10, choices=Kind, default=Kind.HOSPITAL)
    hospital = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    hospital_name = models.CharField("établissement", max_length=200, blank=True)
    visit = models.CharField("numéro de séjour", max_length=200, blank=True, editable=False)
    status = models.CharField(max_length=12, choices=[(s.value, s.value) for s in Status])
    stay_class = models.CharField(max_length=12, choices=[(c.value, c.value) for c in StayClass])
    ward = models.CharField("service", max_length=200, blank=True)
    starts_at = models.DateTimeField("début", null=True)
    ends_at = models.DateTimeField("fin", null=True)
    expected_end = models.DateTimeField("retour prévu", null=True)
    outcome = models.CharField(
        max_length=14, blank=True, choices=[(o.value, o.value) for o in Outcome]
    )
    confidential = models.BooleanField(default=False)
    suspends = models.BooleanField("suspend les visites", default=False)
    resumption = models.CharField(max_length=8, choices=Resumption, blank=True)
    continues = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="continued_by"
    )
    state = models.JSONField(default=dict, editable=False)

    objects: ClassVar[Any] = StayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "visit"],
                condition=~Q(visit=""),
                name="stay_once_by_visit",
            )
        ]
        indexes = [
            models.Index(fields=["person", "status"]),
            models.Index(fields=["status", "person"], name="stay_by_status"),
        ]

    merging = False
    """Set on a declared absence that a hospital has just confirmed, until it is saved."""

    def __str__(self) -> str:
        return f"séjour {self.pk}"

    @property
    def declared(self) -> bool:
        """True while people alone, and no hospital, speak of it."""
        return not self.visit

    @property
    def away(self) -> bool:
        """Whether it keeps the person away from home now."""
        now = timezone.now()
        started = self.starts_at is not None and self.starts_at <= now
        over = self.ends_at is not None and self.ends_at <= now
        return self.suspends and started and not over


class StayMovement(Base, Guarded):
    """One statement about a stay, as said. ``message_id`` is the received message, if any."""

    rls_using = _OF_ITS_STAY

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="movements")
    key = models.CharField(max_length=300)
    said = models.JSONField()
    message_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stay", "key"], name="statement_once"),
        ]


class StayFact(Base, Guarded):
    """Something told about a stay, with the state it was told in. Never changed."""

    append_only: ClassVar[bool] = True
    rls_using = _OF_ITS_STAY

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=20)
    reverses = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField(null=True)
    ward = models.CharField(max_length=200, blank=True)
    state = models.JSONField()


class StayNotice(Base, Guarded):
    """One member of the circle and one fact: told when, seen by whom, called or not.

    A member is a practice, an organisation or a post (``holder_id``); an organisation has seen
    when one of its staff has. ``call_at``: from then on, unseen means "to be called"; empty when
    nobody insists.
    """

    rls_using = _OF_ITS_STAY

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="notices")
    fact = models.ForeignKey(StayFact, on_delete=models.PROTECT, related_name="notices")
    holder_id = models.UUIDField()
    label = models.CharField(max_length=200)
    function = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    outside_team = models.BooleanField(default=False)
    has_account = models.BooleanField(default=True)
    latest = models.BooleanField(default=True)
    due_at = models.DateTimeField()
    sms_at = models.DateTimeField(null=True)
    sms_sent_at = models.DateTimeField(null=True)
    call_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_by = models.CharField(max_length=200, blank=True)
    called_at = models.DateTimeField(null=True)
    called_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fact", "holder_id"], name="told_once"),
        ]
        indexes = [
            models.Index(
                fields=["sms_at"],
                name="notice_waiting",
                condition=Q(latest=True, seen_at=None, called_at=None, sms_sent_at=None),
            ),
            models.Index(fields=["holder_id", "latest"]),
        ]

    @property
    def settled(self) -> bool:
        """Somebody has seen it, or was called."""
        return self.seen_at is not None or self.called_at is not None

    @property
    def to_call(self) -> bool:
        """Nobody has seen it in time: the telephone is what is left."""
        waited = self.call_at is not None and self.call_at <= timezone.now()
        return waited and not self.settled
