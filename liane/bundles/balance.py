"""What a sequence is owed, what was billed of it, what is left: by payee, in integer cents.

Owed is the sum of the settled lines. Billed is the sum of the lines of its invoices, those that
were presented again left out, for the new line stands in their place; a credit note is negative.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from liane.bundles.models import InvoiceLine, SettledLine
from liane.bundles.states import LineState

Payee = tuple[UUID, str]
"""(who receives, role: professional or structure)."""


@dataclass(frozen=True)
class Money:
    """An amount and its three payers: obligatory insurance, complementary one, the person."""

    cents: int = 0
    amo: int = 0
    amc: int = 0
    patient: int = 0

    def __add__(self, other: "Money") -> "Money":
        return Money(
            self.cents + other.cents,
            self.amo + other.amo,
            self.amc + other.amc,
            self.patient + other.patient,
        )

    def __neg__(self) -> "Money":
        return Money(-self.cents, -self.amo, -self.amc, -self.patient)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __bool__(self) -> bool:
        return any((self.cents, self.amo, self.amc, self.patient))


def total(parts: Iterable[Money]) -> Money:
    """Their sum."""
    return sum(parts, start=Money())


@dataclass
class Part:
    """What one payee is owed of one sequence, and what was billed of it."""

    owed: Money = field(default_factory=Money)
    billed: Money = field(default_factory=Money)
    label: str = ""
    acts: list[str] = field(default_factory=list)

    @property
    def left(self) -> Money:
        """What is not billed yet; negative when too much was."""
        return self.owed - self.billed


Parts = dict[Payee, Part]
OWED = ("enrolment_id", "sequence", "payee_holder_id", "role", "payee_label", "acts", "cents",
        "amo_cents", "amc_cents", "patient_cents")  # fmt: skip
"""Columns of a settled line: read as plain values, by the ten thousand in a run."""


def of_sequences(keys: Collection[tuple[UUID, str]]) -> Mapping[tuple[UUID, str], Parts]:
    """The parts of these sequences (enrolment, key). Two queries."""
    found: dict[tuple[UUID, str], Parts] = defaultdict(lambda: defaultdict(Part))
    wanted, enrolments = set(keys), list({pk for pk, _ in keys})
    owed = SettledLine.objects.filter(enrolment_id__in=enrolments).order_by("settled__number", "id")
    for pk, name, holder, role, label, acts, *cents in owed.values_list(*OWED):
        key = (pk, name)
        if key in wanted:
            part = found[key][holder, role]
            part.owed += Money(*cents)
            part.label = label
            if cents[0] > 0:
                part.acts += [act for act in acts.split() if act not in part.acts]
    for line in billed_lines(enrolments):
        key = (line.invoice.sequence.enrolment_id, line.invoice.sequence.key)
        if key in wanted:
            part = found[key][line.payee_holder_id, line.role]
            part.billed += of_line(line)
            part.label = part.label or line.payee_label
    return found


def billed_lines(enrolments: Collection[UUID]) -> Iterable[InvoiceLine]:
    """Every invoice line of these enrolments that no other took the place of. One query."""
    rows = InvoiceLine.objects.filter(invoice__enrolment_id__in=list(enrolments))
    return rows.filter(replaced_by=None).select_related("invoice__sequence").order_by("id")


def of_line(line: SettledLine | InvoiceLine) -> Money:
    """The money of a row."""
    return Money(line.cents, line.amo_cents, line.amc_cents, line.patient_cents)


def digest(parts: Mapping[Payee, Money]) -> str:
    """A digest of what would be billed: an invoice prepared on other amounts is not issued."""
    text = json.dumps(
        sorted(
            [str(holder), role, one.cents, one.amo, one.amc, one.patient]
            for (holder, role), one in parts.items()
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()


SETTLED_STATES = frozenset({LineState.PAID, LineState.SETTLED, LineState.CANCELLED})
"""States of a line that wait for nothing more."""
