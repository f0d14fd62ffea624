"""What can be written in a record, corrected, pinned, hidden."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.models import Mask
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.audience import TEAM, Audience, only_organisation
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.files import store
from liane.core.idempotency import once
from liane.core.models import StoredFile, author_of
from liane.timeline import masks, rules
from liane.timeline.models import Document, Note, Pin, WorkingNote

LONGEST = 10_000
MOST_FILES = 3


@dataclass(frozen=True)
class PinWish:
    """A vigilance point to show at the head of the record, until a day (included) or for good."""

    label: str
    level: str = Pin.Level.LATE
    until: dt.date | None = None


def write_note(
    person_id: UUID,
    *,
    kind: str,
    text: str,
    to: Audience = TEAM,
    files: Sequence[StoredFile] = (),
    pin: PinWish | None = None,
    key: UUID | None = None,
) -> Note:
    """Write a note for ``to``, with files received by `core.files.store.receive`.

    Raises `Refused`, `NotAllowed`, Http404 out of reach, `Replayed` for a key used otherwise.
    """
    require_write(person_id, Area.CLINICAL_NOTE)
    content = _text(text)
    if len(files) > MOST_FILES:
        raise Refused(f"Joignez {MOST_FILES} fichiers au plus.", field="file")
    if pin is not None and kind != Note.Kind.VIGILANCE:
        raise Refused(
            "Seule une note de vigilance s’affiche en tête du dossier : changez sa sorte.",
            field="pin_label",
        )

    def do() -> Note:
        note = Note(
            person_id=person_id, kind=kind, text=content, **_flags(to), **author_of(_actor())
        )
        note.save(force_insert=True)
        for stored in files:
            _attach(note, stored)
        if pin is not None:
            _pin(note, pin)
        journal.append(
            "note.written", person_id=person_id, object_id=note.pk, to=_without_outside(to)
        )
        ledger.wrote(person_id, "note", object_id=note.pk)
        return note

    sent = [str(person_id), kind, content, _flags(to), [file.digest for file in files], str(pin)]
    return once(key, "note.write", sent, Note, do)[0]


def correct_note(note_id: UUID, *, text: str, key: UUID | None = None) -> Note:
    """Replace the author's own note by a corrected one; the first stays readable beneath it.

    Raises `Conflict` when it was corrected meanwhile.
    """
    note = _mine_or_404(note_id)
    if not rules.wrote(_actor(), note):
        raise NotAllowed("Seul l’auteur d’une note peut la corriger : écrivez-en une autre.")
    content = _text(text)

    def do() -> Note:
        corrected = Note(
            person_id=note.person_id, kind=note.kind, text=content, at=note.at, replaces=note,
            root_id=note.first_id, **_flags(note.audience), **author_of(_actor()),
        )  # fmt: skip
        try:
            with transaction.atomic():
                corrected.save(force_insert=True)
        except IntegrityError:
            raise Conflict("Cette note a déjà été corrigée : rechargez la page.") from None
        for mask in Mask.objects.filter(object_id=note.pk, ended_at=None):
            masks.hide(note.person_id, corrected.pk, mask.holder_id)
        journal.append(
            "note.corrected", person_id=note.person_id, object_id=note.first_id, to=note.audience
        )
        ledger.wrote(note.person_id, "note", object_id=corrected.pk)
        return corrected

    return once(key, "note.correct", [str(note_id), content], Note, do)[0]


def pin_vigilance(note_id: UUID, wish: PinWish) -> Pin:
    """Show an existing note at the head of the record as a vigilance point, whatever its kind.

    Raises `Refused` when it stands there already, Http404 out of reach.
    """
    note = _mine_or_404(note_id)
    require_write(note.person_id, Area.CLINICAL_NOTE)
    with transaction.atomic():
        now = timezone.now()
        standing = Pin.objects.select_for_update().filter(
            Q(ends_at=None) | Q(ends_at__gt=now), note_id=note.first_id
        )
        if standing.exists():
            raise Refused("Cette note s’affiche déjà en tête du dossier.", field="pin_label")
        pin = _pin(note, wish)
        journal.append("vigilance.pinned", person_id=pin.person_id, object_id=pin.pk)
        ledger.wrote(note.person_id, "vigilance", object_id=pin.pk)
    return pin


def unpin_vigilance(pin_id: UUID, *, reason: str) -> Pin:
    """Take a vigilance point off the head of the record, and say why; the note stays.

    Again: same answer. Raises `Refused` without a reason.
    """
    why = " ".join(reason.split())[:200]
    if not why:
        raise Refused("Dites pourquoi ce point n’est plus d’actualité.", field="reason")
    with transaction.atomic():
        pin = Pin.objects.within(_reach()).select_for_update().filter(pk=pin_id).first()
        if pin is None:
            raise Http404
        require_write(pin.person_id, Area.CLINICAL_NOTE)
        if pin.ends_at is None or pin.ends_at > timezone.now():
            pin.ends_at = max(timezone.now(), pin.starts_at)
            pin.ended_by = _actor().label
            pin.ended_reason = why
            pin.save(update_fields=["ends_at", "ended_by", "ended_reason"])
            journal.append(
                "vigilance.ended", person_id=pin.person_id, object_id=pin.pk, announce=False
            )
            ledger.wrote(pin.person_id, "vigilance", object_id=pin.pk)
    return pin


def add_document(
    person_id: UUID,
    *,
    title: str,
    category: str,
    file: StoredFile,
    dated_on: dt.date | None = None,
    to: Audience = TEAM,
    addressed_to: UUID | None = None,
    key: UUID | None = None,
) -> Document:
    """Put a received file in the record. Raises as :func:`write_note`."""
    require_write(person_id, Area.DOCUMENT)
    name = title.strip()[:120] or file.name.rpartition(".")[0][:120]
    if dated_on is not None and dated_on > timezone.localdate():
        raise Refused("La date du document est dans l’avenir : corrigez-la.", field="dated_on")

    to = _with_giver(to)

    def do() -> Document:
        document = Document(
            person_id=person_id, title=name, category=category, dated_on=dated_on,
            file=store.keep(file), addressed_to_id=addressed_to, **_flags(to, outside=True),
            **author_of(_actor()),
        )  # fmt: skip
        document.save(force_insert=True)
        journal.append("document.added", person_id=person_id, object_id=document.pk, to=to)
        ledger.wrote(person_id, "document", object_id=document.pk)
        return document

    sent = [str(person_id), name, category, file.digest, dated_on, addressed_to, _flags(to, True)]
    return once(key, "document.add", sent, Document, do)[0]


def write_working_note(
    person_id: UUID, *, text: str, replaces: UUID | None = None, key: UUID | None = None
) -> WorkingNote:
    """Write in the working file of the actor's organisation: its members alone read it."""
    require_write(person_id, Area.WORKING_FILE)
    organisation_id = _actor().organisation_id
    if organisation_id is None:
        raise NotAllowed
    content = _text(text)
    if replaces is not None:
        old = WorkingNote.objects.within(_reach()).filter(pk=replaces, person_id=person_id).first()
        if old is None:
            raise Http404
        if not rules.wrote(_actor(), old):
            raise NotAllowed("Seul l’auteur d’une note peut la corriger : écrivez-en une autre.")

    def do() -> WorkingNote:
        note = WorkingNote(
            person_id=person_id, organisation_id=organisation_id, text=content,
            replaces_id=replaces, **author_of(_actor()),
        )  # fmt: skip
        try:
            with transaction.atomic():
                note.save(force_insert=True)
        except IntegrityError:
            raise Conflict("Cette note a déjà été corrigée : rechargez la page.") from None
        journal.append(
            "working.written", person_id=person_id, object_id=note.pk,
            to=only_organisation(organisation_id),
        )  # fmt: skip
        ledger.wrote(person_id, "working_file", object_id=note.pk)
        return note

    sent = [str(person_id), content, replaces]
    return once(key, "working.write", sent, WorkingNote, do)[0]


def _actor() -> acting.Actor:
    return acting.current()


def _reach() -> Reach:
    return Reach.of(acting.current())


def _text(text: str) -> str:
    content = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not content:
        raise Refused("Écrivez quelques mots.", field="text")
    if len(content) > LONGEST:
        raise Refused(
            f"Ce texte dépasse {LONGEST} caractères : joignez-le plutôt en document.", field="text"
        )
    return content


def _without_outside(to: Audience) -> Audience:
    return Audience(team=True, person=to.person, carers=to.carers)


def _with_giver(to: Audience) -> Audience:
    """Who gives a document reads it too."""
    role = _actor().role
    return Audience(
        outside=to.outside,
        person=to.person or role in rules.OWNERS,
        carers=to.carers or role in rules.CARERS,
    )


def _flags(to: Audience, outside: bool = False) -> dict[str, bool]:
    return {
        "for_team": True,
        "for_outside": outside and to.outside,
        "for_person": to.person,
        "for_carers": to.carers,
    }


def _attach(note: Note, stored: StoredFile) -> None:
    is_photo = stored.content_type.startswith("image/")
    Document(
        person_id=note.person_id,
        title=stored.name.rpartition(".")[0][:120],
        category=Document.Category.PHOTO if is_photo else Document.Category.OTHER,
        file=store.keep(stored),
        note=note,
        **_flags(note.audience),
        **author_of(_actor()),
    ).save(force_insert=True)


def _pin(note: Note, wish: PinWish) -> Pin:
    label = " ".join(wish.label.split())
    if not label or len(label) > 60:
        raise Refused("Résumez ce point en 60 caractères au plus.", field="pin_label")
    if wish.until is not None and wish.until < timezone.localdate():
        raise Refused("Cette date est passée : choisissez-en une autre.", field="pin_until")
    ends_at = None
    if wish.until is not None:
        zone = timezone.get_current_timezone()
        ends_at = dt.datetime.combine(wish.until + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    pin = Pin(
        person_id=note.person_id, note_id=note.first_id, label=label, level=wish.level,
        ends_at=ends_at, **author_of(_actor()),
    )  # fmt: skip
    pin.save(force_insert=True)
    return pin


def _mine_or_404(note_id: UUID) -> Note:
    note: Note | None = Note.objects.within(_reach()).filter(pk=note_id).first()
    if note is None:
        raise Http404
    return note
