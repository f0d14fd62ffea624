"""Who reads a conversation, said by name before anything is sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet

from liane.circle.models import Membership
from liane.circle.queries import members
from liane.core import acting
from liane.core.acting import system
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.prepared import prepared
from liane.core.text import normalise
from liane.directory.models import Organisation, Post, Practice
from liane.directory.queries import away
from liane.directory.search import LITTLE, search, with_places
from liane.messaging.models import Message, Participant, ReadMark, Thread
from liane.patients.models import Contact, Patient

POSTS = 2_000
"""Posts whose names are compared with what is typed."""


@dataclass(frozen=True)
class Reader:
    """Somebody who will read: ``group`` is team, outside, person or carers."""

    holder_id: UUID
    name: str
    kind: str
    group: str = "team"
    soft: str = ""
    organisation_id: UUID | None = None
    by_mail: bool = False
    away: str = ""

    def has_read(self, message: Message, marks: Iterable[ReadMark]) -> bool:
        """True when somebody behind this reader has read as far as ``message``."""
        mine = {self.holder_id, self.organisation_id if self.kind == "post" else self.holder_id}
        return any(
            mark.number >= message.number and mine & {mark.holder_id, mark.organisation_id}
            for mark in marks
        )


def readers(thread: Thread) -> list[Reader]:
    """Who reads ``thread``: the groups it is open to, and those named. At most nine queries."""
    named = list(Participant.objects.filter(thread=thread, left_at=None).order_by("pk"))
    found = audience(thread.person_id, thread.audience) if thread.person_id else []
    known = {one.holder_id for one in found}
    if thread.person_id and named:
        circle = {one.holder_id: one for one in circle_of(thread.person_id)}
        found += [circle[n.holder_id] for n in named if n.holder_id in circle.keys() - known]
        known |= circle.keys()
    left = [one for one in named if one.holder_id not in known]
    if left and (thread.person_id is None or any(one.by_mail for one in left)):
        names = names_of(left)
        found += [
            Reader(one.holder_id, names[one.holder_id], one.kind, by_mail=one.by_mail)
            for one in left
            if one.holder_id in names and (thread.person_id is None or one.by_mail)
        ]
    return with_absences(found)


def audience(person_id: UUID, to: Audience) -> list[Reader]:
    """The members of the person's circle that ``to`` lets read."""
    wanted = {
        group
        for group, opened in (
            ("team", to.team),
            ("outside", to.outside),
            ("person", to.person),
            ("carers", to.carers),
        )
        if opened
    }
    if not wanted:
        return []
    asked = circle_of(person_id) if wanted & {"person", "carers"} else _members(person_id)
    return [one for one in asked if one.group in wanted]


def circle_of(person_id: UUID) -> list[Reader]:
    """Everybody of a circle who can read conversations, the person and carers included."""
    return [*_members(person_id), *_family(person_id)]


def _members(person_id: UUID) -> list[Reader]:
    return [_member(one) for one in members(person_id) if one.contact_id is None]


def _family(person_id: UUID) -> list[Reader]:
    """The person and the carers who have an account, read by a machine: their group is named."""
    with acting.acting(system("audience")):
        person = _with_account.first(person_id)
        contacts = _with_voice(person_id)
    found = []
    if person is not None and person.user_id and person.died_on is None:
        found.append(Reader(person.pk, person.short_name, "person", "person"))
    if person is None or person.died_on is None:
        found += [
            Reader(
                one.pk, one.name, "contact",
                "person" if one.access == Contact.Access.LEGAL else "carers", one.relationship,
            )
            for one in contacts
        ]  # fmt: skip
    return found


@prepared
def _with_account(person_id: UUID) -> QuerySet[Patient]:
    return Patient.objects.filter(pk=person_id).exclude(user=None, died_on=None)


@prepared
def _with_voice(person_id: UUID) -> QuerySet[Contact]:
    return Contact.objects.filter(
        person_id=person_id, ended_at=None, access__in=["carer_write", "legal"]
    ).exclude(user=None)


def _member(one: Membership) -> Reader:
    group = "outside" if one.outside_team else "team"
    if one.practice is not None:
        return of_practice(one.practice, group)
    if one.post is not None:
        post = one.post
        return Reader(
            post.pk, post.name, "post", group, post.organisation.name, post.organisation_id
        )
    structure = one.organisation
    assert structure is not None  # noqa: S101  (a member is one of the four)
    return Reader(structure.pk, structure.name, "organisation", group, structure.get_kind_display())


def of_practice(practice: Practice, group: str = "team") -> Reader:
    """A professional, in one place of practice."""
    who = practice.professional
    if practice.role == Practice.Role.SOCIAL:
        group = "outside"
    return Reader(
        practice.pk,
        who.name,
        "practice",
        group,
        practice.function or who.profession_label,
        practice.organisation_id,
        by_mail=who.user_id is None and bool(practice.email or practice.organisation.email),
    )


def names_of(people: Iterable[Participant]) -> dict[UUID, str]:
    """Display names of those named in threads. At most five queries, one for each kind."""
    by_kind: dict[str, list[UUID]] = {}
    for one in people:
        by_kind.setdefault(one.kind, []).append(one.holder_id)
    found: dict[UUID, str] = {}
    if ids := by_kind.get("practice"):
        rows = Practice.objects.filter(pk__in=ids).select_related("professional")
        found |= {row.pk: row.professional.name for row in rows}
    if ids := by_kind.get("organisation"):
        found |= {row.pk: row.name for row in Organisation.objects.filter(pk__in=ids)}
    if ids := by_kind.get("post"):
        found |= {row.pk: row.name for row in Post.objects.filter(pk__in=ids)}
    if ids := by_kind.get("contact"):
        found |= {row.pk: row.name for row in Contact.objects.filter(pk__in=ids)}
    if ids := by_kind.get("person"):
        found |= {row.pk: row.short_name for row in Patient.objects.filter(pk__in=ids)}
    return found


def with_absences(found: list[Reader]) -> list[Reader]:
    """The same readers, saying who is away and who replaces them. At most two queries."""
    gone = away([one.holder_id for one in found if one.kind == "practice"])
    return [
        replace(one, away=gone[one.holder_id].words) if one.holder_id in gone else one
        for one in found
    ]


def said(found: list[Reader]) -> str:
    """Who will read, in words: « l’équipe de soins (3), la famille (1) »."""
    groups = {
        "team": "l’équipe de soins",
        "outside": "les intervenants sociaux",
        "person": "la personne",
        "carers": "la famille",
    }
    parts = []
    for group, label in groups.items():
        number = sum(1 for one in found if one.group == group)
        if number:
            parts.append(f"{label} ({number})" if group != "person" else label)
    return ", ".join(parts) or "personne d’autre pour l’instant"


def by_name(found: list[Reader]) -> str:
    """Who will read, by name: « Paul Etcheverry, Accueil du DAC »."""
    return ", ".join(one.name for one in found) or "personne d’autre pour l’instant"


def may_be_told(person_id: UUID | None) -> list[Reader]:
    """Those whom one may name in a new conversation about this person."""
    if person_id is None:
        return []
    actor = acting.current()
    return [
        one
        for one in with_absences(circle_of(person_id))
        if one.holder_id != actor.holder_id and Area.THREAD in actor.read
    ]


def colleague(kind: str, holder_id: UUID) -> Reader | None:
    """A professional, a post or a structure that one may write to directly."""
    if kind == "practice":
        practice = (
            Practice.objects.filter(pk=holder_id, ended_on=None, professional__active=True)
            .select_related("professional", "organisation")
            .first()
        )
        return of_practice(practice) if practice else None
    if kind == "post":
        post = Post.objects.filter(pk=holder_id, active=True).first()
        return Reader(post.pk, post.name, "post") if post else None
    if kind == "organisation":
        found = Organisation.objects.filter(pk=holder_id, active=True).first()
        return Reader(found.pk, found.name, "organisation") if found else None
    return None


def professionals(text: str, limit: int = 15) -> list[Reader]:
    """Colleagues, posts and structures to write to directly, found as in the directory."""
    if not text:
        return []
    actor = acting.current()
    found = search(text, limit=limit)
    people = []
    for who in with_places(found.professionals):
        for place in who.places:  # type: ignore[attr-defined]
            place.professional = who
            if place.pk != actor.holder_id:
                people.append(of_practice(place))
    structures = [
        Reader(one.pk, one.name, "organisation", soft=one.get_kind_display())
        for one in found.organisations
    ]
    return with_absences(people) + _posts(text, found.organisations)[:limit] + structures


def _posts(text: str, organisations: Collection[Organisation]) -> list[Reader]:
    """Posts whose name and structure hold every word typed, and those of the structures found."""
    words = set(normalise(text).split()) - LITTLE
    houses = {one.pk for one in organisations}
    rows = Post.objects.filter(active=True).select_related("organisation").order_by("name")
    return [
        Reader(one.pk, one.name, "post", "team", one.organisation.name, one.organisation_id)
        for one in rows[:POSTS]
        if one.organisation_id in houses
        or (words and words <= set(normalise(f"{one.name} {one.organisation.name}").split()))
    ]
