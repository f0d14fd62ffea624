"""Money that passes through the structure: shares collected from persons, and what it pays out.

In a PCR the fund pays each professional itself (CSS, R.162-140). The structure pays out only the
shares it collected where no complementary insurance pays (R.162-141), and the bundles whose payer
pays the structure.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.bundles.models.invoices import Invoice, InvoiceLine
from liane.bundles.models.scoping import LINE_SQL, Owned, OwnedLine
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base
from liane.directory.models import Organisation
from liane.pathways.models import Project


class ShareReceipt(Base, Authored, AppendOnly, Owned):
    """The person paid all or part of their share of one invoice to the structure."""

    class Means(models.TextChoices):
        CARD = "card", "carte"
        TRANSFER = "transfer", "virement"
        CHEQUE = "cheque", "chèque"
        CASH = "cash", "espèces"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="receipts")
    cents = models.BigIntegerField()
    means = models.CharField("moyen", max_length=8, choices=Means)
    on = models.DateField("le")
    at = models.DateTimeField(default=timezone.now)


class Payout(Base, Authored):
    """One order to the bank: prepared by its author, released by somebody else."""

    class Status(models.TextChoices):
        PREPARED = "prepared", "préparé"
        RELEASED = "released", "émis"
        WITHDRAWN = "withdrawn", "abandonné"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=35, unique=True)
    execute_on = models.DateField("exécuté le")
    cents = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PREPARED)
    released_at = models.DateTimeField(null=True)
    released_by_label = models.CharField(max_length=200, blank=True)
    alone = models.CharField(max_length=300, blank=True)
    debtor_name = models.CharField(max_length=120)
    debtor_iban = EncryptedTextField()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"])]


class PayoutItem(Base, AppendOnly, OwnedLine):
    """What one payee gets for one line of an invoice; a line is paid out once for each
    source, an order that was given up aside."""

    class Source(models.TextChoices):
        SHARE = "share", "participation de la personne"
        BUNDLE = "bundle", "forfait payé à la structure"

    rls_using: ClassVar[str] = LINE_SQL

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="items")
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="payouts")
    source = models.CharField(max_length=8, choices=Source)
    iban = EncryptedTextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cents__gt=0), name="payout_item_positive")
        ]
