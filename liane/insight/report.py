"""A report as it is shown: figures beside those of the period before, small cells hidden or not."""

from dataclasses import dataclass, field

from liane.directory.models import Organisation
from liane.insight import suppression, words
from liane.insight.definitions import Definitions, Indicator, version
from liane.insight.delays import Delay
from liane.insight.figures import Counts, Figures
from liane.insight.periods import Period
from liane.insight.suppression import Cell

FLOWS = ("active.new", "exits.total")
STOCK = "active.end"


@dataclass(frozen=True)
class Row:
    """One row of a table: now, before, and how much it is of the largest (0 to 100)."""

    key: str
    label: str
    now: Cell
    before: Cell
    bar: int = 0
    bar_before: int = 0

    @property
    def change(self) -> str:
        """The difference, with its sign; nothing where a cell is hidden."""
        return change(self.now, self.before)

    @property
    def empty(self) -> bool:
        """True when there was nothing, in either period, and it may be said."""
        return not any((self.now.value != 0, self.before.value != 0))


@dataclass(frozen=True)
class Span:
    """A delay as it is shown."""

    now: str
    before: str
    number: Cell
    number_before: Cell


@dataclass
class Item:
    """One indicator with what was counted: a plain figure, a table, or a delay."""

    indicator: Indicator
    figure: Row | None = None
    rows: list[Row] = field(default_factory=list)
    span: Span | None = None


@dataclass
class Section:
    """Indicators read together: figures first, then tables."""

    code: str
    label: str
    figures: list[Item] = field(default_factory=list)
    tables: list[Item] = field(default_factory=list)
    spans: list[Item] = field(default_factory=list)


@dataclass
class Report:
    """The activity report of one organisation and one period."""

    organisation: Organisation
    period: Period
    definitions: Definitions
    whole: bool
    """True when small cells are shown: its reader follows persons."""
    sections: list[Section] = field(default_factory=list)

    def section(self, code: str) -> Section | None:
        """One section by its code."""
        return next((one for one in self.sections if one.code == code), None)


def change(now: Cell, before: Cell) -> str:
    """« +3 », « −2 », « = », or nothing."""
    if now.value is None or before.value is None:
        return ""
    gap = now.value - before.value
    return f"{gap:+d}".replace("-", "−") if gap else "="


def build(
    organisation: Organisation, period: Period, now: Figures, before: Figures, *, whole: bool
) -> Report:
    """The report of figures already computed. ``whole``: small cells are shown. No query."""
    report = Report(organisation, period, version(), whole)
    for group in report.definitions.groups:
        section = Section(group.code, group.label)
        for one in group.indicators:
            if one.named and not whole:
                continue
            if one.kind == "delay":
                section.spans.append(Item(one, span=_span(one.code, now, before, whole)))
            elif one.total:
                section.tables.append(Item(one, rows=_rows(one.code, now, before, whole)))
            else:
                cells = (_plain(one.code, now, whole), _plain(one.code, before, whole))
                section.figures.append(Item(one, figure=Row("", one.label, *cells)))
        report.sections.append(section)
    return report


def _plain(code: str, figures: Figures, whole: bool) -> Cell:
    value = figures.totals[code]
    if whole:
        return suppression.shown(value)
    if code == STOCK and any(suppression.alone(figures.totals[one]).hidden for one in FLOWS):
        # Stocks before and after would give away a hidden number of entries or exits.
        return Cell(None, suppression.HIDDEN)
    return suppression.alone(value)


def _cells(counts: Counts, keys: list[str], whole: bool) -> dict[str, Cell]:
    full = {key: counts.get(key, 0) for key in keys}
    if whole:
        return {key: suppression.shown(value) for key, value in full.items()}
    return suppression.protect(full)


def _rows(code: str, now: Figures, before: Figures, whole: bool) -> list[Row]:
    named = words.rows_of(code, now, before)
    cells = _cells(now.tables[code], list(named), whole)
    past = _cells(before.tables[code], list(named), whole)
    most = max([cell.value or 0 for cell in (*cells.values(), *past.values())], default=0) or 1
    rows = [
        Row(key, label, cells[key], past[key], _share(cells[key], most), _share(past[key], most))
        for key, label in named.items()
    ]
    return [row for row in rows if not row.empty]


def _share(cell: Cell, most: int) -> int:
    return round(100 * (cell.value or 0) / most)


def _span(code: str, now: Figures, before: Figures, whole: bool) -> Span:
    one, other = now.delays[code], before.delays[code]
    cells = [
        suppression.shown(delay.number) if whole else suppression.alone(delay.number)
        for delay in (one, other)
    ]
    return Span(_days(one, cells[0]), _days(other, cells[1]), *cells)


def _days(delay: Delay, number: Cell) -> str:
    if number.hidden:
        return number.text
    if delay.median is None or delay.mean is None:
        return "–"
    return f"{_french(delay.median)} j ; moyenne {_french(delay.mean)} j"


def _french(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")
