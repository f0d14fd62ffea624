"""The CapabilityStatements of the French guides, walked: every interaction and every parameter.

What is not served is written here by hand, with its reason; a reason that no longer holds fails.
"""

import json
import uuid

import pytest

from liane.fhir.tests.api import shared

pytestmark = pytest.mark.django_db

SERVERS = (
    "annuaire-1.2.0/CapabilityStatement-AsServerDPCapabilityStatement.json",
    "cdl-3.0.0/CapabilityStatement-GestionnaireCdL.json",
    "cds-2.0.1/CapabilityStatement-CDSGestionnaire.json",
    "gap-3.0.0/CapabilityStatement-GAP-GestionnaireAgenda.json",
    "gap-3.0.0/CapabilityStatement-GAP-GestionnaireRessources.json",
    "nde-3.0.0/CapabilityStatement-NdE-GestionnaireDAbonnements.json",
    "nde-3.0.0/CapabilityStatement-NdE-GestionnaireDeNotifications.json",
    "pdsm-3.1.1/CapabilityStatement-PDSm-GestionnaireDePartageDeDocuments.json",
)
CODES = {
    "DesignationType": "designationType", "SourceId": "sourceId", "PDSm_isArchived": "isArchived",
    "PDSm_authorOrg": "authorOrg", "PDSm_List_PatientAsSource": "source",
    "PDSm_List_PractitionerRoleAsSource": "source",
    "PDSm_DocumentReference_period-start": "period-start",
    "PDSm_DocumentReference_period-end": "period-end", "DocumentReference Patient": "patient",
    "DocumentRefence Author": "author", "GAP_Slot_earliestStart": "start",
    "GAP_Slot_latestStart": "start", "GAP_Schedule_Actor": "schedule.actor",
    "Schedule-actor": "schedule.actor", "GAP_Appointment_priority": "priority",
    "GAP_Appointment_description": "description", "GAP_Appointment_created": "created",
    "GAP_Appointment_Actor": "actor", "GAP_Appointment_earliestStart": "start",
    "GAP_Appointment_latestStart": "start",
}  # fmt: skip
"""Names that a CapabilityStatement gives to a parameter whose code is another."""
VALUES = {
    "token": "x", "string": "x", "date": "2026-01-01", "reference": str(uuid.UUID(int=1)),
    "uri": "http://x", "special": "48.83|-0.57|10|km", "number": "1", "quantity": "1",
    "composite": "x$x",
}  # fmt: skip
DIRECTORY = "l’annuaire de Liane ne garde pas ce que l’annuaire national en dit"
DEVICES = "Liane n’a pas d’objet connecté ni d’appareil dans ses tables"
NATIONAL = "les professionnels viennent de l’annuaire national : personne ne les efface"
UNSUPPORTED = {
    ("*", "Device", "*"): DEVICES,
    ("cdl", "Bundle", "create"): "une transaction est envoyée à la racine, comme R4 le demande",
    ("gap", "Practitioner", "delete"): NATIONAL,
    ("gap", "PractitionerRole", "delete"): NATIONAL,
    ("gap", "Organization", "delete"): NATIONAL,
    ("gap", "Location", "delete"): "le site d’une structure est son adresse (Organization)",
    **{
        ("annuaire", kind, f"?{code}"): DIRECTORY
        for kind in ("Organization", "Practitioner", "PractitionerRole", "HealthcareService")
        for code in (
            "address-line", "data-information-system", "data-registration-authority",
            "identifier-type", "mailbox-mss", "pharmacy-licence", "number-smartcard",
            "type-smartcard",
        )
    },
}  # fmt: skip


def guide(name):
    """The guide of a file: its folder without a version."""
    return name.split("-")[0]


def asked(name):
    """(type, interaction or ?parameter, type of the parameter) that a statement lists."""
    statement = json.loads(shared(f"definitions/{name}").read_text())
    for rest in statement["rest"]:
        if rest["mode"] != "server":
            continue
        for one in rest.get("interaction", []):
            yield "", one["code"], ""
        for resource in rest["resource"]:
            for one in resource.get("interaction", []):
                yield resource["type"], one["code"], ""
            if resource.get("conditionalUpdate"):
                yield resource["type"], "conditionalUpdate", ""
            for one in resource.get("searchParam", []):
                code = CODES.get(one["name"], one["name"])
                yield resource["type"], f"?{code}", one["type"]


def served(api, kind, what, of):
    """True when the server knows this interaction or this parameter, whatever it answers of it."""
    key, body = uuid.UUID(int=1), {"resourceType": kind}
    if what.startswith("?"):
        answer = api.get(f"{kind}{what}={VALUES[of]}", prefer="handling=strict")
        return answer.status == 200
    calls = {
        "transaction": ("POST", "", {"resourceType": "Bundle", "type": "transaction"}),
        "batch": ("POST", "", {"resourceType": "Bundle", "type": "batch"}),
        "read": ("GET", f"{kind}/{key}", None),
        "vread": ("GET", f"{kind}/{key}/_history/1", None),
        "history-instance": ("GET", f"{kind}/{key}/_history", None),
        "history-type": ("GET", f"{kind}/_history", None),
        "search-type": ("GET", kind, None),
        "create": ("POST", kind, body),
        "update": ("PUT", f"{kind}/{key}", {**body, "id": str(key)}),
        "conditionalUpdate": ("PUT", f"{kind}?identifier=urn:x|y", body),
        "patch": ("PATCH", f"{kind}/{key}", []),
        "delete": ("DELETE", f"{kind}/{key}", None),
    }
    method, path, sent = calls[what]
    more = {"content_type": "application/json-patch+json"} if what == "patch" else {}
    answer = api.call(method, path, sent if sent != [] else "[]", **more)
    codes = {one["code"] for one in answer.body.get("issue", [])}
    if answer.status == 404:
        return "not-supported" not in codes
    return answer.status < 500 and answer.status != 405


def reason(name, kind, what):
    """Why something is not served."""
    for key in ((guide(name), kind, what), ("*", kind, "*")):
        if key in UNSUPPORTED:
            return UNSUPPORTED[key]
    return None


@pytest.mark.parametrize("name", SERVERS)
def test_every_interaction_and_parameter_of_a_guide(api, name):
    seen = {one: served(api, *one) for one in dict.fromkeys(asked(name))}
    missing = [one for one, is_served in seen.items()
               if not is_served and reason(name, *one[:2]) is None]  # fmt: skip
    assert missing == []
    stale = [one for one, is_served in seen.items()
             if is_served and reason(name, *one[:2]) is not None]  # fmt: skip
    assert stale == []
