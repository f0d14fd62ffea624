"""Money of a definition: who shares it, what an early end leaves, what the person pays."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from liane.pathways.protocols.values import Amount, Cited, Id, Points, Strict, Text

STRUCTURE = "structure"
EXEMPTIONS = {
    "ald": "affection de longue durée (L. 160-14, 3° et 4°)",
    "at-mp": "prestations accidents du travail, maladies professionnelles (L. 431-1)",
    "maternity": "maternité (L. 160-9)",
    "at-mp-pension": "rente accident du travail ou maladie professionnelle (L. 371-1)",
    "invalidity": "pension d’invalidité (L. 341-15, L. 341-16)",
    "l371-6": "bénéficiaire de l’article L. 371-6",
    "minor-violence": "sévices sexuels subis par un mineur",
    "terrorism": "victime d’un acte de terrorisme (L. 169-1)",
}
"""Article D. 160-17-2 CSS, which names R. 160-17-1: I, II but its 2° (newborns), III 1° and 3°."""


class Share(Strict):
    """One step of a sharing key, taken from what the steps before left.

    ``tariff``: what each counted act was worth, to whoever did it (where the sequence pays by act).
    ``per_act``: ``amount`` for each counted act whose code is ``to``, to whoever did it.
    ``fixed``: ``amount`` to the structure or to a profession. ``percent``: that part of the whole
    sequence to the structure or to a profession. What a profession gets is divided among its
    payees by the key's ``weights``.
    """

    id: Id
    kind: Literal["tariff", "per_act", "fixed", "percent"]
    to: Id | None = None
    amount: Amount | None = None
    percent: Points | None = None

    @model_validator(mode="after")
    def _value(self) -> "Share":
        if (self.kind == "percent") != (self.percent is not None):
            raise ValueError("share")
        if (self.kind in {"fixed", "per_act"}) != (self.amount is not None):
            raise ValueError("share")
        if (self.kind == "tariff") != (self.to is None):
            raise ValueError("share")
        return self


class Sharing(Strict):
    """How the amount of a sequence is divided: steps in order, then ``remainder``.

    ``remainder``: to the ``structure``, to the payees in proportion of their ``acts``, or ``none``
    (percentages that make 100). Nothing is lost: with ``none``, what has nobody to go to is
    divided as the rest was, and goes to the structure when there is no rest.
    ``governs``: which key counts when the agreement changes while a sequence runs: the one in
    force at its ``start``, on the day of each ``act``, or at its ``end``.
    """

    label: Text
    article: Text
    shares: tuple[Share, ...] = ()
    remainder: Literal["structure", "acts", "none"] = "structure"
    weights: Literal["acts", "minutes"] = "acts"
    governs: Literal["start", "act", "end"] = "start"


class Level(Strict):
    """A step of what an early end leaves: reached when each named requirement has that many acts.

    Pays ``amount``, or ``percent`` of the sequence.
    """

    requires: dict[Id, Annotated[int, Field(ge=1, le=1000)]]
    amount: Amount | None = None
    percent: Points | None = None

    @model_validator(mode="after")
    def _value(self) -> "Level":
        if (self.amount is None) == (self.percent is None):
            raise ValueError("level")
        return self


class Dropout(Cited):
    """What is owed for a sequence that stops before it is complete.

    ``reasons``: how the enrolment ended, or ``expired`` when the time ran out; none: all of them.
    ``none``: nothing. ``pro_rata``: the part done of the minimums. ``threshold``: the best level
    reached. ``unknown``: no source says; the sequence waits for somebody to complete the rule.
    """

    reasons: tuple[Literal["drop_out", "death", "move", "refusal", "other", "expired"], ...] = ()
    phases: tuple[Id, ...] = ()
    strategy: Literal["none", "pro_rata", "threshold", "unknown"]
    levels: tuple[Level, ...] = ()
    who: Text | None = None

    @model_validator(mode="after")
    def _levels(self) -> "Dropout":
        if (self.strategy == "threshold") != bool(self.levels):
            raise ValueError("dropout")
        return self


class PatientShare(Strict):
    """What the person, or their complementary insurance, pays of each sequence.

    ``unknown``: the order leaves it open or no source gives it; nothing is split then.
    """

    kind: Literal["none", "flat", "rate", "unknown"]
    rate: Points | None = None
    amount: Amount | None = None
    exemptions: tuple[
        Literal[
            "ald",
            "at-mp",
            "maternity",
            "at-mp-pension",
            "invalidity",
            "l371-6",
            "minor-violence",
            "terrorism",
        ],
        ...,
    ] = ()
    article: Text
    source: Id | None = None
    who: Text | None = None

    @model_validator(mode="after")
    def _value(self) -> "PatientShare":
        if (self.kind == "rate") != (self.rate is not None):
            raise ValueError("patient_share")
        if (self.kind == "flat") != (self.amount is not None):
            raise ValueError("patient_share")
        return self
