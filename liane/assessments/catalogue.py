"""The questionnaires there are: Liane's own data files, and those that somebody imports."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from liane.assessments.engine import reading
from liane.assessments.engine.extensions import CORE, OURS, value_of, values
from liane.assessments.engine.items import Definition
from liane.assessments.models import Domain, Questionnaire, Response

FOLDER = Path(__file__).with_name("data")
Outcome = str
"""``created``, ``updated`` or ``unchanged``."""


class Answered(ValueError):
    """This version was answered already: it cannot change. Give the new one another version."""


def definition_of(questionnaire: Questionnaire) -> Definition:
    """The definition of a stored questionnaire. Read once in a process for each content."""
    return _definition(questionnaire.content)


@lru_cache(maxsize=256)
def _definition(content: str) -> Definition:
    held = json.loads(content)
    return reading.read(held["questionnaire"], {one["url"]: one for one in held["beside"]})


def resource_of(questionnaire: Questionnaire) -> dict[str, Any]:
    """The FHIR resource as it came."""
    found: dict[str, Any] = json.loads(questionnaire.content)["questionnaire"]
    return found


def files() -> list[Path]:
    """The data files of Liane's own questionnaires."""
    return sorted(FOLDER.glob("*.questionnaire.json"))


def delivered(url: str) -> Definition:
    """One of Liane's own questionnaires, as its file says. Raises LookupError."""
    for path in files():
        resource = json.loads(path.read_text(encoding="utf-8"))
        if resource.get("url") == url:
            return reading.read(resource)
    raise LookupError(url)


def install_after_migrate(sender: Any, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Put Liane's own questionnaires in the database once migrations are done."""
    if sender.name != "liane.assessments":
        return
    if Questionnaire._meta.db_table in connections[using].introspection.table_names():
        install()


def install() -> list[Outcome]:
    """Make the database agree with the data files."""
    outcomes = []
    for path in files():
        resource = json.loads(path.read_text(encoding="utf-8"))
        definition = reading.read(resource)
        outcomes.append(store(definition, (), origin=Questionnaire.Origin.HOUSE))
    return outcomes


def store(
    definition: Definition,
    beside: Iterable[Mapping[str, Any]],
    *,
    origin: str = Questionnaire.Origin.IMPORTED,
    organisation_id: UUID | None = None,
) -> Outcome:
    """Keep a questionnaire that was read. Raises :class:`Answered` for a version answered."""
    resource = definition.resource
    content = json.dumps(
        {"questionnaire": resource, "beside": list(beside)}, ensure_ascii=False, sort_keys=True
    )
    digest = hashlib.sha256(content.encode()).hexdigest()
    address = definition.url or f"urn:liane:questionnaire:{resource.get('id') or digest[:32]}"
    with transaction.atomic():
        row = Questionnaire.objects.filter(
            url=address, version=definition.version, organisation=organisation_id
        ).first()
        if row is not None and row.digest == digest:
            return "unchanged"
        if row is not None and _answered(row):
            raise Answered(
                "cette version a déjà servi : elle ne change plus, donnez-lui un autre numéro"
            )
        outcome = "created" if row is None else "updated"
        row = row or Questionnaire(url=address, version=definition.version)
        row.content, row.digest, row.origin = content, digest, origin
        row.organisation_id = organisation_id
        row.title = definition.title[:400]
        row.remarks = "\n".join(definition.remarks)
        _describe(row, resource)
        row.save()
    return outcome


def _answered(row: Questionnaire) -> bool:
    from liane.core import acting

    with acting.acting(acting.system("catalogue")):
        return bool(Response.objects.filter(questionnaire=row).exists())


def _describe(row: Questionnaire, resource: Mapping[str, Any]) -> None:
    """Source, licence, validity, area and order, from the resource itself."""
    area = str(value_of(resource, OURS + "area") or "")
    row.area = area if area in Domain.values else Domain.CLINICAL
    row.gate = str(value_of(resource, OURS + "gate") or "")[:40]
    order = value_of(resource, OURS + "order")
    row.order = order if isinstance(order, int) and 0 <= order < 1000 else 100
    row.licence = str(resource.get("copyright") or "")[:2000]
    row.source = _source(resource)
    period = resource.get("effectivePeriod") or {}
    row.valid_from, row.valid_until = _day(period.get("start")), _day(period.get("end"))
    row.offered = resource.get("status") in {"active", "draft"}


def _source(resource: Mapping[str, Any]) -> str:
    for extension in values(resource, CORE + "workflow-relatedArtifact"):
        artifact = extension.get("valueRelatedArtifact")
        if isinstance(artifact, dict) and artifact.get("citation"):
            return str(artifact["citation"])[:1000]
    return str(resource.get("publisher") or resource.get("url") or "")[:1000]


def _day(text: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
