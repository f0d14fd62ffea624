"""What was answered, and its form as a FHIR QuestionnaireResponse.

A *place* is an item and, for each repeated item that holds it (itself included), which repetition:
``(12, (0, 2))``. It is written ``12-0-2`` in forms.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from liane.assessments.engine.items import Definition, Item, Value

Place = tuple[int, tuple[int, ...]]
MOST_REPEATS = 50
MOST_PLACES = 20_000


def name_of(place: Place) -> str:
    """The place as a form writes it."""
    return "-".join(str(part) for part in (place[0], *place[1]))


@dataclass
class Answers:
    """Values by place, and how many times each repeated item is shown."""

    values: dict[Place, list[Value]] = field(default_factory=dict)
    counts: dict[Place, int] = field(default_factory=dict)

    def at(self, place: Place) -> list[Value]:
        """What is answered there."""
        return self.values.get(place, [])

    def put(self, place: Place, values: list[Value]) -> None:
        """Answer there; nothing removes the answer."""
        if values:
            self.values[place] = values
        else:
            self.values.pop(place, None)

    def count(self, item: Item, above: tuple[int, ...]) -> int:
        """How many repetitions of a repeated item are shown: one at least."""
        return min(max(1, self.counts.get((item.n, above), 1)), MOST_REPEATS)

    def add(self, item: Item, above: tuple[int, ...]) -> None:
        """One repetition more."""
        most = min(item.max_occurs or MOST_REPEATS, MOST_REPEATS)
        self.counts[item.n, above] = min(self.count(item, above) + 1, most)

    def copy(self) -> "Answers":
        """The same, apart."""
        return Answers(dict(self.values), dict(self.counts))


def repetitions(answers: Answers, item: Item, above: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The indices of each repetition of an item below ``above``."""
    if not item.repeated:
        return [above]
    return [(*above, index) for index in range(answers.count(item, above))]


def places(definition: Definition, answers: Answers) -> Iterator[tuple[Item, tuple[int, ...]]]:
    """Every place there is, in the order of the page."""
    left = MOST_PLACES

    def walk(
        rows: tuple[Item, ...], above: tuple[int, ...]
    ) -> Iterator[tuple[Item, tuple[int, ...]]]:
        nonlocal left
        for item in rows:
            for index in repetitions(answers, item, above):
                left -= 1
                if left < 0:
                    return
                yield item, index
                yield from walk(item.children, index)

    yield from walk(definition.roots, ())


# ------------------------------------------------------------------ to and from FHIR
Keep = Callable[[Place], bool]


def to_items(
    definition: Definition,
    answers: Answers,
    *,
    keep: Keep | None = None,
    texts: bool = False,
    nodes: dict[Place, dict[str, Any]] | None = None,
    weigh: bool = False,
) -> list[dict[str, Any]]:
    """The ``item`` list of a QuestionnaireResponse, without what is empty or not kept.

    ``nodes`` receives the node of each place; ``weigh`` puts the weight of a choice on its answer,
    where SDC's ``ordinal()`` and ``weight()`` look for it.
    """

    def value_of(item: Item, value: Value) -> Value:
        if not weigh or "valueCoding" not in value:
            return dict(value)
        weight = next((o.weight for o in item.options if o.value == value), None)
        if weight is None:
            return dict(value)
        extension = {
            "url": "http://hl7.org/fhir/StructureDefinition/ordinalValue",
            "valueDecimal": weight,
        }
        return {"valueCoding": {**value["valueCoding"], "extension": [extension]}}

    def node_of(item: Item) -> dict[str, Any]:
        made: dict[str, Any] = {"linkId": item.link_id}
        if texts and item.text:
            made["text"] = item.text
        return made

    def group(item: Item, above: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        for index in repetitions(answers, item, above):
            if keep is not None and not keep((item.n, index)):
                continue
            node = node_of(item)
            inside = walk(item.children, index)
            if nodes is not None:
                nodes[item.n, index] = node
            if inside:
                node["item"] = inside
                yield node

    def question(item: Item, above: tuple[int, ...]) -> Iterator[dict[str, Any]]:
        node, found = node_of(item), []
        for index in repetitions(answers, item, above):
            place = (item.n, index)
            if keep is not None and not keep(place):
                continue
            if nodes is not None:
                nodes[place] = node
            inside = walk(item.children, index)
            made = [value_of(item, value) for value in answers.at(place)]
            if inside:
                if not made:
                    made = [{}]
                made[0]["item"] = inside
            found += made
        if found:
            node["answer"] = found
            yield node

    def walk(rows: tuple[Item, ...], above: tuple[int, ...]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for item in rows:
            if item.type == "group":
                made += group(item, above)
            elif item.is_question:
                made += question(item, above)
        return made

    return walk(definition.roots, ())


def from_items(definition: Definition, rows: Any) -> Answers:
    """The answers of a QuestionnaireResponse's ``item`` list; what is not asked is left aside."""
    answers = Answers()

    def values(node: dict[str, Any]) -> list[Value]:
        return [{key: value} for key, value in node.items() if key.startswith("value")]

    def walk(items: tuple[Item, ...], nodes: Any, above: tuple[int, ...]) -> None:
        by_link: dict[str, list[dict[str, Any]]] = {}
        for node in nodes or []:
            by_link.setdefault(node.get("linkId", ""), []).append(node)
        for item in items:
            found = by_link.get(item.link_id, [])
            if item.type == "group":
                _group(item, found, above)
            elif item.is_question:
                _question(item, found, above)

    def _group(item: Item, found: list[dict[str, Any]], above: tuple[int, ...]) -> None:
        if item.repeated and len(found) > 1:
            answers.counts[item.n, above] = len(found)
        for number, node in enumerate(found if item.repeated else found[:1]):
            walk(item.children, node.get("item"), (*above, number) if item.repeated else above)

    def _question(item: Item, found: list[dict[str, Any]], above: tuple[int, ...]) -> None:
        given = [one for node in found for one in node.get("answer") or []]
        if item.repeated:
            if len(given) > 1:
                answers.counts[item.n, above] = len(given)
            for number, one in enumerate(given):
                index = (*above, number)
                answers.put((item.n, index), values(one))
                walk(item.children, one.get("item"), index)
            return
        answers.put((item.n, above), [value for one in given for value in values(one)])
        for one in given:
            walk(item.children, one.get("item"), above)

    walk(definition.roots, rows, ())
    return answers


def normalised(definition: Definition, answers: Answers) -> Answers:
    """Without empty repetitions: what is found again after saving."""
    return from_items(definition, to_items(definition, answers))
