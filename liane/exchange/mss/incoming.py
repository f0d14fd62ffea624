"""Opening what a mail brings: an ``IHE_XDM.ZIP`` or a CDA document, about the thread's person."""

from typing import Any

from liane.core.errors import Refused
from liane.core.files import store
from liane.core.models import StoredFile
from liane.core.registry import OpenedPart
from liane.exchange.cda import reading
from liane.exchange.models import ReceivedDocument
from liane.exchange.received.services import take_in
from liane.exchange.received.showing import SUFFIXES
from liane.exchange.xdm import reading as xdm

NOBODY = "[Documents structurés reçus hors du dossier d’une personne : ils n’ont pas été ouverts.]"


def open_part(content: bytes, name: str, thread: Any) -> OpenedPart | None:
    """The readable files and a word on each document, which waits in the record to be filed.

    None for anything else. Called inside the transaction that delivers the mail.
    """
    archive = xdm.looks_like(content, name)
    if not archive and not _cda(content, name):
        return None
    if thread.person is None:
        return OpenedPart(words=[NOBODY])
    opened = OpenedPart()
    try:
        held = xdm.read(content) if archive else xdm.Opened([xdm.Held(name, content)])
    except Refused as refusal:
        return OpenedPart(words=[f"[Pièce jointe refusée : {refusal.message}]"])
    opened.words += [f"[{warning}]" for warning in held.warnings]
    for one in held.documents:
        _take(one, thread, opened)
    return opened


def _cda(content: bytes, name: str) -> bool:
    return name.lower().endswith(".xml") and b"ClinicalDocument" in content[:4000]


def _take(held: xdm.Held, thread: Any, opened: OpenedPart) -> None:
    try:
        row = take_in(
            thread.person, held.content, via=ReceivedDocument.Via.MAIL, warning=held.warning
        )
    except Refused as refusal:
        opened.words.append(f"[Document refusé : {refusal.message}]")
        return
    if row.match == ReceivedDocument.Match.OTHER:
        opened.words.append(f"[Document reçu : « {row.title} », au nom d’une autre personne]")
        return
    opened.words.append(f"[Document reçu : « {row.title} », à classer dans le dossier]")
    file = _file(row, thread)
    if file is not None:
        opened.files.append(file)


def _file(row: ReceivedDocument, thread: Any) -> StoredFile | None:
    """The file wrapped in the document, to read in the conversation; None when it holds none."""
    wrapped = reading.read(bytes(row.content)).wrapped
    if wrapped is None:
        return None
    try:
        return store.receive_bytes(
            wrapped.content,
            name=f"{row.title.replace('/', ' ')}.{SUFFIXES[wrapped.media_type]}",
            declared=wrapped.media_type,
            person_id=thread.person_id,
            organisation_id=thread.author_organisation_id,
        )
    except Refused:
        return None
