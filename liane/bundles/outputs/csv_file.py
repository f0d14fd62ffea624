"""The invoice as CSV: one line a payee, semicolons, UTF-8 with its mark, for spreadsheets."""

import csv
import io

from liane.bundles.outputs.content import Content, euros
from liane.core.text import inert

HEADS = (
    "facture", "type", "emise_le", "payeur", "finess", "assure", "rang", "organisme",
    "complementaire", "beneficiaire_nom", "beneficiaire_prenoms", "ne_le", "sequence", "du", "au",
    "ligne", "role", "paye_a", "numero_paye", "montant", "part_amo", "part_amc", "part_patient",
    "remplace",
)  # fmt: skip


def render(made: Content) -> bytes:
    """The file."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    one, who = made.invoice, made.insured
    for line in made.lines:
        writer.writerow([inert(value) if isinstance(value, str) else value for value in (
            one.number, one.kind, one.issued_at.date().isoformat(), one.payer,
            made.structure["finess"], who.get("insured_number", ""), who.get("rank", ""),
            who.get("amo", ""), who.get("amc", ""), who["family"], who["given"],
            who["born_on"] or "", one.title,
            one.opened_on.isoformat() if one.opened_on else "",
            one.closed_on.isoformat() if one.closed_on else "", line.rank, line.role,
            line.payee_label, line.payee_number,
        )] + [
            euros(line.cents), euros(line.amo_cents), euros(line.amc_cents),
            euros(line.patient_cents), made.replaced,
        ])  # fmt: skip
    return out.getvalue().encode("utf-8-sig")
