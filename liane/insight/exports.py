"""The report as CSV and XLSX. No text of a cell can act as a formula; small cells are hidden."""

import csv
import io
from collections.abc import Iterator

import xlsxwriter

from liane.core.text import inert
from liane.insight.report import Item, Report, Row, change
from liane.insight.suppression import Cell

HEADS = (
    "Rubrique", "Indicateur", "Détail", "Période", "Période précédente", "Différence",
    "Comment c’est compté", "Source",
)  # fmt: skip
Value = str | int


def lines(report: Report) -> Iterator[tuple[Value, ...]]:
    """Every figure, one a line, under :data:`HEADS`."""
    for section in report.sections:
        for item in section.figures:
            if item.figure is not None:
                yield _line(section.label, item, "", item.figure)
        for item in section.spans:
            yield from _span(section.label, item)
        for item in section.tables:
            for row in item.rows:
                yield _line(section.label, item, row.label, row)
    for label, why in report.definitions.missing:
        yield ("Non mesuré", label, "", "", "", "", why, "")


def _line(section: str, item: Item, detail: str, row: Row) -> tuple[Value, ...]:
    one = item.indicator
    return (section, one.label, detail, _value(row.now), _value(row.before), row.change,
            one.definition, one.source)  # fmt: skip


def _span(section: str, item: Item) -> Iterator[tuple[Value, ...]]:
    one, span = item.indicator, item.span
    if span is None:
        return
    yield (section, one.label, "jours : médiane ; moyenne", span.now, span.before, "",
           one.definition, one.source)  # fmt: skip
    yield (section, one.label, "nombre mesuré", _value(span.number), _value(span.number_before),
           change(span.number, span.number_before), one.denominator, one.source)  # fmt: skip


def _value(cell: Cell) -> Value:
    return cell.text if cell.value is None else cell.value


def _about(report: Report) -> tuple[tuple[str, str], ...]:
    return (
        ("Structure", report.organisation.name),
        ("Période", report.period.label),
        ("Période précédente", report.period.before.label),
        ("Définitions", f"version {report.definitions.version}"),
        ("Petits effectifs", "de 1 à 9 : « < 10 » ; « masqué » empêche de les retrouver"),
    )


def as_csv(report: Report) -> bytes:
    """UTF-8 with its mark and semicolons, as French spreadsheets open it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in (*_about(report), (), HEADS, *lines(report)):
        writer.writerow([inert(one) if isinstance(one, str) else one for one in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(report: Report) -> bytes:
    """A workbook: every text is written as text, whatever it begins with."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": "Rapport d’activité", "company": report.organisation.name})
    sheet, bold = book.add_worksheet("Activité"), book.add_format({"bold": True})
    for number, (label, text) in enumerate(_about(report)):
        sheet.write_string(number, 0, label, bold)
        sheet.write_string(number, 1, text)
    top = len(_about(report)) + 1
    for column, head in enumerate(HEADS):
        sheet.write_string(top, column, head, bold)
    for number, row in enumerate(lines(report), top + 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(number, column, value)
            else:
                sheet.write_string(number, column, value)
    sheet.set_column(0, 2, 28)
    sheet.set_column(3, 5, 18)
    sheet.set_column(6, 7, 60)
    sheet.freeze_panes(top + 1, 0)
    book.close()
    return out.getvalue()
