"""The walk: acts in the order of their days, each counted in a sequence or refused with its rule.

One pass decides everything that does not depend on sharing money: which sequence an act belongs
to, what it is worth there, which caps and windows stop it. A refused act leaves no trace, so that
adding one changes nothing else. Acts of one day count in the order of the definition's list, then
of their ids: the order in which they were entered never matters.
"""

import datetime as dt
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from liane.pathways.protocols import quick
from liane.pathways.protocols.facts import Act, Case
from liane.pathways.protocols.plan import NEVER, Ceiling, Need, Plan, Spec, Stage, Table

type Refused = tuple[Any, str, str, int | None, str]
"""Act id, rule, kind of reason, cents refused of an act that is paid in part, sequence."""

_ORDER = itemgetter(0, 1, 2)
_OPEN_DAY = dt.date.min
_LAST_DAY = dt.date.max


class Run:
    """One sequence of one case. Days are ordinals; ``closed`` is 0 as long as it is open.

    ``number``: 0, or which repetition (the year, for calendar years); ``rank`` counts them from 1.
    ``target``: when its length is over. ``limit``: the last day that could count; ``last``: the
    last that does, once the sequence is closed or will be. ``counts`` and
    ``lasts``: by requirement, how many acts and the last of their days. ``acts``: what was counted,
    as (act, cents, requirement, spec). ``cents`` is None when a tariff is missing.
    """

    __slots__ = (
        "acts", "cents", "closed", "counts", "id", "last", "lasts", "limit", "number", "opened",
        "rank", "stage", "target", "unmet",
    )  # fmt: skip

    def __init__(self, stage: Stage, opened: int, number: int, target: int, limit: int) -> None:
        self.stage, self.opened, self.number = stage, opened, number
        self.rank = number
        self.id = f"{stage.id}:{number}" if number else stage.id
        self.target, self.limit = target, limit
        self.counts = [0] * len(stage.needs)
        self.lasts = [0] * len(stage.needs)
        self.unmet = stage.needed
        self.cents: int | None = 0
        self.acts: list[tuple[Act, int, Need, Spec]] = []
        self.closed, self.last = 0, limit
        if stage.elapsed:
            self.closed = limit
        elif not stage.needed and stage.at_length:
            self.close(target)

    def close(self, day: int) -> None:
        """The sequence is complete on ``day``: nothing counts after it."""
        self.closed, self.last = day, min(day, self.limit)

    def count(self, need: Need, day: int) -> None:
        """One more act towards a requirement; the last one needed closes the sequence."""
        place = need.index
        done = self.counts[place] = self.counts[place] + 1
        self.lasts[place] = day
        if done == need.minimum:
            self.reach(day)

    def reach(self, day: int) -> None:
        """One more minimum is reached, on ``day``."""
        self.unmet -= 1
        if self.unmet <= 0 and not self.closed:
            self.close(max(day, self.target) if self.stage.at_length else day)


class Walk:
    """The walk of one case up to a day, and what it found."""

    __slots__ = (
        "anchors",
        "bounds",
        "case",
        "ended",
        "refused",
        "repeated",
        "runs",
        "table",
        "until",
        "used",
    )  # fmt: skip

    def __init__(self, table: Table, case: Case, until: dt.date) -> None:
        self.table, self.case = table, case
        self.until = until.toordinal()
        self.ended = case.ended_on.toordinal() if case.ended_on else NEVER
        given = case.anchors
        self.anchors = [
            given[name].toordinal() if origin == "entered" and name in given else 0
            for name, origin in table.anchors
        ]
        self.anchors[0] = case.included_on.toordinal()
        self.runs: list[Run | None] = [None] * len(table.stages)
        self.repeated: dict[tuple[int, int], Run] = {}
        self.refused: list[Refused] = []
        self.bounds: list[tuple[int, int] | None] = [None] * table.windows
        self.used: dict[tuple[int, Any], int] = {}

    def take(self, acts: Iterable[Act]) -> None:
        """Count or refuse each act, in the order of days."""
        rows = [(act.on.toordinal(), self.table.place(act.code), act.id, act) for act in acts]
        for day, _, _, act in sorted(rows, key=_ORDER):
            if day > self.until:
                break
            self.one(act, self.table.specs.get(act.code), day)

    def one(self, act: Act, spec: Spec | None, day: int) -> None:
        """Count or refuse one act; those of earlier days are behind."""
        if spec is None:
            self.refused.append((act.id, "acts", "unknown_act", None, ""))
        elif early := self._early(act, spec, day):
            self.refused.append((act.id, early[0], early[1], None, ""))
        else:
            self.place(act, spec, day)

    def _early(self, act: Act, spec: Spec, day: int) -> tuple[str, str] | None:
        """Why an act counts nowhere whatever the sequences: its rule and the kind of reason."""
        if act.state != "standing":
            return act.state, act.state
        if day < self.anchors[0]:
            return "inclusion", "before_inclusion"
        if day > self.ended:
            return "inclusion", "after_end"
        if any(span.holds(act.on) for span in self.case.suspensions):
            return "suspended", "suspended"
        if act.remote and not spec.remote:
            return act.code, "remote"
        if act.profession and spec.professions and act.profession not in spec.professions:
            return act.code, "profession"
        return None

    def place(self, act: Act, spec: Spec, day: int) -> None:
        """Find the sequence that is open for the act, then see whether it still wants it."""
        rule, why = act.code, "no_sequence"
        for stage, needs in spec.places:
            run = self.runs[stage.index] if not stage.repeats else None
            if run is None:
                run = self._opening(stage, spec, day)
            rule = stage.id
            if run is None:
                why = "not_open"
            elif run.rank > 1 and (run.rank > stage.most or not self._renewed(run, act)):
                why = "renewal"
            elif run.closed and day > run.closed:
                why = "expired" if stage.elapsed else "closed"
            elif day > run.limit:
                why = "expired"
            elif day < run.opened:
                why = "not_open"
            else:
                self.count(act, spec, day, run, needs)
                return
        self.refused.append((act.id, rule, why, None, ""))

    def count(self, act: Act, spec: Spec, day: int, run: Run, needs: tuple[Need, ...]) -> None:
        """Count an act in a sequence open for it, or refuse it."""
        rule = why = ""
        for need in needs:
            done = run.counts[need.index]
            if done >= need.maximum:
                rule, why = need.id, "maximum"
            elif need.after >= 0 and run.counts[need.after] < need.before:
                rule, why = need.id, "order"
            elif need.spacing and done and day - run.lasts[need.index] < need.spacing:
                rule, why = need.id, "spacing"
            else:
                break
        else:
            self.refused.append((act.id, rule, why, None, run.id))
            return
        if spec.windows and (outside := self._outside(spec, day)):
            self.refused.append((act.id, outside, "window", None, run.id))
        elif act.payee is None:
            self.refused.append((act.id, "payee", "payee", None, run.id))
        elif spec.counts or spec.amounts:
            self._under_caps(act, spec, day, run, need)
        else:
            self._accept(act, spec, day, run, need, spec.tariff)

    def _outside(self, spec: Spec, day: int) -> str:
        """The first window that the day is outside of; a day that sets an anchor is at it."""
        for window in spec.windows:
            bounds = self.bounds[window.index]
            if bounds is None:
                anchor = self.anchors[window.anchor] or (day if window.anchor in spec.sets else 0)
                if not anchor:
                    return window.id
                bounds = (window.low[anchor], window.high[anchor])
                if self.anchors[window.anchor]:
                    self.bounds[window.index] = bounds
            if not bounds[0] <= day <= bounds[1]:
                return window.id
        return ""

    def _under_caps(self, act: Act, spec: Spec, day: int, run: Run, need: Need) -> None:
        used, cents, by = self.used, spec.tariff, ""
        if len(spec.amounts) == 1 and not spec.counts and cents:
            (cap,) = spec.amounts
            key = (cap.index, self._period(cap, spec, day, run, act))
            spent = used.get(key, 0)
            if cap.cents - spent < cents:
                left = cap.cents - spent
                self.refused.append((act.id, cap.id, "cap", cents - left, run.id))
                if not left:
                    return
                cents = left
            used[key] = spent + cents
            self._accept(act, spec, day, run, need, cents)
            return
        keys = []
        for cap in spec.counts:
            key = (cap.index, self._period(cap, spec, day, run, act))
            if used.get(key, 0) >= cap.count:
                self.refused.append((act.id, cap.id, "cap", None, run.id))
                return
            keys.append(key)
        amounts = []
        for cap in spec.amounts if cents else ():
            key = (cap.index, self._period(cap, spec, day, run, act))
            left = cap.cents - used.get(key, 0)
            if cents is not None and left < cents:
                cents, by = left, cap.id
            amounts.append(key)
        if by:
            worth = spec.tariff or 0
            self.refused.append((act.id, by, "cap", worth - (cents or 0), run.id))
            if not cents:
                return
        for key in keys:
            used[key] = used.get(key, 0) + 1
        for key in amounts:
            used[key] = used.get(key, 0) + (cents or 0)
        self._accept(act, spec, day, run, need, cents)

    def _period(self, cap: Ceiling, spec: Spec, day: int, run: Run, act: Act) -> Any:
        """Which period of the cap the day lies in. Years from an anchor include their anniversary:
        the second begins the day after."""
        if cap.per == "year":
            edge = self.anchors[cap.anchor] or day
            number, edge = 0, self.table.year[edge]
            while day > edge:
                number, edge = number + 1, self.table.year[edge]
            return number
        if cap.per == "calendar_year":
            return act.on.year
        if cap.per == "sequence":
            return run.stage.index, run.number
        if cap.per == "day":
            return day
        return act.id if cap.per == "act" else 0

    def _accept(
        self, act: Act, spec: Spec, day: int, run: Run, need: Need, cents: int | None
    ) -> None:
        if not run.acts:
            self._keep(run)
        run.acts.append((act, cents or 0, need, spec))
        if cents is None or run.cents is None:
            run.cents = None
        else:
            run.cents += cents
        run.count(need, day)
        for anchor in spec.sets:
            if not self.anchors[anchor]:
                self.anchors[anchor] = day

    def _keep(self, run: Run) -> None:
        if run.stage.repeats:
            self.repeated[run.stage.index, run.number] = run
        else:
            self.runs[run.stage.index] = run

    def _opening(self, stage: Stage, spec: Spec | None, day: int) -> Run | None:
        """The sequence as it is, or would be, open on ``day``; None before anything opens it."""
        if stage.after >= 0:
            before = self.runs[stage.after] or self._opening(
                self.table.stages[stage.after], None, day
            )
            if before is None or not before.closed or before.closed == NEVER:
                return None
            start = before.closed + 1
        else:
            anchor = self.anchors[stage.anchor]
            if not anchor:
                if spec is None or stage.anchor not in spec.sets:
                    return None
                anchor = day
            start = stage.offset[anchor]
        if not stage.repeats:
            return self._run(stage, start, 0)
        if stage.repeats == "calendar_year":
            return self._year(stage, start, day)
        return self._repetition(stage, start, day)

    def _year(self, stage: Stage, start: int, day: int) -> Run:
        year = dt.date.fromordinal(max(day, start)).year
        held = self.repeated.get((stage.index, year))
        if held is not None:
            return held
        opened = max(start, dt.date(year, 1, 1).toordinal())
        last = dt.date(year, 12, 31).toordinal()
        run = Run(stage, opened, year, last, last)
        run.rank = year - dt.date.fromordinal(start).year + 1
        return run

    def _repetition(self, stage: Stage, start: int, day: int) -> Run:
        number, end = 1, stage.target[start]
        while day > end:
            number, start = number + 1, end + 1
            end = stage.target[end]
        held = self.repeated.get((stage.index, number))
        return held or Run(stage, start, number, end, end)

    def _run(self, stage: Stage, start: int, number: int) -> Run:
        target, limit = stage.target[start], stage.limit[start]
        if self.case.suspensions:
            target, limit = self._pushed(start, target), self._pushed(start, limit)
        return Run(stage, start, number, target, limit)

    def _pushed(self, start: int, end: int) -> int:
        """``end`` later by each suspended day since ``start``, where suspensions extend."""
        if not self.table.extends or end >= NEVER:
            return end
        for span in sorted(self.case.suspensions, key=lambda one: one.since or _OPEN_DAY):
            since = max((span.since or _OPEN_DAY).toordinal(), start)
            until = min((span.until or _LAST_DAY).toordinal(), self.until)
            if since <= end and until >= since:
                end += until - since + 1
        return end

    def _renewed(self, run: Run, act: Act) -> bool:
        """Whether a further repetition has the document it needs, on the day of the act."""
        repeats = run.stage.said.repeats
        if repeats is None or repeats.document is None or run.acts:
            return True
        received = self.case.documents.get(repeats.document)
        return received is not None and received <= act.on

    def every_run(self) -> list[Run]:
        """Each sequence in the order of the definition, those without any act included; a phase
        that repeats gives those that count acts, else the first one when it is open."""
        found = []
        for stage in self.table.stages:
            if not stage.repeats:
                run = self.runs[stage.index] or self._opening(stage, None, self.until)
                found += [run] if run else []
                continue
            mine = [one for (index, _), one in self.repeated.items() if index == stage.index]
            first = None if mine else self._opening(stage, None, self.anchors[0])
            found += sorted(mine, key=lambda one: one.number) or ([first] if first else [])
        return found


def walk(
    plan: Plan,
    case: Case,
    until: dt.date,
    known_on: dt.date | None = None,
    *,
    plainly: bool = False,
    rows: list[quick.Row] | None = None,
) -> Walk:
    """Walk a case up to ``until``; with ``known_on``, only what had been entered by that day.

    ``rows``: the acts of the case, already ``quick.ordered`` by these places.
    ``plainly``: act by act, without the short ways of ``quick``, which tests hold to the same.
    Raises KeyError when the case names an anchor day of a wrong kind, never for its acts.
    """
    walked = Walk(plan.table(case.profile, case.overseas), case, until)
    if rows is not None:
        quick.take(walked, rows)
        return walked
    acts = case.acts
    if known_on is not None:
        acts = tuple(act for act in acts if act.entered_on is None or act.entered_on <= known_on)
    if plainly:
        walked.take(acts)
    else:
        quick.take(walked, quick.ordered(walked.table, acts))
    return walked
