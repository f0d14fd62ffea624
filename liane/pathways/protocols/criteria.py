"""Eligibility as data: facts that are asked, and tests on them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from liane.pathways.protocols.values import Cited, Id, Length, Strict, Text

COMPUTED = {"age": "number"}
"""Facts that nobody fills in: the age in whole years on the day of the decision."""


class Fact(Strict):
    """A coded fact asked at inclusion. ``codes``: several of ``choices`` at once."""

    code: Id
    label: Text
    kind: Literal["number", "date", "boolean", "choice", "codes"]
    unit: Text | None = None
    choices: dict[Id, Text] = {}

    @model_validator(mode="after")
    def _choices(self) -> "Fact":
        if (self.kind in {"choice", "codes"}) != bool(self.choices):
            raise ValueError("choices")
        return self


class Test(Strict):
    """One condition: a fact with one or both bounds, a delay between two days, a document, or a
    combination of conditions (``all``, ``any``, ``none``). Bounds are inclusive.

    ``delay``: the second fact is a day at most ``within`` after the first, and not before it
    unless ``either_order``.
    """

    __test__ = False

    all: tuple["Test", ...] = ()
    any: tuple["Test", ...] = ()
    none: tuple["Test", ...] = ()
    fact: Id | None = None
    min: float | None = None
    max: float | None = None
    equals: bool | str | None = None
    one_of: tuple[Id, ...] = ()
    includes: tuple[Id, ...] = ()
    delay: tuple[Id, Id] | None = None
    within: Length | None = None
    document: Id | None = None

    @model_validator(mode="after")
    def _one_form(self) -> "Test":
        forms = [self.all, self.any, self.none, self.fact, self.delay, self.document]
        if sum(bool(form) for form in forms) != 1:
            raise ValueError("test_form")
        bounds = [
            self.min is not None or self.max is not None,
            self.equals is not None,
            bool(self.one_of),
            bool(self.includes),
        ]
        if sum(bounds) != (1 if self.fact else 0):
            raise ValueError("test_bounds")
        if (self.delay is None) != (self.within is None):
            raise ValueError("test_delay")
        return self


class Criterion(Cited):
    """One line of the inclusion: its words, its test, what to do when the fact is not known."""

    test: Test
    unknown: Literal["block", "warn"] = "block"


class Renewal(Strict):
    """Whether a person who was in this pathway may come in again, and after how long.

    ``never``: not renewable. ``free``: at once. ``after``: when ``length`` has passed since the
    end of the last one.
    """

    kind: Literal["never", "free", "after"]
    length: Length | None = None
    article: Text
    source: Id | None = None

    @model_validator(mode="after")
    def _length(self) -> "Renewal":
        if (self.kind == "after") != (self.length is not None):
            raise ValueError("renewal")
        return self


class Exclusion(Strict):
    """Another pathway, by the key of its protocol, that cannot run at the same time."""

    protocol: Id
    article: Text


class Cumulation(Strict):
    """What cannot run beside this pathway, and what is known to be allowed.

    ``acts``: acts billed one by one that the bundle covers already (exclusivity), as codes of the
    billing nomenclature.
    """

    excludes: tuple[Exclusion, ...] = ()
    allows: tuple[Id, ...] = ()
    acts: tuple[Annotated[str, Field(pattern=r"^[A-Z0-9+./ -]{1,20}$")], ...] = ()
