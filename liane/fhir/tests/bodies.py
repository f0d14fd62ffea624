"""A small body of each type that applications write: what its mapper takes, and no more."""

import base64
import datetime as dt
from typing import Any

from django.utils import timezone

from liane.directory.models import Organisation, Practice, Professional
from liane.fhir.resources.observation import SCORES
from liane.patients.models import Patient

Json = dict[str, Any]


def bodies(
    house: Organisation, person: Patient, place: Practice, newcomer: Professional
) -> dict[str, Json]:
    """By type; ``place`` is of the circle of ``person``, whom ``house`` follows; ``newcomer`` is a
    professional without an account."""
    about = {"reference": f"Patient/{person.pk}"}
    who = {"reference": f"PractitionerRole/{place.pk}"}
    home = {"reference": f"Organization/{house.pk}"}
    later = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    later += dt.timedelta(days=3)
    before = timezone.localtime().replace(microsecond=0) - dt.timedelta(hours=2)
    content = base64.b64encode(b"Bonjour").decode()
    file = {"contentType": "text/plain", "title": "lettre.txt", "data": content}
    meals = {"system": "https://liane.sante/CodeSystem/need", "code": "meals"}
    privacy = "http://terminology.hl7.org/CodeSystem/consentscope"
    found: dict[str, Json] = {
        "Patient": {"name": [{"family": "THOBOIS", "given": ["Jacques"]}], "gender": "male",
                    "birthDate": "1984-10-02"},
        "RelatedPerson": {"patient": about, "name": [{"family": "Dupont", "given": ["Julie"]}]},
        "Practitioner": {"name": [{"family": "Neuf", "given": ["Luc"]}]},
        "PractitionerRole": {"organization": home,
                             "practitioner": {"reference": f"Practitioner/{newcomer.pk}"}},
        "Organization": {"name": "Cabinet neuf"},
        "Location": {"status": "active", "managingOrganization": home,
                     "address": {"city": "Dax", "postalCode": "40100"}},
        "HealthcareService": {"name": "Repas", "providedBy": home, "type": [{"coding": [meals]}]},
        "Observation": {"status": "final", "subject": about, "valueQuantity": {"value": 24},
                        "code": {"coding": [{"system": SCORES, "code": "mmse"}]}},
        "CareTeam": {"status": "active", "subject": about},
        "Communication": {"status": "completed", "subject": about,
                          "payload": [{"contentString": "La plaie est propre."}]},
        "Task": {"status": "requested", "intent": "order", "description": "Peser chaque lundi",
                 "for": about, "owner": who},
        "Encounter": {
            "status": "in-progress", "subject": about, "period": {"start": before.isoformat()},
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "identifier": [{"system": "urn:hospital", "value": "V1"}]},
        "Appointment": {
            "status": "booked", "description": "Pansement", "start": later.isoformat(),
            "end": (later + dt.timedelta(minutes=30)).isoformat(),
            "participant": [{"actor": one, "status": "accepted"} for one in (about, who)]},
        "Procedure": {
            "status": "completed", "subject": about, "performer": [{"actor": who}],
            "code": {"text": "Pansement"}, "performedPeriod": {
                "start": before.isoformat(),
                "end": (before + dt.timedelta(minutes=20)).isoformat()}},
        "DocumentReference": {"status": "current", "subject": about, "description": "Lettre",
                              "content": [{"attachment": file}]},
        "Binary": {"contentType": "text/plain", "data": content},
        "Consent": {
            "status": "active", "scope": {"coding": [{"system": privacy,
                                                      "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
            "patient": about, "policy": [{"uri": "https://example.org/accord"}],
            "provision": {"type": "permit"}},
    }  # fmt: skip
    return {kind: {"resourceType": kind, **body} for kind, body in found.items()}
