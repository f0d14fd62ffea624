"""What rooms offer one another without knowing one another: filled in each AppConfig.ready().

A lower room never imports a higher one; the higher one registers here a navigation entry, a panel
of the record, a renderer of its journal entries, a kind of notification or a periodic job.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from liane.core.areas import Area
from liane.core.routes import PORTAL_ROLES


@dataclass(frozen=True)
class NavEntry:
    """An entry of the main navigation. ``roles`` empty means every professional role.

    ``area``: what one must be able to read for anything to be behind it; it is not shown without.
    """

    label: str
    path: str
    icon: str
    order: int
    roles: frozenset[str] = frozenset()
    on_phone: bool = True
    badge: Callable[[HttpRequest], int] | None = None
    area: Area | None = None


@dataclass(frozen=True)
class Panel:
    """A part of a person's record page: ``load(request, person)`` gives the template's context.

    ``place`` is ``chips`` (under the name), ``banner``, ``main`` or ``side``; ``documents`` and
    ``identity`` are the heads of those tabs. A panel that returns None shows nothing.
    """

    name: str
    place: str
    order: int
    template: str
    load: Callable[[HttpRequest, Any], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Tab:
    """A tab of a person's record: ``path`` is relative to ``/personnes/<id>/``."""

    label: str
    path: str
    order: int
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class EntryKind:
    """How journal entries of one kind are told.

    ``load(object_ids)`` fetches the objects under the current actor's reach, in bulk, and returns
    them by id: an entry whose object is missing from it is not shown. ``family`` is the filter it
    belongs to in the timeline (``note``, ``visit``, ``document``, ``message``, ``stay``…).
    ``roles``, where given, are the only ones told of it; ``told(entry)`` gives holders told besides
    (somebody invited, who reaches nothing yet).
    """

    kind: str
    label: str
    family: str
    icon: str
    template: str = "timeline/entry_default.html"
    load: Callable[[Collection[UUID]], Mapping[UUID, Any]] | None = None
    in_timeline: bool = True
    roles: frozenset[str] = frozenset()
    told: Callable[[Any], Collection[UUID]] | None = None


@dataclass(frozen=True)
class NoticeKind:
    """How an entry becomes a notification: its sentence, its link, its default channels.

    ``sentence(entry, person)`` is shown inside the application only. Push and mail carry no name.
    ``escalates``: urgent and unseen, it goes on by SMS then to the list to call; false for a room
    that insists by itself. ``calls(entry)`` gives the holders it calls by name: they are told
    whatever they muted, with the sentence ``calling``.
    """

    kind: str
    label: str
    sentence: Callable[[Any, Any], str]
    link: Callable[[Any], str]
    urgent: bool = False
    push: bool = True
    digest: bool = True
    escalates: bool = True
    calls: Callable[[Any], Collection[UUID]] | None = None
    calling: Callable[[Any, Any], str] | None = None


@dataclass(frozen=True)
class Job:
    """Periodic work of `liane worker`. ``label`` names it on the page of the service's state."""

    name: str
    every: timedelta
    run: Callable[[], Any]
    label: str = ""


@dataclass(frozen=True)
class ServiceLine:
    """One thing that the technical administrator watches. No name of a person, no health data.

    ``state``: ``ok``, ``late`` (to watch), ``bad`` (to mend), ``off`` (not set up here). ``help``
    says what to do; ``path`` is the page that acts, where there is one.
    """

    group: str
    label: str
    state: str
    value: str = ""
    at: dt.datetime | None = None
    help: str = ""
    path: str = ""


@dataclass
class TodaySection:
    """A part of Aujourd’hui: ``load(request)`` gives the template's context, or None.

    ``silent`` in the context: it shows nothing now, and is only there for what may come.
    """

    name: str
    place: str
    order: int
    template: str
    load: Callable[[HttpRequest], Mapping[str, Any] | None]
    roles: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class SettingsSection:
    """A section of /parametres/: ``load(request)`` gives the template's context, or None."""

    name: str
    label: str
    order: int
    template: str
    load: Callable[[HttpRequest], Mapping[str, Any] | None]


@dataclass(frozen=True)
class LeftPart:
    """What somebody who has left a circle finds again of their own past, to read only.

    ``count(person_ids)`` gives a number by person, ``load(person_ids, start, size)`` the rows of
    one page, newest first: both under the current actor's past, in one query each.
    """

    name: str
    label: str
    count_of: tuple[str, str]
    """The words of its count: one, several."""
    order: int
    template: str
    count: Callable[[Collection[UUID]], Mapping[UUID, int]]
    load: Callable[[Collection[UUID], int, int], list[Any]]


@dataclass(frozen=True)
class Reader:
    """A reader of the journal: ``handle(entries)`` gets published entries in order, once or more.

    It must be idempotent on (entry, recipient, channel).
    """

    name: str
    handle: Callable[[Collection[Any]], None]


@dataclass(frozen=True)
class Fragment:
    """A piece of page pushed to open browsers.

    ``target`` is the value of a ``data-live`` attribute (``thread:<id>``, ``person:<id>``),
    ``swap`` is ``append``, ``prepend``, ``replace`` or ``none`` (an event without markup); ``top``
    is ``prepend`` for a list in which what is there already moves up.
    """

    target: str
    html: str = ""
    swap: str = "append"
    announce: str = ""


@dataclass(frozen=True)
class LiveRenderer:
    """Renders an entry for one recipient group, inside ``acting`` as one of its members.

    ``counts``: the badge (of :data:`badges`) that such an entry moves for those who may read it.
    ``targets(entry)``: every target that ``render`` may draw, told from the entry alone: where no
    open page shows one of them, nobody is looked for and nothing is drawn.
    """

    kind: str
    render: Callable[[Any], list[Fragment]]
    counts: str = ""
    targets: Callable[[Any], Collection[str]] | None = None


@dataclass(frozen=True)
class MessageAction:
    """Something a message can be turned into: ``path`` gets ``message=<uuid>`` in its query."""

    name: str
    label: str
    icon: str
    path: Callable[[Any], str]
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MessageDesk:
    """What rooms beside the messages may ask of one: its text, and to note what it became.

    ``text(message_id)`` under the current actor's reach (Http404 otherwise);
    ``turned(message_id, action, label, path)`` records the outcome.
    """

    text: Callable[[UUID], str]
    turned: Callable[[UUID, str, str, str], None]


@dataclass
class OpenedPart:
    """What an attachment of a mail held: files to read with the message, and words on the rest."""

    files: list[Any] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ActDesk:
    """What a room above asks of an act, in the transaction that records it.

    ``codes(person_id, holders)`` gives the acts of a nomenclature to offer for this person, as
    (code, label) pairs, those of these holders' professions first. ``deduced(act)`` gives the code
    of an act about to be recorded of which nobody said it: ``""`` for none, None when it cannot
    tell. ``recorded(intervention, said)`` and ``undone(intervention)`` are called with it;
    ``said``: an empty code is an answer, not a silence. ``recorded`` may raise `errors.Refused`.
    ``asked(interventions)`` gives, for those whose code is still to be said, the pairs to choose
    from; ``answered(intervention_ids, code)`` settles them. ``barred(act)`` raises `errors.Refused`
    for an act billed under a code that a bundle pays, and ``kept(refusal)`` writes that down once
    the refusal undid what it was part of; ``flagged(interventions)`` gives what to say at once of
    acts out of the pathway, empty for nothing.
    """

    codes: Callable[[UUID, Collection[UUID]], list[tuple[str, str]]]
    deduced: Callable[[Any], str | None]
    recorded: Callable[[Any, bool], None]
    undone: Callable[[Any], None]
    asked: Callable[[Collection[Any]], Mapping[UUID, list[tuple[str, str]]]]
    answered: Callable[[Collection[UUID], str], int]
    barred: Callable[[Any], None]
    kept: Callable[[Exception], None]
    flagged: Callable[[Collection[Any]], str]


@dataclass(frozen=True)
class LinkPart:
    """What a room above adds to the month's page of a professional who has no account.

    ``shown()`` gives what waits for them, acting as them to read: ``template`` shows it as
    ``shown``, and nothing is shown where it is empty. ``answer(data, practice)`` takes a form of
    that template, acting in their name, and is False for another form; it may raise
    `errors.Refused`. ``waiting()`` gives the practices that a link is to be opened for. ``asks`` is
    False for what is only to be read.
    """

    template: str
    shown: Callable[[], Collection[Any]]
    answer: Callable[[Any, Any], bool]
    waiting: Callable[[], Collection[UUID]]
    asks: bool = True


@dataclass(frozen=True)
class Engagement:
    """Something that takes somebody's time besides visits (a meeting), for their agenda.

    ``label`` says nothing of a person nor of health: calendars outside show it alone.
    """

    id: UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    label: str
    link: str
    person_id: UUID
    person: str
    version: int = 1


nav: list[NavEntry] = []
message_desk: list[MessageDesk] = []
act_desks: list[ActDesk] = []
link_parts: list[LinkPart] = []
list_tabs: list[NavEntry] = []
"""Tabs of the page « File active »: one work list each, in the order given; ``roles`` and ``area``
say to whom. A structure that has a single list lands on it."""
settings_sections: list[SettingsSection] = []
left_parts: list[LeftPart] = []
readers: list[Reader] = []
live_renderers: dict[str, LiveRenderer] = {}
message_actions: list[MessageAction] = []
thread_recipients: list[Callable[[Collection[UUID]], Mapping[UUID, Collection[UUID]]]] = []
"""Given thread ids, the holders named in each: they read it beside those of its flags."""
thread_flags: list[Callable[[Collection[UUID]], Mapping[UUID, Collection[str]]]] = []
"""Given thread ids, the audience flags each one was opened with (``for_team``…)."""
seen_hooks: list[Callable[..., Any]] = []
"""Called as ``hook(user_id, thread_id=…)`` or ``hook(user_id, entry_ids=[…])`` by a verb that marks
a thing as read: what told the account of it is read too."""
badges: dict[str, Callable[[HttpRequest], int]] = {}
"""Counts shown in the frame, by name (``notifications``): one query each, computed when shown."""
frame: dict[str, NavEntry] = {}
"""What the page's frame shows where a room offers it: ``person_search`` (a page that takes POST
``q``), ``notifications`` (its count is ``badges["notifications"]``), ``seat`` (POST ``seat`` and
``next``), ``sign_out`` (POST)."""
sign_in_ways: list[Callable[[], list[NavEntry]]] = []
"""Other ways to sign in that this installation offers: links on the page of sign-in."""
leavers: list[Callable[[HttpRequest], str]] = []
"""``leave(request)`` gives the address where the session of whoever signs out is closed too, at the
provider through which they came; nothing otherwise."""
account_links: list[NavEntry] = []
"""Entries of the account menu: settings, sessions, absences…"""
engagements: list[Callable[[Collection[UUID], dt.datetime, dt.datetime], list[Engagement]]] = []
"""Given holders and two moments: what takes their time between them, under the current actor."""
panels: list[Panel] = []
structure_panels: list[Panel] = []
"""Parts of an organisation's page in the directory: ``load(request, organisation)``."""
request_panels: list[Panel] = []
application_panels: list[Panel] = []
"""Parts of the page of an application that a house let in: ``load(request, client)``."""
"""Parts of the page of a request for support: ``load(request, referral)``."""
directory_tabs: list[NavEntry] = []
"""Rubrics of the directory, in order; those without ``roles`` are for everybody."""
tabs: list[Tab] = []
entry_kinds: dict[str, EntryKind] = {}
notice_kinds: dict[str, NoticeKind] = {}
jobs: dict[str, Job] = {}
service_checks: list[Callable[[], list[ServiceLine]]] = []
"""What each room says of its part of the service: queues and their age, connections. Run as the
system, in a fixed number of queries each."""
today: list[TodaySection] = []
absence_steps: list[Callable[[Any], str]] = []
"""Called with a `directory.Absence` inside the transaction that notes it (visits change hands…);
each gives a sentence to show, or nothing."""
hand_on: list[Callable[[Any], str]] = []
"""``path(row)`` gives the page from which a document, a note or a version of the plan is handed on
(exported, sent elsewhere); nothing where the row is not one of those."""
mail_dressers: list[Callable[[Any, Any], None]] = []
"""``dress(mail, row)`` adds to a mail that leaves for a professional outside what its way lets it
carry (headers, documents), as the system; ``row`` is the `messaging.OutgoingMail`."""
mail_openers: list[Callable[[bytes, str, Any], OpenedPart | None]] = []
"""``open(content, name, thread)`` opens an attachment of a mail received in a conversation, inside
the transaction that delivers it; None for what it does not know."""
letters: list[Callable[[UUID, str, str], bool]] = []
"""``letter(practice_id, subject, text)`` writes to a professional outside, by mail and signed link,
as the current actor; False when it cannot. Called inside the transaction of what it tells."""
takeovers: list[Callable[[Any, Any, str], None]] = []
"""Called with (absent practice, heir, reason) inside the transaction in which a colleague's whole
file changes hands: each room hands over what it entrusted."""
support_steps: list[Callable[[Any], None]] = []
"""Called with a request (`referrals.Referral`) inside the transaction that answers it with a
support, or that finds the record of whoever such an answer concerns."""
support_exits: list[Callable[[Any], str]] = []
"""``exit(request)`` gives the address where the support that a request led to is ended, with its
reason; nothing when none is open. The request then ends there, not by itself."""
death_steps: list[Callable[[UUID], None]] = []
"""Called inside the transaction that confirms a death: stop visits, reminders, questionnaires."""
protocol_examples: list[Callable[[Any], Sequence[Any]]] = []
"""``run(protocol)`` runs the examples of a protocol that passed the check, and gives one
``pathways.protocols.runs.Ran`` for each."""
protocol_trials: list[Callable[[UUID], str]] = []
"""``trial(version_id)`` gives the address where a structure's version of a protocol is priced on
what was really done."""


def nav_for(role: str) -> list[NavEntry]:
    """Navigation entries of a role, in order. The portal's are those that name its roles."""
    everywhere = role not in PORTAL_ROLES
    return sorted(
        (entry for entry in nav if role in entry.roles or (everywhere and not entry.roles)),
        key=lambda entry: entry.order,
    )


def tabs_for(request: HttpRequest, here: str) -> list[dict[str, Any]]:
    """The work lists of whoever asks, as tabs, the one at ``here`` first to be there; none when
    there is one alone. A list that is empty is left out."""
    actor = request.actor  # type: ignore[attr-defined]
    shown = [
        entry
        for entry in sorted(list_tabs, key=lambda entry: entry.order)
        if (not entry.roles or actor.role in entry.roles)
        and (entry.area is None or actor.read.get(entry.area))
        and (entry.path == here or entry.badge is None or entry.badge(request))
    ]
    if len(shown) < 2:
        return []
    return [{"label": one.label, "url": one.path, "current": one.path == here} for one in shown]


def add_kinds(*kinds: EntryKind) -> None:
    """Register journal kinds; two rooms may not claim the same one."""
    for kind in kinds:
        if kind.kind in entry_kinds:
            raise ValueError(f"journal kind {kind.kind} registered twice")
        entry_kinds[kind.kind] = kind


def add_notices(*kinds: NoticeKind) -> None:
    """Register notification kinds."""
    notice_kinds.update({kind.kind: kind for kind in kinds})


def add_jobs(*new: Job) -> None:
    """Register periodic work."""
    jobs.update({job.name: job for job in new})
