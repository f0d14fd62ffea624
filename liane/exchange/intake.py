"""The way of a hospital message: read, checked, stored, matched, applied or queued, answered.

One transaction holds the stored message and everything it changes; the acknowledgement is built
inside and leaves only once it is committed. The same message again changes nothing and gets the
same answer. Logs carry control ids and event codes, never content.
"""

import traceback
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog
from django.db.models import QuerySet

from liane.core import acting, keys
from liane.core.errors import Refused
from liane.core.inserting import insert, together, update
from liane.core.prepared import prepared
from liane.directory.models import Organisation
from liane.exchange import cases, failures, heard
from liane.exchange.applying import Applied, apply
from liane.exchange.hl7v2 import acks, parsing, read, validation
from liane.exchange.hl7v2.acks import Answer
from liane.exchange.hl7v2.messages import AdtMessage
from liane.exchange.hl7v2.validation import Code, Problem
from liane.exchange.hospitals import Speaker, speaker
from liane.exchange.matching import match
from liane.exchange.models import IdentityCase, RawMessage
from liane.stays.services import Effect

log = structlog.get_logger(__name__)
Status = RawMessage.Status
_COUNTED = {
    Effect.CREATED: "created",
    Effect.UPDATED: "updated",
    Effect.UNCHANGED: "unchanged",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message. ``outcome`` is a count of the report, ``reason`` says why."""

    outcome: str
    reason: str
    ack: bytes
    control_id: str = ""


def receive(raw: bytes, *, channel: str, hospital: Organisation | None = None) -> Receipt:
    """Take in one message and answer it. Never raises: a failure of ours is answered AR."""
    message: parsing.Message | None = None
    adt: AdtMessage | None = None
    try:
        message = parsing.parse(raw)
        adt = read.read(message)
        found = validation.problems(message, adt)
        who = speaker(adt, hospital)
        if acks.verdict(found) is Answer.ACCEPTED:
            found += heard.problems(message, adt, who)
        actor = acting.system(
            "message hospitalier",
            organisation_id=who.organisation.pk if who.organisation is not None else None,
            channel=channel[:12],
        )
        with acting.at_once(actor), together():
            return _take(raw, message, adt, found, channel, who)
    except parsing.NotHl7 as error:
        return Receipt("rejected", str(error), acks.build(None, answer=Answer.REJECTED))
    except Refused as refusal:
        why = f"File refused: {refusal.code or 'not accepted'}"
        problem = Problem(Code.DATA_TYPE, "OBX^1^5", why)
        return Receipt("rejected", why, acks.build(message, [problem]))
    except Exception as error:
        where = f"{type(error).__name__} {_place(error)}"
        log.error("adt.failed", error=type(error).__name__, where=_place(error))
        if message is not None and failures.set_aside(raw, message, adt, channel, hospital, where):
            return Receipt("failed", f"set aside: {where}", acks.build(message))
        problem = acks.internal_failure()
        return Receipt("rejected", problem.text, acks.build(message, [problem]))


def _place(error: BaseException) -> str:
    """Where it broke, without any value: ``fold.py:42 < services.py:80``."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))


def _take(
    raw: bytes,
    message: parsing.Message,
    adt: AdtMessage,
    found: list[validation.Problem],
    channel: str,
    who: Speaker,
) -> Receipt:
    answer = acks.verdict(found)
    if adt.code == "ACK":
        return Receipt("ignored", "an acknowledgement", acks.build(message, found))
    if answer is not Answer.ACCEPTED:
        errors = [problem for problem in found if not problem.warning]
        why = "; ".join(f"{one.location}: {one.text}" for one in errors)
        if adt.control_id:
            earlier = _earlier(adt)
            if earlier is None or earlier.status not in (Status.APPLIED, Status.QUEUED):
                _row(adt, channel, None, Status.REJECTED, why, earlier=earlier)
        return Receipt("rejected", why, acks.build(message, found), adt.control_id)
    outcome, reason = _decide(raw, adt, channel, who)
    return Receipt(outcome, reason, acks.build(message, found), adt.control_id)


def _decide(raw: bytes, adt: AdtMessage, channel: str, who: Speaker) -> tuple[str, str]:
    digest = keys.digest(raw.decode("latin-1"), purpose="message")
    earlier = _earlier(adt)
    kept = earlier is not None and earlier.status in (Status.APPLIED, Status.QUEUED)
    if kept and earlier is not None and _same(earlier, digest, raw):
        return "unchanged", "already received"
    found = match(adt, who)
    if found.person_id is None and not found.candidates:
        if not kept:
            _row(adt, channel, who, Status.IGNORED, "nobody known here", earlier=earlier)
        return "ignored", "nobody known here: content not kept"
    row = _row(
        adt, channel, who, Status.QUEUED, "",
        content=raw, digest=digest, earlier=None if kept else earlier, conflict=kept,
        person_id=found.person_id,
    )  # fmt: skip
    if kept:
        cases.open_case(row, adt, who, IdentityCase.Reason.CONTROL, cases.candidates(found))
        return "queued", "control id already received with other content"
    if found.person_id is None:
        cases.open_case(row, adt, who, found.reason, cases.candidates(found))
        return "queued", IdentityCase.Reason(found.reason).name.lower()
    return _applied(row, apply(adt, who, found.person_id, row, numbered=found.by_number))


def _applied(row: RawMessage, done: Applied) -> tuple[str, str]:
    row.status = Status.QUEUED if done.queued else Status.APPLIED
    row.reason = done.reason
    update(row, "status", "reason")
    log.info("adt.applied", control_id=row.control_id, trigger=row.event, effect=str(done.effect))
    return ("queued" if done.queued else _COUNTED[done.effect]), done.reason


def _earlier(adt: AdtMessage) -> RawMessage | None:
    return _received.first(adt.application[:180], adt.facility[:180], adt.control_id[:199])


@prepared
def _received(application: str, facility: str, control_id: str) -> QuerySet[RawMessage]:
    return RawMessage.objects.select_for_update().filter(
        application=application, facility=facility, control_id=control_id, conflict=False
    )


def _same(earlier: RawMessage, digest: str, raw: bytes) -> bool:
    """The same content as this row or as one of the rows that conflicted with it."""
    if earlier.digest == digest:
        return True
    twins = RawMessage.objects.filter(
        application=earlier.application,
        facility=earlier.facility,
        control_id=earlier.control_id,
        conflict=True,
    )
    digests = keys.digests(raw.decode("latin-1"), purpose="message")
    return earlier.digest in digests or twins.filter(digest__in=digests).exists()


def _row(
    adt: AdtMessage,
    channel: str,
    who: Speaker | None,
    status: str,
    reason: str,
    *,
    content: bytes | None = None,
    digest: str = "",
    earlier: RawMessage | None = None,
    conflict: bool = False,
    person_id: UUID | None = None,
) -> RawMessage:
    """Write the message's row, or write again the one that had no effect."""
    row = earlier or RawMessage()
    row.application, row.facility = adt.application[:180], adt.facility[:180]
    row.control_id, row.event = adt.control_id[:199], adt.event[:10]
    row.channel, row.status, row.reason = channel[:10], status, reason[:200]
    row.content, row.digest, row.conflict = content, digest, conflict
    row.hospital, row.person_id = (who.organisation if who else None), person_id
    if earlier is None:
        return insert(row)
    row.save()
    return row
