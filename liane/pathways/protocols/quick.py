"""The walk of most acts, by the million: the decisions of ``walk`` in one loop.

What most acts meet is decided here on the values that the walk keeps; anything else is given to the
walk, act by act. A property test holds both ways to the same answer.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from liane.pathways.protocols.facts import Act
from liane.pathways.protocols.plan import Ceiling, Table

if TYPE_CHECKING:
    from liane.pathways.protocols.walk import Walk

_SHIFT = 1024
_UNKNOWN = _SHIFT - 1


type Row = tuple[int, Any, int, Act]
"""One act in the order of the walk: its day and the place of its code, its name, its rank."""


def ordered(table: Table, acts: Iterable[Act]) -> list[Row]:
    """The acts in the order in which they count: tables of the same ``places`` share it."""
    places = table.places
    rows = [
        (act[2].toordinal() * _SHIFT + places.get(act[1], _UNKNOWN), act[0], number, act)
        for number, act in enumerate(acts)
    ]
    rows.sort()
    return rows


def take(walked: "Walk", rows: Iterable[Row]) -> None:
    """Count or refuse each act, in the order of days, as ``Walk.take`` does."""
    find, case = walked.table.specs.get, walked.case
    anchors, ended, until = walked.anchors, walked.ended, walked.until
    included, suspended = anchors[0], bool(case.suspensions)
    runs, bounds, used = walked.runs, walked.bounds, walked.used
    refuse = walked.refused.append
    for key, name, _, act in rows:
        day = key // _SHIFT
        if day > until:
            break
        _, code, _, payee, profession, remote, _, state, _ = act
        spec = find(code)
        if spec is None:
            refuse((name, "acts", "unknown_act", None, ""))
            continue
        if state != "standing":
            refuse((name, state, state, None, ""))
            continue
        if day < included:
            refuse((name, "inclusion", "before_inclusion", None, ""))
            continue
        home = spec.home
        if home < 0 or remote or profession or suspended or day > ended:
            walked.one(act, spec, day)
            continue
        run = runs[home]
        if run is None:
            if spec.waits >= 0 and not anchors[spec.waits]:
                refuse((name, walked.table.stages[home].id, "not_open", None, ""))
            else:
                walked.place(act, spec, day)
            continue
        if day > run.last:
            over = run.closed and day > run.closed and not run.stage.elapsed
            refuse((name, run.stage.id, "closed" if over else "expired", None, ""))
            continue
        if day < run.opened:
            refuse((name, run.stage.id, "not_open", None, ""))
            continue
        need = spec.only
        if need is None:
            walked.count(act, spec, day, run, spec.places[0][1])
            continue
        counts = run.counts
        done = counts[need.index]
        if done >= need.maximum:
            refuse((name, need.id, "maximum", None, run.id))
            continue
        if not spec.short or payee is None:
            walked.count(act, spec, day, run, spec.places[0][1])
            continue
        if spec.windows:
            window = spec.windows[0]
            here = bounds[window.index]
            if here is None:
                walked.count(act, spec, day, run, spec.places[0][1])
                continue
            if not here[0] <= day <= here[1]:
                refuse((name, window.id, "window", None, run.id))
                continue
        cents = spec.tariff
        if spec.amounts and cents:
            cap = spec.amounts[0]
            period = _period(walked, cap, home, day)
            if period is None:
                walked.count(act, spec, day, run, spec.places[0][1])
                continue
            spent = used.get(period, 0)
            if cap.cents - spent < cents:
                left = cap.cents - spent
                refuse((name, cap.id, "cap", cents - left, run.id))
                if not left:
                    continue
                cents = left
            used[period] = spent + cents
        run.acts.append((act, cents or 0, need, spec))
        if cents is None or run.cents is None:
            run.cents = None
        else:
            run.cents += cents
        counts[need.index] = done = done + 1
        run.lasts[need.index] = day
        if done == need.minimum:
            run.reach(day)
        for anchor in spec.sets:
            if not anchors[anchor]:
                anchors[anchor] = day


def _period(walked: "Walk", cap: Ceiling, home: int, day: int) -> tuple[int, Any] | None:
    """The period of the cap that the day lies in, as the walk names it; None: the walk tells."""
    if cap.per == "year":
        edge = walked.anchors[cap.anchor]
        return (cap.index, 0) if edge and day <= walked.table.year[edge] else None
    return cap.index, (home, 0) if cap.per == "sequence" else 0
