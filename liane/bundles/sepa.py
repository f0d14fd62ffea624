"""The file of an order for the bank: pain.001.001.03, made and checked by ``sepaxml``.

Labels carry the number of the order and of the invoice, never a person cared for.
"""

from sepaxml import SepaTransfer

from liane.bundles.models import Payout, PayoutItem
from liane.core.errors import Refused

LONGEST = 140
"""Characters of a label (SEPA)."""


def pain_001(order: Payout) -> bytes:
    """The file of a released order; one transfer a payee and account. Raises Refused before."""
    if order.status != Payout.Status.RELEASED:
        raise Refused("Un ordre n’a de fichier qu’une fois émis.", code="not-released")
    file = SepaTransfer(
        {"name": order.debtor_name, "IBAN": order.debtor_iban, "batch": True, "currency": "EUR"},
        schema="pain.001.001.03",
        clean=True,
    )
    for number, (name, iban, cents, label) in enumerate(transfers(order), 1):
        file.add_payment(
            {
                "name": name,
                "IBAN": iban,
                "amount": cents,
                "execution_date": order.execute_on,
                "description": label,
                "endtoend_id": f"{order.number}-{number}"[:35],
            }
        )
    made: bytes = file.export(validate=True)
    return made


def transfers(order: Payout) -> list[tuple[str, str, int, str]]:
    """(name, IBAN, cents, label) of each transfer: items of one payee and account together."""
    found: dict[tuple[str, str], list[PayoutItem]] = {}
    rows = order.items.select_related("line__invoice").order_by("line__invoice__number", "id")
    for item in rows:
        found.setdefault((item.payee_label, item.iban), []).append(item)
    return [
        (name, iban, sum(item.cents for item in items), _label(order, items))
        for (name, iban), items in sorted(found.items())
    ]


def _label(order: Payout, items: list[PayoutItem]) -> str:
    numbers = ", ".join(dict.fromkeys(item.line.invoice.number for item in items))
    label = f"{order.number} factures {numbers}"
    return label if len(label) <= LONGEST else label[: LONGEST - 4] + " ..."
