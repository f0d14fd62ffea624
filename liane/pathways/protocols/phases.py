"""Phases of a definition: what must be done, when, and what closes a sequence."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from liane.pathways.protocols.values import (
    Amount,
    Cents,
    Cited,
    Count,
    Id,
    Length,
    Strict,
    Text,
)

Days = Annotated[int, Field(ge=0, le=3660)]
Number = Annotated[int, Field(ge=1, le=1000)]
EVERY_PROFILE = "*"


class Profession(Strict):
    """Who may do an act. ``code`` is what the act of a case carries as its profession."""

    code: Id
    label: Text


class ActType(Strict):
    """One line of the protocol's nomenclature.

    ``remote``: may be done at a distance. ``tariff``: what one such act is worth, where the
    sequence pays by act. On one day, acts count in the order in which the file lists them.
    """

    code: Id
    label: Text
    professions: tuple[Id, ...] = ()
    minutes: Annotated[int, Field(ge=1, le=600)] | None = None
    remote: bool = False
    tariff: Amount | None = None
    article: Text | None = None
    source: Id | None = None


class Profile(Strict):
    """A profile fixed at inclusion: requirements and amounts may depend on it."""

    id: Id
    label: Text


class Anchor(Strict):
    """A day from which others are counted: the inclusion, the first counted act among ``acts``,
    or a day that somebody enters."""

    id: Id
    label: Text
    origin: Annotated[Literal["inclusion", "first_act", "entered"], Field(alias="from")]
    acts: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _acts(self) -> "Anchor":
        if (self.origin == "first_act") != bool(self.acts):
            raise ValueError("anchor")
        return self


class Requirement(Cited):
    """Interventions of a phase. ``min`` is needed to complete it, ``max`` is what it counts.

    ``spacing_days``: least number of days between two. ``every_days``: the rhythm in which they
    fall due, the first ``first_after_days`` after the phase opens; without a rhythm the next one
    falls due when the one before is done. ``late_after_days``: from when a session due is late.
    ``after``: another requirement of the phase whose minimum comes first. ``profiles``: only
    those. ``planned``: how many are proposed, where that is more than ``min``.
    """

    acts: Annotated[tuple[Id, ...], Field(min_length=1)]
    min: Count = 0
    max: Number | None = None
    planned: Number | None = None
    spacing_days: Days = 0
    every_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    first_after_days: Days = 0
    late_after_days: Days = 15
    after: Id | None = None
    profiles: tuple[Id, ...] = ()


class Starts(Strict):
    """What opens a phase: an anchor (``offset`` later), or the close of another phase."""

    anchor: Id | None = None
    offset: Length | None = None
    after: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> "Starts":
        if (self.anchor is None) == (self.after is None) or (self.offset and self.after):
            raise ValueError("starts")
        return self


class CompleteWhen(Strict):
    """The completion predicate of a sequence.

    ``all``: every minimum reached. ``any``: one of them. ``elapsed``: any subset counts, the
    sequence is complete when its length is over or the enrolment ends. ``at`` says whether it
    closes on the day of the last needed act, or not before its length is over.
    """

    met: Literal["all", "any", "elapsed"]
    at: Literal["completion", "length"] = "completion"
    article: Text
    source: Id | None = None


class Repeats(Strict):
    """A phase that comes again: each calendar year, or each time its length is over.

    ``document``: without it, given on or before its first act, no further one opens.
    """

    every: Literal["calendar_year", "length"]
    max: Number | None = None
    document: Id | None = None
    article: Text


class Phase(Cited):
    """A sequence, or a sub-sequence of ``parent``.

    ``length``: how long it is meant to last; ``max_length``: the last day on which an act counts
    (inclusive: an act on the anniversary day counts). ``pays``: ``flat`` is one of ``amounts``
    (by profile, ``"*"`` for all), ``acts`` the tariffs of what was counted, ``subsequences`` what
    its sub-sequences pay, ``nothing`` no money.
    """

    kind: Literal["sequence", "subsequence"] = "sequence"
    parent: Id | None = None
    starts: Starts | None = None
    length: Length | None = None
    max_length: Length | None = None
    requires: tuple[Requirement, ...] = ()
    complete_when: CompleteWhen | None = None
    pays: Literal["flat", "acts", "subsequences", "nothing"]
    amounts: dict[Id | Literal["*"], Amount] = {}
    repeats: Repeats | None = None
    documents: tuple[Id, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> "Phase":
        leaf = self.pays != "subsequences"
        if (
            leaf != bool(self.requires)
            or leaf != bool(self.starts)
            or leaf != bool(self.complete_when)
        ):
            raise ValueError("phase_parts")
        if (self.pays == "flat") != bool(self.amounts):
            raise ValueError("phase_amounts")
        if (self.kind == "subsequence") != bool(self.parent):
            raise ValueError("phase_parent")
        return self


class Window(Cited):
    """Days on which acts count: from ``after`` to ``within`` after the anchor, both inclusive.

    No ``acts``: all of them.
    """

    acts: tuple[Id, ...] = ()
    anchor: Id
    after: Length | None = None
    within: Length | None = None


class Cap(Cited):
    """A ceiling, in number of acts or in euros.

    ``per``: one act, a day, a calendar year, a year counted from ``anchor`` (the inclusion when
    none), a sequence, or the whole enrolment (episode). An act beyond a number is refused; an act
    that would go beyond an amount is paid what is left of it, and refused when nothing is.
    """

    acts: tuple[Id, ...] = ()
    count: Number | None = None
    amount: Cents | None = None
    per: Literal["act", "day", "calendar_year", "year", "sequence", "episode"]
    anchor: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> "Cap":
        if (self.count is None) == (self.amount is None):
            raise ValueError("cap")
        if self.per == "act" and self.amount is None:
            raise ValueError("cap")
        return self
