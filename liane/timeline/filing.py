"""What becomes of documents later: corrected, archived, replaced, taken back, brought together."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of, wrote
from liane.timeline.models import Document, DocumentSet, HeldDocument

MOST = 500
"""Documents of one folder."""


@dataclass(frozen=True)
class Described:
    """What is said of a document besides its content."""

    title: str
    category: str
    dated_on: dt.date | None
    archived: bool


def describe(document_id: UUID, said: Described) -> Document:
    """Correct what is said of a document, or put it away; its content never changes.

    Raises `NotAllowed` for anybody but its author, `Refused` for a date to come.
    """
    with transaction.atomic():
        document = _mine(document_id)
        title = " ".join(said.title.split())[:120] or document.title
        _not_to_come(said.dated_on)
        now = (document.title, document.category, document.dated_on, bool(document.archived_at))
        if now == (title, said.category, said.dated_on, said.archived):
            return document
        document.title, document.category, document.dated_on = title, said.category, said.dated_on
        document.archived_at = (document.archived_at or timezone.now()) if said.archived else None
        document.save(update_fields=["title", "category", "dated_on", "archived_at"])
        _told(document)
    return document


def replaced(document_id: UUID, by: Document) -> Document:
    """A document gives way to a newer one of the same person; both stay. For its author alone."""
    with transaction.atomic():
        document = _mine(document_id)
        if document.person_id != by.person_id or document.pk == by.pk:
            raise Refused("Un document en remplace un autre de la même personne.")
        if document.newer_id not in {None, by.pk}:
            raise Refused("Ce document a déjà été remplacé par un autre.", code="replaced")
        if document.newer_id is None:
            document.newer = by
            document.save(update_fields=["newer"])
            _told(document)
    return document


def withdraw(document_id: UUID) -> None:
    """Take back a document entered by mistake: shown to nobody, kept. For its author alone."""
    with transaction.atomic():
        document = _mine(document_id)
        if document.withdrawn_at is None:
            document.withdrawn_at = timezone.now()
            document.save(update_fields=["withdrawn_at"])
            journal.append(
                "document.withdrawn", person_id=document.person_id, object_id=document.pk,
                to=document.audience, announce=False,
            )  # fmt: skip
            ledger.wrote(document.person_id, "document", object_id=document.pk)


def gather(
    person_id: UUID,
    kind: str,
    *,
    title: str = "",
    documents: Sequence[UUID] = (),
    at: dt.datetime | None = None,
    archived: bool = False,
) -> DocumentSet:
    """Bring documents of a person together, in this order. Raises `Refused`, Http404."""
    require_write(person_id, Area.DOCUMENT)
    with transaction.atomic():
        made = DocumentSet(
            person_id=person_id, kind=kind, title=_title(kind, title), at=at or timezone.now(),
            archived_at=timezone.now() if archived else None, **author_of(acting.current()),
        )  # fmt: skip
        made.save(force_insert=True)
        _hold(made, documents)
        _gathered(made)
    return made


def file_in(document_id: UUID, folders: Sequence[UUID], new: str = "") -> None:
    """File a document in these folders of its person, and in a new one: out of all the others.

    Raises `Refused`, Http404 out of reach.
    """
    with transaction.atomic():
        rows = Document.objects.within(_reach())
        document: Document | None = rows.filter(pk=document_id).first()
        if document is None:
            raise Http404
        require_write(document.person_id, Area.DOCUMENT)
        known = DocumentSet.objects.within(_reach()).filter(
            person_id=document.person_id, kind=DocumentSet.Kind.FOLDER
        )
        for one in known:
            held = list(one.held.values_list("document_id", flat=True))
            if (document.pk in held) == (one.pk in folders):
                continue
            wanted = [key for key in held if key != document.pk]
            wanted += [document.pk] if one.pk in folders else []
            regather(
                one.pk, title=one.title, documents=_readable(wanted),
                archived=one.archived_at is not None,
            )  # fmt: skip
        if new.strip():
            gather(document.person_id, DocumentSet.Kind.FOLDER, title=new, documents=[document.pk])


def _readable(documents: Sequence[UUID]) -> list[UUID]:
    reached = Document.objects.within(_reach()).filter(pk__in=documents)
    seen = set(reached.values_list("pk", flat=True))
    return [one for one in documents if one in seen]


def regather(set_id: UUID, *, title: str, documents: Sequence[UUID], archived: bool) -> DocumentSet:
    """What a folder holds from now on. What one sending brought never changes but for its archive.

    Documents that the actor does not see stay where they are. Raises as :func:`gather`.
    """
    with transaction.atomic():
        rows = DocumentSet.objects.within(_reach()).select_for_update()
        made: DocumentSet | None = rows.filter(pk=set_id).first()
        if made is None:
            raise Http404
        require_write(made.person_id, Area.DOCUMENT)
        held = {one.document_id: one for one in made.held.all()}
        reached = Document.objects.within(_reach()).filter(pk__in=held)
        seen = set(reached.values_list("pk", flat=True))
        if made.kind == DocumentSet.Kind.SUBMISSION:
            if not wrote(acting.current(), made):
                raise NotAllowed("Seul l’auteur d’un versement peut l’archiver.")
            if seen != set(documents) or title.strip()[:120] != made.title:
                raise Refused("Ce qui a été versé ensemble ne change plus.", code="frozen")
        made.title = _title(made.kind, title)
        made.archived_at = (made.archived_at or timezone.now()) if archived else None
        made.save(update_fields=["title", "archived_at"])
        made.held.filter(document__in=seen - set(documents)).delete()
        _hold(made, [one for one in documents if one not in held])
        _gathered(made)
    return made


def _hold(made: DocumentSet, documents: Sequence[UUID]) -> None:
    wanted = list(dict.fromkeys(documents))
    if len(wanted) > MOST:
        raise Refused(f"Un classeur contient {MOST} documents au plus.")
    reached = Document.objects.within(_reach()).filter(pk__in=wanted, person_id=made.person_id)
    if reached.count() != len(wanted):
        raise Refused(
            "Un de ces documents n’est pas de cette personne, ou n’est pas lisible pour vous."
        )
    first = made.held.count()
    HeldDocument.objects.bulk_create(
        [
            HeldDocument(set=made, document_id=one, place=first + number)
            for number, one in enumerate(wanted)
        ]
    )


def _title(kind: str, title: str) -> str:
    words = " ".join(title.split())[:120]
    if not words and kind == DocumentSet.Kind.FOLDER:
        raise Refused("Donnez un nom à ce classeur.", field="title")
    return words


def _gathered(made: DocumentSet) -> None:
    journal.append(
        "documents.gathered", person_id=made.person_id, object_id=made.pk, announce=False
    )
    ledger.wrote(made.person_id, "document", object_id=made.pk)


def _mine(document_id: UUID) -> Document:
    rows = Document.objects.within(_reach()).select_for_update(of=("self",))
    found: Document | None = rows.filter(pk=document_id).first()
    if found is None:
        raise Http404
    require_write(found.person_id, Area.DOCUMENT)
    if not wrote(acting.current(), found):
        raise NotAllowed("Seul l’auteur d’un document peut le corriger, l’archiver ou le retirer.")
    return found


def _not_to_come(day: dt.date | None) -> None:
    if day is not None and day > timezone.localdate():
        raise Refused("La date du document est dans l’avenir : corrigez-la.", field="dated_on")


def _told(document: Document) -> None:
    journal.append(
        "document.changed", person_id=document.person_id, object_id=document.pk,
        to=document.audience, announce=False,
    )  # fmt: skip
    ledger.wrote(document.person_id, "document", object_id=document.pk)


def _reach() -> Reach:
    return Reach.of(acting.current())
