"""CommunicationRequest: an event of a hospital to be told (notification d’événements).

Each is a fact told of a stay (an admission, a discharge). To receive one is to hear what a hospital
says, as one of its messages would: the stay is folded again, and who must know is told. The same
event heard twice, or by another way, tells nobody anything again.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import keys
from liane.core.areas import Area
from liane.directory.models import Organisation
from liane.fhir import building as fhir
from liane.fhir import identifying
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.constant import constant
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Several, Token
from liane.fhir.search.references import Identifier, Reference
from liane.stays import services, words
from liane.stays.facts import FactKind
from liane.stays.models import Stay, StayFact
from liane.stays.movement import Kind, Movement
from liane.stays.queries import facts_with_place
from liane.stays.serial import state_from
from liane.stays.state import Status, StayState
from liane.stays.telling import TEAM_KIND

NDE = "https://interop.esante.gouv.fr/ig/fhir/nde"
TYPE = f"{NDE}/StructureDefinition/event-type"
TIME = f"{NDE}/StructureDefinition/event-time"
EMITTED = f"{NDE}/StructureDefinition/event-emission-time"
EVENTS = "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement"
OTHERS = "https://liane.sante/CodeSystem/stay-event"
CODES = {FactKind.ADMITTED: "ADM", FactKind.DISCHARGED: "SOR"}
"""Facts that the national list of events names; the others are said in our own."""
SAID = {"ADM": (Kind.ADMIT, "A01"), "SOR": (Kind.DISCHARGE, "A03")}
HELD = {code: str(kind) for kind, code in CODES.items()}


class CommunicationRequestResource(Resource):
    """Facts told of the stays within reach."""

    type = "CommunicationRequest"
    model = StayFact
    area = Area.AGENDA
    person_path = "stay__person_id"
    interactions = READ | {"create"}
    journal = (TEAM_KIND,)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Several("event-type", url=f"{NDE}/SearchParameter/NdE-CommunicationRequest-EventType",
                params=(Token("event-type", column="kind", system=EVENTS, codes=HELD),
                        Token("event-type", column="kind", system=OTHERS))),
        Reference("subject", to={"Patient": "stay__person_id"}, elements=("subject",)),
        Reference("patient", to={"Patient": "stay__person_id"}, elements=("subject",)),
        Reference("encounter", to={"Encounter": "stay_id"}, elements=("encounter",)),
        Reference("requester", to={"Organization": "stay__hospital_id"}, elements=("requester",)),
        constant("status", "active"),
        Date("authored", column="created_at", sort="created_at"),
        Date("occurrence", column="at", sort="at"),
        Indexed("based-on", of="reference", path="CommunicationRequest.basedOn"),
        Indexed("medium", path="CommunicationRequest.medium"),
        Indexed("recipient", of="reference", path="CommunicationRequest.recipient"),
        Indexed("category", path="CommunicationRequest.category"),
        Indexed("priority", path="CommunicationRequest.priority"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Facts told to the care team and to the person."""
        return facts_with_place(reach).select_related("stay__person", "stay__hospital")

    def person_of(self, row: Any) -> UUID | None:
        """Whose stay it is."""
        found: UUID = row.stay.person_id
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_event(row)) for row in rows]

    def create(self, body: Json, refs: Refs) -> StayFact:
        """Hear what a hospital says: an admission (``ADM``) or a discharge (``SOR``)."""
        where = "CommunicationRequest"
        person = identifying.person(body, body.get("subject"), refs, f"{where}.subject")
        require_write(person, Area.AGENDA)
        code = fhir.code_of(fhir.extension(body, TYPE, "valueCodeableConcept"), EVENTS)
        if code not in SAID:
            raise unprocessable(f"Events that are heard: {', '.join(SAID)} of {EVENTS}.",
                                f"{where}.extension", "not-supported")  # fmt: skip
        at = fhir.moment(fhir.extension(body, TIME, "valueDateTime"), f"{where}.extension")
        if at is None:
            raise unprocessable("The time of the event is needed.", f"{where}.extension")
        if at > timezone.now() + dt.timedelta(days=1):
            raise unprocessable("This event has not taken place yet.", f"{where}.extension")
        source = _source(body, refs, person, code, at)
        stay, _ = services.hear(person, source, _statement(body, code, at, source))
        rows = StayFact.objects.select_related("stay__person", "stay__hospital")
        facts = rows.filter(stay=stay).order_by("-pk")
        found = facts.filter(kind=HELD[code]).first() or facts.first()
        if found is None:
            raise unprocessable("This says nothing of an absence from home.", where)
        return found


def _source(body: Json, refs: Refs, person: UUID, code: str, at: dt.datetime) -> services.Source:
    """Which hospital speaks, and of which stay: by its number, else the one that is under way."""
    where = "CommunicationRequest.requester"
    asker = body.get("requester") or {}
    kinds = ("Organization", "PractitionerRole", "Practitioner", "Patient", "RelatedPerson",
             "Device")  # fmt: skip
    named = refs.one(asker, kinds, where)
    place = named[1] if named is not None and named[0] == "Organization" else None
    inside = next((one for one in fhir.items(body, "contained")
                   if f"#{one.get('id')}" == asker.get("reference")), {})  # fmt: skip
    hospital = None
    if place is not None or not inside.get("name"):
        hospital = Organisation.objects.filter(pk__in=[place or refs.organisation_id]).first()
    name = hospital.name if hospital is not None else str(inside.get("name", ""))[:200]
    number = (body.get("encounter") or {}).get("identifier") or {}
    if number.get("value"):
        visit = f"{number.get('system', '')}|{number['value']}"
    elif code == "SOR" and (under_way := _under_way(person, hospital, name)):
        visit = under_way
    else:
        visit = f"nde|{name}|{at.astimezone(dt.UTC).isoformat()}"
    visit = visit if len(visit) <= 200 else keys.digest(visit, purpose="visit")
    return services.Source(visit, hospital, name)


def _under_way(person: UUID, hospital: Organisation | None, name: str) -> str:
    """The number of the stay from which somebody leaves: the only one under way there."""
    rows = Stay.objects.filter(
        person_id=person, kind=Stay.Kind.HOSPITAL,
        status__in=[Status.IN_PROGRESS, Status.ON_LEAVE],
    ).exclude(visit="")  # fmt: skip
    same = rows.filter(hospital=hospital) if hospital else rows.filter(hospital_name=name)
    found = list(same.values_list("visit", flat=True)[:2])
    return found[0] if len(found) == 1 else ""


def _statement(body: Json, code: str, at: dt.datetime, source: services.Source) -> Movement:
    kind, event = SAID[code]
    said = fhir.moment(fhir.extension(body, EMITTED, "valueDateTime"),
                       "CommunicationRequest.extension")  # fmt: skip
    content = f"{code} {at.astimezone(dt.UTC).isoformat()} {source.visit}"
    return Movement(
        key=f"nde:{keys.digest(content, purpose='statement')}", at=at.astimezone(dt.UTC),
        recorded_at=(said or at).astimezone(dt.UTC), kind=kind, event=event,
        movement_id=f"nde-{code.lower()}", class_code="I", hospital=source.name,
    )  # fmt: skip


# ------------------------------------------------------------------ as FHIR
def _event(row: StayFact) -> Json:
    stay = row.stay
    house = fhir.reference("Organization", stay.hospital_id, stay.hospital_name or str(
        stay.hospital))  # fmt: skip
    return {
        "extension": _extensions(row),
        "status": "active",
        "subject": fhir.reference("Patient", stay.person_id),
        "encounter": fhir.reference("Encounter", row.stay_id),
        "payload": [{"contentString": words.sentence(row, stay.person, _state(row))}],
        "authoredOn": fhir.at(row.created_at),
        "requester": house or ({"display": stay.hospital_name} if stay.hospital_name else None),
    }


def _state(row: StayFact) -> StayState:
    return state_from(row.state) or StayState()


def _extensions(row: StayFact) -> list[Json]:
    code = CODES.get(FactKind(row.kind))
    system, value = (EVENTS, code) if code else (OTHERS, row.kind)
    made: list[Json] = [{"url": TYPE, "valueCodeableConcept": fhir.concept(system, value)}]
    if row.at is not None:
        made.append({"url": TIME, "valueDateTime": fhir.at(row.at)})
    return [*made, {"url": EMITTED, "valueDateTime": fhir.at(row.created_at)}]
