"""Who is around a person, why, since when; and the compiled grants that Reach reads."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.models import Authored, Base, Guarded, StatusRow
from liane.directory.models import Organisation, Post, Practice
from liane.patients.models import Contact, Patient


class Membership(Base, Authored, Guarded):
    """Somebody's place in a circle: a practice, an organisation, a post or a contact."""

    class Ground(models.TextChoices):
        TEAM = "team", "même équipe de soins"
        DESIGNATED = "designated", "choisi par la personne"
        FORMAL = "formal", "équipe formalisée (PCR, article 51)"
        CONSENT = "consent", "accord de la personne"
        CARER = "carer", "aidant, par choix de la personne"
        SOURCE = "source", "structure à l’origine du dossier"

    class Status(models.TextChoices):
        INVITED = "invited", "invité"
        REQUESTED = "requested", "demande à rejoindre"
        ACTIVE = "active", "membre"
        DECLINED = "declined", "a refusé"
        REFUSED = "refused", "demande refusée"
        LEFT = "left", "a quitté le cercle"
        REMOVED = "removed", "retiré"

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="memberships")
    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    post = models.ForeignKey(
        Post, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    holder_id = models.UUIDField(editable=False)
    ground = models.CharField("motif", max_length=12, choices=Ground)
    proof = models.CharField("preuve ou recueil", max_length=200, blank=True)
    outside_team = models.BooleanField("hors équipe de soins", default=False)
    responsible = models.BooleanField("structure responsable", default=False)
    status = models.CharField(max_length=10, choices=Status)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "holder_id"],
                condition=Q(status__in=["invited", "requested", "active"]),
                name="one_living_membership",
            )
        ]
        indexes = [models.Index(fields=["holder_id", "status"])]

    @property
    def holder(self) -> Practice | Organisation | Post | Contact:
        """Who or what the member is."""
        for candidate in (self.practice, self.organisation, self.post, self.contact):
            if candidate is not None:
                return candidate
        raise ValueError("a membership without a holder")


class MembershipEvent(StatusRow, Guarded):
    """The dated history of a membership."""

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="history")


class Grant(models.Model):
    """The compiled pair (holder, person) that opens or closes a record: derived, never typed.

    Rewritten by `circle.compile` whenever a membership, an opposition, a link between records, a
    death or a break-glass changes. A row with ``deny`` beats every other.
    """

    class Scope(models.TextChoices):
        CARE = "care"
        OUTSIDE = "outside"
        PERSON = "person"
        CARER_READ = "carer_read"
        CARER_WRITE = "carer_write"
        LEGAL = "legal"
        BREAK_GLASS = "break_glass"
        PAST = "past"
        """Somebody who was in the circle from ``starts_at`` to ``ends_at``: reaches nothing, but
        finds their own past again (:class:`liane.circle.scoping.ScopedQuerySet.past`)."""

    holder_id = models.UUIDField()
    person_id = models.UUIDField()
    scope = models.CharField(max_length=12, choices=Scope)
    deny = models.BooleanField(default=False)
    ground = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "holder_id"]),
            models.Index(fields=["holder_id", "person_id"]),
            models.Index(
                fields=["person_id", "holder_id"], condition=Q(deny=True), name="grant_denials"
            ),
            models.Index(
                fields=["holder_id", "person_id"], condition=Q(scope="past"), name="grant_pasts"
            ),
        ]


class Opposition(Base, Authored, Guarded):
    """The person opposes a professional or an organisation: effective on the next request."""

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="oppositions")
    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)


class BreakGlass(Base, Authored, Guarded):
    """An emergency access: reason, four hours at most, told to the person, reviewed afterwards."""

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="break_glasses")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=40)
    text = models.CharField(max_length=500)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review = models.CharField(max_length=500, blank=True)
    reviewer = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """The structure whose data protection officer examines it (`reviewing`)."""


class Mask(Base, Authored, Guarded):
    """An object hidden from one holder, or from everybody but its author (``holder_id`` empty)."""

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    object_id = models.UUIDField(db_index=True)
    holder_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
