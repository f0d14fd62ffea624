"""What appointments and documents of a hospital do once their person is known."""

from uuid import UUID

from liane.agenda import hearing
from liane.core.errors import Refused
from liane.core.files import kinds, store
from liane.directory.models import Organisation
from liane.exchange.cda import reading as cda
from liane.exchange.hl7v2 import bookings, papers, parsing
from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hl7v2.papers import Paper
from liane.exchange.hl7v2.validation import Code, Problem
from liane.exchange.hospitals import Speaker
from liane.stays.services import Effect
from liane.timeline import received
from liane.timeline.models import Document

Category = Document.Category
CATEGORIES = {
    "11502-2": Category.RESULT,
    "18748-4": Category.IMAGING,
    "34105-7": Category.DISCHARGE,
    "11490-0": Category.DISCHARGE,
    "28655-9": Category.DISCHARGE,
    "57833-6": Category.PRESCRIPTION,
    "57828-6": Category.PRESCRIPTION,
}
"""LOINC type of a document (JDV_J07) to the sort of the record; a report otherwise."""
_FILES = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "text/plain": "txt"}
BEYOND_ADT = ("SIU", "MDM", "ORU")


def problems(message: parsing.Message, adt: AdtMessage, who: Speaker) -> list[Problem]:
    """What forbids to take in an appointment or a document, beyond the form of the message.

    A file is checked here as any upload, before anything is kept.
    """
    if adt.code not in BEYOND_ADT:
        return []
    if who.organisation is None:
        return [Problem(Code.UNKNOWN_KEY, "MSH^1^4", "The sender is not in the directory")]
    if adt.code == "SIU":
        return []
    return [found for paper in papers.read(message) if (found := _problem(paper))]


def _problem(paper: Paper) -> Problem | None:
    if paper.withdrawn or paper.problem:
        return None
    try:
        one = unwrapped(paper)
        store.check(
            one.content or b"", name=one.name, declared=one.declared, families=kinds.DOCUMENTS
        )
    except Refused as refusal:
        place = f"OBX^{paper.place}^5"
        return Problem(Code.DATA_TYPE, place, f"File refused: {refusal.code or 'not accepted'}")
    return None


def unwrapped(paper: Paper) -> Paper:
    """The file itself where the document is a CDA of level 1. Raises Refused for other XML."""
    if paper.content is None or not paper.content.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
        return paper
    read = cda.read(paper.content)
    if read.wrapped is None:
        raise Refused("Ce document CDA ne contient pas de fichier.", code="cda-structured")
    suffix = _FILES[read.wrapped.media_type]
    return Paper(
        paper.number, paper.parent, paper.code or read.type_code, paper.title or read.title,
        paper.author or read.author, paper.dated_on or (read.at.date() if read.at else None),
        read.wrapped.content, f"document.{suffix}", read.wrapped.media_type, False, paper.place,
    )  # fmt: skip


def booking(
    message: parsing.Message, adt: AdtMessage, person_id: UUID, organisation: Organisation
) -> Effect:
    """The hospital's word on an appointment of its own."""
    told = bookings.read(message)
    said = hearing.Said(
        told.number, bookings.EVENTS[adt.event], adt.recorded_at, told.starts_at, told.ends_at,
        told.title or f"Rendez-vous, {organisation.name}",
    )  # fmt: skip
    return Effect(hearing.hear(person_id, organisation, said))


def documents(
    message: parsing.Message, adt: AdtMessage, person_id: UUID, organisation: Organisation
) -> Effect:
    """The documents of a message, with the restrictions that it asks for."""
    asked = papers.restrictions(message)
    effects = {
        received.hear(person_id, organisation, _version(paper, adt, asked))
        for paper in papers.read(message)
    }
    order = (Effect.CREATED, Effect.UPDATED, Effect.UNCHANGED)
    return next((one for one in order if one in effects), Effect.UNCHANGED)


def _version(paper: Paper, adt: AdtMessage, asked: papers.Restrictions) -> received.Version:
    one = unwrapped(paper)
    return received.Version(
        uid=one.number, said_at=adt.recorded_at, content=one.content, name=one.name,
        declared=one.declared, title=one.title or "Document", author=one.author,
        category=CATEGORIES.get(one.code, Category.LETTER), dated_on=one.dated_on,
        parent=one.parent, for_team=not asked.from_professionals,
        for_person=not asked.from_person,
    )  # fmt: skip
