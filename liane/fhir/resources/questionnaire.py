"""Questionnaire: those that an actor may fill in, as they came (HL7 SDC)."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.assessments.models import Questionnaire
from liane.circle.reach import Reach
from liane.fhir import building as fhir
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.params import (
    Identifier,
    Param,
    String,
    Token,
)


class QuestionnaireResource(Resource):
    """Questionnaires delivered with Liane, and those of one's own structure."""

    type = "Questionnaire"
    model = Questionnaire
    interactions = READ
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Token("url", column="url"),
        Token("version", column="version"),
        String("title", columns=("title",)),
        constant("status", "active"),
    )

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Everybody's, and those of the actor's own structures."""
        rows = Questionnaire.objects.all()
        if reach.everything:
            return rows
        return rows.filter(Q(organisation=None) | Q(organisation_id__in=reach.actor.holders))

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query: the resource as it was stored."""
        return [fhir.cleaned(_stored(row)) for row in rows]


def _stored(row: Questionnaire) -> Json:
    body: Json = json.loads(row.content)["questionnaire"]
    return {name: one for name, one in body.items() if name not in {"id", "meta", "resourceType"}}
