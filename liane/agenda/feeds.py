"""One's visits as an iCalendar link: revocable, without a name and without health data."""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from icalendar import Calendar, Event

from liane.agenda.models import Appointment, Feed, Place
from liane.agenda.queries import engagements_of, my_practices
from liane.core import acting
from liane.core.registry import Engagement

WINDOW = dt.timedelta(weeks=8)
PAST = dt.timedelta(weeks=2)
SUMMARIES = {
    Place.HOME: "Visite à domicile",
    Place.OFFICE: "Rendez-vous",
    Place.REMOTE: "Rendez-vous à distance",
}


@dataclass(frozen=True)
class NewFeed:
    """A feed just made, with the only sight of its token."""

    feed: Feed
    token: str


def create(practice_id: UUID, *, with_town: bool) -> NewFeed:
    """Make a link for one's own practice. Raises Http404 for somebody else's."""
    if not my_practices().filter(pk=practice_id).exists():
        raise Http404
    token = secrets.token_urlsafe(32)
    feed = Feed.objects.create(practice_id=practice_id, digest=_digest(token), with_town=with_town)
    return NewFeed(feed, token)


def revoke(feed_id: UUID) -> None:
    """Close one's link: it answers 404 from the next request on."""
    changed = Feed.objects.filter(pk=feed_id, practice__in=my_practices(), revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not changed:
        raise Http404


def living() -> QuerySet[Feed]:
    """One's own links that still work."""
    return (
        Feed.objects.filter(practice__in=my_practices(), revoked_at=None)
        .select_related("practice__organisation")
        .order_by("created_at")
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def render(token: str) -> bytes:
    """The calendar behind ``token``. Raises Http404 for a link unknown, revoked or orphaned."""
    feed = (
        Feed.objects.filter(
            digest=_digest(token), revoked_at=None, practice__professional__active=True
        )
        .select_related("practice")
        .first()
    )
    if feed is None or (feed.practice.ended_on and feed.practice.ended_on < timezone.localdate()):
        raise Http404
    calendar = Calendar()
    calendar.add("prodid", "-//Liane//agenda//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Liane")
    now = timezone.now()
    with acting.acting(acting.system("flux iCalendar")):
        rows = Appointment.objects.filter(
            practice_id=feed.practice_id,
            starts_at__gte=now - PAST,
            starts_at__lt=now + WINDOW,
            status__in=[Appointment.Status.PLANNED, Appointment.Status.DONE],
        ).order_by("starts_at")
        for visit in rows.select_related("person") if feed.with_town else rows:
            calendar.add_component(_event(visit, feed, now))
        for one in engagements_of([feed.practice_id], now - PAST, now + WINDOW):
            calendar.add_component(_engaged(one, now))
    return bytes(calendar.to_ical())


def _engaged(one: Engagement, now: dt.datetime) -> Event:
    event = Event()
    event.add("uid", f"{one.id}@liane")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("dtstart", one.starts_at.astimezone(dt.UTC))
    event.add("dtend", one.ends_at.astimezone(dt.UTC))
    event.add("summary", one.label)
    event.add("sequence", one.version)
    event.add("class", "PRIVATE")
    return event


def _event(visit: Appointment, feed: Feed, now: dt.datetime) -> Event:
    event = Event()
    event.add("uid", f"{visit.pk}@liane")
    event.add("dtstamp", now.astimezone(dt.UTC))
    event.add("dtstart", visit.starts_at.astimezone(dt.UTC))
    event.add("dtend", visit.ends_at.astimezone(dt.UTC))
    event.add("summary", SUMMARIES[Place(visit.place)])
    event.add("sequence", visit.version)
    event.add("class", "PRIVATE")
    if feed.with_town and visit.place == Place.HOME and visit.person.city:
        event.add("location", visit.person.city)
    return event
