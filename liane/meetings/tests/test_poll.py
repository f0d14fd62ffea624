"""Convene, answer, fix the date: told to whom it concerns, once, and by nobody else."""

import dataclasses
import uuid

import pytest
from django.http import Http404
from django.utils import timezone

from liane.circle.models import Opposition
from liane.core.acting import owner
from liane.core.errors import Conflict, NotAllowed, Refused, Replayed
from liane.core.models import Entry
from liane.meetings import queries, services
from liane.meetings.models import Meeting, MeetingLink, Participant, SlotAnswer
from liane.meetings.services import Call, Guest
from liane.meetings.tests.conftest import again, as_, guest_of, machine, slots, soon
from tests import factories as make

pytestmark = pytest.mark.django_db


def kinds(meeting: Meeting) -> list[str]:
    with machine():
        rows = Entry.objects.filter(object_id=meeting.pk).order_by("id")
        return list(rows.values_list("kind", flat=True))


def told(kind: str, meeting: Meeting) -> set:
    with machine():
        entry = Entry.objects.filter(object_id=meeting.pk, kind=kind).latest("id")
    return set(queries.told_of(entry))


def test_a_meeting_is_convened_and_each_is_asked(meeting, claire, maite, isabelle) -> None:
    assert meeting.status == "proposed"
    assert kinds(meeting) == ["meeting.convened", "meeting.to_answer"]
    assert told("meeting.to_answer", meeting) == {claire.pk, maite.pk}
    with machine():
        link = MeetingLink.objects.get(meeting=meeting)
        assert (link.label, link.occasion) == ("Dr Paul Hiriart", "poll")
        mine = SlotAnswer.objects.filter(participant__practice=isabelle)
        assert {one.answer for one in mine} == {"yes"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"motive": "  "}, "motive"),
        ({"place": ""}, "place"),
        ({"place": "", "video": "http://visio.invalid/x"}, "video"),
        ({"place": "", "video": "javascript:alert(1)"}, "video"),
        ({"slots": ()}, "slot_1"),
        ({"slots": tuple(soon(n) for n in range(2, 8))}, "slot_1"),
        ({"slots": (soon(2), soon(2))}, "slot_1"),
        ({"slots": (soon(3), soon(-3))}, "slot_2"),
        ({"minutes": 5}, "minutes"),
        ({"practices": (), "guests": ()}, "participants"),
        ({"practices": (uuid.uuid4(),)}, "participants"),
        ({"guests": (Guest("", "a@b.fr", "oui"),)}, "guest_name"),
        ({"guests": (Guest("Dr X", "pas une adresse", "oui"),)}, "guest_email"),
        ({"guests": (Guest("Dr X", "a@b.fr", ""),)}, "guest_consent"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(call, isabelle, change, field) -> None:
    with as_(isabelle), pytest.raises(Refused) as error:
        services.convene(dataclasses.replace(call, **change))
    assert error.value.field == field
    with machine():
        assert not Meeting.objects.exists()


def test_somebody_out_of_the_circle_is_invited_first(call, isabelle) -> None:
    stranger = make.practice("stranger")
    with as_(isabelle), pytest.raises(Refused, match="cercle"):
        services.convene(dataclasses.replace(call, practices=(stranger.pk,)))


def test_a_professional_the_person_keeps_out_is_not_asked_by_mail_either(call, isabelle) -> None:
    kept_out = make.practice("hiriart", email="Hiriart@mss.invalid")
    with owner():
        Opposition.objects.create(person_id=call.person_id, practice=kept_out)
    with as_(isabelle), pytest.raises(Refused, match="s’oppose"):
        services.convene(call)


def test_pressing_twice_convenes_once(call, isabelle) -> None:
    key = uuid.uuid4()
    with as_(isabelle):
        first = services.convene(call, key=key)
        assert services.convene(call, key=key).pk == first.pk
        with pytest.raises(Replayed):
            services.convene(dataclasses.replace(call, motive="Autre chose"), key=key)


def test_home_help_and_strangers_convene_nothing(call, maite) -> None:
    make.practice("stranger")
    with as_(maite), pytest.raises(NotAllowed):
        services.convene(call)
    with as_("stranger"), pytest.raises(Http404):
        services.convene(call)


def test_answers_count_once_and_the_last_one_holds(meeting, claire) -> None:
    first, second = slots(meeting)
    with as_(claire):
        services.answer(meeting.pk, {first.pk: "yes", second.pk: "no"})
        services.answer(meeting.pk, {first.pk: "yes", second.pk: "no"})
        services.answer(meeting.pk, {first.pk: "maybe"})
        screen = queries.screen(again(meeting))
    with machine():
        assert SlotAnswer.objects.filter(participant__practice=claire).count() == 3
    assert screen.slots[0].maybe == ["Claire Aubert"]
    assert screen.slots[1].no == ["Claire Aubert"]


def test_a_foreign_slot_and_an_unknown_answer_are_refused(meeting, claire) -> None:
    first, _ = slots(meeting)
    with as_(claire):
        for wrong in ({uuid.uuid4(): "yes"}, {first.pk: "perhaps"}, {}):
            with pytest.raises(Refused):
                services.answer(meeting.pk, wrong)


def test_only_those_convened_answer(meeting, simon) -> None:
    make.member(simon, make.practice("other", name="Autre Infirmière"))
    with as_("other"), pytest.raises(NotAllowed):
        services.answer(meeting.pk, {slots(meeting)[0].pk: "yes"})


def test_the_best_date_is_suggested_and_never_chosen(meeting, claire, maite, isabelle) -> None:
    first, second = slots(meeting)
    for who in (claire, maite):
        with as_(who):
            services.answer(meeting.pk, {first.pk: "no", second.pk: "yes"})
    with machine():
        services.answer(
            meeting.pk, {first.pk: "yes", second.pk: "maybe"},
            participant_id=guest_of(meeting).pk, via="link",
        )  # fmt: skip
    with as_(isabelle):
        screen = queries.screen(again(meeting))
    assert [row.best for row in screen.slots] == [False, True]
    assert screen.answered == 4
    assert kinds(meeting)[-1] == "meeting.poll_full"
    assert told("meeting.poll_full", meeting) == {isabelle.pk}
    assert again(meeting).status == "proposed"


def test_the_convener_fixes_the_date_and_each_is_told(meeting, claire, maite, isabelle) -> None:
    first, second = slots(meeting)
    with as_(claire), pytest.raises(NotAllowed):
        services.fix(meeting.pk, second.pk)
    with as_(isabelle):
        dated = services.fix(meeting.pk, second.pk, version=1)
        assert services.fix(meeting.pk, second.pk).version == dated.version
        with pytest.raises(Conflict):
            services.fix(meeting.pk, first.pk, version=1)
        assert services.fix(meeting.pk, first.pk, version=2).starts_at == first.starts_at
    assert kinds(meeting).count("meeting.fixed") == 2
    assert told("meeting.fixed", meeting) == {isabelle.pk, claire.pk, maite.pk}
    with machine():
        assert MeetingLink.objects.get(meeting=meeting, revoked_at=None).occasion == "dated"


def test_a_colleague_of_the_convener_may_fix_it(meeting, isabelle, simon) -> None:
    make.member(simon, isabelle.organisation)
    make.practice("sylvie", role="coordinator", of=isabelle.organisation)
    with as_("sylvie"):
        assert services.fix(meeting.pk, slots(meeting)[0].pk).status == "dated"


def test_cancelling_says_why_and_tells_everybody(meeting, isabelle, claire, maite) -> None:
    with as_(isabelle):
        with pytest.raises(Refused):
            services.cancel(meeting.pk, reason=" ")
        services.cancel(meeting.pk, reason="Il est hospitalisé.")
        services.cancel(meeting.pk, reason="Encore")
    assert kinds(meeting)[-2:] == ["meeting.cancelled", "meeting.called_off"]
    assert told("meeting.called_off", meeting) == {isabelle.pk, claire.pk, maite.pk}
    with machine():
        assert MeetingLink.objects.get(meeting=meeting, revoked_at=None).occasion == "cancelled"
    assert again(meeting).why_cancelled == "Il est hospitalisé."


def test_a_meeting_that_was_held_is_not_cancelled(held, isabelle) -> None:
    with as_(isabelle), pytest.raises(Refused):
        services.cancel(held.pk, reason="Trop tard")


def test_the_person_is_told_when_the_convener_says_so(meeting, isabelle, simon) -> None:
    assert "meeting.person" not in kinds(meeting)
    with as_("simon"):
        assert queries.shared(simon.pk) == []
    with as_(isabelle):
        services.tell(meeting.pk, person=True, carers=False)
    with machine():
        entry = Entry.objects.get(object_id=meeting.pk, kind="meeting.person")
    assert (entry.for_team, entry.for_person, entry.for_carers) == (False, True, False)
    with as_("simon"):
        assert [one.pk for one in queries.shared(simon.pk)] == [meeting.pk]


def test_one_more_is_invited_and_one_is_taken_off(meeting, isabelle, claire, simon) -> None:
    karim = make.practice("karim", name="Karim Lasserre", profession="70")
    make.member(simon, karim)
    with as_(isabelle):
        services.invite(meeting.pk, practice_id=karim.pk)
        services.invite(meeting.pk, practice_id=karim.pk)
    assert karim.pk in told("meeting.to_answer", meeting)
    with machine():
        one = Participant.objects.get(meeting=meeting, practice=karim)
        outside = guest_of(meeting)
    with as_(isabelle):
        services.remove(one.pk)
        services.remove(outside.pk)
    with as_(karim), pytest.raises(NotAllowed):
        services.answer(meeting.pk, {slots(meeting)[0].pk: "yes"})
    with machine():
        assert not MeetingLink.objects.filter(meeting=meeting, revoked_at=None).exists()


def test_a_death_stops_what_was_to_come(meeting, held, isabelle, call) -> None:
    with as_(isabelle):
        other = services.convene(dataclasses.replace(call, motive="Suite"))
    services.stop_for_death(call.person_id)
    assert (again(held).status, again(other).status) == ("held", "cancelled")


def test_a_moment_gone_by_cannot_be_chosen(meeting, isabelle, time_machine) -> None:
    first, second = slots(meeting)
    time_machine.move_to(first.starts_at + timezone.timedelta(hours=1), tick=False)
    with as_(isabelle):
        with pytest.raises(Refused, match="passée"):
            services.fix(meeting.pk, first.pk)
        assert services.fix(meeting.pk, second.pk).status == "dated"


def test_the_call_needs_a_professional(call) -> None:
    assert isinstance(call, Call)
    with machine(), pytest.raises(NotAllowed):
        services.convene(call)
