"""What a file is, read from its first bytes; and the few kinds that are taken in.

Neither the name nor the declared type decides: the content does, and the other two must agree.
"""

from dataclasses import dataclass
from enum import StrEnum

from liane.core.errors import Refused


class Family(StrEnum):
    """How a kind is checked and shown."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"
    AUDIO = "audio"


@dataclass(frozen=True)
class Kind:
    """One accepted kind: what is stored for it, the names and declared types it may come under."""

    name: str
    family: Family
    stored_type: str
    stored_suffix: str
    suffixes: frozenset[str]
    declared: frozenset[str]
    label: str


def _kind(
    name: str, family: Family, stored: tuple[str, str], suffixes: str, declared: str, label: str
) -> Kind:
    return Kind(
        name, family, *stored, frozenset(suffixes.split()), frozenset(declared.split()), label
    )


PDF = _kind("pdf", Family.PDF, ("application/pdf", "pdf"), "pdf", "application/pdf", "un PDF")
JPEG = _kind(
    "jpeg", Family.IMAGE, ("image/jpeg", "jpg"), "jpg jpeg jpe jfif",
    "image/jpeg image/jpg image/pjpeg", "une photo JPEG",
)  # fmt: skip
PNG = _kind("png", Family.IMAGE, ("image/png", "png"), "png", "image/png", "une image PNG")
HEIC = _kind(
    "heic", Family.IMAGE, ("image/jpeg", "jpg"), "heic heif", "image/heic image/heif",
    "une photo HEIC",
)  # fmt: skip
TEXT = _kind(
    "text", Family.TEXT, ("text/plain", "txt"), "txt text", "text/plain", "un texte simple"
)
WEBM = _kind(
    "webm", Family.AUDIO, ("audio/webm", "webm"), "webm weba", "audio/webm video/webm",
    "un enregistrement WebM",
)  # fmt: skip
OGG = _kind(
    "ogg", Family.AUDIO, ("audio/ogg", "ogg"), "ogg oga opus",
    "audio/ogg audio/opus application/ogg", "un enregistrement Ogg",
)  # fmt: skip
MP4 = _kind(
    "mp4", Family.AUDIO, ("audio/mp4", "m4a"), "m4a mp4",
    "audio/mp4 audio/m4a audio/x-m4a video/mp4", "un enregistrement M4A",
)  # fmt: skip
MP3 = _kind(
    "mp3", Family.AUDIO, ("audio/mpeg", "mp3"), "mp3", "audio/mpeg audio/mp3",
    "un enregistrement MP3",
)  # fmt: skip
WAV = _kind(
    "wav", Family.AUDIO, ("audio/wav", "wav"), "wav",
    "audio/wav audio/x-wav audio/wave audio/vnd.wave", "un enregistrement WAV",
)  # fmt: skip

KINDS = (PDF, JPEG, PNG, HEIC, TEXT, WEBM, OGG, MP4, MP3, WAV)
DOCUMENTS = frozenset({Family.PDF, Family.IMAGE, Family.TEXT})
ANYTHING = frozenset(Family)
UNDECLARED = frozenset({"", "application/octet-stream"})
"""What a browser declares when it knows no better: then the name and the content must suffice."""

ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,.heif,.txt"
"""The ``accept`` attribute of a document input."""
ACCEPT_AUDIO = ".webm,.ogg,.oga,.opus,.m4a,.mp3,.wav"

TAKEN = "un PDF, une photo (JPEG, PNG, HEIC) ou un texte simple (.txt)"
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"})
_AUDIO_BRANDS = frozenset(
    {b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash"}
)
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "une archive ZIP ou un document de bureautique"),
    (b"PK\x05\x06", "une archive ZIP"),
    (b"\xd0\xcf\x11\xe0", "un ancien document Office"),
    (b"MZ", "un programme Windows"),
    (b"\x7fELF", "un programme"),
    (b"\xca\xfe\xba\xbe", "un programme"),
    (b"\xcf\xfa\xed\xfe", "un programme"),
    (b"GIF8", "une image GIF"),
    (b"BM", "une image BMP"),
    (b"II*\0", "une image TIFF"),
    (b"MM\0*", "une image TIFF"),
    (b"II+\0", "une image TIFF"),
    (b"\0\0\1\0", "une icône"),
    (b"8BPS", "une image Photoshop"),
    (b"\x1f\x8b", "une archive compressée"),
    (b"BZh", "une archive compressée"),
    (b"7z\xbc\xaf", "une archive 7-Zip"),
    (b"Rar!", "une archive RAR"),
    (b"\xfd7zXZ", "une archive compressée"),
    (b"\x28\xb5\x2f\xfd", "une archive compressée"),
    (b"{\\rtf", "un document RTF"),
    (b"%!PS", "un fichier PostScript"),
    (b"#!", "un script"),
    (b"fLaC", "un enregistrement FLAC"),
    (b"FWS", "une animation Flash"),
    (b"CWS", "une animation Flash"),
    (b"\0asm", "un programme"),
    (b"L\0\0\0\x01\x14\x02\0", "un raccourci Windows"),
    (b"SQLite format 3", "une base de données"),
)
_SCRIPTED_TEXT = (b"#!", b"{\\rtf", b"%!PS", b"GIF8", b"FWS", b"CWS")
_MARKUP = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<")


def sniff(content: bytes) -> Kind | None:
    """The accepted kind that ``content`` begins as, or None."""
    head = content[:64]
    if head.startswith((b"%PDF-1.", b"%PDF-2.")):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    return _audio(head) or (TEXT if _is_text(content) else None)


def foreign(content: bytes) -> str | None:
    """French name of a kind that is not taken in, when its first bytes tell it."""
    if content.lstrip()[:4].startswith(_MARKUP):
        return "une page web ou un dessin (HTML, SVG, XML)"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "une image WebP"
    if content[:4] == b"RIFF" and content[8:12] == b"AVI ":
        return "une vidéo"
    if content[4:8] == b"ftyp":
        return "une image AVIF" if content[8:12] in {b"avif", b"avis"} else "une vidéo"
    if content[257:262] == b"ustar":
        return "une archive"
    return next((label for magic, label in _FOREIGN if content.startswith(magic)), None)


def agreed(content: bytes, *, suffix: str, declared: str, families: frozenset[Family]) -> Kind:
    """The kind of ``content``; raises `Refused` unless name, declared type and content agree."""
    kind = sniff(content)
    if kind is None:
        label = foreign(content)
        found = f"Ce fichier est {label}" if label else "Ce fichier n’est pas d’un type reconnu"
        raise _refused(f"{found} : joignez plutôt {TAKEN}.", "kind")
    if kind.family not in families:
        raise _refused(f"Ici on ne peut pas joindre {kind.label} : joignez {TAKEN}.", "family")
    if suffix not in kind.suffixes:
        ending = f"se termine par « .{suffix} »" if suffix else "n’a pas de terminaison"
        raise _refused(
            f"Le contenu est {kind.label}, mais le nom {ending} : renommez le fichier "
            f"en « .{kind.stored_suffix} » s’il vient bien de vous, puis recommencez.",
            "suffix",
        )
    plain = declared.partition(";")[0].strip().lower()
    if plain not in UNDECLARED and plain not in kind.declared:
        raise _refused(
            f"Le fichier est annoncé comme « {plain[:60]} » alors que son contenu est "
            f"{kind.label} : enregistrez-le à nouveau depuis le logiciel d’origine.",
            "declared",
        )
    return kind


def _refused(message: str, code: str) -> Refused:
    return Refused(message, field="file", code=f"file-{code}")


def _by_brand(brand: bytes) -> Kind | None:
    if brand in _HEIF_BRANDS:
        return HEIC
    return MP4 if brand in _AUDIO_BRANDS else None


def _audio(head: bytes) -> Kind | None:
    if head.startswith(b"\x1aE\xdf\xa3"):
        return WEBM
    if head.startswith(b"OggS"):
        return OGG
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head.startswith(b"ID3") or (head[:1] == b"\xff" and head[1:2] and head[1] & 0xE6 == 0xE2):
        return MP3
    return None


def _is_text(content: bytes) -> bool:
    control = set(range(32)) - {9, 10, 12, 13}
    if content.startswith(_SCRIPTED_TEXT) or content.lstrip()[:4].startswith(_MARKUP):
        return False
    return bool(content) and not control & set(content) and b"\x7f" not in content
