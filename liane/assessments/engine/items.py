"""A questionnaire as the engine knows it, once read and found valid."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

Value = dict[str, Any]
"""One FHIR answer value: ``{"valueInteger": 3}``, ``{"valueCoding": {"code": "x"}}``…"""

CHOICES = frozenset({"choice", "open-choice"})
MUTE = frozenset({"group", "display"})


@dataclass(frozen=True)
class Rule:
    """One ``enableWhen``: the question looked at, the comparison, the value compared with."""

    question: str
    operator: str
    answer: Value


@dataclass(frozen=True)
class Expression:
    """A FHIRPath expression, already checked. ``name`` is a variable's."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class Option:
    """One answer offered: its value, its words, its weight in a score."""

    value: Value
    label: str
    weight: Decimal | None = None
    exclusive: bool = False
    selected: bool = False


@dataclass(frozen=True)
class Constraint:
    """What must hold (``questionnaire-constraint``): an expression and the sentence shown."""

    expression: Expression
    human: str
    warning: bool = False


@dataclass(frozen=True)
class Band:
    """An interval of a score, both ends included, and what it means."""

    low: Decimal | None
    high: Decimal | None
    text: str
    level: str = ""

    def holds(self, value: Decimal) -> bool:
        """True when ``value`` lies in it."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class ScoreOf:
    """A score that an item gives: kept as a row, drawn over time."""

    code: str
    label: str
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    bands: tuple[Band, ...] = ()
    algorithm: str = ""

    def band(self, value: Decimal) -> Band | None:
        """What ``value`` means, where the questionnaire says it."""
        return next((band for band in self.bands if band.holds(value)), None)


@dataclass(frozen=True)
class Item:
    """One item. ``n`` is its place in the questionnaire, ``parent`` that of its parent."""

    n: int
    parent: int | None
    link_id: str
    type: str
    text: str = ""
    prefix: str = ""
    help: str = ""
    placeholder: str = ""
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    max_length: int | None = None
    minimum: Value | None = None
    maximum: Value | None = None
    decimals: int | None = None
    pattern: str = ""
    min_occurs: int = 0
    max_occurs: int | None = None
    unit: Value | None = None
    units: tuple[Value, ...] = ()
    options: tuple[Option, ...] = ()
    control: str = ""
    rules: tuple[Rule, ...] = ()
    any_rule: bool = False
    initial: tuple[Value, ...] = ()
    enable: Expression | None = None
    calculated: Expression | None = None
    prefill: Expression | None = None
    look_back: int | None = None
    """Days within which an earlier answer to the same code is offered again."""
    codes: tuple[tuple[str, str], ...] = ()
    variables: tuple[Expression, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    score: ScoreOf | None = None
    children: tuple["Item", ...] = ()
    wordy: bool = False
    """Its children are only words about it."""

    @property
    def is_question(self) -> bool:
        """True when it can be answered."""
        return self.type not in MUTE

    @property
    def many(self) -> bool:
        """Several boxes of one list may be ticked."""
        return bool(self.repeats and self.options and (self.wordy or not self.children))

    @property
    def repeated(self) -> bool:
        """It is asked again as often as wanted, each time with its children."""
        return self.repeats and self.type != "display" and not self.many

    @property
    def computed(self) -> bool:
        """Its answer is calculated, never typed."""
        return self.calculated is not None or bool(self.score and self.score.algorithm)


@dataclass(frozen=True)
class Definition:
    """A valid questionnaire."""

    resource: dict[str, Any]
    url: str
    version: str
    title: str
    roots: tuple[Item, ...]
    variables: tuple[Expression, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    remarks: tuple[str, ...] = ()
    """What this engine leaves aside without changing the meaning, said at import."""

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Every item, in order: ``items[n].n == n``."""
        found: list[Item] = []

        def walk(rows: tuple[Item, ...]) -> None:
            for row in rows:
                found.append(row)
                walk(row.children)

        walk(self.roots)
        return tuple(found)

    @cached_property
    def by_link(self) -> dict[str, Item]:
        """Items by their linkId."""
        return {item.link_id: item for item in self.items}

    @cached_property
    def chains(self) -> tuple[tuple[int, ...], ...]:
        """For each item, the repeated items that hold it, itself included, outermost first."""
        found: list[tuple[int, ...]] = []
        for item in self.items:
            above = found[item.parent] if item.parent is not None else ()
            found.append((*above, item.n) if item.repeated else above)
        return tuple(found)

    @cached_property
    def scores(self) -> tuple[Item, ...]:
        """The items that give a score."""
        return tuple(item for item in self.items if item.score is not None)

    @cached_property
    def dynamic(self) -> bool:
        """True when some expression must be evaluated at each change."""
        return any(item.enable or item.computed or item.constraints for item in self.items) or bool(
            self.constraints
        )
