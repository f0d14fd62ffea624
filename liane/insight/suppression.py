"""Small cells: what may be shown of a table of counts to those who may not see whom it counts.

A count of 1 to 9 is shown « < 10 ». When the total would give it away, more is hidden
(« masqué »), until no hidden cell has a single possible value. Source: statistical secrecy as
the health insurance data warehouse applies it (SNDS: no count below 11 in what leaves it, here the
threshold of 10 chosen in the project's table of rights).
"""

from collections.abc import Mapping
from dataclasses import dataclass

SMALL = 10
BELOW = "< 10"
HIDDEN = "masqué"
MOST = 10**9


@dataclass(frozen=True)
class Cell:
    """A count as it may be shown. ``low`` and ``high``: what a reader learns of it."""

    value: int | None
    mark: str = ""
    low: int = 0
    high: int = MOST

    @property
    def text(self) -> str:
        """The figure, or the sign that it is hidden."""
        return self.mark or str(self.value)

    @property
    def hidden(self) -> bool:
        """True when the figure is not shown."""
        return self.value is None


def shown(value: int) -> Cell:
    """The figure itself."""
    return Cell(value, "", value, value)


def _below() -> Cell:
    return Cell(None, BELOW, 1, SMALL - 1)


def alone(value: int) -> Cell:
    """A count that no other figure adds up to."""
    return _below() if 0 < value < SMALL else shown(value)


def protect(counts: Mapping[str, int]) -> dict[str, Cell]:
    """The cells of a table whose total is shown beside it.

    The total (their sum) must itself be shown by :func:`alone`. No cell that is hidden can be
    recomputed from the total and the cells that are shown.
    """
    total = sum(counts.values())
    if 0 < total < SMALL:
        return {key: Cell(None, HIDDEN, 0, total) for key in counts}
    cells = {key: alone(value) for key, value in counts.items()}
    while not _safe(cells, total):
        # The smallest figure still shown goes next; zeros tell little and go last.
        left = [key for key, cell in cells.items() if not cell.hidden]
        if not left:
            return {key: Cell(None, HIDDEN) for key in counts}
        smallest = min(left, key=lambda key: (counts[key] == 0, counts[key]))
        hidden = {key for key, cell in cells.items() if cell.hidden} | {smallest}
        cells = {key: Cell(None, HIDDEN) if key in hidden else cell for key, cell in cells.items()}
    return cells


def pair(one: int, other: int) -> tuple[Cell, Cell]:
    """Two counts whose difference is told elsewhere (entries and exits): both, or neither."""
    first, second = alone(one), alone(other)
    if first.hidden or second.hidden:
        return Cell(None, HIDDEN), Cell(None, HIDDEN)
    return first, second


def _safe(cells: Mapping[str, Cell], total: int) -> bool:
    hidden = [cell for cell in cells.values() if cell.hidden]
    left = total - sum(cell.value for cell in cells.values() if cell.value is not None)
    return all(_free(cell, hidden, left) for cell in hidden)


def _free(cell: Cell, hidden: list[Cell], left: int) -> bool:
    """True when at least two values of ``cell`` agree with everything that is shown."""
    low = left - sum(other.high for other in hidden) + cell.high
    high = left - sum(other.low for other in hidden) + cell.low
    return min(cell.high, high) > max(cell.low, low)
