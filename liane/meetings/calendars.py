"""A meeting as iCalendar: when, and nothing that tells of a person or of health."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.utils import timezone
from icalendar import Calendar, Event

from liane.circle.reach import Reach
from liane.core import acting
from liane.core.registry import Engagement
from liane.meetings.models import Meeting, Participant

SUMMARY = "Réunion de concertation"
SHOWN = (
    Meeting.Status.DATED, Meeting.Status.HELD, Meeting.Status.MINUTED, Meeting.Status.APPROVED,
    Meeting.Status.SENT,
)  # fmt: skip


def render(meeting: Meeting) -> bytes:
    """The file of one dated meeting: no name, no place, no motive."""
    calendar = Calendar()
    calendar.add("prodid", "-//Liane//concertation//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"{meeting.pk}@liane")
    event.add("dtstamp", timezone.now().astimezone(dt.UTC))
    if meeting.starts_at is not None and meeting.ends_at is not None:
        event.add("dtstart", meeting.starts_at.astimezone(dt.UTC))
        event.add("dtend", meeting.ends_at.astimezone(dt.UTC))
    event.add("summary", SUMMARY)
    event.add("sequence", meeting.version)
    event.add("class", "PRIVATE")
    if meeting.status == Meeting.Status.CANCELLED:
        event.add("status", "CANCELLED")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def engagements(
    holders: Collection[UUID], start: dt.datetime, end: dt.datetime
) -> list[Engagement]:
    """The dated meetings of these practices between two moments, for their agendas. One query.

    Runs under the actor who asks, or a machine (feeds): rows out of reach are not there.
    """
    rows = (
        Participant.objects.within(Reach.of(acting.current()))
        .filter(
            practice_id__in=holders, dropped_at=None, meeting__starts_at__gte=start,
            meeting__starts_at__lt=end, meeting__status__in=SHOWN,
        )
        .select_related("meeting__person")
        .order_by("meeting__starts_at")
    )  # fmt: skip
    return [
        Engagement(
            id=one.meeting_id,
            starts_at=one.meeting.starts_at,
            ends_at=one.meeting.ends_at,
            label=SUMMARY,
            link=f"/concertations/{one.meeting_id}/",
            person_id=one.person_id,
            person=one.meeting.person.short_name,
            version=one.meeting.version,
        )
        for one in rows
    ]
