"""Small cells: none that is hidden can be found again from what is shown."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.insight.suppression import BELOW, HIDDEN, Cell, alone, protect

COUNTS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2),
    st.one_of(st.integers(0, 14), st.integers(0, 2000)),
    min_size=2,
    max_size=9,
)


def texts(*counts: int) -> list[str]:
    table = protect({str(number): count for number, count in enumerate(counts)})
    return [cell.text for cell in table.values()]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((12, 40, 0), ["12", "40", "0"]),
        ((12, 40, 3), [HIDDEN, "40", HIDDEN]),
        ((25, 40, 3, 4), ["25", "40", BELOW, BELOW]),
        ((25, 40, 1, 1), [HIDDEN, "40", HIDDEN, HIDDEN]),
        ((3, 2), [HIDDEN, HIDDEN]),
        ((0, 0), ["0", "0"]),
    ],
)
def test_what_is_shown_of_a_table(counts, said):
    assert texts(*counts) == said


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (1, BELOW), (9, BELOW), (10, "10")])
def test_a_figure_alone(value, said):
    assert alone(value).text == said


def possible(cells: list[Cell], total: int, place: int) -> set[int]:
    """Every value of a hidden cell that agrees with the total, by counting sums reached."""
    others = [cell for number, cell in enumerate(cells) if number != place]
    sums = {0}
    for cell in others:
        high = min(cell.high, total)
        if cell.high - cell.low > 2000:
            sums = set(range(min(sums) + cell.low, total + 1))
        else:
            steps = range(cell.low, high + 1)
            sums = {a + b for a, b in product(sums, steps) if a + b <= total}
    mine = cells[place]
    return {total - one for one in sums if mine.low <= total - one <= mine.high}


@given(counts=COUNTS)
def test_no_hidden_cell_can_be_recomputed_from_the_total(counts):
    total = sum(counts.values())
    cells = list(protect(counts).values())
    told = alone(total)
    for place, cell in enumerate(cells):
        if not cell.hidden:
            continue
        totals = [told.value] if told.value is not None else range(told.low, told.high + 1)
        found = set().union(*(possible(cells, one, place) for one in totals))
        assert len(found) > 1


@given(counts=COUNTS)
def test_every_small_cell_is_hidden_and_nothing_false_is_said(counts):
    for key, cell in protect(counts).items():
        if 0 < counts[key] < 10:
            assert cell.hidden
        assert cell.value in {None, counts[key]}
        assert cell.low <= counts[key] <= cell.high
        assert cell.mark != BELOW or 0 < counts[key] < 10
