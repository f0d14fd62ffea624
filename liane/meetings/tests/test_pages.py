"""The pages, without a script; who is shown what; a known number of queries."""

import re

import pytest
from django.core.cache import cache

from liane.agenda import feeds
from liane.agenda import queries as agenda
from liane.meetings import queries, services, sheet
from liane.meetings.models import Decision, Meeting, Participant
from liane.meetings.tests.conftest import GUEST, again, as_, machine, section_of, slots, soon
from tests import factories as make

pytestmark = pytest.mark.django_db


def typed(moment) -> str:
    from django.utils import timezone

    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_a_meeting_is_convened_from_the_record(simon, isabelle, claire, sign_in) -> None:
    client = sign_in("isabelle")
    path = f"/personnes/{simon.pk}/concertations/"
    assert "Convoquer une réunion" in client.get(path).content.decode()
    form = {
        "motive": "Chutes", "place": "Mairie", "minutes": "60", "participants": [str(claire.pk)],
        "slot_1": typed(soon(30)), "slot_2": typed(soon(60)), "guest_name": GUEST.name,
        "guest_email": GUEST.email, "guest_consent": GUEST.consent,
    }  # fmt: skip
    wrong = client.post(f"{path}nouvelle/", form | {"guest_consent": ""})
    assert wrong.status_code == 422
    assert "accord" in wrong.content.decode()
    made = client.post(f"{path}nouvelle/", form)
    assert made.status_code == 302
    with machine():
        assert Participant.objects.count() == 3
    page = client.get(made["Location"]).content.decode()
    assert "Dr Paul Hiriart" in page
    assert "Chutes" in client.get(path).content.decode()


def test_the_nurse_answers_then_the_convener_fixes(meeting, sign_in) -> None:
    first, second = slots(meeting)
    nurse, path = sign_in("claire"), f"/concertations/{meeting.pk}/"
    assert "à répondre" in nurse.get("/").content.decode()
    nurse.post(f"{path}reponse/", {f"slot-{first.pk}": "no", f"slot-{second.pk}": "yes"})
    assert "à répondre" not in nurse.get("/").content.decode()
    client = sign_in("isabelle")
    page = client.get(path).content.decode()
    assert "la meilleure à ce jour" in page
    client.post(f"{path}date/", {"slot": str(second.pk), "version": "1"})
    assert again(meeting).status == "dated"
    assert "à venir" in nurse.get("/").content.decode()
    late = client.post(f"{path}date/", {"slot": str(first.pk), "version": "1"})
    assert late.status_code == 409


def test_home_help_sees_when_and_where_and_not_why(meeting, sign_in) -> None:
    page = sign_in("maite").get(f"/concertations/{meeting.pk}/").content.decode()
    assert "Maison de santé" in page
    assert "Envoyer mes réponses" in page
    for hidden in ("Troisième chute", "Dit à Isabelle", "Retenir cette date"):
        assert hidden not in page


def test_strangers_find_nothing(meeting, sign_in) -> None:
    make.practice("stranger")
    assert sign_in("stranger").get(f"/concertations/{meeting.pk}/").status_code == 404


def test_the_second_writer_chooses_between_both(held, sign_in) -> None:
    path = f"/concertations/notes/{section_of(held).pk}/"
    sign_in("isabelle").post(path, {"version": "1", "text": "Trois chutes"})
    late = sign_in("claire").post(path, {"version": "1", "text": "Deux chutes"})
    page = late.content.decode()
    assert late.status_code == 409
    assert "Trois chutes" in page
    assert "Deux chutes" in page
    assert 'name="version" value="2"' in page


def test_from_the_session_to_the_minutes(held, isabelle, claire, sign_in) -> None:
    client, path = sign_in("isabelle"), f"/concertations/{held.pk}/"
    client.post(f"{path}decider/", {"text": "Barres", "assignee": f"practice:{claire.pk}"})
    empty = client.post(f"{path}decider/", {"text": ""})
    assert empty.status_code == 422
    with machine():
        (decision,) = Decision.objects.filter(meeting=held)
        people = list(Participant.objects.filter(meeting=held))
    client.post(f"/concertations/decisions/{decision.pk}/tache/")
    assert "voir la tâche" in client.get(path).content.decode()
    answer = client.post(f"{path}soumettre/", follow=True).content.decode()
    assert "Notez d’abord qui était là" in answer
    client.post(
        f"{path}presences/",
        {"person": "present", "voice": "Lui-même", "others": "Son fils"}
        | {f"presence-{one.pk}": "present" for one in people},
    )
    client.post(f"/concertations/notes/{section_of(held).pk}/", {"version": "1", "text": "Chutes"})
    client.post(f"{path}soumettre/")
    assert again(held).status == "minuted"
    page = sign_in("claire").get(path).content.decode()
    assert "Votre avis est attendu." in page
    minutes_id = re.search(r"/compte-rendu/([0-9a-f-]+)/avis/", page)[1]
    sign_in("claire").post(f"/concertations/compte-rendu/{minutes_id}/avis/",
                           {"answer": "approves"})  # fmt: skip
    assert "Claire Aubert approuve" in client.get(path).content.decode()


def test_a_date_is_in_the_agenda_and_its_feed_without_a_name(meeting, isabelle, claire) -> None:
    from django.utils import timezone

    with as_(isabelle):
        services.fix(meeting.pk, slots(meeting)[0].pk)
    cache.clear()
    starts = again(meeting).starts_at
    with as_(claire):
        days = agenda.my_week(agenda.monday_of(timezone.localdate(starts)))
        assert [one.id for day in days for one in day.engagements] == [meeting.pk]
        feed = feeds.create(claire.pk, with_town=True)
    text = feeds.render(feed.token).decode()
    assert "Réunion de concertation" in text
    assert not re.search("Simon|chute", text, re.IGNORECASE)
    with as_(isabelle):
        services.cancel(meeting.pk, reason="Non")
    assert "Réunion" not in feeds.render(feed.token).decode()


def test_the_calendar_file_names_nobody(meeting, isabelle, sign_in) -> None:
    with as_(isabelle):
        services.fix(meeting.pk, slots(meeting)[0].pk)
    answer = sign_in("claire").get(f"/concertations/{meeting.pk}/reunion.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert not re.search("Simon|chute|Maison", answer.content.decode(), re.IGNORECASE)


def test_the_page_makes_as_many_queries_however_many_take_part(
    held, isabelle, simon, django_assert_max_num_queries
) -> None:
    with as_(isabelle):
        for number in range(4):
            sheet.decide(held.pk, text=f"Décision {number}", assignee=f"practice:{isabelle.pk}")
    with machine():
        for number in range(5):
            Participant.objects.create(
                meeting=held, person=simon, name=f"Dr {number}", email="x@y.fr"
            )
    with as_(isabelle), django_assert_max_num_queries(18):
        screen = queries.screen(queries.access(held.pk))
        assert len(screen.people) == 9
        assert [row.decision.who for row in screen.decisions] == ["Isabelle Lafitte"] * 4


def test_what_waits_takes_five_queries(meeting, claire, django_assert_max_num_queries) -> None:
    with as_(claire), django_assert_max_num_queries(5):
        assert [one.pk for one in queries.waiting().answer] == [meeting.pk]


def test_a_link_that_is_not_ours_is_refused_kindly(simon, isabelle, claire, sign_in) -> None:
    answer = sign_in("isabelle").post(f"/personnes/{simon.pk}/concertations/nouvelle/", {
        "motive": "x", "video": "javascript:alert(1)", "minutes": "60",
        "participants": [str(claire.pk)], "slot_1": typed(soon(30)), "slot_2": typed(soon(60)),
    })  # fmt: skip
    assert answer.status_code == 422
    assert "https" in answer.content.decode()
    with machine():
        assert not Meeting.objects.exists()
