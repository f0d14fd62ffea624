"""Rows of meetings in the access matrix."""

import datetime as dt
import json

from django.utils import timezone

from liane.meetings import links
from liane.meetings.models import (
    Decision,
    Meeting,
    MeetingEvent,
    MeetingLink,
    Minutes,
    Opinion,
    Participant,
    Section,
    SectionChange,
    Slot,
    SlotAnswer,
)
from tests.access.world import World, planter

TEAM = frozenset({"team"})
PERSON = frozenset({"team", "person"})


@planter
def plant(world: World) -> None:
    """A's meeting is known to the team alone, B's to B as well; home help takes part in A's."""
    for name in ("A", "B"):
        _meeting(world, name)


def _meeting(world: World, name: str) -> None:
    person = world.persons[name]
    nurse = world.practices["nurse" if name == "A" else "zoe"]
    told = name == "B"
    groups = PERSON if told else TEAM

    def canary(who: frozenset[str] = groups, *, link: bool = False) -> str:
        return world.canary("care_plan", name, groups=who, link=link)

    now = timezone.now()
    meeting = Meeting.objects.create(
        person=person, convener=nurse, motive=canary(link=True), place="Mairie", for_person=told,
        voice=canary(), others=canary(), person_presence="present", status="minuted",
        starts_at=now - dt.timedelta(days=2), submitted_at=now,
    )  # fmt: skip
    about = {"meeting": meeting, "person": person}
    MeetingEvent.objects.create(meeting=meeting, before="dated", after="held")
    mine = Participant.objects.create(**about, practice=nurse, presence="present", approves=True)
    if name == "A":
        Participant.objects.create(**about, practice=world.practices["home_help"])
    Participant.objects.create(
        **about, name="Dr Ailleurs", email="ailleurs@mss.invalid", consent=canary()
    )
    slot = Slot.objects.create(**about, starts_at=meeting.starts_at)
    SlotAnswer.objects.create(**about, slot=slot, participant=mine, answer="yes", via="page")
    section = Section.objects.create(**about, heading="situation", text=canary())
    SectionChange.objects.create(**about, section=section, what="changed", number=1, text=canary())
    Decision.objects.create(**about, text=canary(), practice=nurse, who_else=canary())
    theirs = Decision.objects.create(
        **about, text=canary(groups | {"outside"}),
        practice=world.practices["home_help"] if name == "A" else nurse,
    )  # fmt: skip
    said = {
        "motive": canary(link=True), "starts_at": "", "place": "", "convener": "x",
        "participants": [], "person": "", "voice": canary(link=True), "others": "",
        "decisions": [], "sections": [{"title": "Situation", "text": canary(link=True)}],
    }  # fmt: skip
    minutes = Minutes.objects.create(**about, number=1, content=json.dumps(said))
    Opinion.objects.create(
        **about,
        minutes=minutes,
        participant=mine,
        answer="comments",
        text=canary(link=True),
        via="page",
    )
    outside = Participant.objects.create(
        **about, practice=world.practices[f"outside_{name}"], approves=True
    )
    link = MeetingLink.objects.create(
        **about, participant=outside, holder_id=outside.practice_id, occasion="minutes",
        expires_at=now + MeetingLink.LIFE,
    )  # fmt: skip
    world.door(name, links.path_of(link), link)
    world.add("meeting_id", name, meeting.pk)
    world.add("meeting_participant_id", name, mine.pk)
    world.add("meeting_section_id", name, section.pk)
    world.add("meeting_decision_id", name, theirs.pk)
    world.add("meeting_minutes_id", name, minutes.pk)
