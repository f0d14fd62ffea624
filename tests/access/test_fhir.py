"""The programming interface shows nobody more than the table of rights: each type, read, searched,
included, reverse-included, chained, whole record, versions."""

import json
from typing import Any

import pytest

from liane.accounts.models import User
from liane.bundles.models import Invoice
from liane.circle.reach import Reach
from liane.circle.seats import every_seat
from liane.core.acting import owner, system
from liane.core.models import AccessRow
from liane.directory.models import Professional
from liane.fhir import operations, resources
from liane.fhir.bulk import making
from liane.fhir.resources.communicationrequest import EVENTS, TIME
from liane.fhir.resources.communicationrequest import TYPE as EVENT
from liane.fhir.resources.list import TYPES as LISTS
from liane.fhir.resources.servicerequest import CONSENT, MOTIVES
from liane.fhir.tests.api import Answer, Api
from liane.fhir.tests.bodies import bodies
from liane.timeline.models import Document, DocumentSet
from tests.access.expectations import Kind, may_see
from tests.access.walker import TOKEN, body_of, client_of, snapshot
from tests.access.world import KINDS, World

pytestmark = pytest.mark.django_db
EXPORTED = {"AuditEvent", "Provenance", "Patient"}
"""Types that an export holds only where they are named, and one besides."""
SIGNED_IN = [one for one in KINDS if one.name not in {"anonymous", "by_link"}]
LINE = "API client (system scope)"
OURS = Kind("api_client", LINE, organisation="msp")
OUTSIDE = Kind("api_outside", LINE, in_circle=False, organisation="other")
HOSPITAL = Kind("api_hospital", LINE, in_circle=False, organisation="hospital")
"""The house that feeds stays: what it sends about somebody lets its software read nothing."""
ADDRESSED = {"clinical_note", "money", "working_file"}
"""Areas of which the hospital reads something of B: a request sent to it, what it invoices."""
MACHINES = [OURS, OUTSIDE]
SHOWN = {"identity", "agenda", "intervention", "thread"}
"""Areas of which the machine of a house that follows A sees something: the walk is not empty."""
NO_TOKEN = [one for one in KINDS if one.name in {"anonymous", "by_link", "doctor", "person"}]
OUT_OF_REACH = [OUTSIDE, HOSPITAL, *(one for one in KINDS if one.name in {
    "outsider", "opposed", "ex_member", "other_person", "dpo"})]  # fmt: skip
WRITTEN = sorted(kind for kind, one in resources.every().items() if "create" in one.interactions)
OF_NOBODY = {"Binary", "HealthcareService", "Location", "Organization", "Practitioner",
             "PractitionerRole", "Schedule", "Subscription"}  # fmt: skip
"""Types that are about no person's record: others may create theirs."""


def application(world: World, kind: Kind, scopes: str = "user/*.cruds", **context: Any) -> Api:
    """An application that this actor uses, or the machine that it is."""
    if kind.line == LINE:
        return Api(world.organisations[kind.organisation], scopes.replace("user/", "system/"))
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
            for key in keys[:1]:
                found += [f"{kind}/{key}/_history/1", f"{kind}?_id={key}&_format=xml"]
                found += [f"{kind}/{key}/${name}" for name in _operations(kind)]
    for name in ("A", "B"):
        key = world.persons[name].pk
        found += [f"Patient/{key}/$everything", f"Patient/{key}/_history", f"CareTeam/{key}"]
    return list(dict.fromkeys(found))


def _operations(kind: str) -> list[str]:
    """Those that read one resource of this type."""
    return [
        one.name for one in operations.every()
        if "instance" in one.levels and one.reads and kind in one.kinds and not one.by_get
    ]  # fmt: skip


def everything(api: Api, world: World) -> tuple[str, list[tuple[str, Answer]]]:
    """What all of it says, and the answers."""
    answers = [(path, api.get(path)) for path in asked(world)]
    return " ".join(one.raw.decode() for _, one in answers), answers


@pytest.mark.parametrize("kind", [*SIGNED_IN, *MACHINES], ids=lambda kind: kind.name)
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


@pytest.mark.parametrize("kind", MACHINES, ids=lambda kind: kind.name)
def test_a_machine_sees_the_persons_of_its_house_alone(world: World, kind: Kind) -> None:
    text, _ = everything(application(world, kind), world)
    seen = {token.lower() for token in TOKEN.findall(text)}
    told = [one for one in world.canaries if one.token.lower() in seen]
    assert {one.person for one in told} == ({"A"} if kind.in_circle else set())
    assert {one.area for one in told} >= (SHOWN if kind.in_circle else set())
    rows = AccessRow.objects.filter(role="api_client", person_id=world.persons["A"].pk)
    assert rows.filter(channel="api").exists() is kind.in_circle


def test_the_software_of_the_hospital_reads_what_is_addressed_to_it_alone(world: World) -> None:
    _, answers = everything(application(world, HOSPITAL), world)
    told = {one.token.lower(): one for one in world.canaries}
    shown = [one.body for _, one in answers if one.body.get("resourceType") != "Bundle"]
    shown += [each["resource"] for _, one in answers for each in one.body.get("entry", [])
              if "resource" in each]  # fmt: skip
    found = {
        (one["resourceType"], told[token.lower()].person, told[token.lower()].area)
        for one in shown if "resourceType" in one
        for token in TOKEN.findall(json.dumps(one)) if token.lower() in told
    }  # fmt: skip
    assert {person for _, person, _ in found} == {"B"}
    assert {area for _, _, area in found} <= ADDRESSED
    assert {kind for kind, _, area in found if area == "clinical_note"} == {"ServiceRequest"}
    xml = " ".join(one.raw.decode() for path, one in answers if path.endswith("_format=xml"))
    assert {told[token.lower()].area for token in TOKEN.findall(xml)} <= ADDRESSED


def test_without_the_scope_nothing_of_a_record_is_shown(world: World) -> None:
    text, answers = everything(application(world, OURS, "system/Questionnaire.rs"), world)
    assert TOKEN.findall(text) == []
    assert {one.status for _, one in answers} <= {200, 400, 403, 404, 405}


@pytest.mark.parametrize("kind", NO_TOKEN, ids=lambda kind: kind.name)
def test_what_opens_pages_and_links_opens_nothing_here(world: World, kind: Kind) -> None:
    """A session, a signed link past its code, its own token as a bearer: not an application's."""
    browser = client_of(world, kind)
    bearers = ["", *(str(path.strip("/").rsplit("/", 1)[1]) for path, _ in world.doors["A"])]
    for path in [one for one in asked(world) if "_history" not in one][::7]:
        for text in bearers[:3]:
            headers = {"Authorization": f"Bearer {text}"} if text else {}
            answer = browser.get(f"/fhir/{path}", headers=headers)
            assert (answer.status_code, TOKEN.findall(body_of(answer))) == (401, []), path


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


@pytest.mark.parametrize("kind", OUT_OF_REACH, ids=lambda kind: kind.name)
def test_no_write_of_any_type_changes_a_record_out_of_reach(world: World, kind: Kind) -> None:
    """Bodies that their mappers take, about A: what refuses them is who asks."""
    api, person = application(world, kind), world.persons["A"]
    with owner():
        newcomer = Professional.objects.create(given="Luc", family="Neuf", profession="60")
        sent = bodies(world.organisations["msp"], person, world.practices["nurse"], newcomer)
        keys = {
            name: list(one.rows(Reach.of(system("test"))).filter(**{one.person_path: person.pk})
                       .values_list("pk", flat=True)[:2])
            for name, one in resources.every().items() if one.person_path is not None
        }  # fmt: skip
    before = snapshot(world, "A")
    patch = {"content_type": "application/json-patch+json"}
    change = [{"op": "add", "path": "/language", "value": "fr"}]
    about = {"reference": f"Patient/{person.pk}"}
    for name in WRITTEN:
        body = sent.get(name, {"resourceType": name, "subject": about, "status": "active"})
        answers = [api.post(name, body)] if name != "Patient" else []
        for key in [*keys.get(name, []), person.pk]:
            answers += [
                api.put(f"{name}/{key}", {**body, "id": str(key)}),
                api.call("PATCH", f"{name}/{key}", change, **patch),
                api.call("DELETE", f"{name}/{key}"),
            ]
        answers.append(
            api.put(f"{name}?_id={person.pk}", body) if name != "Patient" else answers[0]
        )
        statuses = [one.status for one in answers]
        assert max(statuses) < 500, (name, statuses)
        assert name in OF_NOBODY or min(statuses) >= 400, (name, statuses)
        assert snapshot(world, "A") == before, name


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
