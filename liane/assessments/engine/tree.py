"""What must hold between the items of a questionnaire."""

from collections.abc import Iterator

from liane.assessments.engine.items import CHOICES, Definition, Item, Rule
from liane.assessments.engine.values import NAMES


def faults(definition: Definition) -> Iterator[tuple[str, str]]:
    """(linkId, reason) for each condition that looks at nothing, or at itself."""
    for item in definition.items:
        for rule in item.rules:
            target = definition.by_link.get(rule.question)
            if target is None:
                yield item.link_id, f"sa condition cite une question absente ({rule.question})"
            elif not target.is_question:
                yield item.link_id, f"sa condition cite {rule.question}, qui n’est pas une question"
            elif not _comparable(target, rule):
                yield (
                    item.link_id,
                    f"sa condition compare {rule.question} à un autre type de réponse",
                )
    for link in _circles(definition):
        yield link, "sa condition d’affichage dépend d’elle-même"


def _comparable(target: Item, rule: Rule) -> bool:
    (name,) = rule.answer
    if rule.operator == "exists" or target.options or target.type in CHOICES:
        return True
    expected = NAMES[target.type]
    numbers = {"valueInteger", "valueDecimal"}
    days = {"valueDate", "valueDateTime"}
    words = {"valueString", "valueUri"}
    return name == expected or any({name, expected} <= kin for kin in (numbers, days, words))


def _circles(definition: Definition) -> set[str]:
    """Items from which conditions and parents lead back to themselves."""
    edges: dict[int, set[int]] = {}
    for item in definition.items:
        targets = {
            definition.by_link[rule.question].n
            for rule in item.rules
            if rule.question in definition.by_link
        }
        edges[item.n] = targets | ({item.parent} if item.parent is not None else set())
    found: set[str] = set()
    state: dict[int, int] = {}
    for start in edges:
        if state.get(start):
            continue
        stack: list[tuple[int, Iterator[int]]] = [(start, iter(edges[start]))]
        state[start] = 1
        while stack:
            here, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                state[here] = 2
                stack.pop()
            elif state.get(step) == 1:
                found.add(definition.items[here].link_id)
            elif not state.get(step):
                state[step] = 1
                stack.append((step, iter(edges[step])))
    return found
