"""The list as CSV and XLSX: one line a person. No text of a cell can act as a formula."""

import csv
import io
from collections.abc import Iterable

import xlsxwriter

from liane.core.text import inert
from liane.pathways.listing import Line

HEADS = (
    "Personne", "Naissance", "Parcours", "Profil", "État", "Incluse le", "Référent", "Séquence",
    "Échéance de la séquence", "Faites", "À faire", "En retard", "Par profession", "Prochaine",
    "Avant le", "Questionnaires à proposer", "Alertes", "Risque de rupture", "Bloque la facture",
)  # fmt: skip


def rows(lines: Iterable[Line]) -> Iterable[tuple[str | int, ...]]:
    """Each line under :data:`HEADS`."""
    for one in lines:
        row = one.row
        yield (
            row.person.short_name, _day(row.person.birth_date), one.protocol.title, one.profile,
            row.get_status_display(), _day(row.included_on),
            row.coordinator.professional.name if row.coordinator else "", one.phase,
            _day(row.deadline_on), sum(part.done for part in one.parts),
            sum(part.due for part in one.parts), sum(part.late for part in one.parts),
            " ; ".join(f"{part.label} : {part.words}" for part in one.parts), one.next_label,
            _day(one.next.due_on if one.next else None), " ; ".join(one.asked),
            " ; ".join(one.warnings), " ; ".join(one.risks),
            " ; ".join(block.text for block in one.blocks),
        )  # fmt: skip


def _day(day: object) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def as_csv(lines: Iterable[Line]) -> bytes:
    """UTF-8 with its mark and semicolons, as French spreadsheets open it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    for row in rows(lines):
        writer.writerow([inert(one) if isinstance(one, str) else one for one in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(lines: Iterable[Line], house: str) -> bytes:
    """A workbook: every text is written as text, whatever it begins with."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": "File active des parcours", "company": house})
    sheet, bold = book.add_worksheet("Parcours"), book.add_format({"bold": True})
    for column, head in enumerate(HEADS):
        sheet.write_string(0, column, head, bold)
    for number, row in enumerate(rows(lines), 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, value)
    sheet.set_column(0, len(HEADS) - 1, 20)
    sheet.freeze_panes(1, 1)
    book.close()
    return out.getvalue()
