"""Documents that a hospital sends: in the record with their versions, restrictions and limits."""

import functools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.files import pdf, store
from liane.core.models import Entry, StoredFile
from liane.core.tests import samples
from liane.exchange.hl7v2 import parsing
from liane.exchange.models import RawMessage
from liane.exchange.tests.beyond import flag, mdm, obx, oru, rolled_back
from liane.exchange.tests.world import hospital, odette, send
from liane.timeline import written
from liane.timeline.models import Document, DocumentSaid
from tests import factories

pytestmark = pytest.mark.django_db
PDF, OTHER = samples.pdf(), samples.pdf(lambda document: document.add_blank_page())
LATER = "20261121100000"


def code(ack: bytes) -> str:
    return parsing.parse(ack).first("MSA").get(1)


def everything(model):
    with acting.acting(acting.system("test")):
        return list(model.objects.order_by("pk"))


@pytest.fixture
def person():
    hospital()
    return odette()


@pytest.fixture
def nurse(person):
    nurse = factories.practice("claire")
    factories.member(person, nurse)
    return nurse


def seen_by(practice, person) -> list[Document]:
    with acting.acting(factories.actor(practice)):
        return written.documents(Reach.of(acting.current()), person.pk).rows


def test_a_letter_is_in_the_record_with_its_author_and_date(person, nurse):
    receipt = send(mdm(body=(obx(PDF),)))
    assert (receipt.outcome, code(receipt.ack)) == ("created", "AA")
    [letter] = seen_by(nurse, person)
    assert (letter.title, letter.category) == ("Lettre du 19 novembre", "discharge")
    assert letter.author_label == "Dr Jean Dupont · CH de Dax"
    assert f"{letter.dated_on}" == "2026-11-19"
    with acting.acting(acting.system("test")):
        assert b"".join(store.open_file(letter.file)).startswith(b"%PDF")
    assert [one.kind for one in everything(Entry)].count("document.added") == 1


def test_results_come_as_text_or_as_files(person, nurse):
    text = "OBX|1|TX|718-7^Hémoglobine^LN||12,1 g/dL||||||F|"
    assert send(oru(body=(text,), control="1")).outcome == "created"
    both = (obx(PDF, code="11502-2"), obx(OTHER, code="18748-4"))
    assert send(oru(body=both, order="CR56^LABO", control="2")).outcome == "created"
    kinds = {(one.category, one.file.content_type) for one in seen_by(nurse, person)}
    assert kinds == {
        ("letter", "text/plain"), ("result", "application/pdf"), ("imaging", "application/pdf")
    }  # fmt: skip


def test_a_replacement_keeps_both_versions_and_says_which(person, nurse):
    send(mdm(body=(obx(PDF),)))
    receipt = send(mdm("T10", LATER, body=(obx(OTHER),), number="DOC2^GED", parent="DOC1^GED"))
    assert receipt.outcome == "created"
    new, old = seen_by(nurse, person)
    assert (old.newer_id, new.newer_id) == (new.pk, None)


def test_a_new_version_under_the_same_number(person, nurse):
    send(oru(body=(obx(PDF),)))
    send(oru(LATER, body=(obx(OTHER, status="C"),)))
    new, old = seen_by(nurse, person)
    assert (old.newer_id, new.newer_id) == (new.pk, None)


@pytest.mark.parametrize("gone", [mdm("T11", LATER)], ids=["T11"])
def test_a_withdrawn_document_is_shown_to_nobody(person, nurse, gone):
    send(mdm(body=(obx(PDF),)))
    assert send(gone).outcome == "updated"
    assert seen_by(nurse, person) == []
    assert len(everything(Document)) == 1
    assert "document.withdrawn" in [one.kind for one in everything(Entry)]


def test_a_result_deleted_by_its_laboratory(person, nurse):
    send(oru(body=(obx(PDF),)))
    send(oru(LATER, body=(obx(PDF, status="D"),)))
    assert seen_by(nurse, person) == []


def test_hidden_from_professionals_the_person_alone_reads_it(person, nurse):
    person.user = factories.user("odette")
    with acting.owner():
        person.save()
    from liane.circle.compile import compile_grants

    with acting.owner():
        compile_grants(person.pk)
    send(mdm(body=(obx(PDF), flag("MASQUE_PS"))))
    assert seen_by(nurse, person) == []
    with acting.acting(factories.actor("odette")):
        mine = written.documents(Reach.of(acting.current()), person.pk).rows
    assert len(mine) == 1


def test_invisible_to_the_person_the_team_alone_reads_it(person, nurse):
    send(mdm(body=(obx(PDF), flag("INVISIBLE_PATIENT"), flag("MASQUE_PS", "N"))))
    [letter] = seen_by(nurse, person)
    assert (letter.for_team, letter.for_person) == (True, False)


def test_restrictions_changed_later_apply_to_the_same_document(person, nurse):
    send(mdm(body=(obx(PDF),)))
    receipt = send(mdm("T08", LATER, body=(obx(PDF), flag("MASQUE_PS"))))
    assert receipt.outcome == "updated"
    assert seen_by(nurse, person) == []
    assert len(everything(Document)) == 1


def test_of_somebody_unknown_nothing_is_kept():
    hospital()
    assert send(mdm(body=(obx(PDF),))).outcome == "ignored"
    assert (everything(Document), everything(StoredFile)) == ([], [])
    assert everything(RawMessage)[0].content is None


HOSTILE = {
    "script": obx(samples.opening(samples.script())),
    "attachment": obx(samples.with_attachment()),
    "bomb": obx(samples.object_stream_bomb()),
    "zip": obx(samples.zip_bomb()),
    "html": obx(b"<html><script>alert(1)</script></html>", kind="HTML"),
    "entities": obx(
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', kind="XML"
    ),
    "not what it says": obx(b"MZ\x90\x00" * 40),
    "broken base64": "OBX|1|ED|11490-0^Lettre^LN||^AP^PDF^Base64^@@@||||||F|",
    "hexadecimal": "OBX|1|ED|11490-0^Lettre^LN||^AP^PDF^Hex^255044||||||F|",
    "nothing": "OBX|1|ED|11490-0^Lettre^LN||^AP^PDF^Base64^||||||F|",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_with_its_place(person, body):
    receipt = send(mdm(body=(body,)))
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AE")
    assert parsing.parse(receipt.ack).first("ERR").get(2) == "OBX"
    assert (everything(Document), everything(StoredFile)) == ([], [])
    [row] = everything(RawMessage)
    assert (row.status, row.content) == ("rejected", None)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (mdm(body=(obx(PDF),), number=""), "TXA"),
        (mdm(), "OBX"),
        (oru(body=(obx(PDF),), order=""), "OBR"),
        (oru(), "OBX"),
    ],
)
def test_what_is_missing_is_said_where(person, raw, place):
    receipt = send(raw)
    assert (receipt.outcome, code(receipt.ack)) == ("rejected", "AE")
    assert place in [one.get(2) for one in parsing.parse(receipt.ack).all("ERR")]


STORY = (
    mdm(body=(obx(PDF),)),
    mdm("T08", "20261121100000", body=(obx(PDF), flag("INVISIBLE_PATIENT"))),
    mdm("T10", "20261122100000", body=(obx(OTHER),), number="DOC2^GED", parent="DOC1^GED"),
    mdm("T02", "20261122110000", body=(obx(PDF),), number="DOC3^GED"),
    mdm("T11", "20261123100000", number="DOC3^GED"),
)
UNDONE = (*STORY, mdm("T11", "20261124100000", number="DOC2^GED"))


def end(messages) -> set[tuple]:
    for raw in messages:
        assert send(raw).outcome != "rejected"
    number = {one.document_id: one.uid for one in everything(DocumentSaid) if one.document_id}
    return {
        (number[one.pk], number.get(one.newer_id), one.withdrawn_at, one.for_person, one.title)
        for one in everything(Document)
    }


@pytest.fixture
def straight(person, story, monkeypatch):
    """The end when each comes once, in order. Each PDF is walked once, whatever its messages."""
    monkeypatch.setattr(pdf, "checked", functools.cache(pdf.checked))
    with rolled_back():
        return end(story)


@pytest.mark.parametrize("story", [STORY, UNDONE], ids=["replaced", "undone"])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_and_any_duplicates_give_one_end_state(straight, story, data):
    assert {one[:2] for one in straight} >= {("DOC1^GED", "DOC2^GED" if story is STORY else None)}
    order = data.draw(st.permutations(story))
    again = data.draw(st.lists(st.sampled_from(story), max_size=3))
    with rolled_back():
        assert end([*order, *again]) == straight
