"""Checks of acts, phases, their order in time, windows and caps."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from liane.pathways.protocols.findings import Finding, unknown
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.phases import Phase, Requirement
from liane.pathways.protocols.reading import Path
from liane.pathways.protocols.values import Length, ToBeCompleted

DAY = dt.date(2026, 1, 1)
"""Lengths are compared from a day: months have no fixed number of days."""
NAMED = (
    "sources", "professions", "acts", "facts", "eligibility", "profiles", "anchors", "phases",
    "windows", "caps", "dropout", "alerts", "documents", "questionnaires",
)  # fmt: skip
RULES = ("phases", "windows", "caps", "dropout")


def codes(protocol: Protocol) -> set[str]:
    """The acts of the nomenclature."""
    return {one.code for one in protocol.acts}


def anchors(protocol: Protocol) -> set[str]:
    """The anchors there are; the inclusion always is one."""
    return {"inclusion", *(one.id for one in protocol.anchors)}


def leaves(protocol: Protocol) -> list[tuple[int, Phase]]:
    """The phases that count acts, with their places."""
    return [(n, one) for n, one in enumerate(protocol.phases) if one.pays != "subsequences"]


def names(protocol: Protocol) -> Iterator[Finding]:
    """Each name is given once; each source that is cited exists."""
    for section in NAMED:
        held: set[str] = set()
        for place, one in enumerate(getattr(protocol, section)):
            name = getattr(one, "id", None) or one.code
            if name in held:
                yield Finding((section, place), f"« {name} » est déjà pris dans « {section} ».")
            held.add(name)
    rules: set[str] = set()
    for section in RULES:
        for place, one in enumerate(getattr(protocol, section)):
            if one.id in rules:
                yield Finding((section, place, "id"), f"une autre règle s’appelle « {one.id} ».")
            rules.add(one.id)
    yield from _sources(protocol, (), {one.id for one in protocol.sources})


def _sources(part: Any, path: Path, there: set[str]) -> Iterator[Finding]:
    if isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from _sources(one, (*path, place), there)
    elif hasattr(part, "model_fields_set"):
        source = getattr(part, "source", None)
        if source is not None and source not in there:
            yield unknown((*path, "source"), source, "source", there)
        for name, field in type(part).model_fields.items():
            yield from _sources(getattr(part, name), (*path, field.alias or name), there)


def acts(protocol: Protocol) -> Iterator[Finding]:
    """Acts name known professions; lists of acts name known acts; each act is wanted somewhere."""
    professions = {one.code for one in protocol.professions}
    for place, act in enumerate(protocol.acts):
        for name in act.professions:
            if name not in professions:
                yield unknown(("acts", place, "professions"), name, "profession", professions)
    lists: list[tuple[Path, Iterable[str]]] = []
    lists += [(("anchors", n, "acts"), one.acts) for n, one in enumerate(protocol.anchors)]
    lists += [(("windows", n, "acts"), one.acts) for n, one in enumerate(protocol.windows)]
    lists += [(("caps", n, "acts"), one.acts) for n, one in enumerate(protocol.caps)]
    wanted: set[str] = set()
    for place, phase in leaves(protocol):
        for number, one in enumerate(phase.requires):
            lists.append((("phases", place, "requires", number, "acts"), one.acts))
            wanted.update(one.acts)
    there = codes(protocol)
    for path, named in lists:
        yield from (unknown(path, name, "acte", there) for name in named if name not in there)
    for place, act in enumerate(protocol.acts):
        if act.code not in wanted:
            said = f"aucune séquence ne demande « {act.code} » : il sera toujours refusé."
            yield Finding(("acts", place), said, True)


def phases(protocol: Protocol) -> Iterator[Finding]:
    """Phases open, last and repeat in ways that can happen."""
    there = {one.id for one in protocol.phases}
    papers = {one.code for one in protocol.documents}
    parents = {one.id for one in protocol.phases if one.pays == "subsequences"}
    for place, phase in enumerate(protocol.phases):
        at: Path = ("phases", place)
        if phase.parent is not None and phase.parent not in parents:
            yield unknown((*at, "parent"), phase.parent, "séquence « pays: subsequences »", parents)
        if phase.id in parents and phase.id not in {one.parent for one in protocol.phases}:
            yield Finding(at, "aucune sous-séquence ne la nomme comme « parent ».")
        if phase.starts and phase.starts.anchor and phase.starts.anchor not in anchors(protocol):
            path = (*at, "starts", "anchor")
            yield unknown(path, phase.starts.anchor, "ancre", anchors(protocol))
        if phase.starts and phase.starts.after and phase.starts.after not in there:
            yield unknown((*at, "starts", "after"), phase.starts.after, "phase", there)
        for name in phase.documents:
            if name not in papers:
                yield unknown((*at, "documents"), name, "document", papers)
        yield from _lengths(phase, at)
        yield from _repeats(phase, at, papers)
        yield from _requirements(protocol, phase, at)


def _lengths(phase: Phase, at: Path) -> Iterator[Finding]:
    if phase.length and phase.max_length and longer(phase.length, phase.max_length):
        yield Finding((*at, "max_length"), "« max_length » est plus court que « length ».")
    when = phase.complete_when
    lasts = bool(phase.length) or (phase.repeats and phase.repeats.every == "calendar_year")
    if when and (when.met == "elapsed" or when.at == "length") and not lasts:
        yield Finding((*at, "length"), "sans « length », rien ne dit quand elle s’achève.")
    if when and when.met != "elapsed" and not any(one.min != 0 for one in phase.requires):
        said = "aucun minimum : elle ne s’achèvera jamais ; « min » ou « met: elapsed »."
        yield Finding((*at, "complete_when"), said)


def _repeats(phase: Phase, at: Path, papers: set[str]) -> Iterator[Finding]:
    repeats = phase.repeats
    if repeats is None:
        return
    if repeats.every == "length" and (not phase.length or not longer(phase.length, Length(days=0))):
        yield Finding((*at, "repeats"), "« every: length » a besoin d’une « length ».")
    if repeats.document and repeats.document not in papers:
        yield unknown((*at, "repeats", "document"), repeats.document, "document", papers)


def _requirements(protocol: Protocol, phase: Phase, at: Path) -> Iterator[Finding]:
    there = {one.id for one in phase.requires}
    profiles = {one.id for one in protocol.profiles}
    held: set[str] = set()
    for number, one in enumerate(phase.requires):
        path: Path = (*at, "requires", number)
        if one.id in held:
            yield Finding((*path, "id"), f"« {one.id} » est déjà pris dans cette phase.")
        held.add(one.id)
        for name in one.profiles:
            if name not in profiles:
                yield unknown((*path, "profiles"), name, "profil", profiles)
        if one.after is not None and one.after not in there:
            yield unknown((*path, "after"), one.after, "exigence de la phase", there)
        yield from _counts(phase, one, path)


def _counts(phase: Phase, one: Requirement, path: Path) -> Iterator[Finding]:
    least = 0 if isinstance(one.min, ToBeCompleted) else one.min
    if one.max is not None and least > one.max:
        yield Finding((*path, "max"), f"le maximum ({one.max}) est sous le minimum ({least}).")
    if one.planned is not None and (one.planned < least or (one.max and one.planned > one.max)):
        yield Finding((*path, "planned"), "« planned » doit être entre « min » et « max ».")
    length = phase.max_length or phase.length
    room = (length.after(DAY) - DAY).days if length else None
    needed = one.first_after_days + max(0, least - 1) * one.spacing_days
    if room is not None and needed > room:
        said = f"{least} actes tous les {one.spacing_days} jours ne tiennent pas en {room} jours."
        yield Finding((*path, "spacing_days"), said)
    if one.every_days is not None and one.every_days < one.spacing_days:
        yield Finding((*path, "every_days"), "le rythme est plus serré que l’espacement permis.")


def longer(first: Length, second: Length) -> bool:
    """Whether ``first`` lasts more than ``second``."""
    return first.after(DAY) > second.after(DAY)


def order(protocol: Protocol) -> Iterator[Finding]:
    """``after`` never comes back to itself, for phases and for requirements."""
    after = {one.id: one.starts.after for one in protocol.phases if one.starts}
    for place, phase in enumerate(protocol.phases):
        if _loops(phase.id, after):
            path: Path = ("phases", place, "starts", "after")
            yield Finding(path, "l’ordre des phases tourne en rond : aucune ne s’ouvrirait.")
        before = next((p for p in protocol.phases if p.id == after.get(phase.id)), None)
        if before is not None and (before.repeats or before.pays == "subsequences"):
            path = ("phases", place, "starts", "after")
            yield Finding(path, f"« {before.id} » se répète ou se divise : pas de fin unique.")
        chain = {one.id: one.after for one in phase.requires}
        for number, one in enumerate(phase.requires):
            if _loops(one.id, chain):
                where: Path = ("phases", place, "requires", number, "after")
                yield Finding(where, "l’ordre des actes tourne en rond : aucun ne serait compté.")


def _loops(name: str, after: dict[str, Any]) -> bool:
    seen: set[str] = set()
    step: str | None = name
    while step is not None and step not in seen:
        seen.add(step)
        step = after.get(step)
    return step == name


def overlaps(protocol: Protocol) -> Iterator[Finding]:
    """Two sequences that count the same act follow each other, or the act would have two homes."""
    held = leaves(protocol)
    after = {one.id: one.starts.after for _, one in held if one.starts}
    for number, (_, first) in enumerate(held):
        for place, second in held[number + 1 :]:
            shared = sorted(_acts(first) & _acts(second))
            apart = second.id in _chain(first.id, after) or first.id in _chain(second.id, after)
            if shared and not apart and first.id != second.id:
                said = (
                    f"compte « {shared[0]} » comme « {first.id} » : deux séquences qui "
                    "peuvent courir ensemble. Les faire se suivre (« starts: after »)."
                )
                yield Finding(("phases", place), said)


def _acts(phase: Phase) -> set[str]:
    return {code for one in phase.requires for code in one.acts}


def _chain(name: str, after: dict[str, str | None]) -> set[str]:
    """Every phase that comes before ``name``."""
    found: set[str] = set()
    step = after.get(name)
    while step is not None and step not in found:
        found.add(step)
        step = after.get(step)
    return found


def windows(protocol: Protocol) -> Iterator[Finding]:
    """Windows are open on some day; windows and caps hang on an anchor that exists."""
    there = anchors(protocol)
    for place, one in enumerate(protocol.windows):
        if one.anchor not in there:
            yield unknown(("windows", place, "anchor"), one.anchor, "ancre", there)
        if one.after is None and one.within is None:
            yield Finding(("windows", place), "une fenêtre a besoin de « after » ou de « within ».")
        if one.after and one.within and longer(one.after, one.within):
            said = "fenêtre impossible : elle commence (« after ») après sa fin (« within »)."
            yield Finding(("windows", place, "within"), said)
    for place, cap in enumerate(protocol.caps):
        if cap.anchor is not None and cap.anchor not in there:
            yield unknown(("caps", place, "anchor"), cap.anchor, "ancre", there)
    for place, paper in enumerate(protocol.documents):
        if paper.anchor is not None and paper.anchor not in there:
            yield unknown(("documents", place, "anchor"), paper.anchor, "ancre", there)
    for place, asked in enumerate(protocol.questionnaires):
        if asked.anchor not in there:
            yield unknown(("questionnaires", place, "anchor"), asked.anchor, "ancre", there)
