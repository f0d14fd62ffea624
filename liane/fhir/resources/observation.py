"""Observation: one score of an assessment that was completed (Katz, TUG, GIR…), or one panel.

One may be sent where a questionnaire keeps it as it is measured (the total of a test): it is then
an assessment of which it is the only answer. What is calculated is sent with its answers. Several
numbers that are one (a blood pressure) are one Observation with components (`assessments.grouped`).
"""

import datetime as dt
from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from liane.assessments import catalogue, grouped, receiving, services
from liane.assessments.models import Response, Score
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import Problem, unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.measured import Amount, Composite
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Several, Test, Token
from liane.fhir.search.references import Identifier, Reference

SCORES = "https://liane.sante/CodeSystem/score"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


VITAL_SIGNS = "urn:liane:questionnaire:constantes"
"""The questionnaire of vital signs, of which each score is one."""
LOINC = "http://loinc.org"
LOINCS: dict[str, tuple[str, ...]] = {
    item.score.code: tuple(code for system, code in item.codes if system == LOINC)
    for item in catalogue.delivered(VITAL_SIGNS).scores
    if item.score is not None
}
"""What LOINC calls each vital sign."""
S = Response.Status
STATUS: dict[str, str] = {
    S.COMPLETED: "final", S.AMENDED: "amended", S.ERROR: "entered-in-error",
}  # fmt: skip
AHEAD = dt.timedelta(minutes=5)
"""How far the clock of other software may be ahead of ours."""
HELD = {code: str(held) for held, code in STATUS.items()}
BP = grouped.BLOOD_PRESSURE
SIGNS = {code: held for held, several in LOINCS.items() for code in several}
PARTS = {code: BP for held in grouped.KNOWN[VITAL_SIGNS][BP] for code in LOINCS[held]}
"""What LOINC calls the numbers of a blood pressure."""
NAMES = {BP: "Pression artérielle"}


class Single(Token):
    """A code of a score that is told alone."""

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Any]) -> Q:
        """As any token, panels left out: their numbers are components."""
        return super().condition(key, leafs) & Q(panel="")


class SingleAmount(Amount):
    """A value that is told alone."""

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Any]) -> Q:
        """As any amount, panels left out."""
        return super().condition(key, leafs) & Q(panel="")


class PartAmount(Amount):
    """A value of one of the numbers of a panel."""

    def condition(self, key: tuple[Hashable, ...], leafs: Sequence[Any]) -> Q:
        """The first number of the panel, or one of the others."""
        others = Score.objects.filter(super().condition(key, leafs), head=OuterRef("pk"))
        return (super().condition(key, leafs) & ~Q(panel="")) | Q(Exists(others))


CODE = Single("code", column="code", system=SCORES)
SIGN = Single("code", column="code", system=LOINC, codes=SIGNS)
PANEL = Token("code", column="panel", system=LOINC, codes={BP.rpartition("|")[2]: BP})
VALUE = SingleAmount("value-quantity", column="value", unit="unit")


def category_of(url: str) -> Json | None:
    """The category of the scores of a questionnaire."""
    return fhir.concept(CATEGORY, "vital-signs" if url == VITAL_SIGNS else "survey")


def _category(raw: str, modifier: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"survey", "vital-signs"} else Test(NOTHING)


def _in_category(key: Any, leafs: Sequence[Any]) -> Q:
    vital = Q(url=VITAL_SIGNS)
    return vital if key[0] == "vital-signs" else ~vital


class ObservationResource(Resource):
    """Scores within reach, each under the rights of its assessment."""

    type = "Observation"
    model = Score
    area = Area.CLINICAL_NOTE
    person_path = "person_id"
    touched = "at"
    interactions = READ | {"create", "update"}
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Several("code", params=(CODE, SIGN, PANEL, Indexed("code", path="Observation.code"))),
        VALUE,
        Composite("code-value-quantity", params=(CODE, VALUE)),
        Composite("combo-code-value-quantity", params=(CODE, VALUE)),
        Several("combo-code", params=(
            Token("combo-code", column="code", system=SCORES),
            Token("combo-code", column="code", system=LOINC, codes=SIGNS), PANEL,
            Token("combo-code", column="panel", system=LOINC, codes=PARTS),
            Indexed("combo-code", path="Observation.code"),
            Indexed("combo-code", path="Observation.component.code"))),
        Several("component-code", params=(
            Token("component-code", column="panel", system=LOINC, codes=PARTS),
            Indexed("component-code", path="Observation.component.code"))),
        PartAmount("component-value-quantity", column="value", unit="unit"),
        Several("combo-value-quantity", params=(
            VALUE, PartAmount("combo-value-quantity", column="value", unit="unit"))),
        Token("status", column="response__status", codes=HELD),
        Custom("category", read=_category, build=_in_category),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("derived-from", to={"QuestionnaireResponse": "response_id"},
                  elements=("derivedFrom",)),
        Reference("performer", elements=("performer",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id"}),
        Date("date", column="at", sort="at"),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Scores that the actor may read."""
        found: QuerySet[Any] = Score.objects.within(reach).filter(head=None)
        return found.select_related("response")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most four queries: who assessed, the other numbers of panels."""
        known = people.references(row.author_holder_id for row in rows)
        others: dict[UUID, list[Score]] = {}
        heads = [row.pk for row in rows if row.panel]
        for one in Score.objects.filter(head__in=heads).order_by("pk") if heads else ():
            others.setdefault(one.head_id, []).append(one)
        return [
            fhir.cleaned(_shown(row, others.get(row.pk, []), people.author(row, known)))
            for row in rows
        ]

    def create(self, body: Json, refs: Refs) -> Score:
        """Keep a measure, as the assessment that it is the only answer of."""
        if body.get("status") != "final":
            raise unprocessable("A measure that is sent is « final ».", "Observation.status")
        where = "Observation.subject"
        key = refs.required(body.get("subject"), "Patient", where)
        person = refs.access.reach.patients().filter(pk=key).first()
        if person is None:
            raise unprocessable("This person is out of reach.", where)
        parts = fhir.items(body, "component")
        if parts:
            return self._again(receiving.panel(
                person, _panel(body), [_part(one, place) for place, one in enumerate(parts)],
                at=_when(body),
            ))  # fmt: skip
        number, unit = _measured(body)
        codes = {("" if system == SCORES else system, code) for system, code in _codes(body)}
        made = receiving.measure(person, codes, number, unit=unit, at=_when(body))
        return self._again(made)

    def update(self, row: Any, body: Json, refs: Refs) -> Score:
        """Say that a measure was an error. It does not change otherwise: another one is sent."""
        if body.get("status") != "entered-in-error":
            raise unprocessable("A measure does not change: say « entered-in-error », and send "
                                "another.", "Observation.status")  # fmt: skip
        response = Response.objects.select_related("questionnaire").get(pk=row.response_id)
        if not receiving.is_measure(response, row.code):
            raise unprocessable("This score comes from an assessment: withdraw that one "
                                "(QuestionnaireResponse).", "Observation.status")  # fmt: skip
        if response.status != S.ERROR:
            services.withdraw(response.pk, reason="retirée par le logiciel")
        return self._again(response)

    def _again(self, response: Response) -> Score:
        rows = Score.objects.select_related("response")
        found: Score = rows.get(response=response, head=None)  # its only one, of the same actor
        return found


def _panel(body: Json) -> str:
    """The system and the code of a panel, which has no value of its own."""
    if any(name.startswith("value") for name in body) or body.get("dataAbsentReason"):
        raise unprocessable("The numbers of a panel are its components.", "Observation.value[x]")
    codes = _codes(body)
    if not codes:
        raise unprocessable("A panel has a code.", "Observation.code", "required")
    named = BP if tuple(BP.split("|")) in codes else "|".join(codes[0])
    return named[:200]


def _part(one: Json, place: int) -> receiving.Part:
    try:
        number, unit = _measured(one)
    except Problem:
        raise unprocessable(
            "Each component is one number.", f"Observation.component[{place}]"
        ) from None
    return receiving.Part(
        frozenset(("" if system == SCORES else system, code) for system, code in _codes(one)),
        number, unit,
    )  # fmt: skip


def _codes(body: Json) -> list[tuple[str, str]]:
    return [
        (str(one.get("system", "")), str(one["code"]))
        for one in fhir.codings(body.get("code")) if one.get("code")
    ]  # fmt: skip


def _when(body: Json) -> dt.datetime | None:
    """When it was measured. Raises Problem 422 for a period, or for what is to come."""
    where = "Observation.effectiveDateTime"
    text = body.get("effectiveDateTime") or body.get("effectiveInstant")
    if text is None and any(name.startswith("effective") for name in body):
        raise unprocessable("A measure is of one moment (effectiveDateTime).", where)
    at = fhir.moment(text, where)
    if at is not None and at > timezone.now() + AHEAD:
        raise unprocessable("A measure is not of the future.", where)
    return at


def _measured(body: Json) -> tuple[Decimal, str]:
    """The number, and its unit. Raises Problem 422 for what Liane has no place for."""
    if body.get("dataAbsentReason"):
        raise unprocessable("A measure has a value.", "Observation.dataAbsentReason")
    quantity = body.get("valueQuantity") or {}
    number = quantity.get("value", body.get("valueInteger"))
    if number is None or quantity.get("comparator"):
        raise unprocessable("The value of a measure is one number.", "Observation.valueQuantity")
    return Decimal(str(number)), str(quantity.get("code") or quantity.get("unit") or "")


def _shown(row: Score, others: Sequence[Score], author: Json | None) -> Json:
    shared = {
        "status": STATUS.get(row.response.status, "final"),
        "category": [category_of(row.url)],
        "subject": fhir.reference("Patient", row.person_id),
        "effectiveDateTime": fhir.at(row.at),
        "performer": [author],
        "derivedFrom": [fhir.reference("QuestionnaireResponse", row.response_id)],
    }
    if not row.panel:
        return {**shared, **_number(row)}
    system, _, code = row.panel.rpartition("|")
    parts = [_number(one) for one in (row, *others)]
    return {**shared, "code": fhir.concept(system, code, NAMES.get(row.panel, "")),
            "component": parts}  # fmt: skip


def _number(row: Score) -> Json:
    value = int(row.value) if row.value == int(row.value) else row.value.normalize()
    signs = LOINCS.get(row.code, ()) if row.url == VITAL_SIGNS else ()
    return {
        "code": {
            "coding": [
                {"system": SCORES, "code": row.code, "display": row.label},
                *({"system": LOINC, "code": code} for code in signs),
            ]
        },
        "valueQuantity": {"value": value} | ({"unit": row.unit} if row.unit else {}),
        "interpretation": [{"text": row.band}] if row.band else None,
    }
