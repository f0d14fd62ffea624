"""The invoice as JSON: the documented file of Liane (`data/facture-1.schema.json`)."""

import json
from typing import Any

from liane.bundles.outputs.content import SCHEMA, Content, euros


def render(made: Content) -> bytes:
    """UTF-8 text; money in euros with two decimals."""
    return (json.dumps(document(made), ensure_ascii=False, indent=2) + "\n").encode()


def document(made: Content) -> dict[str, Any]:
    """The file as data."""
    one = made.invoice
    return {
        "$schema": SCHEMA,
        "number": one.number,
        "kind": one.kind,
        "issued_at": one.issued_at.isoformat(),
        "corrects": made.corrects or None,
        "replaces_line": made.replaced or None,
        "reason": one.reason or None,
        "structure": made.structure,
        "payer": {"code": one.payer, "label": one.payer_label},
        "insured": made.insured,
        "pathway": {"protocol": one.protocol, "version": one.version},
        "sequence": {
            "label": one.title,
            "opened_on": one.opened_on.isoformat() if one.opened_on else None,
            "closed_on": one.closed_on.isoformat() if one.closed_on else None,
        },
        "total": _money(one),
        "lines": [
            {
                "rank": line.rank,
                "role": line.role,
                "payee": line.payee_label,
                "payee_number": line.payee_number or None,
                **_money(line),
                "interventions": line.acts.split(),
            }
            for line in made.lines
        ],
    }


def _money(row: Any) -> dict[str, str]:
    return {
        "amount": euros(row.cents),
        "amo": euros(row.amo_cents),
        "amc": euros(row.amc_cents),
        "patient": euros(row.patient_cents),
    }
