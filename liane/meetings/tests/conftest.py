"""M. Simon, around whom his case manager convenes a nurse, home help and a doctor outside."""

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.utils import timezone

from liane.core import acting
from liane.directory.models import Practice
from liane.meetings import minutes, services, sheet
from liane.meetings.models import Meeting, Minutes, Participant, Section, Slot
from liane.meetings.services import Call, Guest
from liane.patients.models import Patient
from tests import factories as make


def as_(who: Any) -> AbstractContextManager[Any]:
    """Act as somebody."""
    return acting.acting(make.actor(who))


def machine() -> AbstractContextManager[Any]:
    """See everything, to look at what became of it."""
    return acting.acting(acting.system("test"))


def soon(hours: int = 2) -> dt.datetime:
    """A moment to come."""
    return timezone.now().replace(microsecond=0) + dt.timedelta(hours=hours)


@pytest.fixture
def simon() -> Patient:
    account = make.user("simon", "Pierre Simon")
    return make.patient("SIMON", "Pierre", used_name="", sex="M", user=account)


@pytest.fixture
def isabelle(simon: Patient) -> Practice:
    """The case manager of the DAC."""
    one = make.practice(
        "isabelle", role="case_manager", of=make.organisation("DAC", "dac"), name="Isabelle Lafitte"
    )
    make.member(simon, one)
    return one


@pytest.fixture
def claire(simon: Patient) -> Practice:
    one = make.practice("claire", name="Claire Aubert")
    make.member(simon, one)
    return one


@pytest.fixture
def maite(simon: Patient) -> Practice:
    """Home help: in the circle, outside the care team."""
    one = make.practice(
        "maite", role="social", of=make.organisation("SAAD", "saad"), name="Maïté Darrigrand"
    )
    make.member(simon, one, outside_team=True, ground="consent")
    return one


GUEST = Guest(
    "Dr Paul Hiriart", "hiriart@mss.invalid", "Dit à Isabelle, lundi", "cardiologue", "0612345678"
)


@pytest.fixture
def call(simon: Patient, isabelle: Practice, claire: Practice, maite: Practice) -> Call:
    return Call(
        person_id=simon.pk, motive="Troisième chute en un mois", slots=(soon(2), soon(50)),
        practices=(claire.pk, maite.pk), guests=(GUEST,), place="Maison de santé",
    )  # fmt: skip


@pytest.fixture
def meeting(call: Call, isabelle: Practice) -> Meeting:
    with as_(isabelle):
        return services.convene(call)


def slots(meeting: Meeting) -> list[Slot]:
    """Its moments, in order."""
    with machine():
        return list(Slot.objects.filter(meeting=meeting))


def guest_of(meeting: Meeting) -> Participant:
    """The doctor outside."""
    with machine():
        return Participant.objects.get(meeting=meeting, practice=None)


def again(meeting: Meeting) -> Meeting:
    """The meeting as it is now."""
    with machine():
        return Meeting.objects.select_related("convener").get(pk=meeting.pk)


@pytest.fixture
def held(meeting: Meeting, isabelle: Practice) -> Meeting:
    with as_(isabelle):
        services.fix(meeting.pk, slots(meeting)[0].pk)
        return sheet.hold(meeting.pk)


def section_of(meeting: Meeting, heading: str = "situation") -> Section:
    """One heading of its sheet."""
    with machine():
        return Section.objects.get(meeting=meeting, heading=heading)


def complete(meeting: Meeting) -> None:
    """Write and note what minutes need, as whoever acts."""
    people = Participant.objects.filter(meeting=meeting)
    said = {one.pk: "present" if one.name == "" else "remote" for one in people}
    minutes.attend(
        meeting.pk, said, person="present", voice="Il veut rester chez lui, il l’a dit lui-même."
    )
    one = Section.objects.get(meeting=meeting, heading="situation")
    sheet.write(one.pk, version=one.version, text="Trois chutes, dont une la nuit.")


@pytest.fixture
def submitted(held: Meeting, isabelle: Practice) -> Minutes:
    with as_(isabelle):
        complete(held)
        return minutes.submit(held.pk)
