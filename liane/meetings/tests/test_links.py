"""A doctor outside, without an account: a mail that says nothing, a code, this meeting alone."""

import re

import pytest
from django.core import mail

from liane.circle.models import Opposition
from liane.core.acting import owner
from liane.meetings import links, minutes, services
from liane.meetings.models import MeetingLink, Opinion, SlotAnswer
from liane.meetings.tests.conftest import again, as_, guest_of, machine, slots
from liane.messaging import links as doors
from tests import factories as make

pytestmark = pytest.mark.django_db


def link_of(meeting) -> MeetingLink:
    with machine():
        return MeetingLink.objects.select_related("meeting", "participant").get(
            meeting=meeting, revoked_at=None
        )


def entered(client, link, code: str = ""):
    return client.post(f"{links.path_of(link)}code/", {"code": code or doors.new_code(link)})


def test_the_mail_says_nothing_of_the_person(meeting, mailoutbox) -> None:
    assert links.send_waiting() == 1
    assert links.send_waiting() == 0
    (sent,) = mail.outbox
    assert sent.to == ["hiriart@mss.invalid"]
    assert links.path_of(link_of(meeting)) in sent.body
    assert not re.search("Simon|chute", sent.body + sent.subject, re.IGNORECASE)


def test_the_date_travels_as_a_calendar_without_health(meeting, isabelle, mailoutbox) -> None:
    with as_(isabelle):
        services.fix(meeting.pk, slots(meeting)[0].pk)
    links.send_waiting()
    (sent,) = mail.outbox
    ((name, content, _),) = sent.attachments
    text = content.decode() if isinstance(content, bytes) else content
    assert name == "reunion.ics"
    assert "SUMMARY:Réunion de concertation" in text
    assert not re.search("Simon|chute|Maison", text, re.IGNORECASE)


def test_nothing_is_shown_before_the_code(client, meeting) -> None:
    link = link_of(meeting)
    page = client.get(links.path_of(link)).content.decode()
    assert "Code à six chiffres" in page
    assert "Simon" not in page
    assert client.get(f"{links.path_of(link)}reunion.ics").status_code == 404
    doors.new_code(link)
    assert entered(client, link, "000000x").status_code == 422


def test_with_the_code_the_doctor_answers_the_poll(client, meeting) -> None:
    link = link_of(meeting)
    entered(client, link)
    assert "Troisième chute" in client.get(links.path_of(link)).content.decode()
    first, second = slots(meeting)
    answer = client.post(
        links.path_of(link), {f"slot-{first.pk}": "no", f"slot-{second.pk}": "yes"}
    )
    assert answer.status_code == 302
    with machine():
        said = SlotAnswer.objects.filter(participant=guest_of(meeting), via="link")
        assert {(one.slot_id, one.answer) for one in said} == {
            (first.pk, "no"), (second.pk, "yes"),
        }  # fmt: skip
        assert {one.author_label for one in said} == {"Dr Paul Hiriart (lien signé)"}


def test_and_approves_the_minutes(client, submitted, held) -> None:
    link = link_of(held)
    entered(client, link)
    page = client.get(links.path_of(link)).content.decode()
    assert "Trois chutes, dont une la nuit." in page
    assert client.post(links.path_of(link), {"answer": "comments"}).status_code == 422
    client.post(links.path_of(link), {"answer": "approves"})
    with machine():
        assert Opinion.objects.get(minutes=submitted, via="link").answer == "approves"


def test_it_opens_this_meeting_and_nothing_else(client, meeting, simon) -> None:
    entered(client, link_of(meeting))
    for path in (f"/personnes/{simon.pk}/", f"/concertations/{meeting.pk}/"):
        assert client.get(path).status_code == 302


def test_it_dies_with_the_participant_the_next_mail_and_time(
    client, meeting, isabelle, time_machine
) -> None:
    old = link_of(meeting)
    entered(client, old)
    with as_(isabelle):
        services.fix(meeting.pk, slots(meeting)[0].pk)
    assert client.get(links.path_of(old)).status_code == 404
    fresh = link_of(meeting)
    assert client.get(links.path_of(fresh).replace(".", ".A")).status_code == 404
    assert client.get(links.path_of(fresh)).status_code == 200
    with as_(isabelle):
        services.remove(guest_of(meeting).pk)
    assert client.get(links.path_of(fresh)).status_code == 404


def test_it_expires(client, meeting, time_machine) -> None:
    link = link_of(meeting)
    time_machine.move_to(link.expires_at, tick=False)
    assert client.get(links.path_of(link)).status_code == 404


def test_an_opposition_closes_it_on_the_next_request(client, meeting, simon) -> None:
    link = link_of(meeting)
    entered(client, link)
    kept_out = make.practice("hiriart", email="hiriart@mss.invalid")
    with owner():
        Opposition.objects.create(person=simon, practice=kept_out)
    assert client.get(links.path_of(link)).status_code == 404


def test_the_convener_says_the_code_aloud(client, meeting, isabelle, claire, sign_in) -> None:
    path = f"/concertations/participants/{guest_of(meeting).pk}/code/"
    assert sign_in("claire").post(path).status_code in {403, 404}
    page = sign_in("isabelle").post(path).content.decode()
    digits = re.search(r'figure num">(\d{3}) (\d{3})', page)
    assert entered(client, link_of(meeting), digits[1] + digits[2]).status_code == 302


def test_a_cancelled_meeting_says_why_behind_the_code_only(client, meeting, isabelle) -> None:
    with as_(isabelle):
        services.cancel(meeting.pk, reason="Il est entré à l’hôpital.")
    link = link_of(meeting)
    entered(client, link)
    assert "hôpital" in client.get(links.path_of(link)).content.decode()
    assert again(meeting).status == "cancelled"
    with machine():
        assert minutes.latest(meeting) is None
