"""What a draft would change: the same cases settled under the definition in force and the draft."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from liane.bundles.engine.results import Settlement
from liane.bundles.engine.settling import settle
from liane.pathways.protocols.facts import Case
from liane.pathways.protocols.plan import Plan


class Effect(NamedTuple):
    """The draft beside the definition in force, over many cases; money in cents.

    ``gain``, ``lose``, ``same``: payees by the sign of what they would get more. ``payees``: that
    difference, by payee. ``blocked``: cases with a sequence that can be billed now and could not
    under the draft; ``freed`` the reverse. ``missing``: what the draft leaves to be completed, with
    the number of cases it stops.
    """

    cases: int
    before: int
    after: int
    payees: dict[str, int]
    gain: int
    lose: int
    same: int
    blocked: tuple[Any, ...]
    freed: tuple[Any, ...]
    missing: dict[str, int]


def compare(current: Plan, draft: Plan, cases: Iterable[Case], until: dt.date) -> Effect:
    """Price ``draft`` against ``current`` on the same facts, one pass, cases never kept."""
    count, before, after = 0, 0, 0
    payees, missing = Counter[str](), Counter[str]()
    blocked: list[Any] = []
    freed: list[Any] = []
    for case in cases:
        then, now = settle(current, case, until), settle(draft, case, until)
        count += 1
        before += then.total_cents
        after += now.total_cents
        for line in then.lines:
            payees[line.payee] -= line.cents
        for line in now.lines:
            payees[line.payee] += line.cents
        missing.update({one.path for one in now.missing})
        billed, billable = _billable(then), _billable(now)
        if billed > billable:
            blocked.append(case.id)
        elif billable > billed:
            freed.append(case.id)
    moved = payees.values()
    return Effect(
        cases=count,
        before=before,
        after=after,
        payees=dict(sorted(payees.items())),
        gain=sum(1 for cents in moved if cents > 0),
        lose=sum(1 for cents in moved if cents < 0),
        same=sum(1 for cents in moved if cents == 0),
        blocked=tuple(blocked),
        freed=tuple(freed),
        missing=dict(sorted(missing.items())),
    )


def _billable(settlement: Settlement) -> int:
    return sum(1 for one in settlement.sequences if one.billable)
