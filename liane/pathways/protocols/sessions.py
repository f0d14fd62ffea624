"""The sessions due: what each open sequence asks for by a day, created when it falls due."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from liane.pathways.protocols.facts import Case
from liane.pathways.protocols.plan import NEVER, Need, Plan
from liane.pathways.protocols.walk import Run, Walk, walk


class Due(NamedTuple):
    """One session due. ``acts``: the codes that answer it. ``number``: which one it is, from 1.

    ``late_from``: the first day on which it is late. ``last_day``: after it, it counts no more.
    """

    sequence: str
    requirement: str
    label: str
    acts: tuple[str, ...]
    number: int
    due_on: dt.date
    late_from: dt.date
    last_day: dt.date | None


def due(plan: Plan, case: Case, on: dt.date) -> tuple[Due, ...]:
    """The sessions that have fallen due by ``on`` and are not done, by day then by requirement.

    Those of a rhythm (``every_days``) fall due one by one from the day the sequence opened, never
    sooner than ``spacing_days`` after the one before; without a rhythm the next one alone is due.
    Nothing is due of a requirement whose order (``after``) is not reached, of a sequence that is
    closed, or of a case that is suspended or ended on that day.
    """
    stopped = case.ended_on is not None and case.ended_on < on
    if stopped or any(span.holds(on) for span in case.suspensions):
        return ()
    walked = walk(plan, case, on)
    found = [one for run in walked.every_run() for one in _of_run(run, walked)]
    return tuple(sorted(found, key=lambda one: (one.due_on, one.sequence, one.requirement)))


def _of_run(run: Run, walked: Walk) -> Iterator[Due]:
    over = run.closed and run.closed < walked.until
    if over or not run.opened <= walked.until <= run.limit:
        return
    for need in run.stage.needs:
        if need.after < 0 or run.counts[need.after] >= need.before:
            yield from _of_need(run, need, walked.until)


def _of_need(run: Run, need: Need, on: int) -> Iterator[Due]:
    said = need.said
    wanted = max(said.planned or 0, need.minimum)
    done, last = run.counts[need.index], run.lasts[need.index]
    start = run.opened
    if need.after >= 0:
        start = max(start, run.lasts[need.after])
    start += said.first_after_days
    for number in range(done + 1, wanted + 1):
        day = start + (number - 1) * (said.every_days or 0)
        if last:
            day = max(day, last + max(said.spacing_days, 1))
        if day > on:
            return
        last = day
        yield Due(
            sequence=run.id,
            requirement=need.id,
            label=said.label,
            acts=said.acts,
            number=number,
            due_on=dt.date.fromordinal(day),
            late_from=dt.date.fromordinal(day + said.late_after_days),
            last_day=dt.date.fromordinal(run.limit) if run.limit < NEVER else None,
        )
        if not said.every_days:
            return
