"""Verbs of the documents received: take in, file in the record, set aside."""

import datetime as dt
import hashlib
from collections.abc import Collection
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, keys, ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.files import store
from liane.core.models import StoredFile, author_of
from liane.exchange.cda import reading
from liane.exchange.cda.reading import Proposal
from liane.exchange.models import ReceivedDocument
from liane.exchange.received import matching, showing
from liane.exchange.xdm import reading as xdm
from liane.patients.models import Patient
from liane.timeline.models import Document, Note
from liane.timeline.services import add_document, write_note

Status, Match, Via = ReceivedDocument.Status, ReceivedDocument.Match, ReceivedDocument.Via
KINDS = {"allergy": "Allergie", "problem": "Problème", "treatment": "Traitement"}


def bring_in(person_id: UUID, content: bytes) -> list[ReceivedDocument]:
    """Take in a CDA document, or each one of an ``IHE_XDM.ZIP``, that the actor chose.

    Raises `Refused` (field ``file``), `NotAllowed`, Http404 out of reach.
    """
    require_write(person_id, Area.DOCUMENT)
    person = Patient.objects.get(pk=person_id)
    if not xdm.looks_like(content):
        return [take_in(person, content, via=Via.UPLOAD)]
    opened = xdm.read(content)
    if not opened.documents:
        raise Refused(
            opened.warnings[0] if opened.warnings else "Cette archive est vide.", field="file"
        )
    return [
        take_in(person, one.content, via=Via.UPLOAD, warning=one.warning)
        for one in opened.documents
    ]


def take_in(
    person: Patient, content: bytes, *, via: str, sender: str = "", warning: str = ""
) -> ReceivedDocument:
    """Keep a CDA document about ``person``; the same bytes again: the same row.

    Raises `Refused` for what is no CDA document. The caller holds the right.
    """
    read = reading.read(content)
    digest = keys.digest(hashlib.sha256(content).hexdigest(), purpose="received-document")
    known: ReceivedDocument | None = ReceivedDocument.objects.filter(
        person_id=person.pk, digest=digest
    ).first()
    if known is not None:
        return known
    row = ReceivedDocument(
        person_id=person.pk,
        via=via,
        sender=(sender or ", ".join(filter(None, (read.author, read.house))))[:200],
        title=read.title,
        type_code=read.type_code,
        type_label=read.type_label,
        dated_at=read.at,
        content=content,
        digest=digest,
        match=matching.match(read.person, person),
        warning=warning[:200],
        **author_of(acting.current()),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            journal.append(
                "document.received", person_id=person.pk, object_id=row.pk, announce=False
            )
            ledger.wrote(person.pk, "received_document", object_id=row.pk)
    except IntegrityError:
        found: ReceivedDocument = ReceivedDocument.objects.get(person_id=person.pk, digest=digest)
        return found
    return row


def file_in_record(
    received_id: UUID,
    *,
    category: str,
    title: str,
    parts: Collection[int] = (),
    confirmed: bool = False,
) -> Document:
    """Put the document in the record, and the ticked proposals in a note with it.

    ``parts`` are places in `reading.Document.proposals`. A doubtful identity needs ``confirmed``;
    another person's document is never filed. Raises `Refused`, `NotAllowed`, Http404.
    """
    row = waiting_or_404(received_id)
    require_write(row.person_id, Area.DOCUMENT)
    if row.match == Match.OTHER:
        raise Refused("Ce document parle d’une autre personne : écartez-le.", field="confirmed")
    if row.match == Match.DOUBT and not confirmed:
        raise Refused("Vérifiez l’identité, puis cochez la case.", field="confirmed")
    read = reading.read(bytes(row.content))
    chosen = [read.proposals[place] for place in sorted(set(parts)) if place < len(read.proposals)]
    stored = _file_of(row, read)
    with transaction.atomic():
        _claim(row, Status.FILED, "")
        document = add_document(
            row.person_id, title=title or row.title, category=category, file=stored,
            dated_on=_day(row),
        )  # fmt: skip
        row.document = document
        row.save(update_fields=["document"])
        _note(row, chosen)
    return document


def dismiss(received_id: UUID, *, reason: str) -> ReceivedDocument:
    """Set a document aside, and say why; it stays readable. Raises `Refused`, Http404."""
    row = waiting_or_404(received_id)
    require_write(row.person_id, Area.DOCUMENT)
    why = " ".join(reason.split())[:200]
    if not why:
        raise Refused("Dites pourquoi ce document n’est pas classé.", field="reason")
    with transaction.atomic():
        _claim(row, Status.DISMISSED, why)
        ledger.wrote(row.person_id, "received_document", object_id=row.pk, purpose=why)
    return row


def waiting_or_404(received_id: UUID) -> ReceivedDocument:
    """A received document within reach. Raises Http404."""
    rows = ReceivedDocument.objects.within(Reach.of(acting.current())).select_related("person")
    row: ReceivedDocument | None = rows.filter(pk=received_id).first()
    if row is None:
        raise Http404
    return row


def _claim(row: ReceivedDocument, status: str, why: str) -> None:
    """Settle the row, once. Raises `Refused` when somebody did meanwhile."""
    done = ReceivedDocument.objects.filter(pk=row.pk, status=Status.WAITING).update(
        status=status, reason=why, settled_at=timezone.now(),
        settled_by=acting.current().label[:200],
    )  # fmt: skip
    if not done:
        raise Refused("Quelqu’un a déjà réglé ce document.", code="conflict")
    row.status, row.reason = status, why


def _file_of(row: ReceivedDocument, read: reading.Document) -> StoredFile:
    """The readable file: what was wrapped, or the words drawn as a PDF (as text without Pango)."""
    content, kind = showing.readable(read)
    return store.receive_bytes(
        content,
        name=f"{row.title.replace('/', ' ')}.{showing.SUFFIXES[kind]}",
        declared=kind,
        person_id=row.person_id,
        organisation_id=acting.current().organisation_id,
    )


def _day(row: ReceivedDocument) -> dt.date | None:
    if row.dated_at is None:
        return None
    return min(timezone.localdate(row.dated_at), timezone.localdate())


def _note(row: ReceivedDocument, chosen: list[Proposal]) -> None:
    if not chosen:
        return
    lines = [f"{KINDS[one.kind]} : {one.words}" for one in chosen]
    head = f"Repris de « {row.title} » ({row.sender or 'expéditeur inconnu'}) :"
    vigilance = any(one.kind == "allergy" for one in chosen)
    try:
        write_note(
            row.person_id,
            kind=Note.Kind.VIGILANCE if vigilance else Note.Kind.FOLLOW_UP,
            text="\n".join([head, *lines]),
        )
    except NotAllowed:
        raise Refused(
            "Votre rôle ne permet pas d’écrire une note : classez le document seul.", field="parts"
        ) from None
