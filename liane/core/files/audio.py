"""Voice notes: the whole container is walked, and holds sound alone.

Each check reads the container's structure from its first byte to its last and refuses a picture
track, a foreign codec, or anything appended. Nothing is decoded.
"""

import struct
from collections.abc import Callable, Iterator

from liane.core.errors import Refused
from liane.core.files.kinds import MP3, MP4, OGG, WAV, WEBM, Kind

MOST_PARTS = 200_000
"""Boxes, elements, pages or frames in one recording (an hour of MP3 has 140,000 frames)."""


class _NotSoundError(ValueError):
    """The container is not what it should be."""


def checked(content: bytes, kind: Kind) -> bytes:
    """The recording to store. Raises `Refused` when it is not sound alone, whole."""
    try:
        return _CHECKS[kind.name](content)
    except (_NotSoundError, struct.error, IndexError):
        raise Refused(
            "Cet enregistrement est abîmé, ou contient autre chose que du son : "
            "enregistrez la note vocale à nouveau.",
            field="file",
            code="file-audio",
        ) from None


def _need(condition: bool) -> None:
    if not condition:
        raise _NotSoundError


def _wav(content: bytes) -> bytes:
    """RIFF of the length it says, PCM, with its data."""
    (length,) = struct.unpack_from("<I", content, 4)
    _need(length + 8 in {len(content), len(content) + 1, len(content) - 1})
    names: list[bytes] = []
    at = 12
    while at + 8 <= len(content) and len(names) < 64:
        name, size = content[at : at + 4], struct.unpack_from("<I", content, at + 4)[0]
        _need(at + 8 + size <= len(content))
        if name == b"fmt ":
            (form,) = struct.unpack_from("<H", content, at + 8)
            _need(form in {1, 3, 6, 7, 0xFFFE})
        names.append(name)
        at += 8 + size + size % 2
    _need(at >= len(content) and names.count(b"fmt ") == 1 and names.count(b"data") == 1)
    return content


def _ogg(content: bytes) -> bytes:
    """Pages end to end; every stream begins as Opus or Vorbis."""
    at, streams, begun = 0, set[bytes](), 0
    for _ in range(MOST_PARTS):
        if at == len(content):
            break
        _need(content[at : at + 5] == b"OggS\0")
        flags, serial, count = content[at + 5], content[at + 14 : at + 18], content[at + 26]
        body = at + 27 + count
        length = sum(content[at + 27 : body])
        if flags & 2:
            _need(content[body : body + length].startswith((b"OpusHead", b"\x01vorbis")))
            streams.add(serial)
            begun += 1
        _need(serial in streams and body + length <= len(content))
        at = body + length
    _need(at == len(content) and begun >= 1)
    return content


_MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


def _mp3(content: bytes) -> bytes:
    """Layer III frames end to end; the tags around them (title, picture, comments) are dropped."""
    start = 0
    if content.startswith(b"ID3"):
        size = content[6:10]
        _need(max(size) < 128)
        start = 10 + sum(part << shift for part, shift in zip(size, (21, 14, 7, 0), strict=True))
    end = len(content) - 128 if content[-128:-125] == b"TAG" else len(content)
    at, frames = start, 0
    while at < end and frames < MOST_PARTS:
        length = _mp3_frame(content[at : at + 4])
        if at + length > end:
            break
        at += length
        frames += 1
    _need(frames >= 1 and end - at < 1500)
    return content[start:at]


def _mp3_frame(header: bytes) -> int:
    """Length in bytes of the frame that begins with ``header``."""
    _need(len(header) == 4 and header[0] == 0xFF and header[1] & 0xE6 == 0xE2)
    version, rate, bits = (header[1] >> 3) & 3, (header[2] >> 2) & 3, header[2] >> 4
    _need(version != 1 and rate != 3 and 0 < bits < 15)
    kbps = (_KBPS_1 if version == 3 else _KBPS_2)[bits]
    samples = 144 if version == 3 else 72
    return samples * kbps * 1000 // _MPEG_RATES[version][rate] + ((header[2] >> 1) & 1)


_MP4_TOP = frozenset(b"ftyp moov mdat free skip wide styp sidx moof mfra uuid".split())
_MP4_HOLDERS = frozenset({b"moov", b"trak", b"mdia"})


def _mp4(content: bytes) -> bytes:
    """Boxes end to end; every track's handler is sound."""
    handlers: list[bytes] = []
    top = []
    for depth, name, start, _end in _boxes(content, 0, len(content), 0):
        if depth == 0:
            top.append(name)
        if name == b"hdlr":
            handlers.append(content[start + 8 : start + 12])
    _need(set(top) <= _MP4_TOP and top[0] == b"ftyp" and top.count(b"moov") == 1)
    _need(b"mdat" in top and bool(handlers) and set(handlers) == {b"soun"})
    return content


def _boxes(content: bytes, at: int, end: int, depth: int) -> Iterator[tuple[int, bytes, int, int]]:
    """(depth, name, start of the body, end) of each box, holders opened."""
    for _ in range(MOST_PARTS):
        if at == end:
            return
        size, name = struct.unpack_from(">I4s", content, at)
        body = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, body)
            body += 8
        elif size == 0 and depth == 0:
            size = end - at
        _need(size >= body - at and at + size <= end)
        yield depth, name, body, at + size
        if name in _MP4_HOLDERS:
            yield from _boxes(content, body, at + size, depth + 1)
        at += size
    raise _NotSoundError


_SEGMENT, _CLUSTER, _TRACKS, _ENTRY = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE
_DOCTYPE, _TRACK_TYPE, _CODEC, _EBML, _ATTACHMENTS = 0x4282, 0x83, 0x86, 0x1A45DFA3, 0x1941A469
_HOLDERS = frozenset({_EBML, _SEGMENT, _CLUSTER, _TRACKS, _ENTRY})


def _webm(content: bytes) -> bytes:
    """EBML elements end to end; sound tracks alone, no attachment."""
    found: dict[int, list[bytes]] = {}
    at = 0
    for _ in range(MOST_PARTS):
        if at == len(content):
            break
        element, at = _ebml_number(content, at, keep_mark=True)
        size, after = _ebml_number(content, at, keep_mark=False)
        unknown = size == (1 << 7 * (after - at)) - 1
        at = after
        if element in _HOLDERS:
            _need(unknown or at + size <= len(content))
            continue
        _need(not unknown and at + size <= len(content))
        found.setdefault(element, []).append(content[at : at + size] if size < 64 else b"")
        at += size
    _need(at == len(content) and _ATTACHMENTS not in found)
    _need(found.get(_DOCTYPE) == [b"webm"])
    types = found.get(_TRACK_TYPE, [])
    _need(bool(types) and all(int.from_bytes(kind) == 2 for kind in types))
    _need(all(codec in {b"A_OPUS", b"A_VORBIS"} for codec in found.get(_CODEC, [b""])))
    return content


def _ebml_number(content: bytes, at: int, *, keep_mark: bool) -> tuple[int, int]:
    """A variable-length integer and the place after it."""
    width = 9 - content[at].bit_length()
    _need(1 <= width <= (4 if keep_mark else 8) and at + width <= len(content))
    value = int.from_bytes(content[at : at + width])
    return (value if keep_mark else value & ((1 << 7 * width) - 1)), at + width


_CHECKS: dict[str, Callable[[bytes], bytes]] = {
    WAV.name: _wav,
    OGG.name: _ogg,
    MP3.name: _mp3,
    MP4.name: _mp4,
    WEBM.name: _webm,
}
