"""Reads: what an account was told, what it wants, whom an urgent word has not reached."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from liane.accounts.models import User
from liane.circle.reach import Reach
from liane.core import ledger, registry
from liane.core.acting import Actor, acting, current, system
from liane.core.areas import Area
from liane.core.models import Entry
from liane.core.prepared import prepared
from liane.directory.models import Practice
from liane.notifications.models import (
    CircleChoice,
    KindChoice,
    Notification,
    Preference,
    Subscription,
)
from liane.notifications.rules import QuietHours, Wishes
from liane.patients.models import Patient

SHOWN = 200


@dataclass
class Line:
    """One sentence, said once however often it happened in a row: ``row`` is the newest."""

    row: Notification
    sentence: str
    label: str
    others: list[Notification] = field(default_factory=list)

    @property
    def times(self) -> int:
        """How often it happened."""
        return 1 + len(self.others)

    @property
    def rows(self) -> list[Notification]:
        """Every notification behind it."""
        return [self.row, *self.others]

    def says(self, row: Notification, sentence: str) -> bool:
        """True when ``row``, older, adds nothing to it."""
        mine = self.row
        same = (mine.kind, mine.urgent, self.sentence) == (row.kind, row.urgent, sentence)
        return same and (mine.read_at is None) == (row.read_at is None)


@dataclass
class Group:
    """What happened around one person (or in one direct thread), newest first."""

    person: Patient | None
    lines: list[Line] = field(default_factory=list)

    @property
    def unread(self) -> bool:
        """True when something in it was not read."""
        return any(line.row.read_at is None for line in self.lines)

    @property
    def urgent(self) -> bool:
        """True when something unread in it is urgent."""
        return any(line.row.urgent and line.row.read_at is None for line in self.lines)

    @property
    def newest(self) -> Notification:
        """The newest of its rows."""
        return self.lines[0].row


def own(actor: Actor) -> QuerySet[Notification]:
    """What this account was told."""
    if actor.user_id is None:
        return Notification.objects.none()
    return Notification.objects.filter(user_id=actor.user_id)


def unread_count(request: HttpRequest) -> int:
    """Unread notifications (groups) of the account: the badge. One query."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return 0
    return _unread.first(actor.user_id) or 0


@prepared
def _unread(user_id: UUID) -> QuerySet[Notification, int]:
    groups = Notification.objects.filter(user_id=user_id, read_at=None, id=F("group_id"))
    return (
        groups.order_by()
        .values("user_id")
        .annotate(many=Count("id"))
        .values_list("many", flat=True)
    )


def told(actor: Actor) -> list[Group]:
    """The account's notifications by person, unread first, then newest. Reads are recorded."""
    rows = list(own(actor).order_by("-id")[:SHOWN])
    with acting(system("notifications")):
        entries = Entry.objects.in_bulk([row.entry_id for row in rows])
    persons = (
        Reach.of(actor)
        .listing(Area.IDENTITY)
        .in_bulk(list({row.person_id for row in rows if row.person_id}))
    )
    groups: dict[Any, Group] = {}
    for row in rows:
        notice, entry = registry.notice_kinds.get(row.kind), entries.get(row.entry_id)
        if notice is None or entry is None:
            continue
        person = persons.get(row.person_id) if row.person_id else None
        group = groups.setdefault(row.person_id or row.thread_id or row.id, Group(person))
        say = notice.calling if row.called and notice.calling else notice.sentence
        sentence = say(entry, person)
        if group.lines and group.lines[-1].says(row, sentence):
            group.lines[-1].others.append(row)
        else:
            group.lines.append(Line(row, sentence, notice.label))
    ledger.read(list(persons), "notifications")
    return sorted(groups.values(), key=lambda one: (not one.urgent, not one.unread))


def link_of(row: Notification) -> str:
    """Where a notification leads."""
    notice = registry.notice_kinds.get(row.kind)
    with acting(system("notifications")):
        entry = Entry.objects.filter(pk=row.entry_id).first()
    return notice.link(entry) if notice is not None and entry is not None else "/notifications/"


def wishes(users: Iterable[UUID]) -> dict[UUID, Wishes]:
    """How each of these accounts wants to be told. Three queries."""
    wanted = list(users)
    kinds: dict[UUID, dict[str, str]] = defaultdict(dict)
    circles: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for one in _kind_choices(wanted):
        kinds[one.user_id][one.kind] = one.level
    for choice in _circle_choices(wanted):
        circles[choice.user_id][choice.person_id] = choice.level
    rows = {row.user_id: row for row in _preferences(wanted)}
    return {user: _wishes(rows.get(user), kinds[user], circles[user]) for user in wanted}


@prepared
def _kind_choices(users: list[UUID]) -> QuerySet[KindChoice]:
    return KindChoice.objects.filter(user_id__in=users)


@prepared
def _circle_choices(users: list[UUID]) -> QuerySet[CircleChoice]:
    return CircleChoice.objects.filter(user_id__in=users)


@prepared
def _preferences(users: list[UUID]) -> QuerySet[Preference]:
    return Preference.objects.filter(user_id__in=users)


def _wishes(row: Preference | None, kinds: dict[str, str], circles: dict[UUID, str]) -> Wishes:
    if row is None:
        return Wishes(kinds=kinds, circles=circles)
    quiet = None
    if row.quiet_from is not None and row.quiet_until is not None:
        quiet = QuietHours(row.quiet_from, row.quiet_until)
    return Wishes(quiet, row.urgent_anytime, row.push, row.digest, kinds, circles)


def with_browsers(users: Collection[UUID]) -> set[UUID]:
    """Those of these accounts that have a browser to push to."""
    rows = Subscription.objects.filter(user_id__in=users)
    return set(rows.values_list("user_id", flat=True))


def quiet_hours(holder_id: UUID) -> QuietHours | None:
    """The quiet hours of a professional, by their place of practice; None when there are none."""
    with acting(system("notifications")):
        practice = Practice.objects.select_related("professional").filter(pk=holder_id).first()
        user_id = practice.professional.user_id if practice else None
        return wishes([user_id])[user_id].quiet if user_id else None


def preference(user_id: UUID) -> Preference:
    """The account's preference, or the defaults (not saved)."""
    return Preference.objects.filter(user_id=user_id).first() or Preference(user_id=user_id)


def section(request: HttpRequest) -> dict[str, Any] | None:
    """What the section of /parametres/ shows."""
    from liane.notifications.push import public_key

    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return None
    chosen = wishes([actor.user_id])[actor.user_id]
    muted = {pk for pk, level in chosen.circles.items() if level != CircleChoice.Level.ALL}
    persons = Reach.of(actor).listing(Area.IDENTITY).filter(pk__in=muted)
    ledger.read([person.pk for person in persons], "notifications")
    return {
        "preference": preference(actor.user_id),
        "hours": range(6, 21),
        "levels": KindChoice.Level.choices,
        "kinds": [
            (notice, chosen.kinds.get(notice.kind, KindChoice.Level.ALL))
            for notice in sorted(registry.notice_kinds.values(), key=lambda item: item.label)
        ],
        "muted": [(person, chosen.circles[person.pk]) for person in persons],
        "circle_levels": CircleChoice.Level.choices,
        "devices": list(Subscription.objects.filter(user_id=actor.user_id).order_by("created_at")),
        "public_key": public_key(),
    }


@dataclass(frozen=True)
class Reached:
    """Where one account stands with an urgent word."""

    name: str
    phone: str
    seen_at: dt.datetime | None
    to_call: bool


def reached(entry_id: UUID) -> list[Reached]:
    """Who has seen an urgent entry, and who is left to call: for its author's eyes.

    The author alone may ask: an empty list for anybody else.
    """
    actor = current()
    with acting(system("notifications")):
        entry = Entry.objects.filter(pk=entry_id).first()
        if entry is None or entry.actor_user_id is None or entry.actor_user_id != actor.user_id:
            return []
        rows = list(Notification.objects.filter(entry_id=entry_id, urgent=True))
        people = User.objects.in_bulk([row.user_id for row in rows])
        phones = _phones([row.holder_id for row in rows])
    now = timezone.now()
    return [
        Reached(
            name=people[row.user_id].name if row.user_id in people else "",
            phone=phones.get(row.holder_id, ""),
            seen_at=row.read_at,
            to_call=row.read_at is None and row.call_at is not None and row.call_at <= now,
        )
        for row in rows
    ]


def _phones(holders: Collection[UUID]) -> dict[UUID, str]:
    practices = Practice.objects.filter(pk__in=holders).select_related("organisation")
    return {one.pk: one.phone or one.organisation.phone for one in practices}


@dataclass(frozen=True)
class Sent:
    """An urgent word sent by the acting account, and whom it has reached."""

    about: Patient | None
    link: str
    sent_at: dt.datetime
    people: list[Reached]

    @property
    def seen(self) -> int:
        """How many have seen it."""
        return sum(one.seen_at is not None for one in self.people)

    @property
    def to_call(self) -> list[Reached]:
        """Those whom only the telephone is left to reach."""
        return [one for one in self.people if one.to_call]


@prepared
def _said_urgently(user_id: UUID, since: dt.datetime, kinds: frozenset[str]) -> QuerySet[Entry]:
    rows = Entry.objects.filter(
        actor_user_id=user_id, urgent=True, kind__in=sorted(kinds), recorded_at__gte=since
    )
    return rows.order_by("-recorded_at")[:10]


def sent_urgent(request: HttpRequest) -> dict[str, Any] | None:
    """For Aujourd’hui: my urgent words of the last day that somebody has not seen."""
    actor = current()
    kinds = [kind for kind, notice in registry.notice_kinds.items() if notice.escalates]
    if actor.user_id is None:
        return None
    with acting(system("notifications")):
        since = timezone.now() - dt.timedelta(days=1)
        entries = _said_urgently(actor.user_id, since, frozenset(kinds))
    if not entries:
        return None
    persons = (
        Reach.of(actor)
        .listing(Area.IDENTITY)
        .in_bulk([entry.person_id for entry in entries if entry.person_id])
    )
    waiting = []
    for entry in entries:
        about = persons.get(entry.person_id) if entry.person_id else None
        link = registry.notice_kinds[entry.kind].link(entry)
        sent = Sent(about, link, entry.recorded_at, reached(entry.id))
        if sent.people and sent.seen < len(sent.people):
            waiting.append(sent)
    ledger.read([sent.about.pk for sent in waiting if sent.about], "notifications")
    return {"sent": waiting} if waiting else None
