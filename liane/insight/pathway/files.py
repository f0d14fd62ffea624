"""The dashboard as files: CSV, XLSX, Parquet, FHIR (MeasureReport, NDJSON), each with its meaning.

One figure a line, under `HEADS`; the data dictionary is a file of its own and a sheet of the
workbook. Small counts of persons are hidden in all of them.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import xlsxwriter

from liane.core.text import inert
from liane.insight.pathway.board import EUROS, Board, Row
from liane.insight.pathway.dictionary import meanings

HEADS = ("rubrique", "code", "indicateur", "detail", "valeur", "mention", "unite", "du", "au",
         "structure", "parcours")  # fmt: skip
ABOUT = ("code", "rubrique", "indicateur", "unite", "detail_par", "definition")
COLUMNS = (
    ("rubrique", "partie du tableau de bord"), ("code", "nom stable de l’indicateur"),
    ("indicateur", "son nom"), ("detail", "ce que la ligne détaille ; vide pour l’ensemble"),
    ("valeur", "nombre, dans l’unité ; vide si rien n’est mesuré ou si c’est masqué"),
    ("mention", "« < 10 » ou « masqué » : petit effectif de personnes"), ("unite", "unité"),
    ("du", "premier jour de la période"), ("au", "dernier jour"),
    ("structure", "structure responsable"), ("parcours", "projet ; vide pour tous"),
)  # fmt: skip
BASE = "https://liane.health/fhir/Measure/parcours-"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {
    "csv": "text/csv; charset=utf-8", "xlsx": XLSX,
    "parquet": "application/vnd.apache.parquet", "ndjson": "application/fhir+ndjson",
    "dictionnaire": "text/csv; charset=utf-8",
}  # fmt: skip


def render(form: str, board: Board) -> bytes:
    """The file. KeyError for another form."""
    made: dict[str, Callable[[Board], bytes]] = {
        "csv": _csv, "xlsx": _xlsx, "parquet": _parquet, "ndjson": _ndjson,
        "dictionnaire": dictionary,
    }  # fmt: skip
    return made[form](board)


def lines(board: Board) -> Iterator[tuple[Any, ...]]:
    """Every figure under :data:`HEADS`; the value is a number or None."""
    first, last = board.period.first.isoformat(), board.period.last.isoformat()
    project = board.project.title if board.project else ""
    for row in board.rows:
        said = row.meaning
        yield (said.section, said.code, said.label, row.detail, row.plain, row.mark, said.unit,
               first, last, board.organisation.name, project)  # fmt: skip


def about() -> Iterator[tuple[str, ...]]:
    """The dictionary: what each figure is, then what each column is."""
    for one in meanings().values():
        by = one.by or ("raison" if one.of else "")
        yield one.code, one.section, one.label, one.unit, by, one.definition
    for name, text in COLUMNS:
        yield name, "Colonnes des fichiers", name, "", "", text


def dictionary(board: Board | None = None) -> bytes:
    """The dictionary as CSV, the same whatever the board."""
    return _written([ABOUT, *about()])


def _csv(board: Board) -> bytes:
    return _written([HEADS, *lines(board)])


def _written(rows: list[tuple[Any, ...]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([inert(one) if isinstance(one, str) else _number(one) for one in row])
    return out.getvalue().encode("utf-8-sig")


def _number(value: int | float | None) -> str:
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _xlsx(board: Board) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": "Parcours", "company": board.organisation.name})
    _sheet(book, "Chiffres", [HEADS, *lines(board)])
    _sheet(book, "Dictionnaire", [ABOUT, *about()])
    book.close()
    return out.getvalue()


def _sheet(book: Any, name: str, rows: list[tuple[Any, ...]]) -> None:
    sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(number, column, value)
            elif value is not None:
                sheet.write_string(number, column, value, None if number else bold)
    sheet.set_column(0, len(rows[0]) - 1, 22)
    sheet.freeze_panes(1, 0)


def _parquet(board: Board) -> bytes:
    """Columns as in the CSV; ``valeur`` is a double."""
    import duckdb  # loaded when a file is asked: it is large

    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as base:
        base.execute(
            "CREATE TABLE t (rubrique VARCHAR, code VARCHAR, indicateur VARCHAR, detail VARCHAR,"
            " valeur DOUBLE, mention VARCHAR, unite VARCHAR, du DATE, au DATE, structure VARCHAR,"
            " parcours VARCHAR)"
        )
        base.executemany(
            f"INSERT INTO t VALUES ({', '.join('?' * len(HEADS))})", list(lines(board))
        )  # noqa: S608
        path = Path(folder) / "parcours.parquet"
        base.table("t").write_parquet(str(path))
        return path.read_bytes()


def _ndjson(board: Board) -> bytes:
    """One FHIR R4 MeasureReport a figure, its details as stratifiers."""
    found: dict[str, list[Row]] = {}
    for row in board.rows:
        found.setdefault(row.meaning.code, []).append(row)
    reports = [_report(board, rows) for rows in found.values()]
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in reports).encode()


def _report(board: Board, rows: list[Row]) -> dict[str, Any]:
    said = rows[0].meaning
    group: dict[str, Any] = {"code": {"text": said.label}}
    for row in rows:
        if not row.detail:
            group |= _score(row)
    strata = [
        {"value": {"text": row.detail}, **_score(row)} for row in rows if row.detail
    ]  # fmt: skip
    if strata:
        group["stratifier"] = [{"code": [{"text": said.by or "raison"}], "stratum": strata}]
    house = board.organisation
    reporter: dict[str, Any] = {"display": house.name}
    if house.finess:
        reporter["identifier"] = {"system": "http://finess.sante.gouv.fr", "value": house.finess}
    return {
        "resourceType": "MeasureReport", "status": "complete", "type": "summary",
        "measure": BASE + said.code, "date": board.on.isoformat(), "reporter": reporter,
        "period": {"start": board.period.first.isoformat(), "end": board.period.last.isoformat()},
        "group": [group],
    }  # fmt: skip


def _score(row: Row) -> dict[str, Any]:
    """The score with its unit; a hidden or unmeasured one says why it is absent."""
    unit = "€" if row.meaning.unit == EUROS else row.meaning.unit
    if row.value is None:
        url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
        why = "masked" if row.mark else "not-applicable"
        return {"measureScore": {"extension": [{"url": url, "valueCode": why}]}}
    return {"measureScore": {"value": row.plain, "unit": unit}}
