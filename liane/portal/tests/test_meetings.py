# ruff: noqa: F811
"""Meetings as the person and carers see them: those they were told of, and nothing of the sheet."""

import pytest

from liane.meetings import services, sheet
from liane.meetings.models import Meeting
from liane.meetings.tests.conftest import (  # noqa: F401
    as_,
    call,
    claire,
    complete,
    isabelle,
    maite,
    meeting,
    section_of,
    simon,
    slots,
)
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/portail/reunions/"
MOTIVE = "Troisième chute en un mois"


def read(client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("person", "carers", "readers"),
    [
        (False, False, set()),
        (True, False, {"simon", "tuteur"}),
        (False, True, {"julie"}),
        (True, True, {"simon", "tuteur", "julie"}),
    ],
)
def test_a_meeting_is_told_to_whom_the_convener_chose(
    meeting: Meeting,
    isabelle,
    simon,
    sign_in,
    person,
    carers,
    readers,
) -> None:
    make.contact(simon, "julie", access="carer_read")
    make.contact(simon, "tuteur", access="legal", measure="tutelle")
    with as_(isabelle):
        services.tell(meeting.pk, person=person, carers=carers)
    told = {name for name in ("simon", "julie", "tuteur") if MOTIVE in read(sign_in(name))}
    assert told == readers


def test_the_page_says_when_where_and_who_and_nothing_of_what_is_written(
    meeting: Meeting,
    isabelle,
    sign_in,
) -> None:
    with as_(isabelle):
        services.tell(meeting.pk, person=True, carers=False)
    assert "Date à venir" in read(sign_in("simon"))
    with as_(isabelle):
        services.fix(meeting.pk, slots(meeting)[0].pk)
        one = section_of(meeting)
        sheet.write(one.pk, version=one.version, text="Phrase réservée aux soignants")
    page = read(sign_in("simon"))
    for said in (MOTIVE, "Maison de santé", "Isabelle Lafitte", "DAC"):
        assert said in page, said
    assert "Date à venir" not in page
    for kept in ("Phrase réservée", "hiriart@mss.invalid", "0612345678"):
        assert kept not in page, kept


def test_a_cancelled_meeting_says_so(meeting: Meeting, isabelle, sign_in) -> None:
    with as_(isabelle):
        services.tell(meeting.pk, person=True, carers=False)
        services.cancel(meeting.pk, reason="Il est hospitalisé")
    assert "annulée" in read(sign_in("simon"))


def test_another_person_and_a_professional_read_none_of_it(
    meeting: Meeting,
    isabelle,
    claire,
    sign_in,
) -> None:
    with as_(isabelle):
        services.tell(meeting.pk, person=True, carers=True)
    make.patient("DARRIEU", "Paul", used_name="", sex="M", user=make.user("paul"))
    assert MOTIVE not in read(sign_in("paul"))
    assert sign_in("claire").get(PAGE).status_code == 403
