"""An orientation of an MDPH: taken in with its document, answered in the pages, sent back."""

import base64
import copy
import datetime as dt

import pytest

from liane.core.acting import acting, owner
from liane.exchange.cda.reading import read as read_cda
from liane.exchange.tests import papers
from liane.fhir import validation
from liane.fhir.sdo import INPUTS, MOTIVES, PROFILES, STATUS
from liane.fhir.tests.api import Api
from liane.referrals import orientation, services
from liane.referrals.models import Decision, Position, Referral, ReferralFile
from liane.referrals.services import Reply
from tests import factories as make

pytestmark = pytest.mark.django_db
FINESS = "400780268"
TAKE = "ServiceRequest/$sdo-receive"


@pytest.fixture
def esms(db):
    return make.organisation("SAVS des Pins", "esms", finess=FINESS)


@pytest.fixture
def software(esms):
    return Api(esms)


@pytest.fixture
def nora(esms):
    return make.practice("nora", role="coordinator", of=esms, name="Nora Petit")


def typed(name, **value):
    return {"type": {"coding": [{"system": INPUTS, "code": name}]}, **value}


def notice(status="39", *, place=f"1{FINESS}", number="D-2026-17", motive="", **more):
    said = [
        typed("idNat_Struct", valueIdentifier={"value": place}),
        typed("nomESMS", valueString="SAVS des Pins"),
        typed("statutESMS", valueCodeableConcept={"coding": [{"system": STATUS, "code": status}]}),
        typed("dateStatutESMS", valueDate="2026-11-20"),
        typed("nomUnite", valueString="Unité jour"),
        typed("idDecision", valueIdentifier={"value": number}),
        typed("idNat_Decision", valueIdentifier={"value": "NAT-17"}),
    ]  # fmt: skip
    if motive:
        coding = {"system": MOTIVES, "code": motive}
        said.append(typed("motifESMS", valueCodeableConcept={"coding": [coding]}))
    return {
        "resourceType": "Task", "status": "completed", "intent": "plan", "input": said,
        "meta": {"lastUpdated": "2026-11-20T10:00:00Z", "profile": [f"{PROFILES}/sdo-task"]},
        **more,
    }  # fmt: skip


def document(content=None, **more):
    data = base64.b64encode(content or papers.note("Orientation vers un SAVS").content).decode()
    return {
        "resourceType": "DocumentReference", "status": "current",
        "meta": {"profile": [f"{PROFILES}/esms-document-reference"]},
        "identifier": [{"use": "usual", "value": "D-2026-17"},
                       {"use": "official", "value": "NAT-17"}],
        "type": {"coding": [{"system": "http://loinc.org", "code": "57830-2"}]},
        "content": [{"attachment": {"contentType": "text/xml", "data": data,
                                    "title": "Document Individu et décision"}}],
        **more,
    }  # fmt: skip


def bundle(*bodies, kind="searchset"):
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"fullUrl": f"urn:x:{n}", "resource": one} for n, one in enumerate(bodies)],
    }


def taken(software, *bodies):
    answer = software.post(TAKE, bundle(*(bodies or (document(), notice()))))
    assert answer.status == 200, answer.body
    (entry,) = answer.body["entry"]
    return entry["resource"]


def inputs(task):
    return {one["type"]["coding"][0]["code"]: one for one in task["input"]}


def valid(body):
    return [issue.text for issue in validation.problems(body) if issue.severity == "error"]


def test_a_decision_becomes_a_request_with_its_document(software, nora, esms, sign_in):
    made = taken(software)
    assert made["code"]["coding"][0]["code"] == "orientation"
    assert {one["use"]: one["value"] for one in made["identifier"]} == {
        "usual": "D-2026-17", "official": "NAT-17",
    }  # fmt: skip
    with owner():
        row = Referral.objects.get(pk=made["id"])
        (file,) = ReferralFile.objects.filter(referral=row)
        assert (row.organisation_id, row.status, row.consent) == (esms.pk, "sent", "later")
        assert row.identity["birth_name"] == "LABORDE"
        assert row.identity["birth_date"] == "1941-03-07"
    page = sign_in("nora").get(f"/demandes/{row.pk}/").content.decode()
    for words in (
        "D-2026-17",
        "Notification envoyée",
        "Odette",
        "Unité : Unité jour",
        "accord de la personne à demander",
        file.file.name,
        "Dire notre position",
    ):
        assert words in page, words
    assert f"/demandes/{row.pk}/refuser/" not in page
    found = software.get("ServiceRequest?identifier=D-2026-17").found
    assert [one["id"] for one in found] == [made["id"]]
    assert software.get("ServiceRequest?identifier=D-2026-18").found == []


def test_again_changes_nothing_and_a_new_document_joins(software, nora):
    made = taken(software)
    assert taken(software)["id"] == made["id"]
    taken(software, document(papers.note("Autre page").content))
    with owner():
        assert Referral.objects.count() == Decision.objects.count() == Position.objects.count() == 1
        assert ReferralFile.objects.count() == 2


def test_somebody_known_is_found_by_the_document(software, esms, nora):
    from liane.patients import ins

    person = make.patient("LABORDE", "Odette Marie", birth_date=dt.date(1941, 3, 7), sex="F")
    make.member(person, esms)
    with owner():
        ins.put(person, ins.parse(papers.MATRICULE))
        person.save()
    assert taken(software)["subject"]["reference"] == f"Patient/{person.pk}"


def test_the_desk_says_its_position_and_the_software_sends_it(software, nora, sign_in):
    made = taken(software)
    path = f"ServiceRequest/{made['id']}/$sdo"
    desk, url = sign_in("nora"), f"/demandes/{made['id']}/position/"
    assert "Liste d&#x27;attente" in desk.get(url).content.decode()
    version = {"version": 1}
    assert desk.post(url, {**version, "code": "45"}).status_code == 422
    assert desk.post(url, {**version, "code": "42", "motive": "114"}).status_code == 422
    assert desk.post(url, {**version, "code": "42", "comment": "Visite jeudi"}).status_code == 302
    with owner():
        assert Referral.objects.get(pk=made["id"]).status == "in_scope"
    sent = software.get(path).body
    (task,) = [one["resource"] for one in sent["entry"]]
    assert (sent["type"], valid(task)) == ("transaction", [])
    said = inputs(task)
    assert said["idNat_Struct"]["valueIdentifier"]["value"] == f"1{FINESS}"
    assert said["statutESMS"]["valueCodeableConcept"]["coding"][0]["code"] == "42"
    assert said["nomUnite"]["valueString"] == "Unité jour"
    assert said["idNat_Decision"]["valueIdentifier"]["value"] == "NAT-17"
    assert task["description"] == "Visite jeudi"
    assert "motifESMS" not in said
    accord = f"/demandes/{made['id']}/accord/"
    assert desk.post(accord, {"agrees": "yes"}).status_code == 302
    entries = [one["resource"] for one in software.get(path).body["entry"]]
    (consent,) = [one for one in entries if one["resourceType"] == "Consent"]
    assert valid(consent) == []
    assert consent["provision"]["data"][0]["reference"]["identifier"] == {
        "use": "official", "value": "NAT-17",
    }  # fmt: skip
    assert (consent["status"], bool(consent["meta"]["source"])) == ("active", True)


def test_an_impossible_admission_refuses_with_its_motive(software, nora, sign_in):
    made = taken(software)
    desk = sign_in("nora")
    answer = desk.post(f"/demandes/{made['id']}/position/",
                       {"version": 1, "code": "41", "motive": "151"})  # fmt: skip
    assert answer.status_code == 302
    with acting(make.actor(nora)):
        version = Referral.objects.get(pk=made["id"]).version
        with pytest.raises(orientation.Refused):
            services.refuse(made["id"], reason="non")
        orientation.say(made["id"], "45", motive="114", expect=version)
    assert software.get(f"ServiceRequest/{made['id']}").body["status"] == "revoked"
    task = software.get(f"ServiceRequest/{made['id']}/$sdo").body["entry"][0]["resource"]
    assert inputs(task)["motifESMS"]["valueCodeableConcept"]["coding"][0]["code"] == "114"


def test_steps_of_the_request_are_positions_by_themselves(software, nora, esms):
    made = taken(software)

    def position():
        task = software.get(f"ServiceRequest/{made['id']}/$sdo").body["entry"][0]["resource"]
        return inputs(task)["statutESMS"]["valueCodeableConcept"]["coding"][0]["code"]

    assert position() == "39"
    person = make.patient("LABORDE", "Odette", sex="F")
    make.member(person, esms)
    with acting(make.actor(nora)):
        services.take(made["id"])
        assert position() == "40"
        from liane.referrals import attaching

        attaching.attach(made["id"], person.pk)
        services.qualify(made["id"], "in_scope")
        services.answer(made["id"], Reply("sustained", "Entrée le 1er.", consent="agrees"))
    assert position() == "47"


def test_the_mdph_cancels_and_starts_again(software, nora):
    made = taken(software)
    assert taken(software, notice("49", motive="173"))["status"] == "revoked"
    assert taken(software, notice("54", motive="168"))["status"] == "active"
    with acting(make.actor(nora)):
        lines = [row.label for row in orientation.said(Referral.objects.get(pk=made["id"]))]
    assert lines[0] == "Notification réactivée (Pour placer l'usager en liste d'attente)"
    assert len(lines) == 3


def test_the_searchsets_of_the_guide(software, nora):
    taken(software)
    found = software.get("ServiceRequest/$sdo?of=notifications").body
    assert found["meta"]["profile"] == [
        f"{PROFILES}/sdo-bundle-resultat-recherche-notification-esms"
    ]  # fmt: skip
    (entry,) = found["entry"]
    assert entry["resource"]["meta"]["profile"] == [f"{PROFILES}/sdo-task"]
    given = software.get("ServiceRequest/$sdo?of=decisions").body
    (entry,) = given["entry"]
    paper = entry["resource"]
    assert valid(paper) == valid(entry["resource"]) == []
    attachment = paper["content"][0]["attachment"]
    assert attachment["title"] == "Document Individu et décision"
    assert read_cda(base64.b64decode(attachment["data"])).person.birth_name == "LABORDE"
    sent = document()
    assert base64.b64decode(attachment["data"]) == base64.b64decode(
        sent["content"][0]["attachment"]["data"]
    )
    assert software.get("ServiceRequest/$sdo?of=x").status == 400


def test_what_another_house_gave_can_be_taken_back_in(software, nora):
    taken(software)
    both = [
        entry["resource"]
        for of in ("decisions", "notifications")
        for entry in software.get(f"ServiceRequest/$sdo?of={of}").body["entry"]
    ]
    other = make.organisation("SESSAD", "esms", finess="400780276")
    moved = copy.deepcopy(both)
    inputs(moved[1])["idNat_Struct"]["valueIdentifier"]["value"] = "1400780276"
    made = taken(Api(other), *moved)
    assert made["performer"][0]["reference"] == f"Organization/{other.pk}"


@pytest.mark.parametrize(
    ("bodies", "status"),
    [
        ((notice(),), 422),
        ((document(b"Bonjour", subject={"reference": "urn:x:9"}), notice()), 422),
        ((document(), notice(place="1000000000")), 422),
        ((document(identifier=[{"use": "official", "value": "N"}]),), 422),
        ((document(b"<ClinicalDocument>",),), 422),
        ((notice("99"), document()), 422),
        ((document(status="nope"), notice()), 422),
        (({"resourceType": "Task", "input": 3},), 422),
        ((), 422),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_in_words_and_keeps_nothing(software, nora, bodies, status):
    answer = software.post(TAKE, bundle(*bodies))
    assert answer.status in {400, status}, answer.body
    assert answer.issues
    with owner():
        assert not Referral.objects.exists()


def test_another_house_reads_nothing_of_it_and_changes_nothing(software, nora):
    made = taken(software)
    stranger = Api(make.organisation("Ailleurs", "dac"))
    path = f"ServiceRequest/{made['id']}/$sdo"
    assert stranger.get(path).status == 404
    assert stranger.get("ServiceRequest/$sdo").body["total"] == 0
    assert stranger.post(TAKE, bundle(document(), notice("49", motive="173"))).status == 409
    assert software.get(f"ServiceRequest/{made['id']}").body["status"] == "active"
    narrow = Api(software.client.organisation, "system/Patient.rs")
    assert narrow.get(path).status == 403
    assert software.get(TAKE).status == 405
    with owner():
        plain = Referral.objects.create(
            organisation=nora.organisation, requester_kind="caller", motive="advice",
            consent="later",
        )  # fmt: skip
    assert software.get(f"ServiceRequest/{plain.pk}/$sdo").status == 404
