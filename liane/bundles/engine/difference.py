"""What changed between two settlements of one case: never an edit, always a visible difference."""

from functools import partial
from typing import Any, NamedTuple

from liane.bundles.engine.results import Line, Role, Settlement


class Change(NamedTuple):
    """The difference of one payee in one sequence: positive when more is owed than before.

    ``added`` and ``removed``: the interventions that the line counts now and did not, and the
    reverse. ``before``: cents of the earlier line (0 when there was none).
    """

    sequence: str
    payee: str
    role: Role
    cents: int
    amo_cents: int
    amc_cents: int
    patient_cents: int
    before: int
    rule: str
    article: str
    added: tuple[Any, ...]
    removed: tuple[Any, ...]


_made = partial(tuple.__new__, Change)
"""Made by the million: without the checks of the class."""


def difference(before: Settlement | None, after: Settlement) -> tuple[Change, ...]:
    """The lines that differ, in the order of sequences and payees; ``before`` None: everything.

    The sum of the changes is the difference of the two totals.
    """
    if before is None:
        return tuple(_first(line) for line in sorted(after.lines) if _moved(line))
    old = _by_payee(before)
    new = _by_payee(after)
    changes = [_change(old.get(who), new.get(who)) for who in sorted({*old, *new})]
    return tuple(one for one in changes if one and _moved(one))


def _by_payee(settlement: Settlement) -> dict[tuple[str, str, str], Line]:
    return {(line.sequence, line.payee, line.role): line for line in settlement.lines}


def _first(line: Line) -> Change:
    return _made((*line[:7], 0, *line[7:], ()))


def _moved(one: Change | Line) -> bool:
    return bool(one.cents or one.amo_cents or one.amc_cents or one.patient_cents)


def _change(old: Line | None, new: Line | None) -> Change | None:
    said = new or old
    if said is None:
        return None
    then, now = set(old.acts if old else ()), set(new.acts if new else ())
    return Change(
        said.sequence,
        said.payee,
        said.role,
        (new.cents if new else 0) - (old.cents if old else 0),
        (new.amo_cents if new else 0) - (old.amo_cents if old else 0),
        (new.amc_cents if new else 0) - (old.amc_cents if old else 0),
        (new.patient_cents if new else 0) - (old.patient_cents if old else 0),
        old.cents if old else 0,
        said.rule,
        said.article,
        tuple(act for act in (new.acts if new else ()) if act not in then),
        tuple(act for act in (old.acts if old else ()) if act not in now),
    )
