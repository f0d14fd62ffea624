"""Checks of eligibility, validity and what examples speak of."""

from collections.abc import Iterator

from liane.pathways.protocols.criteria import COMPUTED, Test
from liane.pathways.protocols.findings import Finding, unknown
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.phase_checks import codes
from liane.pathways.protocols.reading import Path

BOUNDED = {"number", "date"}


def criteria(protocol: Protocol) -> Iterator[Finding]:
    """Tests read declared facts, in a way that their kind allows."""
    for place, one in enumerate(protocol.eligibility):
        yield from _test(protocol, one.test, ("eligibility", place, "test"))


def _test(protocol: Protocol, test: Test, at: Path) -> Iterator[Finding]:
    for form in ("all", "any", "none"):
        for place, part in enumerate(getattr(test, form)):
            yield from _test(protocol, part, (*at, form, place))
    kinds = {one.code: one.kind for one in protocol.facts} | COMPUTED
    papers = {one.code for one in protocol.documents}
    if test.document is not None and test.document not in papers:
        yield unknown((*at, "document"), test.document, "document", papers)
    for name in test.delay or ():
        if name not in kinds:
            yield unknown((*at, "delay"), name, "fait", kinds)
        elif kinds[name] != "date":
            yield Finding((*at, "delay"), f"« {name} » n’est pas une date.")
    if test.fact is not None and test.fact not in kinds:
        yield unknown((*at, "fact"), test.fact, "fait", kinds)
    elif test.fact is not None:
        yield from _operator(protocol, test, kinds[test.fact], at)


def _operator(protocol: Protocol, test: Test, kind: str, at: Path) -> Iterator[Finding]:
    name = test.fact
    if test.min is not None and test.max is not None and test.min > test.max:
        yield Finding((*at, "max"), "le maximum est sous le minimum : personne ne peut y répondre.")
    fits = {
        "number": test.min is not None or test.max is not None,
        "boolean": isinstance(test.equals, bool),
        "choice": bool(test.one_of) or isinstance(test.equals, str),
        "codes": bool(test.includes),
        "date": False,
    }
    if not fits[kind]:
        yield Finding((*at, "fact"), f"« {name} » est de genre « {kind} » : ce test ne lui va pas.")
    choices = next((one.choices for one in protocol.facts if one.code == name), {})
    for choice in (*test.one_of, *test.includes):
        if choices and choice not in choices:
            yield unknown(at, choice, f"choix de « {name} »", choices)


def validity(protocol: Protocol) -> Iterator[Finding]:
    """The version ends after it begins; it does not exclude itself."""
    if protocol.valid_to is not None and protocol.valid_to < protocol.valid_from:
        yield Finding(("valid_to",), "la version finit avant d’avoir commencé.")
    for place, one in enumerate(protocol.cumulation.excludes):
        if one.protocol == protocol.key:
            said = "un parcours ne s’exclut pas lui-même : voir « renewal »."
            yield Finding(("cumulation", "excludes", place), said)


def examples(protocol: Protocol) -> Iterator[Finding]:
    """Examples speak of acts, profiles, anchors, facts and sequences that exist."""
    profiles = {one.id for one in protocol.profiles}
    entered = {one.id for one in protocol.anchors if one.origin == "entered"}
    facts = {one.code for one in protocol.facts}
    phases = {one.id for one in protocol.phases}
    tests = {one.id for one in protocol.eligibility} | {"renewal"}
    if not protocol.examples:
        yield Finding(("examples",), "aucun exemple : rien ne montre ce que le texte donne.", True)
    for place, one in enumerate(protocol.examples):
        at: Path = ("examples", place, "facts")
        for number, act in enumerate(one.facts.acts):
            if act.code not in codes(protocol):
                said = f"« {act.code} » n’est pas dans la nomenclature : il sera refusé."
                yield Finding((*at, "acts", number, "code"), said, True)
        if profiles and one.facts.acts and one.facts.profile not in profiles:
            yield unknown((*at, "profile"), one.facts.profile or "", "profil", profiles)
        for name in one.facts.anchors:
            if name not in entered:
                yield unknown((*at, "anchors", name), name, "ancre saisie", entered)
        for name in one.facts.given:
            if name not in facts:
                yield unknown((*at, "given", name), name, "fait", facts)
        expect: Path = ("examples", place, "expect")
        for name in one.expect.criteria:
            if name not in tests:
                yield unknown((*expect, "criteria", name), name, "critère", tests)
        for name in (*one.expect.sequences, *one.expect.amounts):
            if name.partition(":")[0] not in phases:
                yield unknown(expect, name, "séquence", phases)
