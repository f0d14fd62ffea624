"""Orientations of an MDPH, out: positions, the person’s answer, documents (in: `sdo`)."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from liane.directory.models import Organisation
from liane.fhir import building as fhir
from liane.fhir import reading
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text, whole
from liane.fhir.outcomes import not_found, problem, unprocessable
from liane.fhir.sdo import (
    FINESS,
    INPUTS,
    LOINC,
    MOTIVES,
    PROFILES,
    SIRET,
    STATUS,
    TITLES,
    input_of,
    served,
)
from liane.fhir.writing import Writer
from liane.referrals import orientation, positions
from liane.referrals.models import Decision, DecisionPaper, Referral

Json = dict[str, Any]
HL7 = "http://terminology.hl7.org/CodeSystem"
UNIT = ("idUnite", "nomUnite", "categorieOrganisation", "temporaliteAccueil", "accueilSequentiel",
        "modePriseCharge")  # fmt: skip
"""What a notification says of the unit; we send it back as it came."""
MOST = 200


def give(call: Call, target: Target, on: Writer) -> Answer:
    """Of one request, what its structure tells the follow-up; of all, the searchsets of the guide.

    ``of``: ``notifications`` (positions) or ``decisions`` (documents), for the whole type;
    ``_count``, 200 at most, the newest first.
    """
    on.access.require("ServiceRequest", "r")
    requests = served("ServiceRequest")
    if target.is_instance:
        row: Referral = reading.one_row(requests, target.key, on.access, "r")
        decision = orientation.decision_of(row)
        if decision is None:
            raise not_found()
        reading.note(requests, [row])
        return Answer(200, _transaction(row, decision))
    given = parameters(call)
    asked = text(given, "of", "notifications")
    if asked not in {"notifications", "decisions"}:
        raise problem(400, "of: notifications or decisions.", code="value", where="of")
    rows = requests.rows(on.access.reach).filter(decision__isnull=False)
    limits = on.access.limits(requests, "s")
    if limits:
        raise problem(403, "This needs ServiceRequest whole, not a part of it.", code="forbidden")
    rows = rows.prefetch_related("positions", "history")
    held = list(rows.order_by("-created_at")[: whole(given, "_count", 50, MOST)])
    reading.note(requests, held)
    if asked == "notifications":
        made = [_task(row, row.decision, "sdo-task") for row in held]
        profile = "sdo-bundle-resultat-recherche-notification-esms"
    else:
        made = [one for row in held for one in _documents(row, row.decision)]
        profile = "esms-bundle-resultat-recherche-decision-evaluation"
    bundle = {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{PROFILES}/{profile}"]},
        "type": "searchset",
        "total": len(made),
        "entry": [{"resource": one, "search": {"mode": "match"}} for one in made],
    }
    return Answer(200, fhir.cleaned(bundle))


def _transaction(row: Referral, decision: Decision) -> Json:
    entries = [_post(_task(row, decision, "esms-task"))]
    if decision.agreed is not None:
        entries.append(_post(_consent(row, decision)))
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _post(body: Json) -> Json:
    return {"resource": body, "request": {"method": "POST", "url": body["resourceType"]}}


def _task(row: Referral, decision: Decision, profile: str) -> Json:
    now = orientation.standing(row)
    came = sorted((one for one in row.positions.all() if one.received), key=lambda one: one.at)
    told = json.loads(came[-1].received) if came else {}
    said = [
        _typed("idNat_Struct", valueIdentifier={"value": _national(row.organisation)}),
        _typed("nomESMS", valueString=row.organisation.name),
        _typed("statutESMS", valueCodeableConcept=fhir.concept(
            STATUS, now.code, positions.label(now.code))),
        _typed("motifESMS", valueCodeableConcept=fhir.concept(
            MOTIVES, now.motive, positions.motives().get(now.motive, ""))),
        _typed("dateStatutESMS", valueDate=now.on.isoformat()),
        *(held for name in UNIT if (held := input_of(told, name))),
        _typed("idDecision", valueIdentifier={"value": decision.number}),
        _typed("idNat_Decision", valueIdentifier={"value": decision.national}),
    ]  # fmt: skip
    at = now.row.at if now.row is not None else row.since
    return fhir.cleaned({
        "resourceType": "Task",
        "meta": {"lastUpdated": reading.instant(at), "profile": [f"{PROFILES}/{profile}"]},
        "status": "completed",
        "intent": "plan",
        "description": now.comment,
        "input": [one for one in said if len(fhir.cleaned(one)) > 1],
    })  # fmt: skip


def _typed(name: str, **value: Any) -> Json:
    return {"type": fhir.concept(INPUTS, name), **value}


def _national(house: Organisation) -> str:
    """TRE_G07: 1 and the FINESS number, else 3 and the SIRET."""
    if not (house.finess or house.siret):
        raise unprocessable(
            "This structure has neither FINESS nor SIRET number in the directory.",
            "Task.input:idNat_Struct", "required",
        )  # fmt: skip
    return f"{FINESS}{house.finess}" if house.finess else f"{SIRET}{house.siret}"


def _consent(row: Referral, decision: Decision) -> Json:
    """The answer of the person; the document is named by the national number of the decision."""
    if not decision.national:
        raise unprocessable(
            "The follow-up gave no national number to this decision yet.",
            "Consent.provision.data.reference.identifier", "required",
        )  # fmt: skip
    on = decision.agreed_on
    named = {"identifier": {"use": "official", "value": decision.national}}
    return fhir.cleaned({
        "resourceType": "Consent",
        "meta": {"source": f"urn:uuid:{row.organisation_id}",
                 "profile": [f"{PROFILES}/esms-consent"]},
        "status": "active" if decision.agreed else "rejected",
        "scope": fhir.concept(f"{HL7}/consentscope", "patient-privacy", "Privacy Consent"),
        "category": [fhir.concept(LOINC, "59284-0", "Consent")],
        "dateTime": fhir.on(on),
        "organization": [{"identifier": {"value": _national(row.organisation)}}],
        "policyRule": fhir.concept(f"{HL7}/v3-ActCode", "OPTIN"),
        "provision": {"data": [{"meaning": "related", "reference": named}]},
    })  # fmt: skip


def _documents(row: Referral, decision: Decision) -> Iterator[Json]:
    for paper in DecisionPaper.objects.filter(referral=row).order_by("id"):
        yield _document(paper, decision)


def _document(paper: DecisionPaper, decision: Decision) -> Json:
    """As it came, its content back inside; completed where the profile asks more."""
    told: Json = json.loads(paper.received) if paper.received else {}
    attachment = dict((fhir.items(told, "content") or [{}])[0].get("attachment") or {})
    attachment["title"] = TITLES[paper.kind]
    attachment["data"] = b64encode(bytes(paper.content)).decode()
    numbers = [{"use": "usual", "value": decision.number}]
    if decision.national:
        numbers.append({"use": "official", "value": decision.national})
    return {
        **{name: held for name, held in told.items() if name != "id"},
        "resourceType": "DocumentReference",
        "meta": {"lastUpdated": reading.instant(paper.created_at),
                 "profile": [f"{PROFILES}/esms-document-reference"]},
        "identifier": numbers,
        "status": told.get("status", "current"),
        "type": told.get("type") or fhir.concept(LOINC, paper.kind),
        "content": [{"attachment": attachment}],
    }  # fmt: skip


GIVE = Operation(
    "sdo", "https://liane.sante/OperationDefinition/ServiceRequest-sdo",
    frozenset({"type", "instance"}), give, frozenset({"ServiceRequest"}),
)  # fmt: skip
