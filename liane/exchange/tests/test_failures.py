"""A message that always breaks does not hold back those behind it, and is heard in the end."""

import itertools

import pytest

from liane.core import acting
from liane.exchange import failures, intake
from liane.exchange.hl7v2 import parsing
from liane.exchange.models import FailedTry, RawMessage
from liane.exchange.tests.world import hospital, message, odette, send, the_stay
from liane.patients.models import Patient
from liane.stays.models import Stay
from tests import factories

pytestmark = pytest.mark.django_db
REAL = failures.apply


def code(ack: bytes) -> str:
    return parsing.parse(ack).first("MSA").get(1)


def rows() -> list[RawMessage]:
    with acting.acting(acting.system("test")):
        return list(RawMessage.objects.order_by("created_at"))


@pytest.fixture
def person() -> Patient:
    hospital()
    return odette()


@pytest.fixture
def broken(monkeypatch):
    """``broken("A02")``: messages of that event break until ``broken()``."""

    def breaks(event: str = "") -> None:
        def apply(adt, *given, **more):
            if adt.event == event:
                raise ZeroDivisionError
            return REAL(adt, *given, **more)

        monkeypatch.setattr(intake, "apply", apply)
        monkeypatch.setattr(failures, "apply", apply)

    return breaks


def test_it_is_asked_again_twice_then_set_aside_with_its_reason(person, broken) -> None:
    broken("A01")
    raw = message(control="M1")
    assert [code(send(raw).ack) for _ in range(3)] == ["AR", "AR", "AA"]
    [row] = rows()
    assert (row.status, row.person_id, row.control_id) == ("failed", person.pk, "M1")
    assert "ZeroDivisionError" in row.reason
    with acting.acting(acting.system("test")):
        assert row.content == raw
        assert not Stay.objects.exists()


@pytest.mark.parametrize("order", list(itertools.permutations(["A01", "A02", "A03"])))
@pytest.mark.parametrize("bad", ["A01", "A02", "A03"])
def test_whatever_breaks_and_in_whatever_order_the_stay_is_the_same(
    person, broken, order, bad
) -> None:
    sent = {
        "A01": message("A01", "20261102081200", control="M1"),
        "A02": message("A02", "20261103090000", control="M2", unit="Chirurgie", unit_code="6102"),
        "A03": message("A03", "20261104100000", control="M3", unit="Chirurgie", unit_code="6102"),
    }
    broken(bad)
    for event in order:
        for _ in range(failures.PATIENCE if event == bad else 1):
            answer = send(sent[event])
        assert code(answer.ack) == "AA"
    broken()
    assert failures.retry_all() == 1
    assert failures.retry_all() == 0
    stay = the_stay(person)
    assert (stay.status, stay.ward, stay.starts_at.day, stay.ends_at.day) == (
        "ended", "Chirurgie", 2, 4,
    )  # fmt: skip
    assert {row.status for row in rows()} == {"applied"}


def test_sent_again_by_the_hospital_once_mended_it_is_applied_once(person, broken) -> None:
    broken("A01")
    raw = message(control="M1")
    for _ in range(3):
        send(raw)
    broken()
    assert send(raw).outcome == "created"
    assert failures.retry_all() == 0
    assert [row.status for row in rows()] == ["applied"]


def test_of_a_stranger_no_content_is_kept_even_then(broken, monkeypatch) -> None:
    hospital()

    def breaks(*given):
        raise ZeroDivisionError

    monkeypatch.setattr(intake, "match", breaks)
    for _ in range(3):
        answer = send(message(control="M1"))
    assert code(answer.ack) == "AA"
    [row] = rows()
    assert (row.status, row.content, row.person_id) == ("failed", None, None)


def test_identity_vigilance_sees_it_and_tries_again(person, broken, sign_in) -> None:
    place = factories.organisation("DAC", "dac")
    factories.practice("marc", role="identity", of=place)
    factories.practice("other", role="identity")
    factories.member(person, place)
    broken("A01")
    for _ in range(3):
        send(message(control="M1"))
    [row] = rows()
    marc, where = sign_in("marc"), f"/parametres/identites/messages/{row.pk}/reessayer/"
    assert where in marc.get("/parametres/identites/").content.decode()
    assert sign_in("other").post(where).status_code == 404
    marc.post(where)
    assert [one.status for one in rows()] == ["failed"]
    broken()
    marc.post(where)
    assert [one.status for one in rows()] == ["applied"]
    assert the_stay(person).status == "in_progress"
    with acting.acting(acting.system("test")):
        assert not FailedTry.objects.exists()
