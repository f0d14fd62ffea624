"""Canaries of this room for the access matrix: notes, pins, documents, working notes."""

import itertools
import secrets
from typing import Any

from django.db import transaction

from liane.circle.models import Mask
from liane.core import journal
from liane.core.acting import acting, system
from liane.core.audience import Audience
from liane.core.files import store
from liane.core.models import StoredFile
from liane.timeline.models import (
    Document,
    DocumentSet,
    HeldDocument,
    Note,
    Pin,
    WorkingNote,
)
from tests.access.world import World, planter

AUDIENCES = (Audience(), Audience(outside=True), Audience(person=True), Audience(carers=True))


def _groups(to: Audience) -> frozenset[str]:
    names = {"team": to.team, "outside": to.outside, "person": to.person, "carers": to.carers}
    return frozenset(name for name, held in names.items() if held)


def _flags(to: Audience) -> dict[str, bool]:
    return {
        "for_team": to.team, "for_outside": to.outside, "for_person": to.person,
        "for_carers": to.carers,
    }  # fmt: skip


def _author(world: World) -> dict[str, Any]:
    zoe = world.practices["zoe"]
    return {"author_holder_id": zoe.pk, "author_label": "Zoé"}


def _told(kind: str, row: Any, to: Audience) -> None:
    journal.append(kind, person_id=row.person_id, object_id=row.pk, to=to)


def _file(world: World, name: str, title: str, text: str) -> StoredFile:
    return store.keep(
        store.receive_bytes(
            f"{text} {secrets.token_hex(4)}".encode(),
            name=f"{title}.txt",
            person_id=world.persons[name].pk,
            organisation_id=world.organisations["msp"].pk,
        )
    )


@planter
def plant(world: World) -> None:
    """One row for each audience, one hidden row of each kind, one working note an organisation."""
    with acting(system("plants")), transaction.atomic():
        for name, (to, masked) in itertools.product(
            ("A", "B"), [*((to, False) for to in AUDIENCES), (AUDIENCES[0], True)]
        ):
            _note(world, name, to, masked=masked)
            _document(world, name, to, masked=masked)
        for name, place in itertools.product(("A", "B"), ("msp", "practice", "other")):
            working = WorkingNote.objects.create(
                person=world.persons[name],
                organisation=world.organisations[place],
                text=world.canary("working_file", name, organisation=place),
                **_author(world),
            )
            world.add("working_id", name, working.pk)
        for name, place in itertools.product(("A", "B"), ("practice", "other")):
            WorkingNote.objects.create(
                person=world.persons[name],
                organisation=world.organisations[place],
                at=world.past,
                text=world.canary("working_file", name, organisation=place, past=True),
                **_author(world),
            )


def _note(world: World, name: str, to: Audience, *, masked: bool) -> None:
    # A note that its author shares with carers is an entry of their timeline (the table's words).
    area = "timeline" if to.carers else "clinical_note"

    def canary() -> str:
        return world.canary(area, name, groups=_groups(to), clinical=True, masked=masked)

    note = Note.objects.create(
        person=world.persons[name], kind="vigilance", text=canary(), **_flags(to), **_author(world)
    )
    pin = Pin.objects.create(person=world.persons[name], note=note, label=canary())
    _told("note.written", note, to)
    if masked:
        _mask(note)
        _mask(pin)
    world.add("note_id", name, note.pk)
    world.add("pin_id", name, pin.pk)
    world.add("object_id", name, note.pk)


def _document(world: World, name: str, to: Audience, *, masked: bool) -> None:
    def canary() -> str:
        return world.canary("document", name, groups=_groups(to), clinical=True, masked=masked)

    document = Document.objects.create(
        person=world.persons[name],
        title=canary(),
        category="billing" if to.carers else "letter",
        file=_file(world, name, canary(), canary()),
        addressed_to=world.organisations["msp"] if to.outside else None,
        **_flags(to),
        **_author(world),
    )
    folder = DocumentSet.objects.create(
        person=world.persons[name], kind="folder", title=canary(), **_author(world)
    )
    HeldDocument.objects.create(set=folder, document=document)
    _told("document.added", document, to)
    if masked:
        _mask(document)
    if to.outside:
        world.add("document_id", name, document.pk)


def _mask(row: Any) -> None:
    Mask.objects.create(person_id=row.person_id, object_id=row.pk)
