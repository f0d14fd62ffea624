"""Questionnaire: those that an actor may fill in, as they came (HL7 SDC).

The software of a structure adds its own; once one is answered, this version never changes.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.assessments import catalogue
from liane.assessments.engine import reading
from liane.assessments.models import Questionnaire
from liane.circle.reach import Reach
from liane.fhir import building as fhir
from liane.fhir import wire
from liane.fhir.outcomes import Issue, Problem, forbidden, problem, unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.params import Param, String, Token
from liane.fhir.search.references import Identifier


class QuestionnaireResource(Resource):
    """Questionnaires delivered with Liane, and those of one's own structure."""

    type = "Questionnaire"
    model = Questionnaire
    interactions = READ | {"create", "update"}
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("url", column="url"),
        Token("version", column="version"),
        String("title", columns=("title",)),
        constant("status", "active"),
    )

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Everybody's, and those of the actor's own structures."""
        return offered(reach)

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query: the resource as it was stored."""
        return [fhir.cleaned(_stored(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Questionnaire:
        """Keep a questionnaire of the caller's structure. Raises Problem 422 for one not read."""
        return _kept(body, refs)

    def update(self, row: Any, body: Json, refs: Refs) -> Questionnaire:
        """Correct one of one's own that nobody answered yet: same address, same version."""
        if row.organisation_id is None or row.organisation_id != refs.organisation_id:
            raise forbidden("This questionnaire is not one of your structure.")
        same = (str(body.get("url", "")), str(body.get("version", "")))
        if same != (row.url, row.version):
            raise unprocessable(
                "Another version is another Questionnaire.", "Questionnaire.version"
            )
        return _kept(body, refs)


def offered(reach: Reach) -> QuerySet[Questionnaire]:
    """Questionnaires of everybody, and those of the actor's own structures."""
    rows = Questionnaire.objects.all()
    if reach.everything:
        return rows
    return rows.filter(Q(organisation=None) | Q(organisation_id__in=reach.actor.holders))


def _kept(body: Json, refs: Refs) -> Questionnaire:
    actor = refs.access.actor
    if actor.kind != "client":
        raise forbidden("Questionnaires are added by the software of a structure (system/).")
    if not body.get("url"):
        raise unprocessable("A questionnaire has an address.", "Questionnaire.url")
    try:
        definition = reading.read(json.loads(wire.dump(body)))
        catalogue.store(definition, (), organisation_id=refs.organisation_id)
    except reading.Invalid as error:
        issues = [Issue(f"{one.where} : {one.why}", "invalid", "Questionnaire")
                  for one in error.refusals[:10]]  # fmt: skip
        raise Problem(422, *issues) from None
    except catalogue.Answered as error:
        raise problem(409, str(error), code="conflict", where="Questionnaire.version") from None
    return Questionnaire.objects.get(
        url=definition.url,
        version=definition.version,
        organisation_id__in=[refs.organisation_id],
    )


def _stored(row: Questionnaire) -> Json:
    body: Json = json.loads(row.content)["questionnaire"]
    return {name: one for name, one in body.items() if name not in {"id", "meta", "resourceType"}}
