"""Resources from files, by the same way as those that applications send.

Whoever they bring enters the circle of the organisation that imports (ground « source »). The same
file again changes nothing: a resource is known by the identifier that its sender gave it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.http import Http404

from liane.core import acting
from liane.core.acting import Actor
from liane.core.errors import Refused
from liane.directory.models import Organisation
from liane.exchange.fhir_import import Report
from liane.fhir import bundles, indexing, resources, versions
from liane.fhir.access import Access
from liane.fhir.bundles import Entry
from liane.fhir.models import Index
from liane.fhir.outcomes import Problem
from liane.fhir.writing import Writer

Json = dict[str, Any]
CODE = "_imported"


class _Whole:
    """Scopes of a command: all of them."""

    def allows(self, resource_type: str, letter: str) -> bool:
        """Always."""
        return True

    def restrictions(self, resource_type: str, letter: str = "") -> list[str]:
        """None."""
        return []

    def only_patient(self, resource_type: str, letter: str = "") -> bool:
        """Never."""
        return False


@dataclass(frozen=True)
class _Importer:
    actor: Actor
    client_id: UUID
    scopes: _Whole
    patient_id: UUID | None = None


def takes(kind: str) -> bool:
    """True for a type that is imported this way; questionnaires have their own (everybody's)."""
    if kind == "Questionnaire":
        return False
    resource = resources.get(kind)
    return resource is not None and "create" in resource.interactions


def take(found: Sequence[tuple[str, Json]], organisation_id: UUID | None, report: Report) -> None:
    """Write these resources, those that others refer to first; each for itself."""
    house = organisation_id or _operator()
    if house is None:
        report.reject("--organisation", "dites pour quelle structure : --organisation ID")
        return
    actor = acting.system("import fhir", organisation_id=house, channel="command")
    with acting.acting(actor):
        on = Writer(Access(_Importer(actor, house, _Whole())))
        entries = [_entry(number, body) for number, (_, body) in enumerate(found)]
        try:
            ordered = list(bundles.by_need(entries))
        except Problem as reason:
            report.reject(found[0][0], reason.issues[0].text)
            return
        for one in ordered:
            _one(found[one.number][0], one, on, house, report)


def _operator() -> UUID | None:
    rows = Organisation.objects.filter(kind=Organisation.Kind.OPERATOR)
    return rows.values_list("pk", flat=True).first()


def _entry(number: int, body: Json) -> Entry:
    body = _exact(body)
    kind, key = body.get("resourceType"), body.get("id")
    names = (f"{kind}/{key}",) if isinstance(key, str) else ()
    return Entry(number, "POST", str(kind), body, names)


def _exact(value: Any) -> Any:
    """Decimals as the interface reads them, from what the file's reader made of them."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    return [_exact(one) for one in value] if isinstance(value, list) else value


def _one(where: str, one: Entry, on: Writer, house: UUID, report: Report) -> None:
    try:
        with transaction.atomic():
            report.counts[_written(one, on, house)] += 1
    except Problem as reason:
        for issue in reason.issues[:5]:
            report.reject(f"{where} {issue.where}".strip(), issue.text)
    except Refused as reason:
        report.reject(where, reason.message)
    except Http404:
        report.reject(where, "hors de portée de cette structure")
    except DatabaseError:
        report.reject(where, "un autre enregistrement l’a précédé")


def _written(one: Entry, on: Writer, house: UUID) -> str:
    resource = resources.get(one.url)
    assert resource is not None  # noqa: S101
    bundles.linked(one, on)
    mark = indexing.mark(f"{house}|{one.names[0]}") if one.names else ""
    known = _known(one.url, mark) if mark else None
    if known is not None:
        before = versions.latest(resource.type, [known])[known].number
        shown = on.update(resource, known, {**one.resource, "id": str(known)})
        assert shown.state.last is not None  # noqa: S101
        outcome = "unchanged" if shown.state.last.number == before else "updated"
    else:
        shown, outcome = on.create(resource, one.resource), "created"
    if mark and outcome != "unchanged":
        Index.objects.create(
            type=resource.type, object_id=shown.key, code=CODE, digest=mark,
            person_id=resource.person_of(shown.row), area=str(resource.area or ""),
        )  # fmt: skip
    bundles.remember(on, one, resource.type, shown.key)
    return outcome


def _known(kind: str, mark: str) -> UUID | None:
    rows = Index.objects.filter(type=kind, code=CODE, digest=mark)
    return rows.values_list("object_id", flat=True).first()
