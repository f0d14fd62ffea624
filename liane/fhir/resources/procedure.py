"""Procedure: what was done for a person (an *intervention*), entered once and used everywhere.

Never changed: a mistake of the day is taken back (DELETE, or in the pages, after which it reads
``entered-in-error``).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import NOTHING, Custom, Date, Param, Several, Test, Token
from liane.fhir.search.references import Identifier, Reference
from liane.interventions import rules, services
from liane.interventions.models import ActKind, Intervention

KINDS = "https://liane.sante/CodeSystem/act-kind"
ACTS = "https://liane.sante/CodeSystem/pathway-act"
OUT = "hors-parcours"
"""The code of `ACTS` that says that an act is no part of the pathway."""
BILLING = ("ccam", "ngap", "1.2.250.1.213.2.5")
"""What the name of a billing nomenclature holds: CCAM (its OID) and NGAP."""
OUTCOMES = "https://liane.sante/CodeSystem/act-outcome"
LATE = "https://liane.sante/StructureDefinition/late-entry-reason"


class ProcedureResource(Resource):
    """Interventions within reach."""

    type = "Procedure"
    model = Intervention
    area = Area.INTERVENTION
    person_path = "person_id"
    touched = "entered_at"
    interactions = READ | {"create", "delete"}
    journal = ("visit.done", "visit.problem", "visit.undone")
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("patient", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("subject", to={"Patient": "person_id"}, elements=("subject",)),
        Reference("performer", elements=("performer.actor",), to={
            "PractitionerRole": "performed_by_id", "Organization": "organisation_id"}),
        Date("date", column="at", sort="at"),
        Several("code", params=(
            Token("code", column="kind", system=KINDS),
            Token("code", column="code", system=ACTS),
            Indexed("code", path="Procedure.code"))),
        Custom("status", read=lambda raw, modifier: _status(raw),
               build=lambda key, leafs: Q(undo__isnull=key == ("completed",))),
        Indexed("category", path="Procedure.category"),
        Indexed("reason-code", path="Procedure.reasonCode"),
        Reference("based-on", to={"Appointment": "appointment_id"}, elements=("basedOn",)),
        Reference("part-of", to={}, elements=("partOf",)),
        Reference("encounter", to={}, elements=("encounter",)),
        Reference("location", to={}, elements=("location",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Interventions that the actor may read."""
        mine = Intervention.objects.across(reach) if many else Intervention.objects.within(reach)
        found: QuerySet[Any] = mine.select_related(
            "performed_by__professional", "organisation", "undo"
        )
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most three queries: who wrote it down."""
        known = people.references(row.author_holder_id for row in rows)
        return [fhir.cleaned(_act(row, known)) for row in rows]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """The short note is between those who care (`interventions.rules.reads_notes`)."""
        if rules.reads_notes(actor):
            return made
        hidden = {"note", "outcome", "complication", "complicationDetail", "followUp", "report"}
        return [{name: one for name, one in body.items() if name not in hidden} for body in made]

    def create(self, body: Json, refs: Refs) -> Intervention:
        """Write down what was done. Raises Problem 422 for what was not done."""
        if body.get("status") != "completed":
            raise unprocessable("What is written down was done: « completed ».", "Procedure.status")
        person = refs.required(body.get("subject"), "Patient", "Procedure.subject")
        period = body.get("performedPeriod") or {}
        where = "Procedure.performed"
        at = fhir.moment(body.get("performedDateTime") or period.get("start"), where)
        if at is None:
            raise unprocessable("When it was done is needed.", where)
        end = fhir.moment(period.get("end"), "Procedure.performedPeriod.end")
        practice, house = _performer(body, refs)
        kind, act = (fhir.code_of(body.get("code"), one) for one in (KINDS, ACTS))
        return services.record_intervention(
            services.Act(
                person_id=person,
                at=at,
                performed_by_id=practice,
                organisation_id=house or (None if practice else refs.organisation_id),
                kind=kind if kind in ActKind.values else ActKind.VISIT,
                code="" if act == OUT else act[:60] or None,
                title=str((body.get("code") or {}).get("text") or "")[:120],
                late_reason=str(fhir.extension(body, LATE, "valueString") or ""),
                outcome=_outcome(body),
                note="\n".join(str(one.get("text", "")) for one in fhir.items(body, "note"))[:500],
                minutes=int((end - at).total_seconds() // 60) if end and end > at else None,
                source=Intervention.Source.FHIR,
                billed=_billed(body),
            )
        )

    def delete(self, row: Any) -> None:
        """Take it back, the day it was entered."""
        services.undo_intervention(row.pk, reason="retiré par le logiciel qui l’avait noté")


def _status(raw: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"completed", "entered-in-error"} else Test(NOTHING)


def _performer(body: Json, refs: Refs) -> tuple[Any, Any]:
    """The practice and the structure that did it."""
    practice = house = None
    for number, one in enumerate(fhir.items(body, "performer")):
        where = f"Procedure.performer[{number}]"
        kinds = ("PractitionerRole", "Organization", "Practitioner", "RelatedPerson", "Patient")
        named = refs.one(one.get("actor"), kinds, f"{where}.actor")
        if named is not None and named[0] == "PractitionerRole":
            practice = practice or named[1]
        behalf = refs.key(one.get("onBehalfOf"), "Organization", f"{where}.onBehalfOf")
        house = house or behalf or (named[1] if named and named[0] == "Organization" else None)
    return practice, house


def _billed(body: Json) -> tuple[str, ...]:
    """The codes of a billing nomenclature that the act bears."""
    return tuple(
        str(one.get("code", "")).upper()[:20]
        for one in fhir.codings(body.get("code") or {})
        if any(name in str(one.get("system", "")).lower() for name in BILLING)
    )


def _outcome(body: Json) -> str:
    code = fhir.code_of(body.get("outcome"), OUTCOMES)
    if not code:
        return str(Intervention.Outcome.NOTHING)
    if code not in Intervention.Outcome.values:
        raise unprocessable(f"One of {', '.join(Intervention.Outcome.values)}.",
                            "Procedure.outcome")  # fmt: skip
    return code


def _act(row: Intervention, known: Mapping[Any, Json]) -> Json:
    kind = fhir.concept(KINDS, row.kind, row.get_kind_display(), row.title) or {}
    codings = [*kind.get("coding", []), {"system": ACTS, "code": row.code} if row.code else None]
    return {
        "extension": [{"url": LATE, "valueString": row.late_reason}] if row.late_reason else None,
        "basedOn": [fhir.reference("Appointment", row.appointment_id)],
        "status": "entered-in-error" if getattr(row, "undo", None) else "completed",
        "code": {**kind, "coding": codings},
        "subject": fhir.reference("Patient", row.person_id),
        **_when(row),
        "recorder": people.author(row, known),
        "performer": [_who(row)],
        "outcome": fhir.concept(OUTCOMES, row.outcome, row.get_outcome_display()),
        "note": [{"text": row.note}] if row.note else None,
    }


def _when(row: Intervention) -> Json:
    if row.minutes is None:
        return {"performedDateTime": fhir.at(row.at)}
    end = row.at + dt.timedelta(minutes=row.minutes)
    return {"performedPeriod": {"start": fhir.at(row.at), "end": fhir.at(end)}}


def _who(row: Intervention) -> Json | None:
    house = None
    if row.organisation is not None:
        house = fhir.reference("Organization", row.organisation_id, row.organisation.name)
    if row.performed_by is None:
        return {"actor": house} if house else None
    name = row.performed_by.professional.name
    return {
        "actor": fhir.reference("PractitionerRole", row.performed_by_id, name),
        "onBehalfOf": house,
    }
