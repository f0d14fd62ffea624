"""How a sequence stands on a day: waiting, open, complete, or stopped and what that leaves."""

from typing import Literal, NamedTuple

from liane.pathways.protocols.money import Dropout, Level
from liane.pathways.protocols.walk import Run, Walk

type State = Literal[
    "waiting", "open", "complete", "partial", "abandoned", "expired", "to_complete", "never"
]


class Standing(NamedTuple):
    """The state of a sequence. ``closed``: ordinal day, 0 while open.

    ``rule``: what decided (the completion predicate, or a drop-out rule). ``dropout`` is set when
    it stopped early and a rule says what is owed; ``level``: the threshold reached; ``part``: what
    was done of the minimums, as (done, asked). ``silent``: it stopped and no rule says anything.
    """

    state: State
    closed: int = 0
    rule: str = ""
    dropout: Dropout | None = None
    level: Level | None = None
    part: tuple[int, int] = (0, 0)
    silent: bool = False


def standing(run: Run, walked: Walk) -> Standing:
    """The state of ``run`` on the last day of the walk.

    A sequence whose minimums are all reached is complete even when the enrolment then ends before
    its length is over: it closes on the day of the end. What runs out (``elapsed``) is complete
    when anything was done.
    """
    until, ended, stage = walked.until, walked.ended, run.stage
    if run.opened > min(until, ended):
        return Standing("never" if ended <= until else "waiting")
    if run.closed and run.acts and run.unmet <= 0:
        closed = min(run.closed, ended)
        if closed > until:
            return Standing("open")
        return Standing("to_complete" if stage.unknown else "complete", closed, stage.id)
    if ended <= until and ended <= run.limit:
        reason = walked.case.end_reason or "other"
        return _stopped(run, ended, "other" if reason == "completed" else reason)
    if run.limit < until:
        return _stopped(run, run.limit, "expired")
    return Standing("open")


def _stopped(run: Run, closed: int, reason: str) -> Standing:
    """A sequence that stopped before it was complete, for ``reason``."""
    over: State = "expired" if reason == "expired" else "abandoned"
    rules = run.stage.dropouts
    rule = rules.get(reason) or rules.get("")
    if not run.acts or run.stage.said.pays == "nothing":
        return Standing(over, closed, rule.id if rule else run.stage.id)
    if rule is None or rule.strategy == "unknown":
        return Standing("to_complete", closed, rule.id if rule else "", silent=True)
    if rule.strategy == "pro_rata":
        part = progress(run)
        return Standing("partial" if part[0] else over, closed, rule.id, rule, None, part)
    if rule.strategy == "threshold" and (level := _level(run, rule)):
        return Standing("partial", closed, rule.id, rule, level)
    return Standing(over, closed, rule.id)


def progress(run: Run) -> tuple[int, int]:
    """How many acts were done of those that the minimums ask, and how many they ask."""
    needs = run.stage.needs
    done = sum(min(run.counts[need.index], need.minimum) for need in needs)
    return done, sum(need.minimum for need in needs)


def unmet(run: Run, walked: Walk) -> tuple[str, ...]:
    """What is missing before the sequence can be billed: requirements, then documents."""
    short = [need.id for need in run.stage.needs if run.counts[need.index] < need.minimum]
    held = walked.case.documents
    return (*short, *(paper for paper in run.stage.papers if paper not in held))


def _level(run: Run, rule: Dropout) -> Level | None:
    """The last level of the list that is reached: levels are written from least to most."""
    done = {need.id: run.counts[need.index] for need in run.stage.needs}
    reached = [
        level
        for level in rule.levels
        if all(done.get(name, 0) >= count for name, count in level.requires.items())
    ]
    return reached[-1] if reached else None
