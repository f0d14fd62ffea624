"""Minutes: complete, approved by each or by silence, corrected, sent; whatever the order."""

import contextlib
import io
import itertools
import json

import pikepdf
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.core import pdf as core_pdf
from liane.core.acting import owner
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.files import store
from liane.core.models import Entry
from liane.meetings import minutes, pdf, queries, services, sheet
from liane.meetings.models import (
    LIFE,
    Meeting,
    MeetingEvent,
    MeetingLink,
    Minutes,
    MinutesFile,
    Opinion,
    Participant,
)
from liane.meetings.tests.conftest import again, as_, complete, guest_of, machine, slots
from liane.patients.models import AttendingDoctor
from liane.timeline.models import Document
from tests import factories as make

pytestmark = pytest.mark.django_db


def by_guest(made: Minutes, **more) -> None:
    with machine():
        who = guest_of(made.meeting)
        minutes.opine(made.pk, participant_id=who.pk, via="link", **more)


def test_minutes_ask_for_presences_then_for_her_voice_then_for_notes(held, isabelle) -> None:
    with as_(isabelle):
        with pytest.raises(Refused, match="qui était là"):
            minutes.submit(held.pk)
        people = {one.pk: "absent" for one in Participant.objects.filter(meeting=held)}
        minutes.attend(held.pk, people, person="", voice="")
        with pytest.raises(Refused, match="Personne n’était là"):
            minutes.submit(held.pk)
        minutes.attend(held.pk, dict.fromkeys(people, "present"), person="present", voice="")
        with pytest.raises(Refused, match="sa parole"):
            minutes.submit(held.pk)
        minutes.attend(held.pk, {}, person="present", voice="Dit lui-même")
        with pytest.raises(Refused, match="notes sont vides"):
            minutes.submit(held.pk)


def test_they_freeze_what_was_said(submitted, held, isabelle) -> None:
    said = json.loads(submitted.content)
    assert said["voice"].startswith("Il veut rester")
    assert {one["name"] for one in said["participants"]} >= {"Claire Aubert", "Dr Paul Hiriart"}
    with as_(isabelle), pytest.raises(Refused, match="closes"):
        sheet.write(queries._sections(held)[0].pk, version=2, text="Après coup")


def test_all_approve_and_it_is_approved(submitted, held, claire, maite) -> None:
    with as_(claire):
        minutes.opine(submitted.pk, approves=True)
        minutes.opine(submitted.pk, approves=True)
    assert again(held).status == "minuted"
    by_guest(submitted, approves=True)
    assert again(held).status == "approved"
    with machine():
        assert Opinion.objects.filter(minutes=submitted).count() == 3
        assert Participant.objects.get(meeting=held, practice=maite).approves is False


def test_home_help_is_not_asked_for_what_she_may_not_read(submitted, maite) -> None:
    from django.http import Http404

    with as_(maite), pytest.raises(Http404):
        minutes.opine(submitted.pk, approves=True)


def test_a_correction_is_asked_for_with_words_and_the_convener_takes_it_up(
    submitted, held, claire, isabelle
) -> None:
    with as_(claire):
        with pytest.raises(Refused):
            minutes.opine(submitted.pk, approves=False)
        minutes.opine(submitted.pk, approves=False, text="Deux chutes, pas trois.")
        with pytest.raises(NotAllowed):
            minutes.take_up(held.pk)
    with as_(isabelle):
        minutes.take_up(held.pk)
        second = minutes.submit(held.pk)
    assert second.number == 2
    with as_(claire):
        with pytest.raises(Conflict):
            minutes.opine(submitted.pk, approves=True)
        minutes.opine(second.pk, approves=True)


def test_silence_approves_after_the_delay_set(submitted, held, settings, time_machine) -> None:
    settings.LIANE_MINUTES_SILENCE_DAYS = 3
    assert minutes.note_silences() == 0
    time_machine.move_to(timezone.now() + timezone.timedelta(days=3, minutes=1), tick=False)
    assert minutes.note_silences() == 1
    assert minutes.note_silences() == 0
    with machine():
        step = MeetingEvent.objects.filter(meeting=held).latest("at")
    assert "tacitement" in step.reason


def test_silence_does_not_approve_over_a_correction_asked_for(
    submitted, held, claire, time_machine
) -> None:
    with as_(claire):
        minutes.opine(submitted.pk, approves=False, text="À revoir")
    time_machine.move_to(timezone.now() + timezone.timedelta(days=30), tick=False)
    assert minutes.note_silences() == 0
    with as_(claire):
        minutes.opine(submitted.pk, approves=True)
    assert minutes.note_silences() == 1


@pytest.fixture
def approved(submitted, held, claire) -> Minutes:
    with as_(claire):
        minutes.opine(submitted.pk, approves=True)
    by_guest(submitted, approves=True)
    return submitted


def test_sent_to_participants_and_to_the_attending_doctor(
    approved, held, isabelle, claire, simon
) -> None:
    doctor = make.practice("roussel", profession="10")
    make.member(simon, doctor)
    with owner():
        AttendingDoctor.objects.create(
            person=simon, practice=doctor, started_on=timezone.localdate()
        )
    with as_(claire), pytest.raises(NotAllowed):
        minutes.send(held.pk)
    with as_(isabelle):
        minutes.send(held.pk)
        minutes.send(held.pk)
    with machine():
        entry = Entry.objects.get(object_id=held.pk, kind="meeting.minutes")
        assert MeetingLink.objects.get(meeting=held, revoked_at=None).occasion == "sent"
    assert set(queries.told_of(entry)) == {isabelle.pk, claire.pk, doctor.pk}


@pytest.mark.skipif(not core_pdf.available(), reason=core_pdf.MISSING)
def test_the_pdf_is_a_document_of_the_record_made_once(approved, held, isabelle) -> None:
    with as_(isabelle):
        minutes.send(held.pk)
    pdf.make_pdf.call(str(approved.pk), False, False)
    pdf.make_pdf.call(str(approved.pk), False, False)
    with machine():
        kept = MinutesFile.objects.get(minutes=approved)
        document = Document.objects.get()
        assert kept.document_id == document.pk
        assert (document.for_person, document.author_label) == (False, "Isabelle Lafitte")
        assert Entry.objects.filter(kind="document.added", object_id=document.pk).count() == 1
        content = store.read_file(document.file)
    with pikepdf.open(io.BytesIO(content)) as read:
        assert "concertation" in str(read.docinfo["/Title"])
    with as_(isabelle):
        assert queries.screen(again(held)).document_id == document.pk


STEPS = ("answer", "fix first", "fix second", "hold", "cancel", "complete", "submit", "approve",
         "comment", "guest", "take up", "silence", "send")  # fmt: skip


def _step(name: str, meeting: Meeting, isabelle, claire) -> None:
    first, second = slots(meeting)
    with machine():
        made = minutes.latest(meeting)
    if name in {"approve", "comment"}:
        if made is not None:
            with as_(claire):
                minutes.opine(made.pk, approves=name == "approve", text="À revoir")
        return
    if name == "guest":
        if made is not None:
            by_guest(made, approves=True)
        return
    with as_(isabelle):
        {
            "answer": lambda: services.answer(meeting.pk, {first.pk: "no"}),
            "fix first": lambda: services.fix(meeting.pk, first.pk),
            "fix second": lambda: services.fix(meeting.pk, second.pk),
            "hold": lambda: sheet.hold(meeting.pk),
            "cancel": lambda: services.cancel(meeting.pk, reason="Non"),
            "complete": lambda: complete(meeting),
            "submit": lambda: minutes.submit(meeting.pk),
            "take up": lambda: minutes.take_up(meeting.pk),
            "silence": minutes.note_silences,
            "send": lambda: minutes.send(meeting.pk),
        }[name]()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(st.sampled_from(STEPS), max_size=14).map(
        lambda tail: ["fix first", "hold", "complete", "submit", *tail] if len(tail) % 2 else tail
    )
)
def test_whatever_is_pressed_the_history_follows_the_declared_machine(
    call, isabelle, claire, steps
) -> None:
    with as_(isabelle):
        meeting = services.convene(call)
    for name in steps:
        with contextlib.suppress(Refused):
            _step(name, meeting, isabelle, claire)
    now = again(meeting)
    with machine():
        events = list(MeetingEvent.objects.filter(meeting=meeting).order_by("id"))
        sent_without = now.status in {"approved", "sent"} and minutes.latest(meeting) is None
    assert events[0].after == "proposed"
    for before, after in itertools.pairwise(events):
        assert after.before == before.after
        assert LIFE.allows(after.before, after.after)
    assert events[-1].after == now.status
    assert not sent_without
    assert (now.starts_at is None) == all(one.after != "dated" for one in events)
