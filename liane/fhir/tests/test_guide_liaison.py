"""Cahier de liaison 3.0: notes sent, read, corrected and deleted; its statement walked."""

import base64

import pytest

from liane.core.acting import owner
from liane.directory.index import index_all
from liane.fhir.tests import guide
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_examples import plain
from liane.patients.models import Patient
from liane.timeline.models import Document
from tests import factories as make

pytestmark = pytest.mark.django_db
MANAGER = "cdl-3.0.0/CapabilityStatement-GestionnaireCdL.json"
NOTE = "cdl/Bundle-cdl-bundle-creation-note.json"
TYPES = "https://mos.esante.gouv.fr/NOS/TRE_R234-TypeNote/FHIR/TRE-R234-TypeNote"
EMERGENCY = "https://interop.esante.gouv.fr/ig/fhir/cdl/StructureDefinition/cdl-ext-is-emergency"
LEFT_OUT = {
    ("Bundle", "create"): "a transaction is posted to the server itself, and no bundle is kept",
    ("Device", "create"): "Liane keeps no device that writes: its software is the application",
    ("Device", "update"): "Liane keeps no device that writes",
    ("Device", "read"): "Liane keeps no device that writes",
    ("Device", "search-type"): "Liane keeps no device that writes",
    ("Device", "?identifier"): "Liane keeps no device that writes",
}


def note(person, text="Maman est fatiguée.", **more):
    return {
        "resourceType": "DocumentReference",
        "extension": [{"url": EMERGENCY, "valueBoolean": False}],
        "status": "current",
        "type": {"coding": [{"system": TYPES, "code": "DEM-AVIS"}]},
        "subject": {"reference": f"Patient/{person.pk}"},
        "date": "2019-03-04T08:30:00+11:00",
        "securityLabel": [{"coding": [{"system": "urn:label", "code": "N"}]}],
        "content": [{"attachment": {"contentType": "text/plain", "language": "fr",
                                    "data": base64.b64encode(text.encode()).decode()}}],
        **more,
    }  # fmt: skip


def test_the_guide_s_transaction(api, house):
    body = guide.replaced(NOTE, {})
    for one in body["entry"]:
        if one["resource"]["resourceType"] == "PractitionerRole":
            # A place of work names its structure here; the example names none.
            one["resource"]["organization"] = {"reference": f"Organization/{house.pk}"}
    answer = api.post("", body, prefer="return=representation")
    assert answer.status == 200, answer.body
    made = {one["resource"]["resourceType"]: one["resource"] for one in answer.body["entry"]}
    with owner():
        person = Patient.objects.get(pk=made["Patient"]["id"])
        document = Document.objects.get(pk=made["DocumentReference"]["id"])
    assert (person.birth_name, document.person_id) == ("ROUBINOWITZ", person.pk)
    read = api.get(f"DocumentReference/{document.pk}").body
    sent = body["entry"][0]["resource"]
    assert (read["type"], read["date"]) == (sent["type"], sent["date"])
    assert read["subject"]["reference"] == f"Patient/{person.pk}"
    assert read["author"][1]["reference"] == f"PractitionerRole/{made['PractitionerRole']['id']}"
    for query in ("date=2019-03-03", "type=DEM-AVIS", f"type={TYPES}|DEM-AVIS"):
        found = api.get(f"DocumentReference?{query}", prefer="handling=strict").found
        assert [one["id"] for one in found] == [str(document.pk)], query
    binary = api.get(f"DocumentReference/{document.pk}").body["content"][0]["attachment"]
    text = binary.get("data") or api.get(binary["url"]).body["data"]
    assert (
        base64.b64decode(text).decode() == "Maman est fatiguée. Elle n'a pas voulu sortir ce matin."
    )


def test_without_its_structure_a_place_of_work_is_refused_and_nothing_is_kept(api):
    answer = api.post("", guide.replaced(NOTE, {}))
    assert answer.status == 422
    assert "PractitionerRole.organization" in answer.body["issue"][0]["expression"][0] or (
        "Bundle.entry" in answer.body["issue"][0]["expression"][0]
    )
    with owner():
        assert not Patient.objects.exists()


def test_who_is_not_in_the_circle_reads_no_note(api, odette):
    key = api.post("DocumentReference", note(odette)).body["id"]
    stranger = Api(make.organisation("Ailleurs"))
    assert stranger.get(f"DocumentReference/{key}").status == 404
    assert stranger.call("DELETE", f"DocumentReference/{key}").status == 404


def test_every_line_of_the_manager(api, odette, house):
    index_all()
    made = api.post("DocumentReference", note(odette))
    assert made.status == 201, made.body
    key = made.body["id"]
    person = {"resourceType": "Patient", "birthDate": "1950-02-03", "gender": "female",
              "identifier": [{"system": "urn:ipp", "value": "1"}],
              "name": [{"use": "official", "family": "Neuf", "given": ["Ana"]}]}  # fmt: skip
    relative = {"resourceType": "RelatedPerson", "name": [{"text": "Julie"}],
                "identifier": [{"system": "urn:r", "value": "1"}],
                "patient": {"reference": f"Patient/{odette.pk}"}}  # fmt: skip
    place = {"resourceType": "Organization", "name": "Cabinet neuf",
             "identifier": [{"system": "urn:o", "value": "1"}]}  # fmt: skip
    pro = {"resourceType": "Practitioner", "name": [{"family": "Lamarque", "given": ["Luc"]}],
           "identifier": [{"system": "urn:p", "value": "1"}]}  # fmt: skip
    kept = {"DocumentReference": made.body}
    for body in (person, relative, place, pro):
        answer = api.post(body["resourceType"], body)
        assert answer.status == 201, answer.body
        kept[body["resourceType"]] = answer.body
    index_all()
    queries = {
        "Patient": {"identifier": "urn:ipp|1", "family": "neuf", "given": "ana", "name": "neuf"},
        "RelatedPerson": {"identifier": "urn:r|1", "name": "julie"},
        "Practitioner": {"identifier": "urn:p|1", "family": "lamarque", "given": "luc",
                         "name": "lamarque"},
        "Organization": {"identifier": "urn:o|1"},
        "DocumentReference": {"date": "2019-03-03", "type": "DEM-AVIS",
                              "security-label": "urn:label|N"},
    }  # fmt: skip
    for kind, what in guide.listed(MANAGER):
        if (kind, what) in LEFT_OUT:
            assert guide.refused(api, (kind, what)), (kind, what)
        elif what.startswith("?"):
            query = f"{what[1:]}={queries[kind][what[1:]]}"
            answer = api.get(f"{kind}?{query}", prefer="handling=strict")
            assert len(answer.found) == 1, (kind, query, answer.body)
        elif what.startswith("_include="):
            code = what.rsplit(".", 1)[1]
            along = api.get(f"{kind}?_id={key}&_include={kind}:{code}", prefer="handling=strict")
            assert along.status == 200
            if code == "subject":
                assert [one["id"] for one in along.along] == [str(odette.pk)]
        elif what in {"read", "search-type"}:
            path = f"{kind}/{kept[kind]['id']}" if what == "read" else kind
            assert api.get(path).status == 200, (kind, what)
        elif what == "update":
            now = api.get(f"{kind}/{kept[kind]['id']}").body
            changed = api.put(f"{kind}/{now['id']}", {**now, "language": "fr"})
            assert changed.status == 200, (kind, changed.body)
            assert plain(changed.body)["language"] == "fr"
        else:
            assert what in {"create", "transaction", "delete", "conditionalDelete"}, (kind, what)
    label = "DocumentReference?security-label=urn:label|N"
    assert api.call("DELETE", label).status == 204
    assert api.get(f"DocumentReference/{key}").status in {404, 410}
    again = api.post("DocumentReference", note(odette, "Autre")).body["id"]
    assert api.call("DELETE", f"DocumentReference/{again}").status == 204
    assert api.get("DocumentReference").found == []
