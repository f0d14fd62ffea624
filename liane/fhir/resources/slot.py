"""Slot: one time of a schedule, free or taken (fr-core-slot). Whom it concerns is said nowhere."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet

from liane.agenda.models import Slot
from liane.circle.reach import Reach
from liane.fhir import building as fhir
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.practitioner import SPECIALTY
from liane.fhir.search import values
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Several, Token
from liane.fhir.search.references import Identifier, Reference

CORE = "https://hl7.fr/ig/fhir/core"
GAP = "https://interop.esante.gouv.fr/ig/fhir/gap/SearchParameter"
URI = "urn:ietf:rfc:3986"


def _number(text: str) -> tuple[str, Sequence[Any]] | None:
    found = values.uuid(text.removeprefix("urn:uuid:"))
    return None if found is None else ("pk", [found])


class SlotResource(Resource):
    """The slots of schedules that are open."""

    type = "Slot"
    model = Slot
    interactions = READ
    profiles = (f"{CORE}/StructureDefinition/fr-core-slot",)
    default_sort = "start"
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier", held={URI: _number}),
        Reference("schedule", to={"Schedule": "schedule_id"}, elements=("schedule",)),
        Token("status", column="status", system="http://hl7.org/fhir/slotstatus"),
        Date("start", column="starts_at", sort="starts_at", url=f"{GAP}/GAP-Slot-earliestStart"),
        Several("specialty", params=(
            Token("specialty", column="schedule__practice__professional__specialty",
                  system=SPECIALTY),
            Indexed("specialty", path="Slot.specialty"))),
        Indexed("service-category", path="Slot.serviceCategory"),
        Indexed("service-type", path="Slot.serviceType"),
        Indexed("appointment-type", path="Slot.appointmentType"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Slots of every open schedule."""
        rows = Slot.objects.filter(schedule__closed_at=None)
        return rows.select_related("schedule__practice__professional")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_slot(row)) for row in rows]


def _slot(row: Slot) -> Json:
    person = row.schedule.practice.professional
    return {
        "identifier": [fhir.identifier(URI, f"urn:uuid:{row.pk}")],
        "specialty": [fhir.concept(SPECIALTY, person.specialty, person.specialty_name)],
        "schedule": fhir.reference("Schedule", row.schedule_id),
        "status": row.status,
        "start": fhir.at(row.starts_at),
        "end": fhir.at(row.ends_at),
    }
