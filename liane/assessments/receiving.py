"""Assessments that other software filled in: checked, then kept as the pages keep them."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from liane.assessments import catalogue, prefill, queries, services, state
from liane.assessments.engine import showing, values
from liane.assessments.engine.answers import Answers, from_items, places, to_items
from liane.assessments.engine.behaviour import Settled, settle
from liane.assessments.engine.items import CHOICES, MUTE, Definition, Item, Value
from liane.assessments.models import Questionnaire, Response
from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.patients.models import Patient

Json = dict[str, Any]
NAMES = {"integer": "valueInteger", "decimal": "valueDecimal"}
MEASURED = frozenset({*NAMES, "quantity"})
"""Types of a question whose answer is a measure."""


def receive(
    person: Patient, questionnaire: Questionnaire, items: Any, *, at: dt.datetime | None,
    finished: bool, panel: str = "",
) -> Response:  # fmt: skip
    """Keep an assessment with these answers and no other; completed when ``finished``.

    Raises Refused for an answer to no question of it, of another type, not offered, to a question
    that is not asked, or that says otherwise than what is calculated; `services.Incomplete`;
    NotAllowed or Http404 by the area of the questionnaire.
    """
    require_write(person.pk, Area(questionnaire.area))
    if not queries.is_offered(questionnaire):
        raise Refused("Ce questionnaire n’est plus proposé.", field="questionnaire")
    who = author_of(acting.current())
    response = Response(
        person=person, questionnaire=questionnaire, area=questionnaire.area,
        at=min(at or timezone.now(), timezone.now()), changed_by=acting.current().label, **who,
    )  # fmt: skip
    one = state.Opened(response, catalogue.definition_of(questionnaire), Answers())
    one.answers = _answers(one, items, finished=finished)
    response.content = state.closed(one)
    with transaction.atomic():
        response.save(force_insert=True)
        response.history.create(after=Response.Status.IN_PROGRESS, **who)
        ledger.wrote(person.pk, "assessment", object_id=response.pk)
        if finished:
            response = services.complete(response.pk, version=response.version, panel=panel)
    return response


def measure(
    person: Patient, codes: Collection[tuple[str, str]], number: Decimal, *, unit: str = "",
    at: dt.datetime | None,
) -> Response:  # fmt: skip
    """Keep one measure, as the assessment of which it is the only answer that must be given.

    ``codes``: (system, code), of a score of ours (``""`` for its system) or of its question.
    Raises Refused for what no questionnaire at hand measures, for a score that is calculated, for
    another unit; and as :func:`receive`.
    """
    calculated = ""
    for questionnaire in queries.offered():
        definition = catalogue.definition_of(questionnaire)
        for item in definition.scores:
            if not _measures(item, codes):
                continue
            if item.computed or item.type not in MEASURED:
                calculated = calculated or questionnaire.title
                continue
            _same_unit(item, unit)
            held = _alone(definition, item, number)
            return receive(person, questionnaire, held, at=at, finished=True)
    if calculated:
        raise Refused(f"« {calculated} » se calcule : envoyez les réponses, pas le résultat.",
                      field="code")  # fmt: skip
    raise Refused("Aucun questionnaire proposé ici ne garde cette mesure.", field="code")


@dataclass(frozen=True)
class Part:
    """One number of a panel: its codes as in :func:`measure`, and its unit."""

    codes: frozenset[tuple[str, str]]
    number: Decimal
    unit: str = ""


def panel(person: Patient, name: str, parts: Sequence[Part], *, at: dt.datetime | None) -> Response:
    """Keep several measures that are one, as the assessment of which they are the only answers.

    ``name``: the system and the code of the panel. Raises Refused where no questionnaire at hand
    keeps them all as they are given; and as :func:`measure`.
    """
    for questionnaire in queries.offered():
        definition = catalogue.definition_of(questionnaire)
        found = [_item(definition, part.codes) for part in parts]
        items = [one for one in found if one is not None]
        if len(items) < len(parts):
            continue
        if len({one.link_id for one in items}) < len(parts):
            raise Refused("La même mesure y est deux fois.", field="component")
        nodes: list[Json] = []
        for item, part in zip(items, parts, strict=True):
            _same_unit(item, part.unit)
            _joined(nodes, _alone(definition, item, part.number))
        return receive(person, questionnaire, nodes, at=at, finished=True, panel=name)
    raise Refused("Aucun questionnaire proposé ici ne garde ces mesures ensemble.",
                  field="component")  # fmt: skip


def _item(definition: Definition, codes: Collection[tuple[str, str]]) -> Item | None:
    """The question that keeps such a measure as it is given."""
    return next(
        (one for one in definition.scores
         if _measures(one, codes) and not one.computed and one.type in MEASURED), None,
    )  # fmt: skip


def _joined(nodes: list[Json], more: list[Json]) -> None:
    """Add the nodes of an assessment to others, each group once."""
    for one in more:
        same = next((held for held in nodes if held["linkId"] == one["linkId"]), None)
        if same is None:
            nodes.append(one)
        else:
            _joined(same["item"], one["item"])


def is_measure(response: Response, code: str) -> bool:
    """The assessment holds this measure or panel alone, given as it is. One query."""
    definition = catalogue.definition_of(response.questionnaire)
    item = next((one for one in definition.scores if one.score and one.score.code == code), None)
    if item is None or item.computed:
        return False
    return sum(1 for row in response.scores.all() if row.head_id is None) == 1


def _measures(item: Item, codes: Collection[tuple[str, str]]) -> bool:
    score = item.score
    return score is not None and (("", score.code) in codes or bool(set(item.codes) & set(codes)))


def _same_unit(item: Item, unit: str) -> None:
    assert item.score is not None  # noqa: S101
    coding = item.unit or {}
    known = {item.score.unit, str(coding.get("code", "")), str(coding.get("display", ""))} - {""}
    if unit and known and unit not in known and not unit.startswith("{"):
        words = f"Cette mesure est gardée en {item.score.unit or min(known)}."
        raise Refused(words, field="unit")


def _alone(definition: Definition, item: Item, number: Decimal) -> list[Json]:
    """An assessment in which this question alone is answered."""
    plain = int(number) if number == int(number) else float(number)
    if item.type == "integer" and not isinstance(plain, int):
        raise Refused("Cette mesure est un nombre entier.", field="value")
    value: Json = {"valueQuantity": {"value": plain}} if item.type == "quantity" else {
        NAMES[item.type]: plain}  # fmt: skip
    node: Json = {"linkId": item.link_id, "answer": [value]}
    above = item.parent
    while above is not None:
        group = definition.items[above]
        node = {"linkId": group.link_id, "item": [node]}
        above = group.parent
    return [node]


def replace(response: Response, items: Any, *, finished: bool) -> Response:
    """Other answers of an assessment in progress; completed when ``finished``. Raises as above."""
    with transaction.atomic():
        one = services.open_locked(response.pk)
        held = one.response
        one.answers = _answers(one, items, finished=finished)
        held.version += 1
        held.changed_at, held.changed_by = timezone.now(), acting.current().label
        held.content = state.closed(one)
        held.save(update_fields=["version", "content", "changed_at", "changed_by"])
        ledger.wrote(held.person_id, "assessment", object_id=held.pk)
        return services.complete(held.pk, version=held.version) if finished else held


def _answers(one: state.Opened, items: Any, *, finished: bool) -> Answers:
    definition = one.definition
    _asked(definition, items)
    given = from_items(definition, items)
    for item, index in places(definition, given):
        for value in given.at((item.n, index)):
            _fits(item, value)
    settled = settle(definition, given, services.supplied_for(one.response))
    for place, said in given.values.items():
        item = definition.items[place[0]]
        if item.computed and not _same(said, settled.answers.at(place)):
            raise Refused(f"« {item.link_id} » est calculé autrement ici : laissez-le vide.")
        if finished and not settled.on(place):
            raise Refused(f"« {item.link_id} » n’est pas à remplir d’après les autres réponses.")
    return settled.answers


def _asked(definition: Definition, items: Any) -> None:
    known = {item.link_id for item in definition.items}
    for link in _links(items):
        if link not in known:
            raise Refused(f"« {link[:60]} » n’est pas une question de ce questionnaire.")


def _links(items: Any) -> Iterator[str]:
    for one in items if isinstance(items, list) else []:
        if isinstance(one, dict):
            yield str(one.get("linkId", ""))
            yield from _links(one.get("item"))
            for answer in one.get("answer") or []:
                yield from _links(answer.get("item") if isinstance(answer, dict) else None)


def _fits(item: Item, value: Value) -> None:
    if item.type in MUTE:
        raise Refused(f"« {item.link_id} » ne se remplit pas.")
    if item.type in CHOICES:
        offered = any(values.same(value, option.value) for option in item.options)
        if offered or not item.options or (item.type == "open-choice" and "valueString" in value):
            return
        raise Refused(f"Cette réponse n’est pas proposée à « {item.link_id} ».")
    name = values.NAMES.get(item.type)
    if name is not None and name not in value:
        raise Refused(f"« {item.link_id} » attend une réponse de type {item.type} ({name}).")
    try:
        values.check(item, value)
    except values.Unreadable as reason:
        raise Refused(f"« {item.link_id} » : {reason}") from None


def _same(one: list[Value], other: list[Value]) -> bool:
    return len(one) == len(other) and all(map(values.same, one, other))


# ------------------------------------------------------------------ nothing kept
def populated(person: Patient, questionnaire: Questionnaire) -> Json:
    """The answers that a new assessment would begin with (SDC ``$populate``); nothing is kept."""
    definition = catalogue.definition_of(questionnaire)
    reach = Reach.of(acting.current())
    supplied = prefill.supplied(reach, person)
    answers, _ = prefill.begin(definition, reach, person, supplied)
    settled = settle(definition, answers, supplied)
    return {"item": to_items(definition, settled.answers, texts=True)}


def scored(questionnaire: Questionnaire, items: Any) -> list[tuple[Item, Decimal]]:
    """The scores of answers that nobody kept (SDC ``$extract``)."""
    definition = catalogue.definition_of(questionnaire)
    _asked(definition, items)
    settled: Settled = settle(definition, from_items(definition, items))
    return showing.scores(definition, settled)
