"""Acknowledgements: MSA says whether, ERR says what and where (HL7 2.5, chapter 2).

AA: stored, and it is Liane's business from now on. AE: the content is wrong, sending it again as
it is will not help. AR: not for us, or we failed; after an internal failure sending again may help.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from liane.exchange.hl7v2.parsing import Message
from liane.exchange.hl7v2.times import stamp
from liane.exchange.hl7v2.validation import Code, Problem

START, END = b"\x0b", b"\x1c\r"
_DEFAULT_VERSION = "2.5^FRA^2.11"


class Answer(StrEnum):
    """MSA-1."""

    ACCEPTED = "AA"
    ERROR = "AE"
    REJECTED = "AR"


def verdict(found: Sequence[Problem]) -> Answer:
    """The acknowledgement code that the findings call for; warnings alone accept."""
    errors = [problem for problem in found if not problem.warning]
    if not errors:
        return Answer.ACCEPTED
    return Answer.REJECTED if any(problem.rejects for problem in errors) else Answer.ERROR


def internal_failure() -> Problem:
    """Something broke here; the sender may send again."""
    return Problem(Code.INTERNAL, "", "Application internal error")


def build(
    message: Message | None,
    found: Sequence[Problem] = (),
    *,
    answer: Answer | None = None,
    now: datetime | None = None,
    control_id: str | None = None,
) -> bytes:
    """The acknowledgement of a message (None: what came was not HL7), segments ended by CR.

    Sender and receiver are exchanged, the version, processing id and character set echoed.
    """
    answer = answer or verdict(found)
    msh = message.first("MSH") if message else None

    def echo(position: int, default: str = "") -> str:
        return (_whole(message, position) if message else "") or default

    event = msh.get(9, 2) if msh else ""
    kind = f"ACK^{_escape(event)}^ACK" if event else "ACK"
    header = [
        "MSH|^~\\&",
        echo(5, "LIANE"),
        echo(6),
        echo(3),
        echo(4),
        stamp(now or datetime.now(UTC)),
        "",
        kind,
        control_id or uuid.uuid4().hex[:20],
        echo(11, "P"),
        echo(12, _DEFAULT_VERSION),
        *("" for _ in range(5)),
        "UNICODE UTF-8",
    ]
    acknowledged = _escape(msh.get(10)) if msh else ""
    lines = ["|".join(header), f"MSA|{answer}|{acknowledged}", *(_err(one) for one in found)]
    return ("\r".join(lines) + "\r").encode()


def framed(message: bytes) -> bytes:
    """A message between its MLLP marks."""
    return START + message + END


def _err(problem: Problem) -> str:
    severity = "W" if problem.warning else "E"
    code = f"{problem.code}^{_CODE_TEXTS[problem.code]}^HL70357"
    return f"ERR||{problem.location}|{code}|{severity}|||{_escape(problem.text)}|"


def _whole(message: Message, position: int) -> str:
    """A field of the MSH as it was sent, its components kept."""
    msh = message.first("MSH")
    parts = [msh.get(position, component) for component in range(1, 5)]
    return "^".join(_escape(part) for part in parts).rstrip("^")


def _escape(text: str) -> str:
    for character, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(character, f"\\{code}\\")
    return text.replace("\r", " ").replace("\n", " ")


_CODE_TEXTS = {
    Code.SEGMENT_SEQUENCE: "Segment sequence error",
    Code.REQUIRED_FIELD: "Required field missing",
    Code.DATA_TYPE: "Data type error",
    Code.TABLE_VALUE: "Table value not found",
    Code.UNSUPPORTED_MESSAGE: "Unsupported message type",
    Code.UNSUPPORTED_EVENT: "Unsupported event code",
    Code.UNSUPPORTED_PROCESSING: "Unsupported processing id",
    Code.UNSUPPORTED_VERSION: "Unsupported version id",
    Code.UNKNOWN_KEY: "Unknown key identifier",
    Code.DUPLICATE_KEY: "Duplicate key identifier",
    Code.INTERNAL: "Application internal error",
}
