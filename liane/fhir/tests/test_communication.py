"""Messages of a circle, read and sent by an application."""

import pytest

from liane.core.acting import acting, owner
from liane.fhir.resources.communication import THREADS
from liane.fhir.tests.api import Api
from liane.messaging import services
from liane.messaging.models import Message
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def claire(odette):
    place = make.practice("claire", name="Claire Aubert", of=make.organisation("Cabinet"))
    make.member(odette, place)
    return make.actor("claire")


def written(person, text, actor, **more):
    with acting(actor):
        sent, _ = services.send_message(services.default_thread(person.pk), text, **more)
    return sent


def body_for(person, text="La plaie est propre.", **more):
    return {
        "resourceType": "Communication",
        "status": "completed",
        "subject": {"reference": f"Patient/{person.pk}"},
        "payload": [{"contentString": text}],
        **more,
    }


def test_the_newest_messages_of_a_person(api, odette, claire):
    written(odette, "Pansement refait.", claire)
    last = written(odette, "Elle tousse.", claire, urgent=True)
    found = api.get(f"Communication?subject=Patient/{odette.pk}&_sort=-sent").found
    assert [one["payload"][0]["contentString"] for one in found] == [
        "Elle tousse.", "Pansement refait.",
    ]  # fmt: skip
    first = found[0]
    assert first["sender"]["display"] == "Claire Aubert"
    assert (first["priority"], first["id"]) == ("urgent", str(last.pk))
    assert first["partOf"][0]["identifier"] == {"system": THREADS, "value": str(last.thread_id)}


def test_sent_once_read_back_and_shown_in_the_conversation(api, odette, claire):
    made = api.post("Communication", body_for(odette, priority="urgent"))
    assert made.status == 201, made.body
    with owner():
        message = Message.objects.select_related("thread").get(pk=made.body["id"])
    assert (message.text, message.urgent) == ("La plaie est propre.", True)
    assert message.thread.person_id == odette.pk
    answer = api.post(
        "Communication",
        body_for(
            odette, "Merci.", partOf=made.body.get("partOf") or _thread(message.thread_id),
            inResponseTo=[{"reference": f"Communication/{message.pk}"}],
        ),
    )  # fmt: skip
    assert answer.status == 201, answer.body
    with owner():
        assert Message.objects.get(pk=answer.body["id"]).reply_to_id == message.pk


def _thread(key):
    return [{"identifier": {"system": THREADS, "value": str(key)}}]


def test_a_message_taken_back_is_shown_no_more(api, odette, claire):
    sent = written(odette, "Mauvaise personne", claire)
    before = api.get(f"Communication/{sent.pk}").body["meta"]
    with acting(claire):
        services.withdraw(sent)
    read = api.get(f"Communication/{sent.pk}")
    assert read.body["meta"]["lastUpdated"] > before["lastUpdated"]
    assert read.body["meta"]["versionId"] != before["versionId"]
    (listed,) = api.get("Communication?status=entered-in-error").found
    assert listed["meta"] == read.body["meta"]
    assert read.body["status"] == "entered-in-error"
    assert "Mauvaise personne" not in read.raw.decode()
    assert api.get("Communication?status=completed").found == []


def test_out_of_reach(odette, claire):
    sent = written(odette, "Secret", claire)
    other = Api(make.organisation("Ailleurs", "msp"))
    assert other.get(f"Communication/{sent.pk}").status == 404
    assert other.get("Communication").found == []
    refused = other.post("Communication", body_for(odette))
    assert refused.status == 422
    thread = other.post(
        "Communication",
        {**body_for(odette, partOf=_thread(sent.thread_id)), "subject": {"display": "x"}},
    )
    assert thread.status == 422


@pytest.mark.parametrize(
    "query",
    [
        "patient={p}", "subject:Patient={p}", "sent=ge2020", "urgent=false", "part-of={t}",
        "part-of=https://liane.sante/NamingSystem/thread|{t}", "sender={s}", "status=completed",
        "patient.birthdate=1941-03-07",
    ],
)  # fmt: skip
def test_each_parameter_finds_it(api, odette, claire, query):
    sent = written(odette, "Bonjour", claire)
    path = query.format(p=odette.pk, t=sent.thread_id, s=sent.author_holder_id)
    assert [one["id"] for one in api.get(f"Communication?{path}").found] == [str(sent.pk)]


def test_what_a_message_cannot_be(api, odette):
    for change, where in [
        ({"status": "preparation"}, "Communication.status"),
        ({"payload": []}, "Communication.payload"),
        ({"payload": [{"contentReference": {"reference": "Patient/x"}}]},
         "Communication.payload[0]"),
        ({"recipient": [{"display": "quelqu’un"}]}, "Communication.recipient[0]"),
    ]:  # fmt: skip
        refused = api.post("Communication", {**body_for(odette), **change})
        assert refused.status == 422, refused.body
        assert refused.body["issue"][0]["expression"] == [where]
