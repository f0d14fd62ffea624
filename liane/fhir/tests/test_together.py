"""Creations of one type in a transaction: written together, and as if each were alone."""

import copy
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from liane.circle.models import Grant, Membership
from liane.core.acting import owner
from liane.core.models import AccessRow, Entry, Outbox
from liane.fhir.models import Index, Received
from liane.fhir.tests.test_bundles import bundle, entry
from liane.messaging.models import Message, MessageWord, Thread
from liane.patients.models import IdentityEvent, Patient, PatientTrigram

pytestmark = pytest.mark.django_db
NAMES = ("Delmas", "Berhouet", "Quintrec", "Vasseur", "Lagrange", "Oyhenart", "Champollion", "Ney")


def arrival(number: int, name: str, **more) -> list[dict]:
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:oid:1.2.250.1.999", "value": f"d-{number}"}],
        "name": [{"use": "official", "family": name, "given": [f"{name[::-1]}"]}],
        "gender": "female",
        "birthDate": f"19{30 + 3 * number}-0{number + 1}-14",
    }
    address = f"urn:uuid:61ebe359-bfdc-4613-8bf2-c5e3009450{number:02}"
    message = {
        "resourceType": "Communication",
        "status": "completed",
        "subject": {"reference": address},
        "payload": [{"contentString": f"Dossier numéro {number} repris."}],
        **more,
    }
    return [entry("POST", "Patient", person, address), entry("POST", "Communication", message)]


def arrivals(*names: str) -> dict:
    return bundle(*(one for number, name in enumerate(names) for one in arrival(number, name)))


def counted(api, content: dict) -> int:
    with CaptureQueriesContext(connection) as told:
        answer = api.post("", content)
    assert answer.status == 200, answer.body
    return len(told)


def test_statements_do_not_grow_with_the_entries(api) -> None:
    counted(api, arrivals("Zabala"))
    assert counted(api, arrivals(*NAMES[:3])) == counted(
        api, arrivals(*(f"{one}ac" for one in NAMES[3:]))
    )


def rows() -> dict[str, int]:
    with owner():
        told = {one.__name__: one.objects.count() for one in (
            Patient, PatientTrigram, IdentityEvent, Membership, Grant, Thread, Message, MessageWord,
            Received, Index, Outbox,
        )}  # fmt: skip
        told |= {f"entry {kind}": Entry.objects.filter(kind=kind).count()
                 for kind in ("person.opened", "thread.opened", "message.sent")}  # fmt: skip
        told |= {f"access {one}": AccessRow.objects.filter(resource=one, action="write").count()
                 for one in ("record", "thread", "message")}  # fmt: skip
    return told


def test_the_same_rows_as_one_by_one(api) -> None:
    content = arrivals(*NAMES[:4])
    before = rows()
    assert api.post("", content).status == 200
    together = {name: count - before[name] for name, count in rows().items()}
    alone: dict[str, int] = dict.fromkeys(together, 0)
    for number, name in enumerate(NAMES[4:]):
        before = rows()
        assert api.post("", bundle(*arrival(number, name))).status == 200
        alone = {one: alone[one] + count - before[one] for one, count in rows().items()}
    words = {"PatientTrigram"}  # other names
    assert {k: v for k, v in together.items() if k not in words} == {
        k: v for k, v in alone.items() if k not in words
    }
    assert together["Message"] == 4


def test_each_is_read_back_and_found(api) -> None:
    answer = api.post("", arrivals(*NAMES))
    assert answer.status == 200, answer.body
    for number, one in enumerate(answer.body["entry"]):
        assert one["response"]["status"] == "201 Created"
        where = one["response"]["location"].split("/fhir/")[1]
        read = api.get(where.split("/_history")[0])
        assert read.headers["ETag"] == one["response"]["etag"] == 'W/"1"'
        if number % 2:
            (said,) = read.body["payload"]
            assert said == {"contentString": f"Dossier numéro {number // 2} repris."}
    found = api.get("Patient?identifier=urn:oid:1.2.250.1.999|d-3").body
    assert [one["resource"]["name"][0]["family"] for one in found["entry"]] == ["Vasseur"]
    (found,) = api.get("Patient?name=champo").body["entry"]
    assert found["resource"]["birthDate"] == "1948-07-14"


def test_two_of_a_bundle_that_look_alike_are_refused_at_the_second(api) -> None:
    content = arrivals("Delmas", "Berhouet", "Quintrec")
    twin = copy.deepcopy(content["entry"][0])
    twin["fullUrl"] = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f99"
    content["entry"].insert(4, twin)
    answer = api.post("", content)
    assert answer.status == 409
    assert answer.body["issue"][0]["expression"] == ["Bundle.entry[4].resource"]
    with owner():
        assert not Patient.objects.exists()


def test_the_fault_of_one_is_told_at_its_place(api) -> None:
    content = arrivals(*NAMES[:3])
    content["entry"][3]["resource"]["payload"] = [{"contentString": "   "}]
    answer = api.post("", content)
    assert answer.status == 422
    assert answer.body["issue"][0]["expression"][0].startswith("Bundle.entry[3].resource")
    content = arrivals(*NAMES[:3])
    content["entry"][2]["resource"]["gender"] = "homme"
    answer = api.post("", content)
    assert answer.body["issue"][0]["expression"] == ["Bundle.entry[2].resource.gender"]


def test_a_conversation_already_there_goes_on(api) -> None:
    content = arrivals("Delmas", "Berhouet")
    again = copy.deepcopy(content["entry"][1])
    again["resource"]["payload"] = [{"contentString": "Et encore."}]
    urgent = copy.deepcopy(content["entry"][3])
    urgent["resource"] |= {"priority": "urgent", "payload": [{"contentString": "Vite."}]}
    content["entry"] += [again, urgent]
    assert api.post("", content).status == 200
    with owner():
        told = Message.objects.order_by("thread__person__birth_name", "number")
        assert [(one.number, one.text, one.urgent) for one in told] == [
            (1, "Dossier numéro 1 repris.", False), (2, "Vite.", True),
            (1, "Dossier numéro 0 repris.", False), (2, "Et encore.", False),
        ]  # fmt: skip
        assert {one.last_number for one in Thread.objects.all()} == {2}
        assert Entry.objects.filter(kind="message.sent", urgent=True).count() == 1


def test_a_message_that_answers_another_of_the_bundle(api) -> None:
    content = arrivals("Delmas")
    content["entry"][1]["fullUrl"] = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f77"
    reply = copy.deepcopy(content["entry"][1]["resource"])
    reply["inResponseTo"] = [{"reference": content["entry"][1]["fullUrl"]}]
    content["entry"].append(entry("POST", "Communication", reply))
    assert api.post("", json.loads(json.dumps(content))).status == 200
    with owner():
        first, second = Message.objects.order_by("number")
        assert second.reply_to_id == first.pk
