"""The figures as CSV or XLSX, each with its meaning."""

import csv
import io
from collections.abc import Iterator

import xlsxwriter
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from liane.bundles.figures import Money
from liane.bundles.outputs.content import euros
from liane.core.text import inert
from liane.directory.models import Organisation

HEADS = ("rubrique", "cle", "indicateur", "nombre", "euros", "unite", "definition")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
Cell = str | int


def lines(money: Money) -> Iterator[tuple[Cell, ...]]:
    """Every figure, one a line, under :data:`HEADS`."""
    for section, rows in (
        ("forfaits", money.figures), ("anciennete", money.ages), ("blocages", money.blocks),
    ):  # fmt: skip
        for one in rows:
            said = one.meaning
            yield (section, said.key, said.label, one.number, euros(one.cents), said.unit,
                   said.definition)  # fmt: skip


def answer(form: str, house: Organisation, money: Money) -> HttpResponse:
    """The file to keep."""
    body = _csv(money) if form == "csv" else _xlsx(house, money)
    response = HttpResponse(body, content_type=FORMS[form])
    name = f"forfaits-{money.on.isoformat()}.{form}"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _csv(money: Money) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in (HEADS, *lines(money)):
        writer.writerow([inert(one) if isinstance(one, str) else one for one in row])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(house: Organisation, money: Money) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": "Forfaits", "company": house.name})
    sheet, bold = book.add_worksheet("Forfaits"), book.add_format({"bold": True})
    amount = book.add_format({"num_format": "#,##0.00"})
    for column, head in enumerate(HEADS):
        sheet.write_string(0, column, head, bold)
    for number, row in enumerate(lines(money), 1):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(number, column, value)
            elif HEADS[column] == "euros":
                sheet.write_number(number, column, float(value), amount)
            else:
                sheet.write_string(number, column, value)
    sheet.set_column(0, 1, 14)
    sheet.set_column(2, 2, 34)
    sheet.set_column(6, 6, 90)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()
