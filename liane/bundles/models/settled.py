"""Settlements: what the engine answered for an enrolment, added and never edited.

The lines of one enrolment are differences: the first settlement writes the whole, a later one
writes what a correction changed. Their sum, for a sequence and a payee, is what is due today.

A run writes these rows by the hundred thousand: a column has an index of its own only where it is
searched, and no other index begins with it.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from liane.bundles.models.scoping import Owned, OwnedLine, of_row
from liane.bundles.states import Stage
from liane.core.models import AppendOnly, Authored, Base, Guarded, StatusRow
from liane.pathways.models import Enrolment

UNBILLED = {
    "waiting": "à venir", "never": "non commencée", "abandoned": "arrêtée",
    "expired": "délai passé",
}  # fmt: skip


class SettlementRun(Base, Authored):
    """One run over the enrolments of a structure, or of all of them. It names no person."""

    organisation_id = models.UUIDField(null=True, editable=False)
    until = models.DateField("arrêté au")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    examined = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["organisation_id", "-started_at"])]


class Settled(Base, AppendOnly, Owned):
    """The answer of the engine for one enrolment, under one version, on its facts of that day.

    ``fingerprint`` is a digest of the facts and the version. ``answer`` is the whole answer as
    JSON (`stored.text`): sequences with what they wait for, refused acts with their reason,
    amounts that nobody gave.
    """

    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    run = models.ForeignKey(
        SettlementRun, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    protocol = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    until = models.DateField()
    fingerprint = models.CharField(max_length=64)
    answer = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "number"], name="settled_once")]


class Mark(Base, Guarded):
    """How far one enrolment is settled: what the next run may leave alone.

    ``again_on``: time alone may change the answer from that day on (a window closes).
    """

    rls_using: ClassVar[str] = "(SELECT liane_all())"

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(default=0)
    fingerprint = models.CharField(max_length=64)
    answer_digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    again_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["again_on"])]


class SettledLine(Base, AppendOnly, OwnedLine):
    """One line in cents, with the rule, the article and the acts it comes from.

    ``difference`` is true for what a later settlement changed: such a line may be negative.
    """

    settled = models.ForeignKey(
        Settled, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sequence = models.CharField(max_length=60)
    difference = models.BooleanField(default=False)
    role = models.CharField(max_length=12)
    rule = models.CharField(max_length=80)
    article = models.CharField(max_length=160, blank=True)
    acts = models.TextField(blank=True)
    """Identifiers of the acts, separated by spaces."""

    class Meta:
        indexes = [
            models.Index(fields=["enrolment", "sequence"]),
            models.Index(fields=["payee_holder_id"]),
        ]

    @property
    def act_ids(self) -> list[str]:
        """The identifiers of the acts it pays."""
        return self.acts.split()


class Sequence(Base, Owned):
    """One sequence of one enrolment on the work list: what the engine said, what became of it.

    A projection of settlements, invoices and returns: `standing.refresh` computes it again.
    ``blocks`` are the codes of what stands in the way, separated by spaces.
    """

    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=200)
    protocol = models.CharField(max_length=60)
    version = models.CharField(max_length=40)
    payer = models.CharField(max_length=20)
    paid_to = models.CharField(max_length=14, default="professionals")
    state = models.CharField(max_length=14)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    amount_cents = models.BigIntegerField(null=True)
    billable = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Stage, default=Stage.WAITING)
    blocks = models.CharField(max_length=300, blank=True)
    billed_cents = models.BigIntegerField(default=0)
    paid_cents = models.BigIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enrolment", "key"], name="sequence_once")]
        indexes = [
            models.Index(fields=["organisation", "status", "closed_on", "id"], name="work_list"),
        ]

    @property
    def says(self) -> str:
        """Where it stands in words: one that gives nothing to bill says what it is."""
        if self.status in {Stage.WAITING, Stage.CLOSED}:
            if self.state == "complete" and not self.billable:
                return "facturée par ses parties" if self.amount_cents else "rien à facturer"
            return UNBILLED.get(self.state, str(self.get_status_display()))
        return str(self.get_status_display())

    @property
    def codes(self) -> list[str]:
        """What stands in the way, as codes of `checks`."""
        return self.blocks.split()


class SequenceStep(StatusRow, Guarded):
    """One dated step of a sequence on its way to the money."""

    rls_using: ClassVar[str] = of_row("bundles_sequence", "sequence_id")

    sequence = models.ForeignKey(Sequence, on_delete=models.PROTECT, related_name="history")

    @property
    def label(self) -> str:
        """The step in words."""
        return str(Stage(self.after).label)
