"""What a response's sealed content holds, opened and closed."""

import json
from dataclasses import dataclass, field
from typing import Any

from liane.assessments import catalogue
from liane.assessments.engine import posting
from liane.assessments.engine.answers import Answers, Place, from_items, name_of, to_items
from liane.assessments.engine.behaviour import Settled
from liane.assessments.engine.items import Definition, Value
from liane.assessments.models import Response


@dataclass
class Opened:
    """A response with its answers."""

    response: Response
    definition: Definition
    answers: Answers
    touched: dict[str, int] = field(default_factory=dict)
    prefilled: dict[str, dict[str, Any]] = field(default_factory=dict)

    def notes(self) -> dict[Place, str]:
        """Where an answer still is what was put there from the record: from what, from when."""
        made = {}
        for name, held in self.prefilled.items():
            place = posting.place_of(self.definition, name)
            if place is not None and self.answers.at(place) == held.get("values"):
                made[place] = str(held.get("from", ""))
        return made


def opened(response: Response) -> Opened:
    """Open a response (its questionnaire must be loaded with it)."""
    definition = catalogue.definition_of(response.questionnaire)
    held = json.loads(response.content)
    answers = from_items(definition, held["response"].get("item"))
    for name, count in held.get("counts", {}).items():
        parts = [int(part) for part in name.split("-")]
        place = (parts[0], tuple(parts[1:]))
        answers.counts[place] = max(answers.counts.get(place, 1), count)
    return Opened(response, definition, answers, held.get("touched", {}), held.get("prefilled", {}))


def closed(one: Opened, *, settled: Settled | None = None) -> str:
    """The content to seal. With ``settled`` (at completion) only what is enabled is kept."""
    rows = to_items(
        one.definition, one.answers, keep=settled.on if settled else None, texts=True
    )  # fmt: skip
    response = one.response
    resource: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "id": str(response.pk),
        "questionnaire": _canonical(one.definition),
        "status": response.status,
        "subject": {"reference": f"Patient/{response.person_id}"},
        "authored": response.at.isoformat(timespec="seconds"),
        "author": {"display": response.author_label},
    }
    if rows:
        resource["item"] = rows
    return json.dumps(
        {
            "response": resource,
            "counts": {
                name_of(place): count
                for place, count in one.answers.counts.items()
                if count > 1 and settled is None
            },
            "touched": {} if settled else one.touched,
            "prefilled": one.prefilled,
        },
        ensure_ascii=False,
    )


def _canonical(definition: Definition) -> str:
    return f"{definition.url}|{definition.version}" if definition.version else definition.url


def changed(before: Answers, after: Answers) -> dict[Place, list[Value]]:
    """The places whose answer is not the same."""
    return {
        place: after.at(place)
        for place in {*before.values, *after.values}
        if before.at(place) != after.at(place)
    }
