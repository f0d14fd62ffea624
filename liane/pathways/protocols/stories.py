"""Examples of a definition: facts and what must come out, run by the check and by tests."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from liane.pathways.protocols.values import Amount, Cents, Id, Strict, Text


class ExampleAct(Strict):
    """One act of an example, or the same on several days."""

    code: Id
    on: dt.date | tuple[dt.date, ...]
    payee: Text | None = "A"
    profession: Id | None = None
    remote: bool = False
    minutes: int | None = None
    state: Literal["standing", "unconfirmed", "elsewhere"] = "standing"


class ExampleFacts(Strict):
    """The case of an example: what an enrolment would hold."""

    included_on: dt.date
    until: dt.date | None = None
    born_on: dt.date | None = None
    profile: Id | None = None
    overseas: bool = False
    ended_on: dt.date | None = None
    end_reason: Literal["completed", "drop_out", "death", "move", "refusal", "other"] | None = None
    anchors: dict[Id, dt.date] = {}
    documents: dict[Id, dt.date] = {}
    exemptions: tuple[Id, ...] = ()
    amc: bool = False
    given: dict[Id, bool | float | str | dt.date | tuple[str, ...]] = {}
    previous_end: dt.date | None = None
    suspensions: tuple[tuple[dt.date, dt.date], ...] = ()
    acts: tuple[ExampleAct, ...] = ()


class ExampleRefusal(Strict):
    """A refusal that must come out."""

    rule: Id
    on: dt.date | None = None
    cents: Annotated[Cents | None, Field(alias="amount")] = None


class Expect(Strict):
    """What must come out. What is not named is not looked at; ``refused: []`` means none."""

    eligible: Literal["yes", "no", "unknown"] | None = None
    criteria: dict[Id, Literal["met", "not_met", "unknown"]] = {}
    sequences: dict[str, str] = {}
    amounts: dict[str, Amount] = {}
    total: Cents | None = None
    shares: dict[str, Cents] = {}
    patient: Cents | None = None
    amc: Cents | None = None
    refused: tuple[ExampleRefusal, ...] | None = None
    missing: tuple[str, ...] | None = None


class Example(Strict):
    """A named example. ``inferred`` when we derived it, ``verified`` when a source works it."""

    name: Text
    source: Id | None = None
    facts: ExampleFacts
    expect: Expect
