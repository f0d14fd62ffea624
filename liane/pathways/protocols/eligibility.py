"""Eligibility: each criterion met, not met or unknown, with the fact and the article."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

from liane.pathways.protocols.criteria import Exclusion, Test
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.values import Length

type Outcome = Literal["met", "not_met", "unknown"]
RENEWAL = "renewal"
_KNOWN: dict[bool | None, Outcome] = {True: "met", False: "not_met", None: "unknown"}


class Given(NamedTuple):
    """What is known of a person on the day ``on`` of the decision.

    ``facts``: by code, as the definition declares them. ``documents``: code to day received.
    ``previous_end``: when the last time in this same pathway ended (None: never in it).
    """

    on: dt.date
    facts: Mapping[str, Any] = {}
    born_on: dt.date | None = None
    documents: Mapping[str, dt.date] = {}
    previous_end: dt.date | None = None


class Answer(NamedTuple):
    """One criterion: its outcome, the facts it was read from, its article.

    ``blocks``: the inclusion cannot go on with this outcome.
    """

    id: str
    label: str
    outcome: Outcome
    facts: tuple[tuple[str, Any], ...]
    article: str
    blocks: bool


class Eligibility(NamedTuple):
    """Every criterion, and what they come to."""

    answers: tuple[Answer, ...]

    @property
    def verdict(self) -> Literal["yes", "no", "unknown"]:
        """``no`` when one is not met, ``unknown`` when one that blocks is not known."""
        if any(one.outcome == "not_met" for one in self.answers):
            return "no"
        return "unknown" if any(one.blocks for one in self.answers) else "yes"


def evaluate(protocol: Protocol, given: Given) -> Eligibility:
    """Each criterion of the definition, then its rule on renewal."""
    facts = dict(given.facts)
    if given.born_on is not None:
        facts["age"] = age(given.born_on, given.on)
    answers = []
    for one in protocol.eligibility:
        outcome = _KNOWN[_holds(one.test, facts, given)]
        read = tuple((name, facts.get(name, given.documents.get(name))) for name in named(one.test))
        blocks = outcome == "not_met" or (outcome == "unknown" and one.unknown == "block")
        answers.append(Answer(one.id, one.label, outcome, read, one.article, blocks))
    return Eligibility((*answers, *_renewal(protocol, given)))


def age(born_on: dt.date, on: dt.date) -> int:
    """Whole years: somebody born on 29 February turns on 1 March of a common year."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def conflicts(protocol: Protocol, others: Mapping[str, Protocol]) -> tuple[Exclusion, ...]:
    """The exclusions between this pathway and those the person is in, whichever names the other.

    ``others``: the running pathways by key.
    """
    ours = [one for one in protocol.cumulation.excludes if one.protocol in others]
    theirs = [
        Exclusion(protocol=other.key, article=one.article)
        for other in others.values()
        for one in other.cumulation.excludes
        if one.protocol == protocol.key
    ]
    return tuple({one.protocol: one for one in [*theirs, *ours]}.values())


def named(test: Test) -> Collection[str]:
    """The facts and documents that a test reads, in order, each once."""
    here = [name for name in (test.fact, test.document, *(test.delay or ())) if name]
    parts = [*test.all, *test.any, *test.none]
    return tuple(dict.fromkeys([*here, *(name for part in parts for name in named(part))]))


def _renewal(protocol: Protocol, given: Given) -> list[Answer]:
    rule = protocol.renewal
    if rule is None or rule.kind == "free":
        return []
    last = given.previous_end
    met = last is None or (
        rule.kind == "after" and given.on >= (rule.length or Length(days=0)).after(last)
    )
    label = "Jamais suivi dans ce parcours" if rule.kind == "never" else "Délai depuis le dernier"
    facts = (("previous_end", last),)
    return [Answer(RENEWAL, label, _KNOWN[met], facts, rule.article, not met)]


def _holds(test: Test, facts: Mapping[str, Any], given: Given) -> bool | None:
    """True, False, or None when it cannot be known (three-valued logic): a fact that is absent,
    or not of the kind that the test needs."""
    if test.all:
        return _every([_holds(part, facts, given) for part in test.all])
    if test.any:
        return _not(_every([_not(_holds(part, facts, given)) for part in test.any]))
    if test.none:
        return _every([_not(_holds(part, facts, given)) for part in test.none])
    if test.document:
        received = given.documents.get(test.document)
        return received is not None and received <= given.on
    try:
        if test.delay and test.within:
            first, second = (facts.get(name) for name in test.delay)
            if first is None or second is None:
                return None
            return bool(first <= second <= test.within.after(first))
        return _compare(test, facts.get(test.fact or ""))
    except (TypeError, AttributeError, OverflowError):
        return None


def _compare(test: Test, value: Any) -> bool | None:
    if value is None:
        return None
    if test.one_of:
        return value in test.one_of
    if test.includes:
        return set(test.includes) <= set(value)
    if test.equals is not None:
        return bool(value == test.equals)
    low = test.min is None or value >= test.min
    return bool(low and (test.max is None or value <= test.max))


def _every(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
