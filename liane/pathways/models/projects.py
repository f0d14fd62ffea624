"""The project of a pathway: who is responsible, who signed, what was sent, who is paid.

CSS L.162-62 (payment to each professional or employer), R.162-131 to R.162-136, D.162-34.
No data of those cared for lies here; bank details are sealed.
"""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, StatusRow, Versioned
from liane.directory.models import Organisation, Practice
from liane.pathways.models.protocols import HouseQuerySet
from liane.pathways.states import Category, ProjectStatus


class Project(Base, Authored, Versioned):
    """A structure's project for one protocol (« projet de parcours », CSS R.162-131)."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name="structure"
    )
    category = models.CharField("au titre de", max_length=6, choices=Category)
    protocol_key = models.CharField("protocole", max_length=60)
    protocol_version = models.CharField("version", max_length=60)
    title = models.CharField("nom", max_length=200)
    status = models.CharField(max_length=12, choices=ProjectStatus, default=ProjectStatus.DRAFT)
    ends_on = models.DateField("fin du financement", null=True, blank=True)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "protocol_key"],
                condition=~Q(status__in=[ProjectStatus.ENDED]),
                name="one_living_project",
            )
        ]

    def __str__(self) -> str:
        return self.title


class ProjectEvent(StatusRow):
    """One dated state of a project."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The state in words."""
        return ProjectStatus(self.after).label


class Amendment(Base, Authored, AppendOnly):
    """A change of the project (« avenant »): to be sent within seven days (R.162-135)."""

    house_field: ClassVar[str] = "project__organisation_id"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="amendments")
    decided_on = models.DateField("modifié le")
    what = models.CharField("ce qui change", max_length=300)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()


class Milestone(Base, Authored, AppendOnly):
    """Something dated in the life of a project's file, as a letter or the téléprocédure proves it.

    Clocks are computed from these days (`clocks.py`), never typed.
    """

    class Kind(models.TextChoices):
        STRUCTURE_SIGNED = "structure_signed", "signé par la structure"
        SENT_ARS = "sent_ars", "transmis à l’ARS"
        SENT_CPAM = "sent_cpam", "transmis à la CPAM"
        APPROVED = "approved", "validé par l’ARS"
        OPPOSED = "opposed", "opposition de l’ARS"
        NOTICE = "notice", "mise en demeure de l’ARS"
        COMPLIED = "complied", "mise en conformité"
        FUNDING_ENDED = "funding_ended", "fin du financement décidée par l’ARS"

    house_field: ClassVar[str] = "project__organisation_id"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="milestones")
    amendment = models.ForeignKey(
        Amendment, null=True, on_delete=models.PROTECT, related_name="milestones"
    )
    kind = models.CharField(max_length=18, choices=Kind)
    on = models.DateField("le")
    reference = models.CharField("référence", max_length=120, blank=True)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["project", "on"])]


class Signatory(Base, Authored, Versioned):
    """A professional of the project, from a day to another, with who is paid for their acts.

    Another payee, another number or another place of practice is another row, so that the payee
    of an act is the one of its day (L.162-62: the professional, or whoever employs them).
    """

    class Payee(models.TextChoices):
        SELF = "self", "le professionnel"
        EMPLOYER = "employer", "son employeur"

    house_field: ClassVar[str] = "project__organisation_id"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="signatories")
    practice = models.ForeignKey(
        Practice, on_delete=models.PROTECT, related_name="+", verbose_name="professionnel"
    )
    profession = models.CharField("profession du protocole", max_length=60)
    payee = models.CharField("payé", max_length=8, choices=Payee, default=Payee.SELF)
    employer = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    conventioned = models.BooleanField("conventionné avec l’assurance maladie", default=True)
    am_number = models.CharField("numéro d’assurance maladie", max_length=9, blank=True)
    cpam_asked_on = models.DateField("déclaré à la CPAM le", null=True, blank=True)
    cpam_number = models.CharField("numéro donné par la CPAM", max_length=20, blank=True)
    signed_on = models.DateField("signé le", null=True, blank=True)
    order_told_on = models.DateField("signalé à l’ordre le", null=True, blank=True)
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "practice"],
                condition=Q(ends_on=None),
                name="one_living_signature",
            ),
            models.CheckConstraint(
                condition=Q(payee="self", employer=None)
                | Q(payee="employer", employer__isnull=False),
                name="employer_when_paid",
            ),
        ]
        indexes = [models.Index(fields=["practice", "starts_on"])]

    @property
    def number(self) -> str:
        """The number under which the CPAM pays: the professional's own, or the one it gave."""
        return self.am_number or self.cpam_number

    @property
    def payee_id(self) -> Any:
        """Who is paid: a practice or an organisation."""
        return self.employer_id if self.payee == self.Payee.EMPLOYER else self.practice_id


class Account(Base, Authored, AppendOnly):
    """Bank details from a day on: of a signatory, or of the structure when ``signatory`` is empty.

    Only the end of the IBAN is shown; the whole is opened for an order of payment alone.
    """

    house_field: ClassVar[str] = "project__organisation_id"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="accounts")
    signatory = models.ForeignKey(
        Signatory, null=True, on_delete=models.PROTECT, related_name="accounts"
    )
    holder = models.CharField("titulaire", max_length=120)
    iban = EncryptedTextField()
    tail = models.CharField(max_length=4)
    starts_on = models.DateField("à partir du")

    objects: ClassVar[Any] = HouseQuerySet.as_manager()


class SharingAgreement(Base, Authored, AppendOnly):
    """A sharing key agreed by the signatories, from a day on, in place of the protocol's. Written
    down by one person, it governs once a second agreed (`SharingAccord`).

    ``key`` is in the format of the protocol's ``sharing`` (JSON text). ``governs`` says which key
    a running sequence takes: that of its start, of each act, or of its end.
    """

    class Governs(models.TextChoices):
        START = "start", "celle du début de la séquence"
        ACT = "act", "celle du jour de l’acte"
        END = "end", "celle de la fin de la séquence"

    house_field: ClassVar[str] = "project__organisation_id"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="agreements")
    starts_on = models.DateField("à partir du")
    key = models.TextField()
    governs = models.CharField(max_length=5, choices=Governs, default=Governs.START)
    note = models.CharField(max_length=300, blank=True)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()


class SharingAccord(Base, Authored, AppendOnly):
    """A second person agreed to a key: it governs from then on. ``alone`` says why the same person
    proposed and agreed, where the structure has nobody else to do it."""

    house_field: ClassVar[str] = "agreement__project__organisation_id"

    agreement = models.OneToOneField(
        SharingAgreement, on_delete=models.PROTECT, related_name="accord"
    )
    alone = models.CharField(max_length=300, blank=True)

    objects: ClassVar[Any] = HouseQuerySet.as_manager()
