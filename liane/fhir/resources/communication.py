"""Communication: one message of a conversation. Its thread is named by ``partOf.identifier``.

A message is never changed. To post one without ``partOf`` is to write to the care team of its
``subject``, or to begin a conversation with those that ``recipient`` names. A message taken back is
``entered-in-error``, and its text is shown no more.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.prepared import prepared
from liane.fhir import building as fhir
from liane.fhir import people
from liane.fhir.outcomes import unprocessable
from liane.fhir.refs import Refs
from liane.fhir.resources.base import READ, Json, Resource
from liane.fhir.search import values
from liane.fhir.search.indexing import Indexed
from liane.fhir.search.params import NOTHING, Custom, Date, Flag, Param, Test
from liane.fhir.search.references import Identifier, Reference
from liane.messaging import services
from liane.messaging.firsts import First, send_firsts
from liane.messaging.models import Attachment, Message, Participant, Thread

THREADS = "https://liane.sante/NamingSystem/thread"
"""Identifies a conversation: every message of one names it in ``partOf``."""
TO_TEAM, TO_FAMILY = "team", "family"
AUDIENCE = "https://liane.sante/CodeSystem/thread-audience"
ELSEWHERE = ("partOf", "recipient", "inResponseTo")
"""Elements that lead to another conversation than the care team's, or into it."""
KINDS = {kind.value: kind.label for kind in Thread.Kind}
MADE = ("completed", "in-progress")


def _thread(raw: str, modifier: str) -> Test:
    asked = values.token(raw)
    found = values.uuid(asked.code) if asked.system in (None, THREADS) else None
    return Test(NOTHING) if found is None else Test(("thread",), (found,))


def _in_thread(key: Any, leafs: Sequence[Any]) -> Q:
    return Q(thread_id=leafs[0])


class CommunicationResource(Resource):
    """Messages within reach."""

    type = "Communication"
    model = Message
    area = Area.THREAD
    person_path = "thread__person_id"
    touched = "sent_at"
    fresh = True
    interactions = READ | {"create", "delete"}
    journal = ("message.sent", "message.withdrawn")
    told_by_rows = True
    params: ClassVar[tuple[Param, ...]] = (
        Identifier("identifier"),
        Reference("subject", to={"Patient": "thread__person_id"}, elements=("subject",)),
        Reference("patient", to={"Patient": "thread__person_id"}, elements=("subject",)),
        Reference("sender", elements=("sender",), to={
            "PractitionerRole": "author_holder_id", "Organization": "author_holder_id",
            "RelatedPerson": "author_holder_id", "Patient": "author_holder_id"}),
        Reference("recipient", many=True, elements=("recipient",), to={
            "PractitionerRole": "thread__participants__holder_id",
            "Organization": "thread__participants__holder_id",
            "RelatedPerson": "thread__participants__holder_id"}),
        Custom("part-of", read=_thread, build=_in_thread, of="reference"),
        Flag("urgent", when=Q(urgent=True),
             url="https://liane.sante/SearchParameter/communication-urgent"),
        Date("sent", column="sent_at", sort="sent_at"),
        Date("received", column="sent_at"),
        Custom("status", read=lambda raw, modifier: _status(raw),
               build=lambda key, leafs: Q(withdrawal__isnull=key == ("completed",))),
        Indexed("category", path="Communication.category"),
        Indexed("medium", path="Communication.medium"),
        Reference("based-on", to={}, elements=("basedOn",)),
        Reference("encounter", to={}, elements=("encounter",)),
    )  # fmt: skip

    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """Messages of the threads that the actor reads."""
        return Message.objects.beside(reach).select_related("thread", "withdrawal")

    def person_of(self, row: Any) -> UUID | None:
        """The person of its thread."""
        found: UUID | None = row.thread.person_id
        return found

    def since(self, row: Any) -> dt.datetime:
        """When it was written here, or taken back: nothing else happens to a message."""
        last: dt.datetime = row.withdrawal.at if _withdrawn(row) else row.created_at
        sent: dt.datetime = row.sent_at
        return max(last, sent)

    def beside(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        """Whether a file goes with each."""
        sent = Attachment.objects.filter(message_id=OuterRef("pk"))
        found: QuerySet[Any] = rows.annotate(_files=Exists(sent))
        return found

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """At most seven queries: files, those named, their names."""
        files = _files([row.pk for row in rows if getattr(row, "_files", True)])
        named = _named([row.thread_id for row in rows])
        holders = [one for several in named.values() for one in several]
        holders += [row.author_holder_id for row in rows]
        known = people.named(holders)
        threads = {row.thread_id: row.thread for row in rows}
        places = {key: fhir.cleaned(_place(one)) for key, one in threads.items()}
        return [
            places[row.thread_id]
            | _message(row, files.get(row.pk, []), named.get(row.thread_id, []), known)
            for row in rows
        ]

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """Of a message taken back, what was received shows no more than what Liane shows."""
        gone = [row for row in rows if _withdrawn(row)]
        if not gone:
            return made
        ours = {
            row.pk: {"resourceType": self.type, **one}
            for row, one in zip(gone, self.project(gone), strict=True)
        }
        return [ours.get(row.pk, body) for row, body in zip(rows, made, strict=True)]

    # ------------------------------------------------------------ written
    def create(self, body: Json, refs: Refs) -> Message:
        """Send a message. Raises Problem 422 for what a message cannot be."""
        _sent(body)
        person_id = refs.key(body.get("subject"), "Patient", "Communication.subject")
        thread = _thread_of(body, person_id, refs)
        if person_id is not None and thread.person_id != person_id:
            raise unprocessable("This conversation is about somebody else.",
                                "Communication.subject")  # fmt: skip
        sent, _ = services.send_message(
            thread,
            _text(body),
            urgent=_urgent(body),
            reply_to_id=_reply(body, refs),
        )
        return _standing(sent)

    def create_each(self, bodies: Sequence[Json], refs: Refs) -> Sequence[Message] | None:
        """The same, where each begins the conversation of a care team."""
        several = []
        for body in bodies:
            _sent(body)
            person_id = refs.key(body.get("subject"), "Patient", "Communication.subject")
            if person_id is None or any(body.get(name) for name in ELSEWHERE) or _to_family(body):
                return None
            several.append(First(person_id, _text(body), _urgent(body)))
        sent = send_firsts(several)
        return None if sent is None else [_standing(one) for one in sent]

    def delete(self, row: Any) -> None:
        """Take it back: its author alone may."""
        services.withdraw(row)


def _status(raw: str) -> Test:
    code = raw.rsplit("|", 1)[-1]
    return Test((code,)) if code in {"completed", "entered-in-error"} else Test(NOTHING)


def _withdrawn(row: Message) -> bool:
    return getattr(row, "withdrawal", None) is not None


def _standing(message: Message) -> Message:
    """Just sent: nobody took it back, and nothing need be asked to know it."""
    message._state.fields_cache["withdrawal"] = None
    return message


def _sent(body: Json) -> None:
    if str(body.get("status")) not in MADE:
        raise unprocessable("A message is sent: status « completed ».", "Communication.status")


def _urgent(body: Json) -> bool:
    return body.get("priority") in {"urgent", "asap", "stat"}


def _to_family(body: Json) -> bool:
    return fhir.code_of(body.get("category"), AUDIENCE) == TO_FAMILY


def _text(body: Json) -> str:
    """The words of its payload. Raises Problem 422 for anything else."""
    parts = []
    for number, one in enumerate(fhir.items(body, "payload")):
        if not isinstance(one.get("contentString"), str):
            raise unprocessable(
                "A message carries words here; give a document as a DocumentReference.",
                f"Communication.payload[{number}]", "not-supported",
            )  # fmt: skip
        parts.append(one["contentString"])
    if not parts:
        raise unprocessable("A message says something.", "Communication.payload")
    return "\n\n".join(parts)


def _thread_of(body: Json, person_id: UUID | None, refs: Refs) -> Thread:
    """The conversation that it goes into: an existing one, the team's, or a new one."""
    mine = Thread.objects.within(refs.access.reach)
    for number, one in enumerate(fhir.items(body, "partOf")):
        named = one.get("identifier") or {}
        key = values.uuid(str(named.get("value", ""))) if named.get("system") == THREADS else None
        found = mine.filter(pk=key).first() if key is not None else None
        if found is None:
            raise unprocessable("This conversation does not exist, or is out of reach.",
                                f"Communication.partOf[{number}]", "not-found")  # fmt: skip
        return found
    chosen = _recipients(body, refs)
    if chosen:
        subject = fhir.words_of(body.get("topic"))
        return services.begin(person_id=person_id, subject=subject, holders=chosen)
    if person_id is None:
        raise unprocessable("Say about whom, or to whom.", "Communication.subject")
    kind = Thread.Kind.FAMILY if _to_family(body) else Thread.Kind.TEAM
    return services.default_thread(person_id, kind)


def _recipients(body: Json, refs: Refs) -> list[tuple[str, UUID]]:
    found = []
    for number, one in enumerate(fhir.items(body, "recipient")):
        where = f"Communication.recipient[{number}]"
        named = refs.one(one, tuple(people.KINDS), where)
        if named is None:
            raise unprocessable("A recipient is somebody of this server.", where)
        found.append((people.KINDS[named[0]], named[1]))
    return found


def _reply(body: Json, refs: Refs) -> UUID | None:
    first = next(iter(fhir.items(body, "inResponseTo")), None)
    return refs.key(first, "Communication", "Communication.inResponseTo[0]")


# ------------------------------------------------------------------ as FHIR
def _files(keys: list[UUID]) -> dict[UUID, list[Attachment]]:
    found: dict[UUID, list[Attachment]] = {}
    for one in _attachments(keys) if keys else ():
        found.setdefault(one.message_id, []).append(one)
    return found


@prepared
def _attachments(keys: list[UUID]) -> QuerySet[Attachment]:
    rows = Attachment.objects.filter(message_id__in=keys)
    return rows.select_related("file").order_by("pk")


def _named(threads: list[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for thread_id, holder_id in _participants(sorted(set(threads))):
        found.setdefault(thread_id, []).append(holder_id)
    return found


@prepared
def _participants(threads: list[UUID]) -> QuerySet[Participant, tuple[UUID, UUID]]:
    rows = Participant.objects.filter(thread_id__in=threads, left_at=None).order_by("pk")
    return rows.values_list("thread_id", "holder_id")


def _place(thread: Thread) -> Json:
    """What the messages of one conversation have in common."""
    kind = thread.kind if thread.kind in {TO_TEAM, TO_FAMILY} else ""
    return {
        "partOf": [{
            "type": "Communication",
            "identifier": {"system": THREADS, "value": str(thread.pk)},
            "display": thread.subject,
        }],
        "category": [fhir.concept(AUDIENCE, kind, KINDS[thread.kind])],
        "subject": fhir.reference("Patient", thread.person_id),
        "topic": {"text": thread.subject},
    }  # fmt: skip


def _message(
    row: Message, files: list[Attachment], named: list[UUID], known: Mapping[UUID, Json]
) -> Json:
    """The rest, without what is empty: a page holds dozens."""
    gone, mine = _withdrawn(row), row.author_holder_id
    made: Json = {
        "status": "entered-in-error" if gone else "completed",
        "priority": "urgent" if row.urgent else "routine",
        "sent": fhir.at(row.sent_at),
    }
    if row.reply_to_id is not None:
        made["inResponseTo"] = [fhir.reference("Communication", row.reply_to_id)]
    if told := [known[one] for one in named if one in known and one != mine]:
        made["recipient"] = told
    if sender := people.author(row, known):
        made["sender"] = sender
    if gone:
        return made
    payload: list[Json] = [{"contentString": row.text}] if row.text else []
    if files:
        payload += fhir.clean([{"contentAttachment": _attached(one)} for one in files])
    if payload:
        made["payload"] = payload
    return made


def _attached(one: Attachment) -> Json:
    return {
        "contentType": one.file.content_type,
        "url": f"Binary/{one.file_id}",
        "size": one.file.size,
        "title": one.file.name,
        "creation": fhir.at(one.created_at),
    }
