"""From bytes on a wire or in a file to messages whose fields can be read without fear.

Real senders separate segments with CR, LF or CRLF, put a byte order mark first, several messages
in a file, and sometimes declare an encoding they do not use. All of that is accepted here; what
had to be forgiven is kept in ``Message.forgiven`` so that it can be reported.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import hl7

_FRAME = re.compile(rb"\x0b(.*?)(?:\x1c\r?|(?=\x0b)|\Z)", re.DOTALL)
_MESSAGE_START = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*(?=MSH[^\w\s])")
_SEGMENT_LINE = re.compile(r"[A-Z][A-Z0-9]{2}(?:\W|\Z)")
_BATCH_LINES = ("FHS", "BHS", "BTS", "FTS")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")

#: MSH-18 (HL7 table 0211) to Python codec.
_CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "8859/1": "latin-1",
    "8859/15": "iso8859-15",
    "ISO-8859-1": "latin-1",
    "ISO-8859-15": "iso8859-15",
    "ASCII": "ascii",
}


class NotHl7(ValueError):
    """The bytes hold no HL7 v2 message: no MSH segment with its separators."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One segment. Every accessor gives text, empty when the place does not exist."""

    name: str
    _fields: list[object] = field(repr=False)
    _escape: str = field(default="\\", repr=False)
    _separators: str = field(default="\r|~^&", repr=False)

    def get(self, position: int, component: int = 1, sub: int = 1, *, repetition: int = 1) -> str:
        """Text at HL7 (1-based) coordinates, escapes decoded, white space trimmed."""
        node: object = self._fields[position] if 0 <= position < len(self._fields) else ""
        for index in (repetition, component, sub):
            node = _child(node, index)
        text = node if isinstance(node, str) else _leaf(node)
        return unescape(text, self._escape, self._separators).strip()

    def repetitions(self, position: int) -> int:
        """How many repetitions the field holds; 0 when it is empty or absent."""
        if not 0 <= position < len(self._fields):
            return 0
        node = self._fields[position]
        return len(node) if isinstance(node, list) and str(node) else int(bool(str(node)))

    def each(self, position: int) -> Iterator["Repetition"]:
        """The repetitions of a field, in order."""
        for number in range(1, self.repetitions(position) + 1):
            yield Repetition(self, position, number)

    def __len__(self) -> int:
        return max(len(self._fields) - 1, 0)


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of a field."""

    segment: Reader
    position: int
    number: int

    def get(self, component: int, sub: int = 1) -> str:
        """Text of a component (and sub-component), empty when absent."""
        return self.segment.get(self.position, component, sub, repetition=self.number)


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message. ``forgiven`` lists what the sender did wrong and was repaired."""

    segments: tuple[Reader, ...]
    encoding: str
    forgiven: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Whether a segment of that name is present."""
        return any(segment.name == name for segment in self.segments)

    def first(self, name: str) -> Reader:
        """The first segment of that name, or an empty one: reading it gives empty texts."""
        return next((s for s in self.segments if s.name == name), Reader(name, []))

    def all(self, name: str) -> list[Reader]:
        """Every segment of that name, in order."""
        return [segment for segment in self.segments if segment.name == name]


def split_messages(payload: bytes) -> list[bytes]:
    """Cut a file or an MLLP stream into raw messages (framing, marks and batch lines removed)."""
    payload = _without_mark(payload)
    frames = [m.group(1) for m in _FRAME.finditer(payload)] if b"\x0b" in payload else [payload]
    return [raw for frame in frames for raw in _cut(_without_mark(frame))]


def parse(raw: bytes) -> Message:
    """Parse one message. Raises NotHl7 when no MSH segment can be read."""
    text, encoding, forgiven = decode(raw)
    lines, joined = _lines(text)
    if joined:
        forgiven = (*forgiven, "line breaks inside a field")
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 8:
        raise NotHl7("no MSH segment")
    try:
        parsed = hl7.parse("\r".join(lines))
    except (hl7.ParseException, ValueError, IndexError, AssertionError) as error:
        raise NotHl7("unreadable MSH segment") from error
    segments = tuple(
        Reader(str(segment[0]), list(segment), parsed.esc, parsed.separators) for segment in parsed
    )
    return Message(segments, encoding, forgiven)


def decode(raw: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Text of a raw message, the codec used, and what was forgiven on the way.

    The codec is the one of MSH-18; UTF-8 when nothing is said; Windows-1252 (a superset of the
    printable part of Latin-1) when the bytes do not fit the codec.
    """
    raw = _without_mark(raw)
    declared = _declared_codec(raw)
    for codec in dict.fromkeys((declared or "utf-8", "utf-8", "cp1252")):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        honest = declared in (None, codec) or raw.isascii()
        return text, codec, () if honest else (f"declared {declared}, is {codec}",)
    return raw.decode("latin-1"), "latin-1", ("unknown encoding",)


def unescape(text: str, escape: str = "\\", separators: str = "\r|~^&") -> str:
    """Decode HL7 escape sequences (HL7 2.5, 2.7). Unknown sequences are dropped, not shown."""
    if not escape or escape not in text:
        return text
    known = {
        "F": separators[1],
        "R": separators[2],
        "S": separators[3],
        "T": separators[4],
        "E": escape,
        ".br": "\n",
        ".sp": "\n",
    }
    sequence = re.compile(f"{re.escape(escape)}([^{re.escape(escape)}]*){re.escape(escape)}")
    return sequence.sub(lambda found: known.get(found[1], _hexadecimal(found[1])), text)


def _hexadecimal(code: str) -> str:
    if not code.startswith("X"):
        return ""
    try:
        data = bytes.fromhex(code[1:])
    except ValueError:
        return ""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _child(node: object, index: int) -> object:
    if isinstance(node, list):
        return node[index - 1] if 1 <= index <= len(node) else ""
    return node if index == 1 else ""


def _leaf(node: object) -> str:
    while isinstance(node, list):
        node = node[0] if node else ""
    return str(node)


def _cut(frame: bytes) -> list[bytes]:
    starts = [found.end() for found in _MESSAGE_START.finditer(frame)]
    if not starts:
        return [frame] if frame.strip() else []
    ends = [*starts[1:], len(frame)]
    return [frame[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _without_mark(payload: bytes) -> bytes:
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        payload = payload.decode("utf-16", errors="replace").encode()
    return payload.removeprefix(b"\xef\xbb\xbf")


def _declared_codec(raw: bytes) -> str | None:
    header = re.split(rb"[\r\n]", raw.lstrip(), maxsplit=1)[0]
    if len(header) < 4:
        return None
    fields = header.split(header[3:4])
    declared = fields[17].split(b"~")[0] if len(fields) > 17 else b""
    return _CHARSETS.get(declared.decode("ascii", "replace").strip().upper())


def _lines(text: str) -> tuple[list[str], bool]:
    """Segments of a message; a line that is no segment continues the one before it."""
    lines: list[str] = []
    joined = False
    for line in _LINE_ENDS.split(text):
        line = line.strip("\x00\x0b\x1c \t﻿")
        if not line or line[:3] in _BATCH_LINES:
            continue
        if lines and not _SEGMENT_LINE.match(line):
            lines[-1] += f" {line}"
            joined = True
        else:
            lines.append(line)
    return lines, joined
