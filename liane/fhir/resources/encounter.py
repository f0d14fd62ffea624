"""Encounter: a stay in hospital, folded from what was said about it (fr-core-encounter).

What an application says becomes statements, as a hospital message does; the same rules then decide
who is told, which visits are suspended and offered again. Who is outside the care team learns that
the person is away, and not where.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import keys
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.models import Entry
from liane.directory.models import Organisation
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Param, Token
from liane.fhir.search.references import Identifier, Reference
from liane.stays import services
from liane.stays.models import Stay, StayFact
from liane.stays.movement import Action, Kind, Movement, Ward
from liane.stays.queries import reads_place
from liane.stays.telling import TEAM_KIND

CORE = "https://hl7.fr/ig/fhir/core"
EXPECTED = f"{CORE}/StructureDefinition/fr-core-estimated-discharge-date"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
NUMBERS = f"{CORE}/CodeSystem/fr-core-cs-identifier-type"
CLASSES = {
    "full": "IMP", "emergency": "EMER", "day": "SS", "sessions": "SS", "outpatient": "AMB",
    "home": "HH",
}  # fmt: skip
SAID = {
    "IMP": "I", "ACUTE": "I", "NONAC": "I", "EMER": "E", "SS": "D", "AMB": "O", "HH": "H",
    "OBSENC": "E", "PRENC": "I", "VR": "O",
}  # fmt: skip
"""Class of an Encounter → class of a hospital message (PV1-2), which the rules of stays read."""
STATUSES = {
    "planned": "planned", "in_progress": "in-progress", "on_leave": "onleave",
    "ended": "finished", "cancelled": "cancelled", "nothing": "unknown",
}  # fmt: skip
NEUTRAL = ("status", "class", "subject", "period")


class EncounterResource(Resource):
    """Stays in hospital within reach."""

    type = "Encounter"
    model = Stay
    area = Area.AGENDA
    person_path = "person_id"
    interactions = READ | {"create", "update", "patch"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-encounter",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Token("status", column="status", codes={one: held for held, one in STATUSES.items()},
              system="http://hl7.org/fhir/encounter-status"),
        Token("class", column="stay_class", system=ACT, codes={
            "IMP": "full", "EMER": "emergency", "SS": ("day", "sessions"), "AMB": (
                "outpatient", "unknown"), "HH": "home"}),
        Date("date", column="starts_at", end="ends_at", sort="starts_at"),
        Reference("service-provider", to={"Organization": "hospital_id"},
                  elements=("serviceProvider",)),
        Indexed("type", path="Encounter.type"),
        Indexed("reason-code", path="Encounter.reasonCode"),
        Indexed("special-arrangement", path="Encounter.hospitalization.specialArrangement"),
        Reference("part-of", to={"Encounter": "continues_id"}, elements=("partOf",)),
        Reference("location", to={}, elements=("location.location",)),
        Reference("participant", to={}, elements=("participant.individual",)),
        Reference("practitioner", to={}, elements=("participant.individual",)),
        Reference("account", to={}, elements=("account",)),
        Reference("appointment", to={}, elements=("appointment",)),
        Reference("based-on", to={}, elements=("basedOn",)),
        Reference("diagnosis", to={}, elements=("diagnosis.condition",)),
        Reference("episode-of-care", to={}, elements=("episodeOfCare",)),
        Reference("reason-reference", to={}, elements=("reasonReference",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Stays in hospital; a confidential one is shown to nobody."""
        found = Stay.objects.across(reach) if many else Stay.objects.within(reach)
        rows: QuerySet[Any] = found.filter(kind=Stay.Kind.HOSPITAL, confidential=False)
        return rows.select_related("hospital")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """No query."""
        return [fhir.cleaned(_stay(row)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """Away from when to when, and nothing else, for who does not read the place."""
        if actor.is_system:
            return made
        seen = {key: reads_place(key) for key in {row.person_id for row in rows}}
        return [
            body if seen[row.person_id] else _neutral(row)
            for body, row in zip(made, rows, strict=True)
        ]

    def changed_by(self, entries: Collection[Entry]) -> set[UUID]:
        """The stays of the facts that were told. One query."""
        facts = {one.object_id for one in entries if one.kind == TEAM_KIND and one.object_id}
        if not facts:
            return set()
        return set(StayFact.objects.filter(pk__in=facts).values_list("stay_id", flat=True))

    def create(self, body: Json, refs: Refs) -> Stay:
        """Say that a stay begins, is planned, is over."""
        person = refs.required(body.get("subject"), "Patient", "Encounter.subject")
        require_write(person, Area.AGENDA)
        source = _source(body, refs)
        stay = None
        for one in _statements(body, source):
            stay, _ = services.hear(person, source, one)
        if stay is None:
            raise unprocessable("This status says nothing of a stay.", "Encounter.status")
        made: Stay = Stay.objects.select_related("hospital").get(pk=stay.pk)
        return made

    def update(self, row: Any, body: Json, refs: Refs) -> Stay:
        """Say how it goes on. The number of the stay, and its person, stay."""
        person = refs.required(body.get("subject"), "Patient", "Encounter.subject")
        if person != row.person_id:
            raise unprocessable("A stay keeps its person.", "Encounter.subject")
        require_write(person, Area.AGENDA)
        source = _source(body, refs)
        if source.visit != row.visit:
            raise unprocessable("A stay keeps its number.", "Encounter.identifier")
        for one in _statements(body, source):
            services.hear(person, source, one)
        made: Stay = Stay.objects.select_related("hospital").get(pk=row.pk)
        return made


def _stay(row: Stay) -> Json:
    expected = fhir.on(timezone.localdate(row.expected_end)) if row.expected_end else None
    return {
        "extension": [{"url": EXPECTED, "valueDate": expected}] if expected else None,
        "status": STATUSES.get(row.status, "unknown"),
        "class": {"system": ACT, "code": CLASSES.get(row.stay_class, "AMB")},
        "subject": fhir.reference("Patient", row.person_id),
        "period": {"start": fhir.at(row.starts_at), "end": fhir.at(row.ends_at)},
        "location": [{"location": {"display": row.ward}}] if row.ward else None,
        "serviceProvider": fhir.reference(
            "Organization", row.hospital_id, row.hospital_name or str(row.hospital)
        )
        or ({"display": row.hospital_name} if row.hospital_name else None),
        "partOf": fhir.reference("Encounter", row.continues_id),
    }


def _neutral(row: Stay) -> Json:
    made = _stay(row) | {"class": {"system": ACT, "code": "AMB"}}
    kept = {name: made.get(name) for name in NEUTRAL}
    return fhir.cleaned({"resourceType": "Encounter", **kept})


def _source(body: Json, refs: Refs) -> services.Source:
    """Which hospital speaks, and of which stay in its own terms."""
    place = refs.key(body.get("serviceProvider"), "Organization", "Encounter.serviceProvider")
    hospital = Organisation.objects.filter(pk__in=[place or refs.organisation_id]).first()
    number = next(iter(fhir.items(body, "identifier")), {})
    value = str(number.get("value", ""))
    if not value:
        raise unprocessable("A stay has the number that its hospital gave.", "Encounter.identifier")
    visit = f"{number.get('system', '')}|{value}"
    visit = visit if len(visit) <= 200 else keys.digest(visit, purpose="visit")
    return services.Source(visit, hospital, hospital.name if hospital is not None else "")


def _statements(body: Json, source: services.Source) -> list[Movement]:
    """What this version says, as a hospital message would."""
    period = body.get("period") or {}
    start = fhir.moment(period.get("start"), "Encounter.period.start")
    end = fhir.moment(period.get("end"), "Encounter.period.end")
    status = body.get("status")
    code = str((body.get("class") or {}).get("code", ""))
    if start is None:
        raise unprocessable("The beginning of the stay is needed.", "Encounter.period.start")
    if end is not None and end < start:
        raise unprocessable("The end comes before the beginning.", "Encounter.period.end")
    expected = fhir.day(fhir.extension(body, EXPECTED, "valueDate"), "Encounter.extension")
    back = _midnight(expected) if expected else (end if status != "finished" else None)
    ward = next((str((one.get("location") or {}).get("display", ""))
                 for one in fhir.items(body, "location")), "")  # fmt: skip
    more: dict[str, Any] = {
        "class_code": SAID.get(code, "O"), "ward": Ward(ward[:200]), "hospital": source.name,
    }  # fmt: skip
    if status in {"planned"}:
        return [_said("plan", Kind.PLAN, start, expected_admission=start, **more)]
    if status in {"cancelled", "entered-in-error"}:
        return [_said("admit", Kind.ADMIT, start, action=Action.CANCEL, **more)]
    if status not in {"in-progress", "onleave", "finished", "arrived", "triaged"}:
        return []
    said = [_said("admit", Kind.ADMIT, start, event="A01", expected_discharge=back, **more)]
    if status == "onleave":
        said.append(_said("leave", Kind.LEAVE, timezone.now(), **more))
    if status == "finished":
        if end is None:
            raise unprocessable("A stay that is over has an end.", "Encounter.period.end")
        said.append(_said("discharge", Kind.DISCHARGE, end, event="A03", **more))
    return said


def _said(name: str, kind: Kind, at: dt.datetime, **more: Any) -> Movement:
    """A statement: the same content has the same key, and is said once."""
    content = f"{name} {at.isoformat()} {sorted((one, str(held)) for one, held in more.items())}"
    more.setdefault("action", Action.INSERT)
    return Movement(
        key=f"fhir:{keys.digest(content, purpose='statement')}", at=at.astimezone(dt.UTC),
        recorded_at=timezone.now(), kind=kind, movement_id=f"fhir-{name}", **more,
    )  # fmt: skip


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), timezone.get_current_timezone())
