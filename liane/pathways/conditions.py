"""A test of eligibility in words, for whoever reads a protocol without its file."""

from liane.pathways.protocols.criteria import COMPUTED, Fact, Test
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.values import Length

AGE = "âge"


def words(protocol: Protocol, test: Test) -> str:
    """« IMC de 35 à 50 kg/m² et au moins une complication : oui »."""
    return _Reader(protocol).said(test)


class _Reader:
    def __init__(self, protocol: Protocol) -> None:
        self.facts = {one.code: one for one in protocol.facts}
        self.documents = {one.code: one.label for one in protocol.documents}

    def said(self, test: Test) -> str:
        """One test, and those inside it in brackets."""
        for parts, link in ((test.all, " et "), (test.any, " ou ")):
            if parts:
                return link.join(self._inside(part) for part in parts)
        if test.none:
            return "ni " + " ni ".join(self._inside(part) for part in test.none)
        if test.document is not None:
            return f"pièce : {self.documents.get(test.document, test.document)}"
        if test.delay is not None:
            first, second = (self._label(code) for code in test.delay)
            return f"de « {first} » à « {second} », {_length(test.within)} au plus"
        return self._fact(test)

    def _inside(self, test: Test) -> str:
        text = self.said(test)
        return f"({text})" if test.all or test.any or test.none else text

    def _label(self, code: str) -> str:
        return AGE if code in COMPUTED else self.facts[code].label if code in self.facts else code

    def _fact(self, test: Test) -> str:
        code = test.fact or ""
        fact, label = self.facts.get(code), self._label(code)
        if test.equals is not None:
            return f"{label} : {_value(fact, test.equals)}"
        if test.one_of:
            return f"{label} : {' ou '.join(_value(fact, one) for one in test.one_of)}"
        if test.includes:
            return f"{label} : {' et '.join(_value(fact, one) for one in test.includes)}"
        unit = " ans" if code in COMPUTED else f" {fact.unit}" if fact and fact.unit else ""
        return f"{label} {_bounds(test)}{unit}"


def _bounds(test: Test) -> str:
    if test.min is not None and test.max is not None:
        return f"de {_number(test.min)} à {_number(test.max)}"
    if test.min is not None:
        return f"au moins {_number(test.min)}"
    return f"au plus {_number(test.max or 0)}"


def _number(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _value(fact: Fact | None, value: bool | str) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return "oui" if value else "non"
    return fact.choices.get(value, value) if fact is not None else value


def _length(length: Length | None) -> str:
    if length is None:
        return ""
    parts = [f"{length.months} mois"] if length.months else []
    if length.days:
        parts.append(f"{length.days} jour{'s' if length.days > 1 else ''}")
    return " et ".join(parts)
