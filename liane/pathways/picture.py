"""A protocol as a picture and as a table: phases on a line of months, each rule with its source.

Pure: the definition alone. Amounts that no source gives are said « à compléter », never zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from liane.pathways import conditions
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.phases import EVERY_PROFILE, Phase, Requirement
from liane.pathways.protocols.values import Length, ToBeCompleted

MONTH = 30.4
WIDTH = 720
LEFT = 10
RIGHT = 40
"""Room for the words of the last month."""
ROW = 46
MARKS = {
    "verified": "lu dans le texte", "press": "rapporté par la presse", "inferred": "notre lecture",
}  # fmt: skip
STRATEGIES = {
    "none": "rien n’est dû", "pro_rata": "au prorata de ce qui est fait",
    "threshold": "selon le seuil atteint", "unknown": "à compléter",
}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One phase of the picture, in the units of its drawing."""

    label: str
    says: str
    x: str
    text_y: int
    y: int
    width: str
    sub: bool


@dataclass(frozen=True)
class Drawing:
    """The phases on a line of months."""

    bars: list[Bar] = field(default_factory=list)
    ticks: list[tuple[str, str]] = field(default_factory=list)
    height: int = 0
    width: int = WIDTH


@dataclass(frozen=True)
class Rule:
    """One row of the table: what is asked, how much, where it is written."""

    id: str
    label: str
    says: str
    article: str
    source: str
    mark: str


@dataclass(frozen=True)
class Group:
    """Rules of one kind, or of one phase."""

    title: str
    rules: list[Rule]
    amounts: list[tuple[str, str, bool]] = field(default_factory=list)


def months(length: Length | None) -> float:
    """A length in months."""
    return 0.0 if length is None else length.months + length.days / MONTH


def drawing(protocol: Protocol) -> Drawing:
    """Each phase from when it starts to its length; what repeats is drawn once."""
    starts: dict[str, float] = {}
    ends: dict[str, float] = {}
    leaves = [phase for phase in protocol.phases if phase.pays != "subsequences"]
    for phase in leaves:
        begin = _begin(phase, ends)
        starts[phase.id], ends[phase.id] = begin, begin + (months(phase.length) or 1)
    total = max(ends.values(), default=1)
    scale = (WIDTH - LEFT - RIGHT) / total
    bars = [
        Bar(
            phase.label, _length_words(phase), _at(starts[phase.id] * scale), 38 + ROW * place,
            44 + ROW * place, f"{max((ends[phase.id] - starts[phase.id]) * scale, 4):.1f}",
            phase.kind == "subsequence",
        )
        for place, phase in enumerate(leaves)
    ]  # fmt: skip
    every = next((one for one in (1, 2, 3, 6, 12) if total / one <= 14), 12)
    ticks = [
        (_at(number * scale), f"{number} mois" if number else "début")
        for number in range(0, int(total) + 1, every)
    ]
    return Drawing(bars, ticks, 26 + ROW * len(leaves) + 6)


def _at(x: float) -> str:
    return f"{LEFT + x:.1f}"


def _begin(phase: Phase, ends: dict[str, float]) -> float:
    starts = phase.starts
    if starts is None:
        return 0.0
    if starts.after is not None:
        return ends.get(starts.after, 0.0)
    return months(starts.offset)


def _length_words(phase: Phase) -> str:
    said = words(phase.length) or "sans durée fixée"
    if phase.max_length is not None and phase.max_length != phase.length:
        said += f", au plus {words(phase.max_length)}"
    return said


def words(length: Length | None) -> str:
    """A length in words."""
    if length is None:
        return ""
    parts = [f"{length.months} mois"] if length.months else []
    if length.days:
        parts.append(f"{length.days} jour{'s' if length.days > 1 else ''}")
    return " et ".join(parts)


def euros(value: Any) -> tuple[str, bool]:
    """An amount in words, and whether it is still to be completed."""
    if isinstance(value, ToBeCompleted):
        return f"à compléter : {value.to_be_completed}", True
    return f"{value // 100},{value % 100:02d}\u00a0€", False


def groups(protocol: Protocol) -> Iterator[Group]:
    """The rules of a definition: eligibility, each phase, windows, caps, sharing, the rest."""
    yield Group("Éligibilité", [
        _rule(protocol, one, one.label, conditions.words(protocol, one.test))
        for one in protocol.eligibility
    ])  # fmt: skip
    for phase in protocol.phases:
        yield _phase(protocol, phase)
    yield Group("Actes", [
        Rule(act.code, act.label, _act(protocol, act), act.article or "",
             *_source(protocol, act.source))
        for act in protocol.acts
    ])  # fmt: skip
    yield Group("Fenêtres et plafonds", [
        *(_rule(protocol, one, one.label, _window(one)) for one in protocol.windows),
        *(_rule(protocol, one, one.label, _cap(one)) for one in protocol.caps),
    ])  # fmt: skip
    yield Group("Argent", list(_money(protocol)))
    yield Group("Interruption", [
        _rule(protocol, one, one.label, STRATEGIES[one.strategy]) for one in protocol.dropout
    ])  # fmt: skip
    yield Group("Cumul", [
        Rule("", f"Incompatible avec « {one.protocol} »", "", one.article, "", "")
        for one in protocol.cumulation.excludes
    ])  # fmt: skip


def _phase(protocol: Protocol, phase: Phase) -> Group:
    labels = {one.id: one.label for one in protocol.profiles} | {EVERY_PROFILE: "Tous les profils"}
    amounts = [
        (labels.get(profile, profile), *euros(value)) for profile, value in phase.amounts.items()
    ]
    rules = [_rule(protocol, one, one.label, _requirement(one)) for one in phase.requires]
    return Group(f"{phase.label} ({_length_words(phase)})", rules, amounts)


def _requirement(one: Requirement) -> str:
    least = one.min
    if isinstance(least, ToBeCompleted):
        said = f"minimum à compléter : {least.to_be_completed}"
    elif least and least == one.max:
        said = f"exactement {least}"
    else:
        said = f"au moins {least}" if least else "facultatif"
    if one.planned:
        said += f", {one.planned} prévues"
    if one.max and one.max != one.min:
        said += f", {one.max} au plus"
    if one.every_days:
        said += f", tous les {one.every_days} jours"
    if one.spacing_days:
        said += f", {one.spacing_days} jours entre deux"
    return said


def _act(protocol: Protocol, act: Any) -> str:
    labels = {one.code: one.label for one in protocol.professions}
    said = [", ".join(labels.get(code, code) for code in act.professions)]
    if act.minutes:
        said.append(f"{act.minutes} min")
    said.append("à distance possible" if act.remote else "en présence")
    if act.tariff is not None:
        said.append(euros(act.tariff)[0])
    return ", ".join(part for part in said if part)


def _window(one: Any) -> str:
    within = f"dans les {words(one.within)}" if one.within else ""
    after = f"à partir de {words(one.after)}" if one.after else ""
    return " ".join(part for part in (after, within) if part)


def _cap(one: Any) -> str:
    per = {
        "act": "par acte", "day": "par jour", "calendar_year": "par année civile",
        "year": "par an", "sequence": "par séquence", "episode": "en tout",
    }[one.per]  # fmt: skip
    return f"{one.count} {per}" if one.count is not None else f"{euros(one.amount)[0]} {per}"


def _money(protocol: Protocol) -> Iterator[Rule]:
    if protocol.sharing is not None:
        yield Rule("sharing", "Partage", protocol.sharing.label, protocol.sharing.article, "", "")
    share = protocol.patient_share
    said = {
        "none": "aucune participation de la personne", "unknown": "à compléter",
        "rate": f"{(share.rate or 0) / 100:g} %".replace(".", ","),
        "flat": euros(share.amount)[0] if share.amount is not None else "",
    }[share.kind]  # fmt: skip
    yield Rule(
        "patient_share", "Part de la personne", said, share.article,
        *_source(protocol, share.source),
    )  # fmt: skip
    if protocol.overseas_coefficient != "1.00":
        yield Rule("overseas", "Outre-mer", f"× {protocol.overseas_coefficient}", "", "", "")


def _rule(protocol: Protocol, one: Any, label: str, says: str) -> Rule:
    return Rule(one.id, label, says, one.article, *_source(protocol, one.source))


def _source(protocol: Protocol, source: str | None) -> tuple[str, str]:
    found = next((one for one in protocol.sources if one.id == source), None)
    return (found.text, MARKS[found.mark]) if found is not None else ("", "")
