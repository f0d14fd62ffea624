"""HealthcareService: what a structure offers, answering one need (fr-core-healthcare-service).

The need is that of the list of Liane (``type``, system :data:`NEEDS`); an offer that names a
medical specialty and no need answers « consultation spécialisée ».
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.directory import needs, offers
from liane.directory.models import HealthcareService, Organisation, Posting
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.organization import Words
from liane.fhir.resources.practitioner import SPECIALTY
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Flag, Param, Several, Token
from liane.fhir.search.references import Identifier, Reference

CORE = "https://hl7.fr/ig/fhir/core"
NEEDS = "https://liane.sante/CodeSystem/need"
SPECIALIST = "specialist"


class Offers(Words):
    """Words of an offer."""

    posting = Posting.Kind.SERVICE


class HealthcareServiceResource(Resource):
    """The offers of the directory."""

    type = "HealthcareService"
    model = HealthcareService
    interactions = READ | {"create", "update", "patch", "delete"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-healthcare-service",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Offers("name", columns=("name",), sort="name"),
        Flag("active", when=Q(ended_at__isnull=True)),
        Reference("organization", to={"Organization": "organisation_id"}, elements=("providedBy",)),
        Reference("location", to={"Location": "organisation_id"}, elements=("location",)),
        Several("service-type", params=(
            Token("service-type", column="need", system=NEEDS),
            Indexed("service-type", path="HealthcareService.type"))),
        Indexed("service-category", path="HealthcareService.category"),
        Indexed("specialty", path="HealthcareService.specialty"),
        Indexed("characteristic", path="HealthcareService.characteristic"),
        Indexed("program", path="HealthcareService.program"),
        Reference("coverage-area", to={}, elements=("coverageArea",)),
        Reference("endpoint", to={}, elements=("endpoint",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Every offer, those withdrawn included (``active=false``)."""
        return HealthcareService.objects.select_related("organisation", "correspondent")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_offer(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> HealthcareService:
        """Say what a structure offers."""
        where = "HealthcareService.providedBy"
        place = refs.required(body.get("providedBy"), "Organization", where)
        return offers.add(Organisation.objects.get(pk=place), _values(body))

    def update(self, row: Any, body: Json, refs: Refs) -> HealthcareService:
        """Correct it; no longer active, it is withdrawn."""
        where = "HealthcareService.providedBy"
        place = refs.required(body.get("providedBy"), "Organization", where)
        if place != row.organisation_id:
            raise unprocessable("An offer keeps its structure.", where)
        if body.get("active") is False:
            self.delete(row)
        elif row.ended_at is not None:
            raise unprocessable("This offer was withdrawn.", "HealthcareService.active")
        else:
            offers.correct(row.pk, _values(body))
        return self.model.objects.select_related("organisation", "correspondent").get(pk=row.pk)

    def delete(self, row: Any) -> None:
        """Withdraw it."""
        if row.ended_at is None:
            offers.withdraw(row.pk, "retirée dans le logiciel métier")


def _offer(row: HealthcareService) -> Json:
    desk = row.correspondent
    return {
        "active": row.ended_at is None,
        "providedBy": fhir.reference("Organization", row.organisation_id, row.organisation.name),
        "type": [fhir.concept(NEEDS, row.need, row.need_words)],
        "name": row.name,
        "comment": row.conditions,
        "extraDetails": row.referral,
        "telecom": fhir.telecom(desk.phone, desk.email) if desk is not None else None,
    }


def _values(body: Json) -> dict[str, Any]:
    need = fhir.code_of(body.get("type"), NEEDS)
    if not need and fhir.code_of(body.get("specialty"), SPECIALTY):
        need = SPECIALIST
    if not needs.known(need):
        known = ", ".join(sorted(needs.version()))
        raise unprocessable(f"A need of {NEEDS} is needed: {known}.", "HealthcareService.type")
    return {
        "need": need,
        "name": str(body.get("name", ""))[:150],
        "conditions": str(body.get("comment", ""))[:300],
        "referral": str(body.get("extraDetails", ""))[:300],
    }
