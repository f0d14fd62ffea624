"""Documents that an establishment sends by itself: versions, replacements, withdrawals.

Everything said is kept (`DocumentSaid`); what each document is now is folded from it, so that
permutations and duplicates give one end state. A version is current until a later one of the same
number, or one that names it as its parent; withdrawn, it is shown to nobody.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from liane.core import acting, journal, keys, ledger
from liane.core.audience import Audience
from liane.core.files import store
from liane.core.models import author_of
from liane.directory.models import Organisation
from liane.patients.models import Patient
from liane.timeline.models import Document, DocumentSaid


@dataclass(frozen=True)
class Version:
    """One version of a document, or its withdrawal (``content`` None).

    ``uid`` is the sender's number, ``parent`` the number it replaces. ``author`` in words.
    ``for_team``: False when hidden from professionals; ``for_person``: shown to her.
    """

    uid: str
    said_at: dt.datetime
    content: bytes | None = None
    name: str = ""
    declared: str = ""
    title: str = ""
    category: str = Document.Category.OTHER
    author: str = ""
    dated_on: dt.date | None = None
    parent: str = ""
    for_team: bool = True
    for_person: bool = True


def hear(person_id: UUID, organisation: Organisation, version: Version) -> str:
    """Keep what is said and bring the record up to date: ``created``, ``updated``, ``unchanged``.

    For machines: the caller acts as the system and holds the transaction. Raises `Refused` for a
    file that `core.files` does not take.
    """
    Patient.objects.select_for_update().get(pk=person_id)
    ours = DocumentSaid.objects.filter(organisation=organisation, person_id=person_id)
    words = ours.filter(uid=version.uid)
    digest = _digest(version)
    if words.filter(said_at=version.said_at, digest=digest).exists():
        return "unchanged"
    document = _document(person_id, organisation, version, words)
    DocumentSaid.objects.create(
        organisation=organisation, person_id=person_id, uid=version.uid, parent=version.parent,
        said_at=version.said_at, digest=digest, document=document,
        for_team=version.for_team, for_person=version.for_person,
    )  # fmt: skip
    made = document is not None and document.said.count() == 1
    parents = words.exclude(parent="").values_list("parent", flat=True).distinct()
    changed = [_fold(ours, uid) for uid in (version.uid, *parents)]
    if made and document is not None:
        _tell_new(document)
        return "created"
    return "updated" if any(changed) else "unchanged"


def _digest(version: Version) -> str:
    file = store.content_digest(version.content) if version.content is not None else ""
    told = (file, version.parent, str(version.for_team), str(version.for_person))
    return keys.digest("\0".join(told), purpose="document")


def _document(
    person_id: UUID, organisation: Organisation, version: Version, words: QuerySet[DocumentSaid]
) -> Document | None:
    """The row of this content: the same file sent again is the same document."""
    if version.content is None:
        return None
    stored = store.receive_bytes(
        version.content, name=version.name, declared=version.declared,
        person_id=person_id, organisation_id=organisation.pk,
    )  # fmt: skip
    for word in words.select_related("document__file"):
        if word.document is not None and word.document.file.digest == stored.digest:
            return word.document
    author = f"{version.author} · {organisation.name}" if version.author else organisation.name
    document = Document(
        person_id=person_id, title=version.title[:120], category=version.category,
        dated_on=version.dated_on, at=version.said_at, file=store.keep(stored),
        **author_of(acting.current()) | {"author_label": author[:200]},
    )  # fmt: skip
    document.save(force_insert=True)
    return document


def _fold(ours: QuerySet[DocumentSaid], uid: str) -> bool:
    """Say again what the documents of one number are. True when something changed."""
    words = list(ours.filter(uid=uid).select_related("document").order_by("said_at", "digest"))
    last = {word.document_id: word for word in words if word.document_id is not None}
    chain = sorted(last.values(), key=lambda word: (word.said_at, word.digest))
    gone = max((word.said_at for word in words if word.document_id is None), default=None)
    heir = _heir(ours, uid)
    changed = False
    for place, word in enumerate(chain):
        following = chain[place + 1].document if place + 1 < len(chain) else heir
        withdrawn = gone if gone is not None and gone >= word.said_at else None
        changed |= _settle(word, following, withdrawn)
    return changed


def _heir(ours: QuerySet[DocumentSaid], uid: str) -> Document | None:
    """The last living version, under another number, that replaces this number."""
    rows = ours.filter(parent=uid, document__withdrawn_at=None).exclude(uid=uid)
    found = rows.exclude(document=None).select_related("document")
    word = found.order_by("-said_at", "-digest").first()
    return word.document if word is not None else None


def _settle(word: DocumentSaid, newer: Document | None, withdrawn: dt.datetime | None) -> bool:
    document = word.document
    if document is None:
        return False
    now = (document.newer_id, document.withdrawn_at, document.for_team, document.for_person)
    wanted = (newer.pk if newer else None, withdrawn, word.for_team, word.for_person)
    if now == wanted:
        return False
    document.newer_id, document.withdrawn_at, document.for_team, document.for_person = wanted
    document.save(update_fields=["newer", "withdrawn_at", "for_team", "for_person"])
    if withdrawn is not None and now[1] is None:
        _tell("document.withdrawn", document)
    return True


def _tell_new(document: Document) -> None:
    document.refresh_from_db()
    if document.withdrawn_at is None:
        _tell("document.added", document, announce=document.newer_id is None)


def _tell(kind: str, document: Document, *, announce: bool = True) -> None:
    to = Audience(team=document.for_team, person=document.for_person)
    journal.append(
        kind, person_id=document.person_id, object_id=document.pk, to=to, announce=announce
    )
    ledger.wrote(document.person_id, "document", object_id=document.pk)
