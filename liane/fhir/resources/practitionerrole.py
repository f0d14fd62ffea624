"""PractitionerRole: one professional working for one organisation (fr-core-practitioner-role)."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core import clock
from liane.directory import declared
from liane.directory.models import Organisation, Practice, Professional
from liane.fhir import building as fhir
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.practitioner import PROFESSION, SPECIALTY
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Flag, Param, Several, Token
from liane.fhir.search.references import Identifier, Reference

CORE = "https://hl7.fr/ig/fhir/core"
ROLES = "https://liane.sante/CodeSystem/role"


class PractitionerRoleResource(Resource):
    """Every place where a professional of the directory works."""

    type = "PractitionerRole"
    model = Practice
    interactions = READ | {"create", "update", "patch"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-practitioner-role",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("practitioner", to={"Practitioner": "professional_id"},
                  elements=("practitioner",)),
        Reference("organization", to={"Organization": "organisation_id"},
                  elements=("organization",)),
        Several("role", params=(
            Token("role", column="role", system=ROLES),
            Token("role", column="professional__profession", system=PROFESSION),
            Indexed("role", path="PractitionerRole.code"))),
        Several("specialty", params=(
            Token("specialty", column="professional__specialty", system=SPECIALTY),
            Indexed("specialty", path="PractitionerRole.specialty"))),
        Flag("active", when=Q(ended_on__isnull=True)),
        Date("date", column="started_on", end="ended_on", days=True),
        Token("phone", column="phone", system="phone"),
        Token("email", column="email", system="email"),
        Several("telecom", params=(
            Token("telecom", column="phone", system="phone"),
            Token("telecom", column="email", system="email"),
            Indexed("telecom", path="PractitionerRole.telecom"))),
        Reference("location", to={}, elements=("location",)),
        Reference("service", to={}, elements=("healthcareService",)),
        Reference("endpoint", to={}, elements=("endpoint",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """The whole directory, with who and where: no other query."""
        return Practice.objects.select_related("professional", "organisation")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_place(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> Practice:
        """Say that a professional works in one's own structure."""
        person = refs.required(body.get("practitioner"), "Practitioner",
                               "PractitionerRole.practitioner")  # fmt: skip
        place = refs.required(body.get("organization"), "Organization",
                              "PractitionerRole.organization")  # fmt: skip
        return declared.practice(
            Professional.objects.get(pk=person), Organisation.objects.get(pk=place), _values(body)
        )

    def update(self, row: Any, body: Json, refs: Refs) -> Practice:
        """Correct what differs."""
        return declared.change_practice(row, _values(body))


def _place(row: Practice) -> Json:
    person = row.professional
    period = {"start": fhir.on(row.started_on), "end": fhir.on(row.ended_on)}
    return {
        "active": row.ended_on is None or row.ended_on >= clock.today(),
        "period": period,
        "practitioner": fhir.reference("Practitioner", person.pk, person.name),
        "organization": fhir.reference("Organization", row.organisation_id, row.organisation.name),
        "code": [
            fhir.concept(ROLES, row.role, row.get_role_display(), row.function),
            fhir.concept(PROFESSION, person.profession if person.profession.isdecimal() else ""),
        ],
        "specialty": [fhir.concept(SPECIALTY, person.specialty, person.specialty_name)],
        "telecom": fhir.telecom(row.phone, row.email),
    }


def _values(body: Json) -> dict[str, Any]:
    period = body.get("period") or {}
    ended = fhir.day(period.get("end"), "PractitionerRole.period.end")
    if ended is None and body.get("active") is False:
        ended = clock.today()
    role = fhir.code_of(body.get("code"), ROLES)
    made: dict[str, Any] = {
        "function": fhir.words_of(next(iter(body.get("code") or []), None))[:100],
        "phone": fhir.point(body, "phone")[:20],
        "email": fhir.point(body, "email"),
        "started_on": fhir.day(period.get("start"), "PractitionerRole.period.start"),
        "ended_on": ended,
    }
    return made | ({"role": role} if role in {"care", "social"} else {})
