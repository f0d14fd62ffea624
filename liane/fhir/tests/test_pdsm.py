"""PDSm (IHE MHD): documents provided together, found, retrieved and corrected, as uploads are."""

import base64
import copy
import hashlib

import pytest

from liane.core.acting import owner
from liane.core.files import scanner, store
from liane.core.models import StoredFile
from liane.core.tests import samples
from liane.fhir import uploads
from liane.fhir.models import Upload
from liane.fhir.tests.api import Api
from liane.fhir.tests.test_examples import plain
from liane.timeline.models import Document, DocumentSet
from tests import factories as make

pytestmark = pytest.mark.django_db
PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition"
MHD = "https://profiles.ihe.net/ITI/MHD"
PDF = samples.pdf()


def b64(content):
    return base64.b64encode(content).decode()


def sha1(content):
    return b64(hashlib.sha1(content, usedforsecurity=False).digest())


def document(person, claire, **attachment):
    held = {"contentType": "application/pdf", "title": "Compte rendu",
            "creation": "2026-01-03T08:00:00+01:00", **attachment}  # fmt: skip
    return {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"},
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}],
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11490-0"}]},
        "subject": {"reference": f"Patient/{person.pk}"},
        "date": "2026-01-05T09:00:00+01:00",
        "author": [{"reference": f"PractitionerRole/{claire.pk}"}],
        "description": "Compte rendu d’hospitalisation",
        "securityLabel": [{"coding": [{"code": "N"}]}],
        "content": [{"attachment": held, "format": {"code": "urn:ihe:iti:xds-sd:pdf:2008"}}],
        "context": {
            "event": [{"text": "appendicectomie", "coding": [{"code": "80146002"}]}],
            "period": {"start": "2026-01-02", "end": "2026-01-04"},
            "facilityType": {"coding": [{"code": "SA05"}]},
            "practiceSetting": {"coding": [{"code": "ETABLISSEMENT"}]},
        },
    }


def provided(person, claire, content=PDF, **attachment):
    """ITI-65: the whole of one sending, addresses of the bundle's own."""
    said = {"size": len(content), "hash": sha1(content), **attachment}
    reference = document(person, claire, url="urn:uuid:b1", **said)
    lot = {
        "resourceType": "List",
        "extension": [
            {"url": f"{MHD}/StructureDefinition/ihe-sourceId",
             "valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.9"}},
            {"url": f"{MHD}/StructureDefinition/ihe-designationType",
             "valueCodeableConcept": {"coding": [{"code": "04"}]}},
        ],
        "identifier": [{"use": "official", "system": "urn:ietf:rfc:3986", "value": "urn:uuid:9"}],
        "status": "current",
        "mode": "working",
        "title": "Hospitalisation de janvier",
        "code": {"coding": [{"system": f"{MHD}/CodeSystem/MHDlistTypes", "code": "submissionset"}]},
        "subject": {"reference": f"Patient/{person.pk}"},
        "date": "2026-01-05T09:00:00+01:00",
        "source": {"reference": f"PractitionerRole/{claire.pk}", "extension": [
            {"url": f"{MHD}/StructureDefinition/ihe-authorOrg",
             "valueReference": {"reference": f"Organization/{claire.organisation_id}"}}]},
        "entry": [{"item": {"reference": "urn:uuid:d1"}}],
    }  # fmt: skip
    entries = [
        ("urn:uuid:l1", lot), ("urn:uuid:d1", reference),
        ("urn:uuid:b1", {"resourceType": "Binary", "contentType": "application/pdf",
                         "data": b64(content)}),
    ]  # fmt: skip
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": url, "resource": body,
             "request": {"method": "POST", "url": body["resourceType"]}}
            for url, body in entries
        ],
    }  # fmt: skip


def keys_of(answer):
    """The identifiers that a transaction gave, in its order."""
    return [one["response"]["location"].split("/")[-3] for one in answer.body["entry"]]


@pytest.fixture
def sent(api, odette, claire):
    answer = api.post("", provided(odette, claire))
    assert answer.status == 200, answer.body
    return keys_of(answer)


def test_documents_are_provided_together_and_retrieved(api, odette, claire, sent):
    lot, key, binary = sent
    read = api.get(f"DocumentReference/{key}").body
    assert read["content"][0]["attachment"]["url"] == f"Binary/{binary}"
    expected = provided(odette, claire)["entry"][1]["resource"]
    expected["content"][0]["attachment"]["url"] = f"Binary/{binary}"
    assert plain(read) == expected
    assert api.get(f"List/{lot}").body["entry"] == [
        {"item": {"reference": f"DocumentReference/{key}"}}
    ]
    assert base64.b64decode(api.get(f"Binary/{binary}").body["data"]) == PDF
    native = api.get(f"Binary/{binary}", accept="application/pdf")
    assert (native.raw, native.headers["Content-Type"]) == (PDF, "application/pdf")
    assert native.headers["Content-Disposition"] == "attachment"
    with owner():
        row = Document.objects.select_related("file").get(pk=key)
        assert (row.category, row.file.person_id) == ("discharge", odette.pk)
        assert store.read_file(row.file) == PDF
        assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["status=current", "patient={person}", "patient:Patient.family=laborde", "type=11490-0",
     "identifier=urn:uuid:1", "date=2026-01-05", "creation=2026-01-03",
     "creation=ge2026", "security-label=N", "isArchived=false",
     "period-start=2026-01-02", "period-end=2026-01-04", "period=2026-01", "category=discharge",
     "format=urn:ihe:iti:xds-sd:pdf:2008", "event=80146002", "setting=ETABLISSEMENT",
     "facility=SA05", "author=PractitionerRole/{claire}", "contenttype=application/pdf",
     "author:PractitionerRole.organization={house}", "_has:List:item:title=hospitalisation",
     "location=Binary/{binary}"],
)  # fmt: skip
def test_documents_are_found(api, odette, claire, query):
    body = document(odette, claire, data=b64(PDF))
    key = api.post("DocumentReference", body).body["id"]
    lot = provided(odette, claire)["entry"][0]["resource"]
    lot["entry"] = [{"item": {"reference": f"DocumentReference/{key}"}}]
    assert api.post("List", lot).status == 201
    with owner():
        binary = Document.objects.get(pk=key).file_id
        Document.objects.update(author_holder_id=claire.pk)
    query = query.format(
        person=odette.pk, claire=claire.pk, binary=binary, house=claire.organisation_id
    )
    assert [one["id"] for one in api.get(f"DocumentReference?{query}").found] == [key]
    assert Api(make.organisation("Ailleurs")).get(f"DocumentReference?{query}").found == []


@pytest.mark.parametrize(
    "query",
    ["code=submissionset", "code=https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes|"
     "submissionset", "patient={person}", "subject=Patient/{person}", "date=2026-01-05",
     "identifier=urn:ietf:rfc:3986|urn:uuid:9", "status=current", "title=hospitalisation",
     "designationType=04", "sourceId=urn:oid:1.9", "isArchived=false",
     "authorOrg=Organization/{house}", "item=DocumentReference/{document}",
     "item.description=compte", "patient.family=laborde"],
)  # fmt: skip
def test_lists_are_found(api, odette, claire, sent, query):
    lot, key, _ = sent
    query = query.format(person=odette.pk, house=claire.organisation_id, document=key)
    assert [one["id"] for one in api.get(f"List?{query}").found] == [lot]
    assert Api(make.organisation("Ailleurs")).get(f"List?{query}").found == []


def test_a_list_brings_its_documents_along(api, sent):
    lot, key, _ = sent
    answer = api.get(f"List?_id={lot}&_include=List:item")
    assert [one["id"] for one in answer.along] == [key]
    assert api.get("List?code=folder").found == []


def test_what_is_said_of_a_document_is_corrected_by_its_author(api, odette, sent):
    _, key, _ = sent
    patch = [
        {"op": "add", "path": "/extension",
         "value": [{"url": f"{PDSM}/pdsm-ext-is-archived", "valueBoolean": True}]},
        {"op": "replace", "path": "/description", "value": "Compte rendu relu"},
    ]  # fmt: skip
    done = api.call(
        "PATCH", f"DocumentReference/{key}", patch, content_type="application/json-patch+json"
    )
    assert done.status == 200, done.body
    with owner():
        row = Document.objects.get(pk=key)
    assert (row.title, row.archived_at is not None) == ("Compte rendu relu", True)
    assert [one["id"] for one in api.get("DocumentReference?isArchived=true").found] == [key]
    back = {**done.body, "extension": []}
    del back["extension"]
    answer = api.put("DocumentReference?identifier=urn:uuid:1", back)
    assert answer.status == 200, answer.body
    assert api.get("DocumentReference?isArchived=true").found == []
    other = make.organisation("Autre")
    make.member(odette, other)
    assert Api(other).put(f"DocumentReference/{key}", {**back, "description": "x"}).status == 403


def test_a_document_is_replaced_never_changed(api, odette, claire, sent):
    _, key, _ = sent
    read = api.get(f"DocumentReference/{key}").body
    other = copy.deepcopy(read)
    other["content"][0]["attachment"]["data"] = b64(samples.pdf() + b"\n")
    assert api.put(f"DocumentReference/{key}", other).status == 422
    newer = document(odette, claire, data=b64(PDF))
    newer["relatesTo"] = [{"code": "replaces", "target": {"reference": f"DocumentReference/{key}"}}]
    made = api.post("DocumentReference", newer)
    assert made.status == 201, made.body
    assert api.get(f"DocumentReference/{key}").body["status"] == "superseded"
    found = api.get(f"DocumentReference?relatesto=DocumentReference/{key}").found
    assert [one["id"] for one in found] == [made.body["id"]]
    assert [one["id"] for one in api.get("DocumentReference?status=superseded").found] == [key]
    assert api.post("DocumentReference", newer).status in {409, 422}


def test_taken_back_it_is_shown_to_nobody(api, sent):
    lot, key, binary = sent
    assert api.call("DELETE", f"DocumentReference/{key}").status == 204
    for path in (f"DocumentReference/{key}", f"Binary/{binary}", f"List/{lot}"):
        assert api.get(path).status == 404, path
    assert api.get("DocumentReference").found == []


def folder(person, *documents, title="Classeur de suivi diabète"):
    return {
        "resourceType": "List", "status": "current", "mode": "working", "title": title,
        "code": {"coding": [{"system": f"{MHD}/CodeSystem/MHDlistTypes", "code": "folder"}]},
        "subject": {"reference": f"Patient/{person.pk}"},
        "entry": [{"item": {"reference": f"DocumentReference/{one}"}} for one in documents],
    }  # fmt: skip


def test_a_folder_is_filled_by_whoever_adds_documents(api, odette, sent):
    lot, key, _ = sent
    made = api.post("List", folder(odette, key))
    assert made.status == 201, made.body
    other = make.organisation("Autre")
    make.member(odette, other)
    another = Api(other)
    text = {"contentType": "text/plain", "title": "a.txt", "data": b64(b"Bonjour")}
    mine = another.post("DocumentReference", {
        "resourceType": "DocumentReference", "status": "current",
        "subject": {"reference": f"Patient/{odette.pk}"}, "content": [{"attachment": text}],
    })  # fmt: skip
    assert mine.status == 201, mine.body
    wanted = {**folder(odette, key, mine.body["id"]), "id": made.body["id"]}
    filled = another.put(f"List/{made.body['id']}", wanted)
    assert filled.status == 200, filled.body
    with owner():
        assert DocumentSet.objects.get(pk=made.body["id"]).held.count() == 2
    frozen = {**api.get(f"List/{lot}").body, "entry": []}
    del frozen["entry"]
    assert api.put(f"List/{lot}", frozen).status in {409, 422}


def test_a_list_shows_only_the_documents_that_one_reads(api, odette, sent):
    lot, key, _ = sent
    helper = make.organisation("Aide", "saad")
    make.member(odette, helper, outside_team=True, ground="consent")
    assert Api(helper).get(f"List/{lot}").status == 404
    with owner():
        shown = Document.objects.get(pk=key)
        Document.objects.filter(pk=key).update(for_outside=True)
    second = api.post("DocumentReference", {
        "resourceType": "DocumentReference", "status": "current",
        "subject": {"reference": f"Patient/{odette.pk}"},
        "content": [{"attachment": {"contentType": "text/plain", "title": "b.txt",
                                    "data": b64(b"Secret")}}],
    }).body["id"]  # fmt: skip
    both = api.post("List", folder(odette, key, second)).body["id"]
    told = Api(helper).get(f"List/{both}")
    assert told.status == 200, told.body
    assert [one["item"]["reference"] for one in told.body["entry"]] == [
        f"DocumentReference/{shown.pk}"
    ]
    assert second not in told.raw.decode()


def test_an_upload_is_its_sender_s_alone_until_it_becomes_a_document(api, odette, claire):
    made = api.call("POST", "Binary", PDF, content_type="application/pdf")
    assert made.status == 201, made.body
    key = made.body["id"]
    assert base64.b64decode(api.get(f"Binary/{key}").body["data"]) == PDF
    other = make.organisation("Autre")
    make.member(odette, other)
    assert Api(other).get(f"Binary/{key}").status == 404
    body = document(odette, claire, url=f"Binary/{key}")
    assert Api(other).post("DocumentReference", body).status == 422
    assert api.post("DocumentReference", body).status == 201
    assert api.post("DocumentReference", body).status == 422


def test_an_upload_that_nobody_used_goes(api):
    key = api.post(
        "Binary", {"resourceType": "Binary", "contentType": "text/plain", "data": b64(b"Salut")}
    ).body["id"]
    uploads.sweep()
    assert api.get(f"Binary/{key}").status == 200
    with owner():
        Upload.objects.update(created_at="2020-01-01T00:00:00Z")
    uploads.sweep()
    assert api.get(f"Binary/{key}").status == 404
    with owner():
        assert not StoredFile.objects.filter(pk=key).exists()


@pytest.mark.parametrize(
    ("change", "where"),
    [({"hash": "AAAA"}, "hash"), ({"contentType": "text/html"}, ""),
     ({"url": "urn:uuid:zz"}, "url"), ({"url": "https://ailleurs.example/doc.pdf"}, "url")],
    ids=["hash", "type", "nowhere", "elsewhere"],
)  # fmt: skip
def test_what_is_not_right_leaves_nothing_of_the_sending(api, odette, claire, change, where):
    bundle = provided(odette, claire, **change) if "url" not in change else provided(odette, claire)
    if "url" in change:
        bundle["entry"][1]["resource"]["content"][0]["attachment"] |= change
    if "contentType" in change:
        bundle["entry"][2]["resource"] |= change
    answer = api.post("", bundle)
    assert answer.status == 422, answer.body
    assert where in answer.body["issue"][0].get("expression", [""])[0]
    with owner():
        assert (Document.objects.count(), DocumentSet.objects.count()) == (0, 0)
        assert StoredFile.objects.count() == 0


def test_what_waits_for_its_check_is_read_by_nobody(api, odette, claire, monkeypatch):
    monkeypatch.setattr(scanner, "scan", lambda content: scanner.Verdict.SILENT)
    made = api.post("DocumentReference", document(odette, claire, data=b64(PDF)))
    assert made.status == 201, made.body
    read = api.get(f"DocumentReference/{made.body['id']}").body
    attachment = read["content"][0]["attachment"]
    assert "data" not in attachment
    assert api.get(attachment["url"]).status == 404
    with owner():
        assert store.recheck() == {"quarantine": 1}
    monkeypatch.setattr(scanner, "scan", lambda content: scanner.Verdict.CLEAN)
    with owner():
        assert store.recheck() == {"safe": 1}
    assert base64.b64decode(api.get(attachment["url"]).body["data"]) == PDF


def test_a_malware_is_refused_whole(api, odette, claire, monkeypatch):
    monkeypatch.setattr(scanner, "scan", lambda content: scanner.Verdict.INFECTED)
    answer = api.post("", provided(odette, claire))
    assert (answer.status, "antivirus" in answer.issues[0]) == (422, True)
    with owner():
        assert not StoredFile.objects.exists()


def test_a_label_that_hides_is_refused_rather_than_ignored(api, odette, claire):
    body = document(odette, claire, data=b64(PDF))
    body["securityLabel"] = [{"coding": [{"code": "MASQUE_PS"}]}]
    assert api.post("DocumentReference", body).status == 422
