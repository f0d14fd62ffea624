"""What the payer answers, line by line, and what each payee says they received."""

from django.db import models
from django.utils import timezone

from liane.bundles.models.invoices import InvoiceLine
from liane.bundles.models.scoping import OwnedLine
from liane.bundles.states import LineState
from liane.core.fields import EncryptedBytesField
from liane.core.models import AppendOnly, Authored, Base
from liane.directory.models import Organisation


class Return(Base, Authored):
    """One file of the payer, kept sealed as it came. The same bytes are one file.

    ``problems`` says line by line what could not be read or found: it names numbers, no person.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    form = models.CharField(max_length=10)
    name = models.CharField(max_length=120, blank=True)
    content = EncryptedBytesField()
    received_at = models.DateTimeField(default=timezone.now)
    read = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    problems = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="return_once")
        ]
        indexes = [models.Index(fields=["organisation", "-received_at"])]


class ReturnLine(Base, AppendOnly, OwnedLine):
    """What the payer said of one line. ``cents`` is what it paid, 0 for a rejection.

    ``key`` names the statement: the same one, in this file or in another, is kept once.
    """

    file = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="returns")
    outcome = models.CharField(max_length=10, choices=LineState)
    on = models.DateField("le")
    code = models.CharField("code de rejet", max_length=20, blank=True)
    text = models.CharField("motif", max_length=300, blank=True)
    reference = models.CharField("référence du paiement", max_length=80, blank=True)
    key = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [models.Index(fields=["line"])]


class PayeeWord(Base, Authored, AppendOnly, OwnedLine):
    """A payee says what they received for a line: the same, another amount, or nothing yet."""

    class Answer(models.TextChoices):
        RECEIVED = "received", "reçu"
        OTHER = "other", "autre montant"
        NOTHING = "nothing", "rien reçu"

    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="words")
    answer = models.CharField(max_length=10, choices=Answer)
    via = models.CharField(max_length=8, default="account")
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["line", "-at"])]
