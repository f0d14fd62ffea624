"""A questionnaire made ready for a template: sections, then nodes; and its answers as lines."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from liane.assessments.engine import values
from liane.assessments.engine.answers import Answers, Place, name_of, repetitions
from liane.assessments.engine.behaviour import Settled
from liane.assessments.engine.items import Band, Definition, Item, Value

FEW = 8
"""Answers up to which they are shown as buttons to tick, not as a list."""
CONTROLS = {
    "integer": "number", "decimal": "number", "quantity": "quantity", "date": "date",
    "dateTime": "datetime-local", "time": "time", "text": "textarea", "string": "text",
    "url": "url", "reference": "text",
}  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A part answered in one go: one screen of a phone."""

    number: int
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Choice:
    """One answer to tick."""

    key: str
    label: str
    chosen: bool


@dataclass
class Node:
    """A group, a text or a question, ready to show."""

    kind: str
    item: Item
    name: str
    label: str
    place: Place
    control: str = ""
    text: str = ""
    """What the field holds."""
    shown: str = ""
    """The answer in words (calculated and read-only questions)."""
    choices: list[Choice] = field(default_factory=list)
    other: str | None = None
    unit: str = ""
    units: list[Choice] = field(default_factory=list)
    error: str = ""
    note: str = ""
    band: Band | None = None
    children: list["Node"] = field(default_factory=list)
    number: int = 0
    add: str = ""
    """The name to send for one repetition more, on the last one."""

    @property
    def required(self) -> bool:
        """True when an answer is needed to complete."""
        return self.item.required

    @property
    def described(self) -> bool:
        """True when something is said under the field."""
        return bool(self.error or self.item.help or self.note or self.item.placeholder)


def sections(definition: Definition) -> list[Section]:
    """The parts of a questionnaire: its groups, or the run of questions between them."""
    rows: tuple[Item, ...] = definition.roots
    while len(rows) == 1 and _opens(rows[0]):
        rows = rows[0].children
    parts: list[tuple[str, list[Item]]] = []
    loose = False
    for item in rows:
        if item.type == "group" and item.children:
            parts.append((item.text, [item]))
            loose = False
        elif loose:
            parts[-1][1].append(item)
        else:
            parts.append(("", [item]))
            loose = True
    return [
        Section(
            number,
            title or (definition.title if len(parts) == 1 else f"Partie {number}"),
            tuple(items),
        )
        for number, (title, items) in enumerate(parts, 1)
    ]


def _opens(item: Item) -> bool:
    """A lone group that only wraps other groups."""
    inner = [child for child in item.children if child.type == "group"]
    plain = not (item.repeats or item.rules or item.enable)
    return item.type == "group" and plain and len(inner) > 1


def visible(section: Section, settled: Settled) -> bool:
    """True when something of the section is enabled."""
    return any(settled.on((item.n, ())) or item.repeated for item in section.items) and any(
        not item.hidden and _any_on(item, settled) for item in section.items
    )


def _any_on(item: Item, settled: Settled) -> bool:
    index = (0,) if item.repeated else ()
    return settled.on((item.n, index))


def nodes(
    items: tuple[Item, ...],
    settled: Settled,
    *,
    errors: Mapping[Place, str] | None = None,
    raw: Mapping[Place, str] | None = None,
    notes: Mapping[Place, str] | None = None,
) -> list[Node]:
    """What to show of these items: enabled, not hidden, one node for each repetition."""
    errors, raw, notes = errors or {}, raw or {}, notes or {}

    def walk(rows: tuple[Item, ...], above: tuple[int, ...]) -> Iterator[Node]:
        for item in rows:
            indices = repetitions(settled.answers, item, above)
            for at, index in enumerate(indices):
                place = (item.n, index)
                if item.hidden or not settled.on(place):
                    continue
                node = _node(item, place, settled.answers, raw.get(place))
                node.error, node.note = errors.get(place, ""), notes.get(place, "")
                node.children = list(walk(item.children, index))
                if item.repeated:
                    node.number = at + 1
                    most = item.max_occurs or 50
                    if at == len(indices) - 1 and len(indices) < most and not item.read_only:
                        node.add = name_of((item.n, above))
                yield node

    # A section of a lone wrapping group starts below it: repetitions of roots have no index above.
    return list(walk(items, ()))


def _node(item: Item, place: Place, answers: Answers, raw: str | None) -> Node:
    kind = item.type if item.type in {"group", "display"} else "question"
    label = " ".join(part for part in (item.prefix, item.text) if part)
    node = Node(
        kind, item, name_of(place), label or ("" if kind == "group" else item.link_id), place
    )
    if kind != "question":
        return node
    given = answers.at(place)
    node.shown = ", ".join(values.label(value, item.options) for value in given)
    if item.score is not None and given:
        number = values.bare(given[0])
        number = number.get("value") if isinstance(number, dict) else number
        node.band = item.score.band(Decimal(str(number))) if number is not None else None
    node.control = _control(item)
    node.unit = str((item.unit or {}).get("display") or (item.unit or {}).get("code") or "")
    if item.options or item.type == "boolean":
        _choices(node, item, given)
    else:
        node.text = raw if raw is not None else (_typed(given[0]) if given else "")
    if item.units:
        _units(node, item, given)
    return node


def _control(item: Item) -> str:
    if item.computed or item.read_only:
        return "shown"
    if item.many:
        return "boxes"
    if item.type == "boolean":
        return "radios"
    if item.options:
        listed = item.control in {"drop-down", "autocomplete"} or len(item.options) > FEW
        return "list" if listed and item.type != "open-choice" else "radios"
    if item.type == "open-choice":
        return "text"
    return CONTROLS.get(item.type, "text")


def _choices(node: Node, item: Item, given: list[Value]) -> None:
    if item.type == "boolean":
        held = values.bare(given[0]) if given else None
        node.choices = [Choice("true", "Oui", held is True), Choice("false", "Non", held is False)]
    else:
        node.choices = [
            Choice(str(at), option.label, any(values.same(value, option.value) for value in given))
            for at, option in enumerate(item.options)
        ]
    if item.type == "open-choice":
        free = [
            value for value in given if not any(values.same(value, o.value) for o in item.options)
        ]
        node.other = values.label(free[0]) if free else ""


def _units(node: Node, item: Item, given: list[Value]) -> None:
    held = values.bare(given[0]) if given else {}
    code = held.get("code") or held.get("unit") if isinstance(held, dict) else None
    node.units = [
        Choice(
            str(at),
            str(unit.get("display") or unit.get("code") or ""),
            code is not None and code in {unit.get("code"), unit.get("display")},
        )
        for at, unit in enumerate(item.units)
    ]


def _typed(value: Value) -> str:
    """What a field holds for a value."""
    raw = values.bare(value)
    if isinstance(raw, dict):
        return values.number(raw["value"]) if "value" in raw else str(raw.get("display") or "")
    if "valueDateTime" in value:
        from django.utils import timezone

        moment = dt.datetime.fromisoformat(raw)
        if moment.tzinfo is not None:
            moment = timezone.localtime(moment)
        return f"{moment:%Y-%m-%dT%H:%M}"
    if "valueTime" in value:
        return str(raw)[:5]
    return values.number(raw) if isinstance(raw, int | float) else str(raw)


# ------------------------------------------------------------------ lines
@dataclass(frozen=True)
class Line:
    """One answered question, in words: what a care plan cites as the origin of a problem."""

    link_id: str
    place: str
    section: str
    label: str
    answer: str
    band: Band | None = None


def lines(definition: Definition, settled: Settled) -> list[Line]:
    """Every answered and enabled question, in order."""
    made: list[Line] = []

    def walk(rows: list[Node], section: str) -> None:
        for node in rows:
            if node.kind == "question" and node.shown:
                made.append(
                    Line(node.item.link_id, node.name, section, node.label, node.shown, node.band)
                )
            inner = node.label if node.kind == "group" and node.label else section
            walk(node.children, inner)

    walk(nodes(definition.roots, settled), "")
    return made


def scores(definition: Definition, settled: Settled) -> list[tuple[Item, Any]]:
    """(item, number) for each score that was calculated."""
    made = []
    for item in definition.scores:
        given = settled.answers.at((item.n, ()))
        if not given or not settled.on((item.n, ())):
            continue
        raw = values.bare(given[0])
        number = raw.get("value") if isinstance(raw, dict) else raw
        if isinstance(number, int | float) and not isinstance(number, bool):
            made.append((item, Decimal(str(number))))
    return made
