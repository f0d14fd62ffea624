"""Invoices: prepared by one, issued by another, numbered without a gap, then immutable."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.bundles.models.scoping import HEAD_SQL, Owned, OwnedLine, of_row
from liane.bundles.models.settled import Sequence
from liane.bundles.states import LineState
from liane.core.fields import EncryptedTextField
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow, StoredFile
from liane.pathways.models import Enrolment


class Kind(models.TextChoices):
    """What an issued piece is."""

    INVOICE = "invoice", "facture"
    DIFFERENCE = "difference", "facture de différence"
    REISSUE = "reissue", "nouvelle présentation"
    CREDIT = "credit", "avoir"


class Draft(Base, Authored, Owned):
    """An invoice prepared by somebody, waiting for somebody else to issue it.

    ``digest`` is that of the lines it would have: what changed since is not issued unseen.
    """

    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="drafts")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.INVOICE)
    corrects_id = models.UUIDField(null=True, editable=False)
    """The invoice that a credit note cancels, or the line that is presented again."""
    reason = models.CharField("motif", max_length=300, blank=True)
    digest = models.CharField(max_length=64, editable=False)
    cents = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sequence"], condition=Q(closed_at=None), name="one_open_draft"
            )
        ]


class Invoice(Base, Authored, AppendOnly, Owned):
    """One issued piece. Its author issued it; ``prepared_by`` is somebody else, or ``alone`` says
    why one person did both. The identity of the insured is a sealed copy of that day."""

    rls_using: ClassVar[str] = HEAD_SQL

    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="invoices")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="corrections"
    )
    year = models.PositiveSmallIntegerField()
    ordinal = models.PositiveIntegerField()
    number = models.CharField("numéro", max_length=40)
    issued_at = models.DateTimeField(default=timezone.now)
    payer = models.CharField(max_length=20)
    payer_label = models.CharField(max_length=160)
    protocol = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=240)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    cents = models.BigIntegerField()
    amo_cents = models.BigIntegerField()
    amc_cents = models.BigIntegerField()
    patient_cents = models.BigIntegerField()
    insured = EncryptedTextField()
    """JSON: name, birth date, number, rank, fund, complementary (`outputs.content.Insured`)."""
    structure = models.TextField()
    """JSON: name, FINESS, SIRET, address of the structure that day."""
    settled_number = models.PositiveIntegerField()
    prepared_by_user_id = models.UUIDField(null=True, editable=False)
    prepared_by_label = models.CharField(max_length=200)
    alone = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "year", "ordinal"], name="invoice_number_once"
            ),
            models.CheckConstraint(condition=Q(ordinal__gte=1), name="invoice_from_one"),
            models.CheckConstraint(
                condition=Q(
                    cents=models.F("amo_cents") + models.F("amc_cents") + models.F("patient_cents")
                ),
                name="invoice_split_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-issued_at"]),
            models.Index(fields=["person"]),
        ]


class InvoiceLine(Base, AppendOnly, OwnedLine):
    """The quote-part of one payee. A line that presents another again ``replaces`` it."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    rank = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=12)
    payee_number = models.CharField(max_length=20, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    acts = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "rank"], name="invoice_line_rank"),
            models.CheckConstraint(
                condition=Q(
                    cents=models.F("amo_cents") + models.F("amc_cents") + models.F("patient_cents")
                ),
                name="line_split_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["payee_holder_id"])]


class LineStep(StatusRow, Guarded):
    """One dated step of a line after its invoice left; ``reason`` explains a difference."""

    rls_using: ClassVar[str] = of_row("bundles_invoiceline", "line_id")

    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The step in words."""
        return str(LineState(self.after).label)


class InvoiceFile(Base, AppendOnly, Owned):
    """The PDF of an invoice for its person (``line`` empty), or for one payee, their part alone."""

    rls_using: ClassVar[str] = (
        "EXISTS (SELECT 1 FROM bundles_invoice i WHERE i.id = {t}.invoice_id)"
        " OR EXISTS (SELECT 1 FROM bundles_invoiceline l WHERE l.id = {t}.line_id)"
    )

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="files")
    line = models.OneToOneField(InvoiceLine, null=True, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(line=None), name="one_file_for_the_person"
            )
        ]
