"""Reads of notes, vigilance points, documents and working notes, under reach."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.models import Mask, Membership
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.directory.models import Organisation
from liane.patients.queries import cluster_ids
from liane.timeline import cursors, rules
from liane.timeline.models import Document, DocumentSet, HeldDocument, Note, Pin, WorkingNote

PAGE = 30
LEVELS = {Pin.Level.URGENT: 0, Pin.Level.LATE: 1, Pin.Level.INFO: 2}


@dataclass
class ShownNote:
    """A note in its present version, with what it replaced, its files and its vigilance point."""

    note: Note
    earlier: list[Note] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    pin: Pin | None = None
    may_correct: bool = False
    may_mask: bool = False
    masked: bool = False
    from_some: int = 0
    """From how many members it is hidden, said to whoever may hide it."""


@dataclass(frozen=True)
class Documents:
    """Part of a person's documents, newest first."""

    rows: list[Document]
    older: str


def notes(object_ids: Collection[UUID]) -> dict[UUID, ShownNote]:
    """The notes told by journal entries, by the identifier of their first version. Four queries."""
    actor = acting.current()
    reach = Reach.of(actor)
    shown: dict[Any, ShownNote] = {}
    for note in _versions(actor, reach.now, sorted(object_ids)):
        held = shown.get(note.first_id)
        if held is None:
            shown[note.first_id] = ShownNote(note)
        else:
            held.earlier.insert(0, held.note)
            held.note = note
    if not shown:
        return shown
    for document in _documents_of(actor, reach.now, list(shown)):
        shown[document.note_id].documents.append(document)
    for pin in _pins_of(actor, reach.now, list(shown)):
        shown[pin.note_id].pin = pin
    hidden: dict[Any, list[UUID | None]] = defaultdict(list)
    for first, holder in _hidden(list(shown)):
        hidden[first].append(holder)
    for first, held in shown.items():
        held.masked = None in hidden[first]
        held.from_some = sum(holder is not None for holder in hidden[first])
        held.may_correct = rules.wrote(actor, held.note)
        held.may_mask = rules.may_mask(actor, held.note)
    return shown


@prepared
def _versions(actor: Actor, now: dt.datetime, ids: Sequence[UUID]) -> QuerySet[Note]:
    rows: QuerySet[Note] = Note.objects.within(Reach(actor, now))
    return rows.filter(Q(pk__in=ids) | Q(root__in=ids)).order_by("created_at", "pk")


@prepared
def _documents_of(actor: Actor, now: dt.datetime, notes: Sequence[UUID]) -> QuerySet[Document]:
    rows: QuerySet[Document] = Document.objects.within(Reach(actor, now))
    return rows.filter(note__in=notes).select_related("file")


@prepared
def _pins_of(actor: Actor, now: dt.datetime, notes: Sequence[UUID]) -> QuerySet[Pin]:
    return _living(Pin.objects.within(Reach(actor, now)), now).filter(note__in=notes)


@prepared
def _hidden(ids: Sequence[UUID]) -> QuerySet[Mask, tuple[UUID, UUID | None]]:
    """Which of these objects are hidden, and from whom (None: from everybody)."""
    rows = Mask.objects.filter(object_id__in=ids, ended_at=None)
    return rows.values_list("object_id", "holder_id")


def documents_by_id(object_ids: Collection[UUID]) -> dict[UUID, Document]:
    """The documents told by journal entries. One query."""
    reach = Reach.of(acting.current())
    rows = Document.objects.within(reach).filter(pk__in=object_ids).select_related("file")
    return {document.pk: document for document in rows}


def pins_by_id(object_ids: Collection[UUID]) -> dict[UUID, Pin]:
    """The vigilance points told by journal entries, in force or not. One query."""
    reach = Reach.of(acting.current())
    return {pin.pk: pin for pin in Pin.objects.within(reach).filter(pk__in=object_ids)}


def working_by_id(object_ids: Collection[UUID]) -> dict[UUID, WorkingNote]:
    """The working notes told by journal entries. One query."""
    reach = Reach.of(acting.current())
    return {note.pk: note for note in WorkingNote.objects.within(reach).filter(pk__in=object_ids)}


def pins(reach: Reach, person_id: UUID) -> list[Pin]:
    """The vigilance points in force, the gravest first."""
    living = _pins(reach.actor, reach.now, cluster_ids(person_id))
    return sorted(living, key=lambda pin: (LEVELS[Pin.Level(pin.level)], pin.starts_at))


@prepared
def _pins(actor: Actor, now: dt.datetime, cluster: list[UUID]) -> QuerySet[Pin]:
    return _living(Pin.objects.within(Reach(actor, now)), now).filter(person_id__in=cluster)


def note_or_404(reach: Reach, person_id: UUID, note_id: UUID) -> Note:
    """A note of this person that the actor may read. Raises Http404."""
    rows = Note.objects.within(reach).filter(person_id__in=cluster_ids(person_id))
    note: Note | None = rows.filter(pk=note_id).first()
    if note is None:
        raise Http404
    return note


def documents(
    reach: Reach, person_id: UUID, *, folder: UUID | None = None, before: str = ""
) -> Documents:
    """A page of a person's documents, or of one of her folders. Two queries."""
    rows = Document.objects.within(reach).filter(person_id__in=cluster_ids(person_id))
    if folder is not None:
        rows = rows.filter(pk__in=HeldDocument.objects.filter(set=folder).values("document"))
    found = list(
        cursors.older(rows.select_related("file"), "at", *cursors.read(before))[: PAGE + 1]
    )
    older = cursors.write(found[PAGE - 1].at, found[PAGE - 1].pk) if len(found) > PAGE else ""
    return Documents(found[:PAGE], older)


def folders(reach: Reach, person_id: UUID, *, holding: UUID | None = None) -> list[DocumentSet]:
    """A person's folders (those that hold a document), those put away last. Two queries."""
    rows: QuerySet[DocumentSet] = DocumentSet.objects.within(reach)
    rows = rows.filter(person_id__in=cluster_ids(person_id), kind=DocumentSet.Kind.FOLDER)
    if holding is not None:
        rows = rows.filter(held__document=holding)
    return list(rows.order_by(F("archived_at").asc(nulls_first=True), "title", "pk")[:100])


def document_or_404(reach: Reach, person_id: UUID, document_id: UUID) -> Document:
    """A document of this person that the actor may read; the read is recorded. Raises Http404."""
    rows = Document.objects.within(reach).filter(person_id__in=cluster_ids(person_id))
    document: Document | None = rows.filter(pk=document_id).select_related("file").first()
    if document is None:
        raise Http404
    ledger.read([document.person_id], "document", object_id=document.pk)
    return document


def working_notes(reach: Reach, person_id: UUID) -> list[WorkingNote]:
    """The working file of the actor's organisation: present versions. Two queries."""
    rows = WorkingNote.objects.within(reach).filter(
        person_id__in=cluster_ids(person_id),
        organisation=reach.actor.organisation_id,
        replaced_by=None,
    )
    return list(rows.order_by("-at", "-pk")[:100])


def past_working() -> QuerySet[WorkingNote]:
    """Notes of one's organisation on persons whose circle one has left, as they stood then."""
    rows: QuerySet[WorkingNote] = WorkingNote.objects.past(Reach.of(acting.current()))
    corrected = rows.filter(replaces__isnull=False).values("replaces")
    return rows.exclude(pk__in=corrected).order_by("-at", "-pk")


def left_working(person_ids: Collection[UUID], start: int, size: int) -> list[WorkingNote]:
    """A page of them. One query."""
    return list(past_working().filter(person_id__in=person_ids)[start : start + size])


def working_or_404(reach: Reach, person_id: UUID, working_id: UUID) -> WorkingNote:
    """The present version of a working note of the actor's organisation. Raises Http404."""
    note: WorkingNote | None = (
        WorkingNote.objects.within(reach)
        .filter(
            pk=working_id,
            person_id__in=cluster_ids(person_id),
            organisation=reach.actor.organisation_id,
        )
        .first()
    )
    if note is None:
        raise Http404
    return note


def pin_or_404(reach: Reach, person_id: UUID, pin_id: UUID) -> Pin:
    """A vigilance point of this person that the actor may read. Raises Http404."""
    rows = Pin.objects.within(reach).filter(person_id__in=cluster_ids(person_id))
    pin: Pin | None = rows.filter(pk=pin_id).first()
    if pin is None:
        raise Http404
    return pin


def team_names(reach: Reach, person_id: UUID) -> list[str]:
    """Who is in the care team, to be named before writing to it. Two queries."""
    return [str(member.holder) for member in _members(reach, person_id).filter(outside_team=False)]


def member_organisations(reach: Reach, person_id: UUID) -> list[Organisation]:
    """Organisations of the circle, to whose secretariat a document may be addressed."""
    found = {
        place.pk: place
        for member in _members(reach, person_id)
        for place in (
            member.organisation
            or (member.practice.organisation if member.practice else None)
            or (member.post.organisation if member.post else None),
        )
        if place is not None
    }
    return sorted(found.values(), key=lambda place: place.name)


def _members(reach: Reach, person_id: UUID) -> QuerySet[Membership]:
    now = timezone.now()
    persons = reach.patients(Area.CIRCLE).filter(pk__in=cluster_ids(person_id))
    return (
        Membership.objects.filter(
            Q(ends_at=None) | Q(ends_at__gt=now),
            person__in=persons,
            status=Membership.Status.ACTIVE,
            contact=None,
            starts_at__lte=now,
        )
        .select_related(
            "practice__professional", "practice__organisation", "organisation", "post__organisation"
        )
        .order_by("starts_at")
    )


def _living(rows: QuerySet[Pin], now: dt.datetime) -> QuerySet[Pin]:
    return rows.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
