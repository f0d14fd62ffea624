"""The examples of a definition, run: what came out beside what had to."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from liane.bundles.engine.results import Settlement
from liane.bundles.engine.settling import settle
from liane.pathways.protocols.eligibility import Given, evaluate
from liane.pathways.protocols.facts import ALWAYS, Act, Case, Span
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.plan import Plan, compile_protocol
from liane.pathways.protocols.runs import Gone, Ran
from liane.pathways.protocols.stories import Example, ExampleFacts, Expect
from liane.pathways.protocols.values import ToBeCompleted, cents_to_euros

LATER = dt.date(2100, 1, 1)
"""When an example does not say up to when: everything is over."""


def run_examples(protocol: Protocol) -> tuple[Ran, ...]:
    """Each example of a definition that passed the check, in order."""
    plan = compile_protocol(protocol)
    return tuple(Ran(one.name, tuple(_gone(plan, one))) for one in protocol.examples)


def case_of(facts: ExampleFacts) -> Case:
    """The case that the facts of an example describe; acts are numbered in the order written."""
    acts: list[Act] = []
    for said in facts.acts:
        for day in said.on if isinstance(said.on, tuple) else (said.on,):
            acts.append(
                Act(
                    id=len(acts) + 1,
                    code=said.code,
                    on=day,
                    payee=said.payee,
                    profession=said.profession or "",
                    remote=said.remote,
                    minutes=said.minutes or 0,
                    state=said.state,
                )
            )
    return Case(
        id="example",
        included_on=facts.included_on,
        acts=tuple(acts),
        profile=facts.profile,
        born_on=facts.born_on,
        overseas=facts.overseas,
        ended_on=facts.ended_on,
        end_reason=facts.end_reason,
        anchors=facts.anchors,
        suspensions=tuple(Span(*span) for span in facts.suspensions),
        documents=facts.documents,
        exemptions=tuple((code, ALWAYS) for code in facts.exemptions),
        amc=(ALWAYS,) if facts.amc else (),
    )


def _gone(plan: Plan, example: Example) -> Iterator[Gone]:
    """What an example expected and did not get."""
    facts, expect = example.facts, example.expect
    case = case_of(facts)
    result = settle(plan, case, facts.until or LATER)
    for path, wanted, found in [
        *_eligible(plan.protocol, facts, expect),
        *_sequences(expect, result),
        *_money(expect, result),
        *_refused(expect, result, case),
    ]:
        if wanted != found:
            yield Gone(path, _said(wanted), _said(found))


def _eligible(protocol: Protocol, facts: ExampleFacts, expect: Expect) -> Iterable[Any]:
    given = Given(
        facts.included_on, facts.given, facts.born_on, facts.documents, facts.previous_end
    )
    found = evaluate(protocol, given)
    outcomes = {one.id: one.outcome for one in found.answers}
    if expect.eligible is not None:
        yield "eligible", expect.eligible, found.verdict
    for name, wanted in expect.criteria.items():
        yield f"criteria.{name}", wanted, outcomes.get(name)


def _sequences(expect: Expect, result: Settlement) -> Iterable[Any]:
    held = {one.id: one for one in result.sequences}
    for name, state in expect.sequences.items():
        yield f"sequences.{name}", state, held[name].state if name in held else None
    for name, amount in expect.amounts.items():
        cents = held[name].amount_cents if name in held else None
        wanted = None if isinstance(amount, ToBeCompleted) else amount
        yield f"amounts.{name}", _euros(wanted), _euros(cents)


def _money(expect: Expect, result: Settlement) -> Iterable[Any]:
    totals: dict[str, int] = {}
    for line in result.lines:
        totals[line.payee] = totals.get(line.payee, 0) + line.cents
    if expect.total is not None:
        yield "total", _euros(expect.total), _euros(result.total_cents)
    if expect.shares:
        found = {who: _euros(cents) for who, cents in sorted(totals.items())}
        yield "shares", {who: _euros(expect.shares[who]) for who in sorted(expect.shares)}, found
    if expect.patient is not None:
        paid = sum(line.patient_cents for line in result.lines)
        yield "patient", _euros(expect.patient), _euros(paid)
    if expect.amc is not None:
        yield "amc", _euros(expect.amc), _euros(sum(line.amc_cents for line in result.lines))
    if expect.missing is not None:
        yield "missing", sorted(expect.missing), sorted({one.path for one in result.missing})


def _refused(expect: Expect, result: Settlement, case: Case) -> Iterable[Any]:
    if expect.refused is None:
        return
    days = {act.id: act.on for act in case.acts}
    found = [(one.rule, days[one.act], one.cents) for one in result.refusals]
    left, wanted = list(found), []
    for said in expect.refused:
        fits = (
            one
            for one in left
            if one[0] == said.rule and said.on in (None, one[1]) and said.cents in (None, one[2])
        )
        fit = next(fits, None)
        if fit:
            left.remove(fit)
        wanted.append(fit or (said.rule, said.on, said.cents))
    yield "refused", sorted(map(_refusal, wanted)), sorted(map(_refusal, found))


def _refusal(said: tuple[str, dt.date | None, int | None]) -> str:
    rule, day, cents = said
    return f"{rule} le {day or '…'}" + (f" pour {cents_to_euros(cents)}" if cents else "")


def _euros(cents: int | None) -> str | None:
    return None if cents is None else cents_to_euros(cents)


def _said(value: Any) -> str:
    if value is None:
        return "rien"
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or "rien"
    if isinstance(value, list):
        return " ; ".join(value) or "rien"
    return str(value)
