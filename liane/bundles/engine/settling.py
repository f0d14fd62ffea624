"""Settling one case: (plan, facts) → sequences and their state, lines in cents, refusals.

A pure function of the definition's version and the facts: the same gives the same, whatever the
order of entry. Nothing is estimated: a value that no source gives stays missing and is named.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import partial

from liane.bundles.engine import sharing as shares
from liane.bundles.engine.results import (
    Line,
    Missing,
    Refusal,
    Role,
    SequenceState,
    Settlement,
    State,
)
from liane.bundles.engine.sharing import Counted, Portion, apportion
from liane.pathways.protocols.closing import Standing, standing, unmet
from liane.pathways.protocols.facts import Case
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import Sharing
from liane.pathways.protocols.phases import EVERY_PROFILE, Phase
from liane.pathways.protocols.plan import NEVER, Plan, known
from liane.pathways.protocols.values import ToBeCompleted
from liane.pathways.protocols.walk import Run, Walk, walk

OWED = {"complete", "partial"}
UNOPENED = {"waiting", "never"}
NO_SHARING = "sharing"
NO_AMOUNT = "amount"
_refusal, _line = partial(tuple.__new__, Refusal), partial(tuple.__new__, Line)
_state = partial(tuple.__new__, SequenceState)
"""Made by the million: without the checks of the class, which cost more than the tuple."""


def settle(plan: Plan, case: Case, until: dt.date, known_on: dt.date | None = None) -> Settlement:
    """What a case comes to on ``until``; with ``known_on``, from what was entered by that day."""
    return settled(plan, walk(plan, case, until, known_on))


def settled(plan: Plan, walked: Walk) -> Settlement:
    """What a walk comes to."""
    missing: list[Missing] = []
    lines: list[Line] = []
    states = [_sequence(plan, walked, run, lines, missing) for run in walked.every_run()]
    if len(states) < len(plan.protocol.phases):
        state: State = "never" if walked.ended <= walked.until else "waiting"
        states = _every_phase(plan.protocol, states, state)
    return Settlement(
        walked.case.id,
        plan.protocol.version,
        tuple(states),
        tuple(lines),
        tuple(map(_refusal, walked.refused)),
        tuple(missing),
    )


def settle_many(plan: Plan, cases: Iterable[Case], until: dt.date) -> Iterator[Settlement]:
    """``settle`` for each case in turn: the same code, whatever the number."""
    for case in cases:
        yield settle(plan, case, until)


def _sequence(
    plan: Plan, walked: Walk, run: Run, lines: list[Line], missing: list[Missing]
) -> SequenceState:
    found = standing(run, walked)
    case, name = walked.case, run.id
    closed = dt.date.fromordinal(found.closed) if found.closed else None
    opened = dt.date.fromordinal(run.opened)
    if found.state in UNOPENED:
        return _unopened(name, run.stage.id, found.state)
    cents = None
    lacks: tuple[str, ...] = ()
    if found.state == "to_complete":
        missing.extend(_gaps(plan.protocol, run, found))
    if closed and found.state in OWED:
        cents = _amount(plan, walked, run, found)
        lacks = tuple(paper for paper in run.stage.papers if paper not in case.documents)
        if cents is None:
            lacks = (*lacks, NO_AMOUNT)
            missing.extend(_gaps(plan.protocol, run, found))
        elif cents:
            said = _lines(plan, walked, run, cents, opened, closed, missing)
            lacks = lacks if said else (*lacks, NO_SHARING)
            lines.extend(said)
    elif closed and found.state != "to_complete":
        cents = 0
    else:
        lacks = unmet(run, walked)
    return _state((
        name,
        run.stage.id,
        found.state,
        opened,
        closed,
        dt.date.fromordinal(run.limit) if run.limit < NEVER else None,
        cents,
        lacks,
        bool(cents) and not lacks,
        found.rule,
        tuple([(need.id, run.counts[need.index]) for need in run.stage.needs]),
        tuple([one[0][0] for one in run.acts]),
    ))  # fmt: skip


def _amount(plan: Plan, walked: Walk, run: Run, found: Standing) -> int | None:
    """What is owed for a closed sequence, in cents; None when a source is missing."""
    stage = run.stage
    if stage.said.pays == "nothing":
        return 0
    whole = run.cents if stage.said.pays == "acts" else stage.amount
    if found.state == "complete" or whole is None:
        return whole
    if found.level is not None:
        if found.level.percent is not None:
            return (whole * found.level.percent + 5_000) // 10_000
        cents = known(found.level.amount)
        return None if cents is None else plan.scaled(cents, walked.case.overseas)
    if stage.said.pays == "acts":
        return whole
    done, asked = found.part
    return (2 * whole * done + asked) // (2 * asked)


def _lines(
    plan: Plan,
    walked: Walk,
    run: Run,
    cents: int,
    opened: dt.date,
    closed: dt.date,
    missing: list[Missing],
) -> list[Line]:
    """The lines of one sequence; none when nothing says how to share it."""
    case, protocol = walked.case, plan.protocol
    governs = shares.governing(case, protocol.sharing, opened, closed)
    if governs is None:
        who = "structure responsable de la coordination (L. 162-62)"
        missing.append(Missing(NO_SHARING, "clé de répartition", who, run.id))
        return []
    if governs[0].governs == "act" and case.keys:
        portions = _by_act(plan, walked, run, cents, governs[0])
    else:
        portions = _divide(plan, walked, cents, cents, governs[0], run.acts)
    for step in shares.unknown_steps(governs[0]):
        missing += [Missing(f"{NO_SHARING}.{step}", "part de la clé", "structure", run.id)]
    return _split(protocol, case, run.id, portions, closed, missing)


def _divide(
    plan: Plan, walked: Walk, cents: int, whole: int, sharing: Sharing, counted: list[Counted]
) -> list[Portion]:
    overseas = walked.case.overseas

    def scaled(amount: int) -> int:
        return plan.scaled(amount, overseas) * cents // whole

    return shares.divide(cents, sharing, counted, walked.case.structure, scaled)


def _by_act(plan: Plan, walked: Walk, run: Run, cents: int, first: Sharing) -> list[Portion]:
    """Each act under the key of its day: the sequence is cut in parts by key, each then shared."""
    groups: dict[str, tuple[Sharing, list[Counted]]] = {}
    for one in run.acts:
        sharing, name = shares.key_on(walked.case, one[0].on) or (first, "")
        groups.setdefault(name, (sharing, []))[1].append(one)
    weights = [sum(one[1] for one in acts) or len(acts) for _, acts in groups.values()]
    if run.stage.said.pays != "acts":
        weights = [len(acts) for _, acts in groups.values()]
    merged: dict[tuple[str, Role], Portion] = {}
    for (sharing, acts), part in zip(groups.values(), apportion(cents, weights), strict=True):
        for portion in _divide(plan, walked, part, cents, sharing, acts):
            who = portion.payee, portion.role
            merged[who] = _sum(merged[who], portion) if who in merged else portion
    return [merged[who] for who in sorted(merged)]


def _sum(held: Portion, more: Portion) -> Portion:
    return Portion(
        held.payee,
        held.role,
        held.cents + more.cents,
        tuple(dict.fromkeys((*held.rules, *more.rules))),
        (*held.acts, *(act for act in more.acts if act not in held.acts)),
        held.article if held.article == more.article else f"{held.article} ; {more.article}",
    )


def _split(
    protocol: Protocol,
    case: Case,
    sequence: str,
    portions: list[Portion],
    closed: dt.date,
    missing: list[Missing],
) -> list[Line]:
    """The person's share of each line, paid by the complementary insurance where there is one.

    Exemptions and cover are those of the closing day. The share of the whole sequence is rounded
    once, then divided by the largest remainder.
    """
    if protocol.patient_share.kind == "none":
        return [
            _line((sequence, payee, role, cents, cents, 0, 0, _steps(rules), article, acts))
            for payee, role, cents, rules, acts, article in portions
        ]
    total = sum(one.cents for one in portions)
    owed = _patient_share(protocol, case, total, closed)
    if owed is None:
        rule = protocol.patient_share
        who = rule.who or "arrêté du parcours"
        missing.append(Missing("patient_share", "participation de l’assuré", who, sequence))
    parts = apportion(owed, [one.cents for one in portions]) if owed else [0] * len(portions)
    covered = bool(owed) and any(span.holds(closed) for span in case.amc)
    return [
        Line(
            sequence,
            one.payee,
            one.role,
            one.cents,
            one.cents - part,
            part if covered else 0,
            0 if covered else part,
            _steps(one.rules),
            one.article,
            one.acts,
        )
        for one, part in zip(portions, parts, strict=True)
    ]


def _steps(rules: tuple[str, ...]) -> str:
    return rules[0] if len(rules) == 1 else "+".join(rules)


def _patient_share(protocol: Protocol, case: Case, total: int, closed: dt.date) -> int | None:
    rule = protocol.patient_share
    if any(name in rule.exemptions and span.holds(closed) for name, span in case.exemptions):
        return 0
    if rule.kind == "rate":
        return (total * (rule.rate or 0) + 5_000) // 10_000
    cents = known(rule.amount) if rule.kind == "flat" else None
    return None if cents is None else min(cents, total)


def _gaps(protocol: Protocol, run: Run, found: Standing) -> Iterator[Missing]:
    """What the definition lacks to price one sequence."""
    place = next(n for n, one in enumerate(protocol.phases) if one.id == run.stage.id)
    phase = protocol.phases[place]
    at = f"phases[{place}]"
    yield from _unknown_minimums(phase, run, at)
    if found.silent:
        rules = [one for one in protocol.dropout if one.id == found.rule]
        who = (rules[0].who if rules else None) or "arrêté du parcours"
        path = f"dropout[{protocol.dropout.index(rules[0])}]" if rules else "dropout"
        yield Missing(path, "règle de fin anticipée", who, run.id)
    if found.level is not None and isinstance(found.level.amount, ToBeCompleted):
        yield _mark("dropout", found.level.amount, run.id)
    for name, amount in phase.amounts.items():
        if name in (_profile_of(run), EVERY_PROFILE) and isinstance(amount, ToBeCompleted):
            yield _mark(f"{at}.amounts.{name}", amount, run.id)
    for number, act in enumerate(protocol.acts):
        used = phase.pays == "acts" and any(act.code == one[0].code for one in run.acts)
        if used and isinstance(act.tariff, ToBeCompleted):
            yield _mark(f"acts[{number}].tariff", act.tariff, run.id)


def _unknown_minimums(phase: Phase, run: Run, at: str) -> Iterator[Missing]:
    asked = {need.id for need in run.stage.needs}
    for number, one in enumerate(phase.requires):
        if one.id in asked and isinstance(one.min, ToBeCompleted):
            yield _mark(f"{at}.requires[{number}].min", one.min, run.id)


def _profile_of(run: Run) -> str:
    return run.stage.profile or EVERY_PROFILE


def _mark(path: str, said: ToBeCompleted, sequence: str) -> Missing:
    return Missing(path, said.to_be_completed, said.who, sequence)


def _every_phase(
    protocol: Protocol, states: list[SequenceState], unopened: State
) -> list[SequenceState]:
    """Phases that nothing opened wait, or never come; one of sub-sequences stands as they do."""
    by_phase: dict[str, list[SequenceState]] = {}
    for one in states:
        by_phase.setdefault(one.phase, []).append(one)
    made: list[SequenceState] = []
    for phase in protocol.phases:
        if phase.pays == "subsequences":
            continue
        made += by_phase.get(phase.id) or [_unopened(phase.id, phase.id, unopened)]
    for phase in protocol.phases:
        if phase.pays == "subsequences":
            children = [p.id for p in protocol.phases if p.parent == phase.id]
            made.append(_whole(phase, [one for one in made if one.phase in children]))
    return made


def _unopened(name: str, phase: str, state: State) -> SequenceState:
    return SequenceState(name, phase, state, None, None, None, None, (), False, "")


def _whole(phase: Phase, parts: list[SequenceState]) -> SequenceState:
    """A sequence read from its sub-sequences; its money is theirs, it is never billed itself."""
    states = {one.state for one in parts}
    running = states & {"open", "waiting"}
    if len(states) == 1 and states <= UNOPENED:
        state = parts[0].state
    elif running:
        state = "open"
    elif "to_complete" in states:
        state = "to_complete"
    elif states == {"complete"}:
        state = "complete"
    else:
        begun = [one.state for one in parts if one.state != "never"]
        state = "partial" if states & OWED else begun[-1]
    opened = [one.opened_on for one in parts if one.opened_on]
    closed = [one.closed_on for one in parts if one.closed_on]
    amounts = [one.amount_cents for one in parts if one.state != "never"] or [None]
    return SequenceState(
        id=phase.id,
        phase=phase.id,
        state=state,
        opened_on=min(opened, default=None),
        closed_on=None if running else max(closed, default=None),
        last_day=None,
        amount_cents=None if None in amounts else sum(cents or 0 for cents in amounts),
        unmet=tuple(dict.fromkeys(name for one in parts for name in one.unmet)),
        billable=False,
        rule=phase.id,
    )
