"""The interface for scripts: what a token gives, within reach, and nothing else."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from liane.circle.compile import compile_grants
from liane.circle.models import Opposition
from liane.clients.models import Call
from liane.clients.tests.conftest import House, registered, token
from liane.core import acting
from liane.core.acting import owner
from liane.core.models import AccessRow
from liane.messaging.models import Message
from liane.patients import search
from tests import factories as make

pytestmark = pytest.mark.django_db
ALL = "system/*.cruds"


class Script:
    """A program with a token."""

    def __init__(self, text: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {text}"} if text else {})

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body: object, **headers: str) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.client.post(
            f"/api/v1/{path}", text, content_type="application/json", headers=headers
        )


@pytest.fixture
def script(house: House) -> Script:
    return Script(token(house.client, ALL))


def test_my_persons_and_their_circle(house: House, script: Script) -> None:
    [person] = script.get("persons").json()["items"]
    assert (person["id"], person["name"]) == (str(house.odette.pk), house.odette.usual_name)
    with owner():
        search.reindex(house.odette)
    assert script.get("persons", q="labord").json()["items"] == [person]
    circle = script.get(f"persons/{house.odette.pk}/circle").json()["members"]
    assert {one["kind"] for one in circle} == {"organisation", "practice"}
    with owner():
        read = AccessRow.objects.filter(person_id=house.odette.pk, channel="api", action="read")
        assert {"list", "circle"} <= set(read.values_list("resource", flat=True))
    assert "api read_circle" in Call.objects.values_list("kind", flat=True)


def test_a_message_is_sent_once_for_a_key_and_read_back(house: House, script: Script) -> None:
    path, key = f"persons/{house.odette.pk}/messages", str(uuid.uuid4())
    first = script.post(path, {"text": "Passage décalé à 18 h."}, **{"Idempotency-Key": key})
    again = script.post(path, {"text": "Passage décalé à 18 h."}, **{"Idempotency-Key": key})
    assert (first.status_code, again.json()) == (201, first.json())
    other = script.post(path, {"text": "Autre."}, **{"Idempotency-Key": key})
    assert other.status_code == 422
    [message] = script.get(path).json()["items"]
    assert (message["text"], message["author"]) == ("Passage décalé à 18 h.", "Logiciel")
    with acting.acting(acting.system("test")):
        assert Message.objects.count() == 1


def test_a_task_then_the_list_of_today(house: House, script: Script) -> None:
    body = {
        "title": "Rappeler la pharmacie", "person_id": str(house.odette.pk),
        "organisation_id": str(house.place.pk),
    }  # fmt: skip
    made = script.post("tasks", body)
    assert made.status_code == 201
    assert script.get("tasks", person=str(house.odette.pk)).json()["items"] == [made.json()]
    assert script.get("today").json()["tasks"] == [made.json()]


def test_an_absence_then_the_return(house: House, script: Script) -> None:
    path = f"persons/{house.odette.pk}"
    made = script.post(f"{path}/absences", {"kind": "hospital", "place": "CH de Dax"})
    assert (made.status_code, made.json()["status"]) == (201, "in_progress")
    assert script.post(f"{path}/absences", {}).status_code == 400
    back = script.post(f"{path}/discharge", {})
    assert (back.status_code, back.json()["status"]) == (200, "ended")
    assert script.post(f"{path}/discharge", {}).status_code == 409


def everything(person_id: Any) -> list[tuple[str, str, Any]]:
    one = f"persons/{person_id}"
    return [
        ("get", one, None), ("get", f"{one}/circle", None), ("get", f"{one}/messages", None),
        ("post", f"{one}/messages", {"text": "x"}), ("post", f"{one}/absences", {}),
        ("post", f"{one}/discharge", {}),
        ("post", "tasks", {"title": "x", "person_id": str(person_id),
                           "organisation_id": str(uuid.uuid4())}),
    ]  # fmt: skip


def ask(script: Script, method: str, path: str, body: Any) -> Any:
    return script.get(path) if method == "get" else script.post(path, body)


def test_out_of_reach_nothing_exists(house: House) -> None:
    elsewhere = Script(token(registered(make.organisation("Ailleurs", "msp"), scopes=ALL), ALL))
    for call in everything(house.odette.pk):
        assert ask(elsewhere, *call).status_code == 404, call
    for path in ("persons", "tasks"):
        assert elsewhere.get(path).json()["items"] == []


def test_an_opposition_takes_effect_on_the_next_call(house: House, script: Script) -> None:
    with owner():
        Opposition.objects.create(person=house.odette, organisation=house.place)
        compile_grants(house.odette.pk)
    for call in everything(house.odette.pk):
        assert ask(script, *call).status_code == 404, call


def test_each_operation_asks_for_its_scope(house: House) -> None:
    reader = Script(token(house.client, "system/Patient.rs"))
    assert reader.get("persons").status_code == 200
    calls = [*everything(house.odette.pk)[1:], ("get", "today", None), ("get", "tasks", None)]
    for call in calls:
        answer = ask(reader, *call)
        assert answer.status_code == 403, call
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_without_a_good_token_nothing(house: House) -> None:
    for text in ("", "faux"):
        for call in [*everything(house.odette.pk), ("get", "persons", None), ("get", "x", None)]:
            answer = ask(Script(text), *call)
            assert answer.status_code == 401, call
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_one_person_reaches_her_alone(house: House) -> None:
    simon = make.patient("SIMON", "Pierre")
    nurse = make.practice("karim", of=house.place)
    for person in (house.odette, simon):
        make.member(person, nurse)
    phone = registered(house.place, "Mobile", "patient/*.cruds", kind="public")
    seat = {"user": nurse.professional.user, "seat": f"practice:{nurse.pk}"}
    text = token(phone, "patient/*.cruds", **seat, patient_id=house.odette.pk)
    mine = Script(text)
    assert [one["id"] for one in mine.get("persons").json()["items"]] == [str(house.odette.pk)]
    for call in everything(simon.pk):
        assert ask(mine, *call).status_code == 404, call


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", None),
        ("[]", None),
        ({}, "text"),
        ({"text": "   "}, "text"),
        ({"text": "x", "urgentt": True}, "urgentt"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": 3}, "text"),
    ],
)
def test_a_wrong_body_is_told_where(house: House, script: Script, body: Any, field: Any) -> None:
    answer = script.post(f"persons/{house.odette.pk}/messages", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_rest_of_http_is_refused_politely(house: House, script: Script) -> None:
    assert script.client.delete("/api/v1/tasks").headers["Allow"] == "GET, POST"
    assert script.get("rien").status_code == 404
    assert script.get("persons/pas-un-uuid").status_code == 404
    assert script.get("persons", after="x").status_code == 400
    bad = script.post("tasks", {}, **{"Idempotency-Key": "1"})
    assert bad.json()["field"] == "Idempotency-Key"
    form = script.client.post(f"/api/v1/persons/{house.odette.pk}/messages", {"text": "x"})
    assert form.status_code == 415
    assert script.get("persons").headers["Cache-Control"] == "no-store"


def test_the_document_is_read_without_a_token_and_says_every_operation() -> None:
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    told = {(path, method) for path, all_ in document["paths"].items() for method in all_}
    assert len(told) == 10
    assert ("/persons/{person_id}/messages", "post") in told
