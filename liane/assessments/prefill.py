"""What a questionnaire may take from the record: identity, contacts, earlier answers.

SDC's ``initialExpression`` reads ``%patient`` (a FHIR Patient) and ``%person`` (age, carers…);
``observationLinkPeriod`` with an item code offers again the last answer to the same code.
"""

import datetime as dt
from typing import Any

from django.utils import timezone

from liane.assessments import state
from liane.assessments.engine import fhirpath, values
from liane.assessments.engine.answers import Answers, Place, name_of, places
from liane.assessments.engine.behaviour import as_value
from liane.assessments.engine.items import Definition, Item, Value
from liane.assessments.models import DONE, Response
from liane.circle import persons
from liane.circle.reach import Reach
from liane.core.templatetags.liane import long_date
from liane.patients import queries as patients
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

LOOKED_AT = 20
"""Earlier assessments that are opened to find an answer."""
RECORD = "repris du dossier"
GENDERS = {"F": "female", "M": "male", "I": "unknown"}


def supplied(reach: Reach, person: Patient) -> dict[str, Any]:
    """The variables of expressions. Nothing strict where only the usual identity may be seen."""
    whole = not persons.limited(reach, person.pk)
    address = {
        "line": [person.address_line] if person.address_line else [],
        "postalCode": person.postcode or None,
        "city": person.city or None,
        "text": ", ".join(
            part
            for part in (person.address_line, f"{person.postcode} {person.city}".strip())
            if part
        ),
    }
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": str(person.pk),
        "name": [{"use": "usual", "text": person.usual_name}],
        "address": [_full(address)],
    }
    more: dict[str, Any] = {"usualName": person.usual_name, "address": address["text"] or None}
    if whole:
        patient["name"].append(
            {
                "use": "official",
                "family": person.birth_name,
                "given": [part for part in person.given_names.replace(",", " ").split() if part],
            }
        )
        patient["gender"] = GENDERS.get(person.sex, "unknown")
        if person.birth_date:
            patient["birthDate"] = person.birth_date.isoformat()
        if person.phone:
            patient["telecom"] = [{"system": "phone", "value": person.phone}]
        contacts = list(patients.contacts(person.pk))
        patient["contact"] = [
            {"name": {"text": one.name}, "relationship": [{"text": one.relationship}]}
            for one in contacts
        ]
        more |= {
            "age": _age(person.birth_date),
            "carers": ", ".join(_named(one) for one in contacts if one.is_carer) or None,
            "contacts": ", ".join(_named(one) for one in contacts) or None,
            "trusted": ", ".join(_named(one) for one in contacts if one.is_trusted) or None,
            "measure": next((one.measure for one in contacts if one.measure), None),
        }
    return {"patient": _full(patient), "person": _full(more)}


def _full(element: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in element.items() if value not in (None, [], {}, "")}


def _named(contact: Any) -> str:
    return f"{contact.name} ({contact.relationship})" if contact.relationship else contact.name


def _age(birth: dt.date | None) -> int | None:
    if birth is None:
        return None
    today = timezone.localdate()
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def begin(
    definition: Definition, reach: Reach, person: Patient, variables: dict[str, Any]
) -> tuple[Answers, dict[str, dict[str, Any]]]:
    """The first answers of a new response, and where each came from. Two queries at most."""
    answers, origin = Answers(), {}
    earlier = _Earlier(reach, person) if any(i.look_back for i in definition.items) else None
    budget = fhirpath.Budget()
    exact = {name: fhirpath.exact(value) for name, value in variables.items()}
    exact["subject"] = exact.get("patient")
    for item, index in places(definition, answers):
        if not item.is_question or item.computed:
            continue
        found, source = _first(item, exact, earlier, budget)
        if found:
            place: Place = (item.n, index)
            answers.put(place, found)
            if source:
                origin[name_of(place)] = {"values": found, "from": source}
    return answers, origin


def _first(
    item: Item, exact: dict[str, Any], earlier: "_Earlier | None", budget: fhirpath.Budget
) -> tuple[list[Value], str]:
    if item.look_back and earlier is not None:
        found, source = earlier.answer(item)
        if found:
            return found, source
    if item.prefill is not None:
        try:
            raw = fhirpath.evaluate(item.prefill, exact.get("patient") or {}, exact, budget)
        except (fhirpath.Failed, fhirpath.TooCostly):
            raw = []
        made = [value for one in raw if (value := as_value(item, one)) is not None]
        if made:
            return (made if item.many else made[:1]), RECORD
    return list(item.initial if item.many else item.initial[:1]), ""


class _Earlier:
    """Answers given before, found by the code of their question."""

    def __init__(self, reach: Reach, person: Patient) -> None:
        rows = (
            Response.objects.within(reach)
            .filter(person_id__in=cluster_ids(person.pk), status__in=DONE)
            .select_related("questionnaire")
            .order_by("-at")[:LOOKED_AT]
        )
        self.found: list[tuple[Response, dict[tuple[str, str], list[Value]]]] = []
        for response in rows:
            one = state.opened(response)
            by_code = {
                code: given
                for item, index in places(one.definition, one.answers)
                for code in item.codes
                if (given := one.answers.at((item.n, index)))
            }
            self.found.append((response, by_code))

    def answer(self, item: Item) -> tuple[list[Value], str]:
        """The newest answer to one of the item's codes, within its period."""
        oldest = timezone.now() - dt.timedelta(days=item.look_back or 0)
        for response, by_code in self.found:
            if response.at < oldest:
                break
            for code in item.codes:
                given = by_code.get(code, [])
                fitting = [value for value in given if self._fits(item, value)]
                if fitting:
                    when = long_date(response.at)
                    title = response.questionnaire.title
                    return (
                        fitting if item.many else fitting[:1]
                    ), f"repris de « {title} » du {when}"
        return [], ""

    @staticmethod
    def _fits(item: Item, value: Value) -> bool:
        if item.options:
            return any(values.same(value, option.value) for option in item.options)
        return values.NAMES.get(item.type) in value
