"""An organisation's relations: partners, conventions, campaigns, and needs that nobody answered.

All of it is the organisation's own. Contacts with partners are in `followups.Contact`, once.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, StoredFile, Versioned
from liane.directory import needs
from liane.directory.models import Organisation
from liane.followups.models import LOG_SQL, LogQuerySet
from liane.partners import states
from liane.patients.models import Patient
from liane.referrals.models import Referral


class Partnership(Base, Authored, Versioned):
    """What one organisation is to another, as the first sees it."""

    Status = states.Relation

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(
        max_length=8, choices=states.Relation, default=states.Relation.TO_MEET
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "partner"], name="one_partnership")
        ]
        indexes = [models.Index(fields=["organisation", "status"])]

    def __str__(self) -> str:
        return f"relation {self.pk}"


class PartnershipStep(StatusRow):
    """One dated step of a relation."""

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The step in words."""
        return states.Relation(self.after).label


class Convention(Base, Authored):
    """An agreement signed with a partner. Renewed by another one, which says so (``renews``).

    ``remind_on``: from then on its keepers are reminded. ``tacit``: it goes on by itself.
    """

    partnership = models.ForeignKey(
        Partnership, on_delete=models.PROTECT, related_name="conventions"
    )
    title = models.CharField("objet", max_length=200)
    signed_on = models.DateField("signée le")
    starts_on = models.DateField("à partir du")
    ends_on = models.DateField("jusqu’au", null=True)
    tacit = models.BooleanField("reconduction tacite", default=False)
    remind_on = models.DateField("rappel le", null=True)
    told_on = models.DateField(null=True, editable=False)
    renews = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="renewal"
    )
    ended_on = models.DateField(null=True, editable=False)
    why_ended = models.CharField(max_length=200, blank=True, editable=False)
    ended_by = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["remind_on"], name="convention_to_renew", condition=Q(ended_on=None)
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        """In words: « en vigueur », « à renouveler », « échue », « renouvelée », « dénoncée »."""
        today = timezone.localdate()
        if self.ended_on is not None:
            return "dénoncée"
        if getattr(self, "renewal", None) is not None:
            return "renouvelée"
        if self.ends_on is not None and self.ends_on < today and not self.tacit:
            return "échue"
        if self.remind_on is not None and self.remind_on <= today:
            return "à renouveler"
        return "à venir" if self.starts_on > today else "en vigueur"


class ConventionFile(Base, Authored, AppendOnly):
    """A document of a convention: the signed text, an amendment."""

    convention = models.ForeignKey(Convention, on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")


class Campaign(Base, Authored):
    """A campaign of calls or of mails to a selection of organisations."""

    class Way(models.TextChoices):
        CALL = "call", "appels"
        MAIL = "mail", "courriels"

    Status = states.Campaign

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    title = models.CharField("titre", max_length=150)
    way = models.CharField(max_length=4, choices=Way, default=Way.CALL)
    message = models.CharField("ce qu’il faut dire, ou le courriel", max_length=2000)
    due_on = models.DateField("à finir avant le", null=True)
    status = models.CharField(max_length=8, choices=states.Campaign, default=states.Campaign.DRAFT)

    class Meta:
        indexes = [models.Index(fields=["organisation", "status", "-created_at"])]

    def __str__(self) -> str:
        return self.title


class CampaignStep(StatusRow):
    """One dated step of a campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="history")


class Target(Base):
    """One organisation of a campaign; ``outcome`` repeats its last attempt, for lists.

    ``mail_at``: when its mail is due (None: nothing waits); ``mail_tries`` failed already.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="targets")
    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(
        max_length=9, choices=states.Outcome, default=states.Outcome.TO_REACH
    )
    mail_at = models.DateTimeField(null=True, editable=False)
    mail_tries = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "partner"], name="target_once")]
        indexes = [
            models.Index(fields=["mail_at"], name="campaign_mail", condition=~Q(mail_at=None))
        ]


class Attempt(Base, Authored, AppendOnly):
    """Who reached whom in a campaign, when, and what they answered.

    ``contact_id`` is the contact of the log written in the same act, where its author keeps one.
    """

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="attempts")
    outcome = models.CharField(max_length=9, choices=states.Outcome)
    answer = models.CharField(max_length=300, blank=True)
    contact_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)


class UnmetNeed(Base, Authored, Guarded):
    """What was missing for somebody, and where: of the organisation's own file.

    ``what`` is sealed. ``person`` only where the organisation keeps her file; figures by place and
    need name nobody.
    """

    class Why(models.TextChoices):
        NOTHING = "nothing", "rien n’existe ici"
        FULL = "full", "complet, ou trop d’attente"
        TERMS = "terms", "conditions non remplies"
        PRICE = "price", "trop cher"
        FAR = "far", "trop loin, ou pas de transport"
        UNWILLING = "unwilling", "refus du service"

    Status = states.Unmet
    rls_using: ClassVar[str] = LOG_SQL

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")
    need = models.CharField("ce qui manquait", max_length=30)
    needs_version = models.CharField(max_length=10, default=needs.CURRENT, editable=False)
    why = models.CharField("pourquoi", max_length=9, choices=Why)
    what = EncryptedTextField("précision")
    insee = models.CharField(max_length=5, blank=True)
    city = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=7, choices=states.Unmet, default=states.Unmet.OPEN)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[Any] = LogQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "at"]),
            models.Index(fields=["organisation", "status", "insee"]),
            models.Index(fields=["referral"]),
        ]

    @property
    def need_words(self) -> str:
        """What was missing, in words."""
        return needs.label(self.need, self.needs_version)


class UnmetStep(StatusRow, Guarded):
    """One dated step of an unmet need."""

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM partners_unmetneed u WHERE u.id = {t}.unmet_id)"
    )

    unmet = models.ForeignKey(UnmetNeed, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The step in words."""
        return states.Unmet(self.after).label
