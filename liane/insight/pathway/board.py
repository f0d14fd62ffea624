"""The dashboard as it may be shown to whoever asks: figures with their meaning, one a line.

Counts of persons from 1 to 9 are hidden from those who follow nobody, and in every export.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from liane.core import acting, ledger
from liane.core.models import AccessRow
from liane.directory.models import Organisation
from liane.insight import rules
from liane.insight.pathway import figures
from liane.insight.pathway.dictionary import PERSONS, Meaning, meanings
from liane.insight.pathway.figures import Figures, Scope
from liane.insight.periods import Period
from liane.insight.suppression import alone, protect
from liane.pathways.models import Project
from liane.pathways.states import EndReason

EUROS = "euros"


@dataclass(frozen=True)
class Row:
    """One figure: ``value`` None when nothing was measured, or when ``mark`` hides it.

    Money is in cents; ``detail`` is empty for the whole.
    """

    meaning: Meaning
    detail: str
    value: int | None
    mark: str = ""

    @property
    def plain(self) -> int | float | None:
        """The value in its unit: euros with their cents."""
        money = self.meaning.unit == EUROS and self.value is not None
        return self.value / 100 if money and self.value is not None else self.value


@dataclass(frozen=True)
class Section:
    """One part of the page."""

    label: str
    rows: Sequence[Row]

    @property
    def wholes(self) -> list[Row]:
        """Figures of the whole structure."""
        return [row for row in self.rows if not row.detail]

    @property
    def table(self) -> list[tuple[str, list[Row]]]:
        """Details in lines: each with a figure a column."""
        found: dict[str, dict[str, Row]] = {}
        for row in self.rows:
            if row.detail:
                found.setdefault(row.detail, {})[row.meaning.code] = row
        return [
            (detail, [held.get(code) or Row(meanings()[code], detail, 0) for code in self.columns])
            for detail, held in found.items()
        ]

    @property
    def columns(self) -> list[str]:
        """The codes that have details, in the order of the dictionary."""
        return [code for code in meanings() if any(
            row.detail and row.meaning.code == code for row in self.rows
        )]  # fmt: skip

    @property
    def heads(self) -> list[Meaning]:
        """Their meanings."""
        return [meanings()[code] for code in self.columns]


@dataclass(frozen=True)
class Board:
    """The dashboard of a structure over a period."""

    organisation: Organisation
    project: Project | None
    period: Period
    rows: Sequence[Row]
    on: dt.date
    whole: bool

    @property
    def sections(self) -> list[Section]:
        """Its parts, in order."""
        grouped = groupby(self.rows, key=lambda row: row.meaning.section)
        return [Section(label, list(rows)) for label, rows in grouped]


def projects() -> list[Project]:
    """The pathways of the structure that the actor acts for. One query."""
    rows = Project.objects.filter(organisation_id__in=[acting.current().organisation_id])
    return list(rows.order_by("title", "pk"))


def board(house: Organisation, period: Period, project_id: UUID | None, *, export: bool) -> Board:
    """The figures of the structure, or of one project of it. Recorded, of no person."""
    action = AccessRow.Action.EXPORT if export else AccessRow.Action.READ
    ledger.read([None], "activity_report", object_id=house.pk, action=action)
    whole = rules.names(acting.current()) and not export
    project = next((one for one in projects() if one.pk == project_id), None)
    machine = acting.system("tableau de bord des parcours", organisation_id=house.pk)
    with acting.acting(machine):
        made = figures.compute(Scope(house.pk, project.pk if project else None, period))
    rows = [row for meaning in meanings().values() for row in _rows(meaning, made, whole=whole)]
    return Board(house, project, period, rows, dt.datetime.now(tz=dt.UTC).date(), whole)


def _rows(meaning: Meaning, made: Figures, *, whole: bool) -> list[Row]:
    found: list[Row] = []
    hides = meaning.unit == PERSONS and not whole
    if meaning.code in made.totals:
        value = made.totals[meaning.code]
        cell = alone(value) if hides and value is not None else None
        found.append(Row(meaning, "", cell.value, cell.mark) if cell else Row(meaning, "", value))
    counts = made.details.get(meaning.code, {})
    if hides:
        cells = protect(counts)
        return found + [
            Row(meaning, _detail(meaning, key), cells[key].value, cells[key].mark) for key in counts
        ]
    return found + [Row(meaning, _detail(meaning, key), n) for key, n in counts.items()]


def _detail(meaning: Meaning, key: str) -> str:
    if meaning.code == "ended_reason":
        return str(EndReason(key).label) if key in EndReason.values else "sans raison notée"
    return key
