"""Schedule: the hours that a practice opens (fr-core-schedule, agendas partagés).

Opened, changed and closed by the software of the structure where the practice is; read by every
application, as the directory is. Times opened and closed stand in the French extension
``availability-time``; how long a slot lasts is the first ``service-type-duration``.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet

from liane.agenda import schedules
from liane.agenda.models import Opening, Schedule
from liane.circle.reach import Reach
from liane.directory.models import Practice
from liane.fhir import building as fhir
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.resources.practitioner import SPECIALTY
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import Date, Flag, Param, Several, Token
from liane.fhir.search.references import Identifier, Reference

CORE = "https://hl7.fr/ig/fhir/core"
TIME = f"{CORE}/StructureDefinition/fr-core-schedule-availability-time"
DURATION = f"{CORE}/StructureDefinition/fr-core-service-type-duration"
TYPES = f"{CORE}/CodeSystem/fr-core-cs-schedule-type"
RRULE = "https://www.ietf.org/rfc/rfc2445"
SERVICE = "https://liane.sante/CodeSystem/act-kind"
ACTORS = ("PractitionerRole", "Practitioner", "Location", "HealthcareService", "Patient",
          "RelatedPerson")  # fmt: skip
LISTS = {"byDay": "BYDAY", "byMonthDay": "BYMONTHDAY", "byYearDay": "BYYEARDAY",
         "byWeekNo": "BYWEEKNO", "byMonth": "BYMONTH"}  # fmt: skip
UNREAD = ("bySecond", "byMinute", "byHour")
TO = {
    "PractitionerRole": "practice_id",
    "Practitioner": "practice__professional_id",
    "Location": "practice__organisation_id",
    "HealthcareService": "practice__organisation__services__pk",
}
MINUTES = {"min": 1, "h": 60, "d": 1440, "s": Decimal(1) / 60}


class ScheduleResource(Resource):
    """The schedules of the directory's practices."""

    type = "Schedule"
    model = Schedule
    interactions = READ | {"create", "update", "patch", "delete"}
    profiles = (f"{CORE}/StructureDefinition/fr-core-schedule",)
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Flag("active", when=Q(closed_at__isnull=True)),
        Reference("actor", to=TO, many=True, elements=("actor",)),
        Date("date", column="starts_at", end="ends_at"),
        Several("specialty", params=(
            Token("specialty", column="practice__professional__specialty", system=SPECIALTY),
            Indexed("specialty", path="Schedule.specialty"))),
        Indexed("service-category", path="Schedule.serviceCategory"),
        Indexed("service-type", path="Schedule.serviceType"),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Every schedule; those closed are not ``active``."""
        return Schedule.objects.select_related("practice__professional", "practice__organisation")

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """One query: what each opens."""
        found: dict[UUID, list[Opening]] = {}
        openings = Opening.objects.filter(schedule__in=[row.pk for row in rows])
        for one in openings.order_by("starts_at", "pk"):
            found.setdefault(one.schedule_id, []).append(one)
        return [fhir.cleaned(_schedule(row, found.get(row.pk, []))) for row in rows]

    def create(self, body: Json, refs: Refs) -> Schedule:
        """Open the hours of a practice."""
        if body.get("active") is False:
            raise unprocessable("A new schedule is active.", "Schedule.active")
        made = schedules.open_schedule(_practice(body, refs), _plan(body))
        return self._again(made.pk)

    def update(self, row: Any, body: Json, refs: Refs) -> Schedule:
        """Other hours; no longer active, it is closed."""
        if _practice(body, refs) != row.practice_id:
            raise unprocessable("A schedule keeps its practice.", "Schedule.actor")
        if body.get("active") is False:
            self.delete(row)
        elif row.closed_at is not None:
            raise unprocessable("This schedule is closed: open another.", "Schedule.active")
        else:
            schedules.change(row.pk, _plan(body))
        return self._again(row.pk)

    def delete(self, row: Any) -> None:
        """Close it."""
        if row.closed_at is None:
            schedules.close(row.pk)

    def _again(self, key: UUID) -> Schedule:
        related = ("practice__professional", "practice__organisation")
        return Schedule.objects.select_related(*related).get(pk=key)


# ------------------------------------------------------------------ from FHIR
def _practice(body: Json, refs: Refs) -> UUID:
    """The practice that the actors name: its PractitionerRole, or the one place of a Practitioner
    in the caller's structure."""
    person: UUID | None = None
    for number, one in enumerate(fhir.items(body, "actor")):
        named = refs.one(one, ACTORS, f"Schedule.actor[{number}]")
        if named is not None and named[0] == "PractitionerRole":
            return named[1]
        if named is not None and named[0] == "Practitioner":
            person = named[1]
    places = Practice.objects.filter(
        professional_id=person, organisation_id__in=[refs.organisation_id], ended_on=None
    ) if person else Practice.objects.none()  # fmt: skip
    found = list(places.values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise unprocessable("An actor is a PractitionerRole of this server.", "Schedule.actor")
    return found[0]


def _plan(body: Json) -> schedules.Plan:
    horizon = body.get("planningHorizon") or {}
    where = "Schedule.planningHorizon"
    return schedules.Plan(
        tuple(_hours(one) for one in fhir.extensions(body, TIME)),
        _minutes(body),
        fhir.moment(horizon.get("start"), f"{where}.start"),
        fhir.moment(horizon.get("end"), f"{where}.end"),
    )


def _part(one: Json, url: str) -> Json:
    return next(fhir.extensions(one, url), {})


def _hours(one: Json) -> schedules.Hours:
    where = "Schedule.extension"
    start = fhir.moment(_part(one, "start").get("valueDateTime"), where)
    end = fhir.moment(_part(one, "end").get("valueDateTime"), where)
    if start is None or end is None:
        raise unprocessable("An availability has a start and an end.", where)
    kind = (_part(one, "type").get("valueCoding") or {}).get("code")
    if kind not in Opening.Kind.values:
        raise unprocessable(f"Its type is one of {', '.join(Opening.Kind.values)}.", where)
    name = (_part(one, "identifier").get("valueIdentifier") or {}).get("value", "")
    return schedules.Hours(start, end, str(kind), _rule(_part(one, "rrule")), str(name))


def _rule(one: Json) -> str:
    """The RRULE that the extension says; nothing without one."""
    if not one:
        return ""
    for url in UNREAD:
        if _part(one, url):
            raise unprocessable("A repetition is at one time of the day.", "Schedule.extension")
    frequency = (_part(one, "freq").get("valueCoding") or {}).get("code", "")
    parts = [f"FREQ={frequency}"]
    until = fhir.moment(_part(one, "until").get("valueDateTime"), "Schedule.extension")
    if "valueInteger" in _part(one, "interval"):
        parts.append(f"INTERVAL={_part(one, 'interval')['valueInteger']}")
    if until is not None:
        parts.append(f"UNTIL={until.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}")
    if "valueInteger" in _part(one, "count"):
        parts.append(f"COUNT={_part(one, 'count')['valueInteger']}")
    for url, name in LISTS.items():
        said = [str(value) for each in fhir.extensions(one, url) for key, value in each.items()
                if key.startswith("value")]  # fmt: skip
        if said:
            parts.append(f"{name}={','.join(said)}")
    return ";".join(parts)


def _minutes(body: Json) -> int:
    """How long a slot lasts: 30 minutes where nothing says it."""
    for one in fhir.extensions(body, DURATION):
        held = _part(one, "duration").get("valueDuration") or {}
        size = MINUTES.get(str(held.get("code") or held.get("unit") or "min"))
        if size is None or not isinstance(held.get("value"), int | Decimal):
            raise unprocessable("A duration in minutes (min) or hours (h).", "Schedule.extension")
        return int(held["value"] * size)
    return 30


# ------------------------------------------------------------------ as FHIR
def _schedule(row: Schedule, openings: Sequence[Opening]) -> Json:
    person, place = row.practice.professional, row.practice.organisation
    return {
        "extension": [*map(_opening, openings), _duration(row)],
        "active": row.closed_at is None,
        "specialty": [fhir.concept(SPECIALTY, person.specialty, person.specialty_name)],
        "actor": [
            fhir.reference("PractitionerRole", row.practice_id, f"{person.name}, {place.name}"),
            fhir.reference("Practitioner", person.pk, person.name),
        ],
        "planningHorizon": {"start": fhir.at(row.starts_at), "end": fhir.at(row.ends_at)},
    }


def _opening(one: Opening) -> Json:
    rule = list(_said(one.rule)) if one.rule else []
    kind = {"system": TYPES, "code": one.kind}
    parts = [
        {"url": "identifier", "valueIdentifier": {"value": one.name or str(one.pk)}},
        {"url": "type", "valueCoding": kind},
        {"url": "start", "valueDateTime": fhir.at(one.starts_at)},
        {"url": "end", "valueDateTime": fhir.at(one.ends_at)},
        {"url": "rrule", "extension": rule} if rule else None,
    ]
    return {"url": TIME, "extension": parts}


def _duration(row: Schedule) -> Json:
    length = {"value": row.minutes, "unit": "minute", "system": "http://unitsofmeasure.org",
              "code": "min"}  # fmt: skip
    return {"url": DURATION, "extension": [
        {"url": "serviceType", "valueCodeableConcept": fhir.concept(SERVICE, "visit")},
        {"url": "duration", "valueDuration": length},
    ]}  # fmt: skip


def _said(rule: str) -> Iterator[Json]:
    names = {name: url for url, name in LISTS.items()}
    for part in rule.removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name == "FREQ":
            yield {"url": "freq", "valueCoding": {"system": RRULE, "code": value}}
        elif name in {"INTERVAL", "COUNT"}:
            yield {"url": name.lower(), "valueInteger": int(value)}
        elif name == "UNTIL":
            yield {"url": "until", "valueDateTime": _until(value)}
        elif name in names:
            for each in value.split(","):
                yield _each(names[name], each)


def _each(url: str, value: str) -> Json:
    if url in {"byDay", "byYearDay", "byWeekNo"}:
        return {"url": url, "valueString": value}
    kind = "valueInteger" if url == "byMonthDay" else "valuePositiveInt"
    return {"url": url, kind: int(value)}


def _until(text: str) -> str:
    at = dt.datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d")
    return f"{at.replace(tzinfo=dt.UTC).isoformat().replace('+00:00', 'Z')}"
