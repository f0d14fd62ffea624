"""The structure's money in figures: sums over the work list and the invoices, without a name.

Read by a machine for one structure, so that a manager reads them too (rights: money, r own
structure). What each figure means stands in `data/figures.json`, which exports carry.
"""

import datetime as dt
import json
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from liane.bundles import standing
from liane.bundles.models import InvoiceLine, Sequence
from liane.bundles.states import LineState, Stage
from liane.core import acting, ledger

AGES = ((0, 30, "moins de 30 jours"), (30, 60, "30 à 59 jours"), (60, 90, "60 à 89 jours"),
        (90, 100_000, "90 jours et plus"))  # fmt: skip
DICTIONARY = Path(__file__).with_name("data") / "figures.json"


@dataclass(frozen=True)
class Meaning:
    """What a figure is."""

    key: str
    label: str
    unit: str
    definition: str


@dataclass(frozen=True)
class Figure:
    """One figure: a number of sequences or lines, and cents."""

    meaning: Meaning
    number: int
    cents: int


@dataclass(frozen=True)
class Money:
    """The figures of one structure, today."""

    on: dt.date
    figures: Rows[Figure]
    ages: Rows[Figure]
    blocks: Rows[Figure]


@lru_cache(maxsize=1)
def dictionary() -> dict[str, Meaning]:
    """The meaning of every figure."""
    said = json.loads(DICTIONARY.read_text(encoding="utf-8"))
    return {key: Meaning(key, **one) for key, one in said.items()}


def of_house(house_id: UUID) -> Money:
    """The figures of a structure. Six queries at any size of a list shown."""
    with acting.acting(acting.system("forfaits : chiffres", organisation_id=house_id)):
        found = Money(timezone.localdate(), _figures(house_id), _ages(house_id), _blocks(house_id))
    ledger.read([None], "money", object_id=house_id)
    return found


def _figure(key: str, /, number: int | None, cents: int | None, **words: str) -> Figure:
    meaning = dictionary()[key]
    if words:
        meaning = Meaning(f"{key}:{words['key']}", words["label"], meaning.unit, meaning.definition)
    return Figure(meaning, int(number or 0), int(cents or 0))


def _figures(house_id: UUID) -> list[Figure]:
    rows = Sequence.objects.filter(organisation_id=house_id)
    by = {
        status: (number, amount)
        for status, number, amount in rows.order_by()
        .values_list("status")
        .annotate(Count("pk"), Sum("amount_cents"))
    }
    billed = rows.filter(billed_cents__gt=0).aggregate(
        number=Count("pk"), billed=Sum("billed_cents"), paid=Sum("paid_cents")
    )
    paid = rows.filter(paid_cents__gt=0).count()
    share = _shares(house_id)
    waits = (billed["billed"] or 0) - (billed["paid"] or 0) - share
    return [
        _figure("ready", *by.get(Stage.READY, (0, 0))),
        _figure("blocked", *by.get(Stage.CHECK, (0, 0))),
        _figure("prepared", *by.get(Stage.PREPARED, (0, 0))),
        _figure("billed", billed["number"], billed["billed"]),
        _figure("paid", paid, billed["paid"]),
        _figure("waiting", None, waits),
        _figure("share", None, share),
        _figure("rejected", *by.get(Stage.REJECTED, (0, 0))),
        _figure("changed", *by.get(Stage.CHANGED, (0, 0))),
    ]


def _shares(house_id: UUID) -> int:
    lines = InvoiceLine.objects.filter(organisation_id=house_id, replaced_by=None)
    return int(lines.aggregate(cents=Sum("patient_cents"))["cents"] or 0)


def _ages(house_id: UUID) -> list[Figure]:
    """What the payer still owes, by the age of the invoice."""
    open_ = InvoiceLine.objects.filter(
        Q(invoice__sequence__status__in=[Stage.ISSUED, Stage.PARTLY, Stage.REJECTED]),
        organisation_id=house_id, replaced_by=None,
    ).annotate(asked=F("amo_cents") + F("amc_cents"))  # fmt: skip
    lines = list(open_.values_list("pk", "asked", "invoice__issued_at"))
    states = standing.states_of([pk for pk, _, _ in lines])
    paid = standing.paid_of(list(states))
    over = {LineState.PAID, LineState.SETTLED, LineState.CANCELLED}
    today, sums = timezone.localdate(), {label: [0, 0] for _, _, label in AGES}
    for pk, asked, at in lines:
        if states[pk] in over or asked <= paid[pk]:
            continue
        age = (today - timezone.localdate(at)).days
        label = next(words for first, last, words in AGES if first <= age < last)
        sums[label][0] += 1
        sums[label][1] += asked - paid[pk]
    return [
        _figure("age", number, cents, key=label, label=label.capitalize())
        for label, (number, cents) in sums.items()
    ]


BLOCKS = {
    "rights": "Droits non saisis", "rights_over": "Droits fermés", "prescription": "Prescription",
    "documents": "Pièces attendues", "unconfirmed": "Actes à confirmer",
    "payee": "Actes sans bénéficiaire", "number": "Numéro de bénéficiaire",
    "amount": "Montant à compléter", "project": "Projet de parcours", "clash": "Autre forfait",
    "sharing": "Clé de répartition",
}  # fmt: skip


def _blocks(house_id: UUID) -> list[Figure]:
    """How many sequences each thing blocks; one sequence may be blocked by several."""
    rows = Sequence.objects.filter(organisation_id=house_id, status=Stage.CHECK)
    sums: dict[str, list[int]] = {}
    for codes, cents in rows.values_list("blocks", "amount_cents"):
        for code in codes.split():
            kept = sums.setdefault(code, [0, 0])
            kept[0] += 1
            kept[1] += cents or 0
    order = sorted(sums.items(), key=lambda one: -one[1][0])
    return [
        _figure("block", number, cents, key=code, label=BLOCKS.get(code, code))
        for code, (number, cents) in order
    ]
