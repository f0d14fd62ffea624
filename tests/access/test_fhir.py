"""The programming interface shows nobody more than the table of rights: each type, read, searched,
included, reverse-included, chained, whole record, versions."""

from typing import Any

import pytest

from liane.accounts.models import User
from liane.bundles.models import Invoice
from liane.circle.seats import every_seat
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.fhir import resources
from liane.fhir.bulk import making
from liane.fhir.resources.communicationrequest import EVENTS, TIME
from liane.fhir.resources.communicationrequest import TYPE as EVENT
from liane.fhir.resources.list import TYPES as LISTS
from liane.fhir.resources.servicerequest import CONSENT, MOTIVES
from liane.fhir.tests.api import Answer, Api
from liane.timeline.models import Document, DocumentSet
from tests.access.expectations import Kind, may_see
from tests.access.walker import TOKEN, snapshot
from tests.access.world import KINDS, World

pytestmark = pytest.mark.django_db
EXPORTED = {"AuditEvent", "Provenance", "Patient"}
"""Types that an export holds only where they are named, and one besides."""
SIGNED_IN = [one for one in KINDS if one.name not in {"anonymous", "by_link"}]


def application(world: World, kind: Kind, scopes: str = "user/*.cruds", **context: Any) -> Api:
    """An application that this actor uses."""
    account = User.objects.get(username=kind.name)
    (seat, *_) = every_seat(account)
    house = world.organisations[kind.organisation or "msp"]
    context = {"user": account, "seat": seat.key, **context}
    return Api(house, scopes, kind="confidential", context=context)


def asked(world: World) -> list[str]:
    """Every way of reading, about both persons: searches, links, and a few of each type by name."""
    found = []
    for kind, resource in resources.every().items():
        found += [f"{kind}?_include=*&_revinclude=*&_include:iterate=*", f"{kind}/_history"]
        for code, param in resource.references().items():
            if "Patient" in param.targets:
                found.append(f"{kind}?{code}:Patient.gender=female,male,unknown")
                found.append(f"Patient?_has:{kind}:{code}:_id:missing=false")
        if resource.person_path is not None:
            with owner():
                keys = list(resource.model._base_manager.values_list("pk", flat=True)[:4])
            found += [f"{kind}/{key}" for key in keys]
    for name in ("A", "B"):
        key = world.persons[name].pk
        found += [f"Patient/{key}/$everything", f"Patient/{key}/_history", f"CareTeam/{key}"]
    return list(dict.fromkeys(found))


def everything(api: Api, world: World) -> tuple[str, list[tuple[str, Answer]]]:
    """What all of it says, and the answers."""
    answers = [(path, api.get(path)) for path in asked(world)]
    return " ".join(one.raw.decode() for _, one in answers), answers


@pytest.mark.parametrize("kind", SIGNED_IN, ids=lambda kind: kind.name)
def test_no_answer_shows_what_the_table_of_rights_forbids(world: World, kind: Kind) -> None:
    text, answers = everything(application(world, kind), world)
    assert len(answers) > 30
    assert [(path, one.status) for path, one in answers if one.status >= 500] == []
    seen = {token.lower() for token in TOKEN.findall(text)}
    leaks = [one for one in world.canaries if one.token.lower() in seen and not may_see(kind, one)]
    assert leaks == []
    shown = {str(person.pk) for person in world.persons.values() if f'"{person.pk}"' in text}
    noted = AccessRow.objects.filter(resource__startswith="fhir.", channel="api")
    assert shown <= {str(key) for key in noted.values_list("person_id", flat=True)}


def test_a_machine_sees_the_persons_of_its_house_alone(world: World) -> None:
    text, _ = everything(Api(world.organisations["msp"]), world)
    seen = {token.lower() for token in TOKEN.findall(text)}
    of = {name: {one.token.lower() for one in world.canaries if one.person == name and (
        one.area == "identity")} for name in ("A", "B")}  # fmt: skip
    assert seen & of["A"]
    assert not seen & of["B"]
    masked = {one.token.lower() for one in world.canaries if one.masked}
    assert not seen & masked
    text, _ = everything(Api(world.organisations["other"]), world)
    assert TOKEN.findall(text) == []


@pytest.mark.parametrize("name", ["msp", "dac", "saad", "other"])
def test_an_export_holds_what_the_machine_of_a_house_reads(world: World, name: str) -> None:
    api = Api(world.organisations[name])
    listed, text = [], ""
    for path in ("$export", f"$export?_type={','.join(sorted(EXPORTED))}"):
        asked = api.get(path, prefer="respond-async")
        assert asked.status == 202, asked.body
        status = asked.headers["Content-Location"].split("/fhir/")[1]
        making.make.call(status.split("/")[1])
        listed += api.get(status).body["output"]
    for one in listed:
        text += api.get(one["url"].split("/fhir/")[1]).raw.decode()
    read, _ = everything(api, world)
    seen, may = ({one.lower() for one in TOKEN.findall(part)} for part in (text, read))
    assert seen <= may
    of = {person: {one.token.lower() for one in world.canaries if one.person == person}
          for person in ("A", "B")}  # fmt: skip
    assert not seen & of["B"]
    assert not seen & {one.token.lower() for one in world.canaries if one.masked}
    assert bool(seen & of["A"]) == (name in {"msp", "dac"})
    shown = {str(person.pk) for person in world.persons.values() if f'"{person.pk}"' in text}
    noted = AccessRow.objects.filter(action="export", channel="api")
    assert shown <= {str(key) for key in noted.values_list("person_id", flat=True)}


@pytest.mark.parametrize("kind", SIGNED_IN, ids=lambda kind: kind.name)
def test_nobody_exports_but_a_machine(world: World, kind: Kind) -> None:
    api = application(world, kind)
    for path in ("$export", "Patient/$export", f"Group/{world.persons['A'].pk}/$export"):
        assert api.get(path, prefer="respond-async").status == 403


def test_a_patient_scope_is_about_one_person(world: World) -> None:
    doctor = next(one for one in KINDS if one.name == "doctor")
    api = application(world, doctor, "patient/*.rs", patient_id=world.persons["B"].pk)
    text, _ = everything(api, world)
    assert TOKEN.findall(text) == []


@pytest.mark.parametrize("name", ["outsider", "opposed", "ex_member", "other_person", "dpo"])
def test_no_write_changes_a_record_out_of_reach(world: World, name: str) -> None:
    kind = next(one for one in KINDS if one.name == name)
    api = application(world, kind)
    person = world.persons["A" if kind.own == "B" else kind.own]
    before = snapshot(world, "A")
    about = {"reference": f"Patient/{person.pk}"}
    with owner():
        held = Document.objects.filter(person=person).first()
        folder = DocumentSet.objects.filter(person=person).first()
        billed = Invoice.objects.filter(person=person).first()
    text = {"contentType": "text/plain", "title": "a.txt", "data": "Qm9uam91cg=="}
    content = {"content": [{"attachment": text}]}
    privacy = "http://terminology.hl7.org/CodeSystem/consentscope"
    answers = [
        api.post("DocumentReference", {
            "resourceType": "DocumentReference", "status": "current", "subject": about} | content),
        api.put(f"DocumentReference/{held.pk}", {
            "resourceType": "DocumentReference", "id": str(held.pk), "status": "current",
            "subject": about, "description": "x", "content": [
                {"attachment": {"url": f"Binary/{held.file_id}"}}]}),
        api.call("DELETE", f"DocumentReference/{held.pk}"),
        api.post("List", {
            "resourceType": "List", "status": "current", "mode": "working", "title": "x",
            "subject": about, "code": {"coding": [{"system": LISTS, "code": "folder"}]}}),
        api.put(f"List/{folder.pk}", {
            "resourceType": "List", "id": str(folder.pk), "status": "current", "mode": "working",
            "title": "x", "subject": about,
            "code": {"coding": [{"system": LISTS, "code": "folder"}]}}),
        api.post("Consent", {
            "resourceType": "Consent", "status": "active", "patient": about,
            "scope": {"coding": [{"system": privacy, "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
            "policy": [{"uri": "urn:x"}], "provision": {"type": "deny"}}),
        api.post("ClaimResponse", {
            "resourceType": "ClaimResponse", "status": "active", "type": {"text": "x"},
            "use": "claim", "patient": about, "created": "2026-07-10", "outcome": "complete",
            "insurer": {"display": "x"},
            "request": {"identifier": {"value": billed.number if billed else "x"}},
            "item": [{"itemSequence": 1, "adjudication": [
                {"category": {"coding": [{"code": "benefit"}]},
                 "amount": {"value": 1, "currency": "EUR"}}]}]}),
        api.put(f"Patient/{person.pk}", {"resourceType": "Patient", "id": str(person.pk)}),
        api.put("Patient?gender=female", {"resourceType": "Patient", "gender": "male"}),
        api.post("CareTeam", {"resourceType": "CareTeam", "subject": about}),
        api.post("RelatedPerson", {"resourceType": "RelatedPerson", "patient": about,
                                   "name": [{"family": "X"}]}),
        api.post("Encounter", {
            "resourceType": "Encounter", "status": "in-progress", "subject": about,
            "class": {"code": "IMP"}, "period": {"start": "2026-11-01"},
            "identifier": [{"system": "urn:x", "value": "1"}]}),
        api.call("PATCH", f"Patient/{person.pk}", [], content_type="application/json-patch+json"),
        api.post("Flag", {"resourceType": "Flag", "status": "active", "subject": about,
                          "code": {"text": "Chute"}}),
        api.post("Goal", {"resourceType": "Goal", "lifecycleStatus": "active", "subject": about,
                          "description": {"text": "Sortir"}}),
        api.post("CarePlan", {"resourceType": "CarePlan", "status": "draft", "intent": "plan",
                              "subject": about}),
        api.post("QuestionnaireResponse", {
            "resourceType": "QuestionnaireResponse", "status": "in-progress", "subject": about,
            "questionnaire": "urn:liane:questionnaire:mmse"}),
        api.post("ServiceRequest", {
            "resourceType": "ServiceRequest", "status": "active", "intent": "order",
            "subject": about, "extension": [{"url": CONSENT, "valueCode": "agrees"}],
            "code": {"coding": [{"system": MOTIVES, "code": "staying_home"}]},
            "performer": [{"reference": f"Organization/{world.organisations['other'].pk}"}]}),
        api.post("CommunicationRequest", {
            "resourceType": "CommunicationRequest", "status": "active", "subject": about,
            "extension": [
                {"url": EVENT, "valueCodeableConcept": {
                    "coding": [{"system": EVENTS, "code": "ADM"}]}},
                {"url": TIME, "valueDateTime": "2026-11-01T10:00:00Z"}]}),
    ]  # fmt: skip
    assert [one.status for one in answers if one.status not in (400, 403, 404, 405, 412, 422)] == []
    assert snapshot(world, "A") == before
