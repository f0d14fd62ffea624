"""Reading an ``IHE_XDM.ZIP`` that somebody sent, in memory, bounded, never to a disk.

Nothing is unpacked by name: entries are looked up under ``IHE_XDM/`` alone, so that no path leads
anywhere; sizes are counted while inflating, so that no bomb swells.
"""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO

from lxml.etree import _Element as Element

from liane.core import xml
from liane.core.errors import Refused
from liane.exchange.xdm.metadata import RIM

N = {"r": RIM}
MOST_ENTRIES = 200
MOST_DOCUMENTS = 20
LARGEST_DOCUMENT = 28_000_000
LARGEST_TOTAL = 60_000_000
"""Bytes, once inflated."""


@dataclass(frozen=True)
class Held:
    """A document of an archive, and what its metadata say of it."""

    name: str
    content: bytes
    title: str = ""
    warning: str = ""


@dataclass
class Opened:
    """What an archive holds; ``warnings`` say what of it could not be taken."""

    documents: list[Held] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def looks_like(content: bytes, name: str = "") -> bool:
    """True for an archive that claims to be an XDM one: by its entries, whatever its name."""
    if not content.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as file:
            return any(one.upper().startswith("IHE_XDM/") for one in file.namelist()[:MOST_ENTRIES])
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return name.upper() == "IHE_XDM.ZIP"


def read(content: bytes) -> Opened:
    """The documents of an archive. Raises :class:`Refused` when it is not sound."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as file:
            return _read(file)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
            ValueError):  # fmt: skip
        raise _refused("elle est abîmée, chiffrée ou compressée d’une manière inconnue") from None


def _read(file: zipfile.ZipFile) -> Opened:
    listed = file.infolist()
    if len(listed) > MOST_ENTRIES:
        raise _refused(f"elle compte plus de {MOST_ENTRIES} fichiers")
    found = {one.filename.upper().replace("\\", "/"): one for one in listed if not one.is_dir()}
    metadata = sorted(
        name for name in found
        if name.startswith("IHE_XDM/") and name.endswith("/METADATA.XML") and name.count("/") == 2
    )  # fmt: skip
    if not metadata:
        raise _refused("METADATA.XML manque")
    opened, total = Opened(), 0
    for name in metadata:
        described = _inflated(file, found[name], LARGEST_DOCUMENT)
        total += len(described)
        for entry in _entries(described):
            if len(opened.documents) == MOST_DOCUMENTS:
                opened.warnings.append(f"Au-delà de {MOST_DOCUMENTS} documents, rien n’est lu.")
                return opened
            held = _document(file, found, name.rpartition("/")[0], entry, opened)
            if held is None:
                continue
            total += len(held.content)
            if total > LARGEST_TOTAL:
                raise _refused("une fois ouverte, elle est trop lourde")
            opened.documents.append(held)
    return opened


def _entries(metadata: bytes) -> list[Element]:
    root = xml.parse(metadata, what="METADATA.XML")
    return list(root.iterfind(".//r:ExtrinsicObject", N))


def _document(
    file: zipfile.ZipFile,
    found: dict[str, zipfile.ZipInfo],
    folder: str,
    entry: Element,
    opened: Opened,
) -> Held | None:
    uri = _slot(entry, "URI")
    title = _title(entry)
    info = found.get(f"{folder}/{uri}".upper())
    if not uri or info is None or ".." in uri:
        opened.warnings.append(f"« {title or 'Document'} » est annoncé mais absent de l’archive.")
        return None
    content = _inflated(file, info, LARGEST_DOCUMENT)
    told = _slot(entry, "hash").lower()
    real = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    changed = bool(told) and told != real
    warning = "L’empreinte annoncée n’est pas celle du document." if changed else ""
    return Held(uri[-80:], content, title, warning)


def _inflated(file: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of an entry, counted as they come whatever its header says."""
    if info.flag_bits & 0x1:
        raise _refused("elle est chiffrée")
    with file.open(info) as entry:
        content = entry.read(most + 1)
    if len(content) > most:
        raise _refused("un de ses fichiers est trop lourd une fois ouvert")
    return content


def _slot(entry: Element, name: str) -> str:
    value = entry.find(f"r:Slot[@name='{name}']/r:ValueList/r:Value", N)
    return (value.text or "").strip()[:200] if value is not None else ""


def _title(entry: Element) -> str:
    said = entry.find("r:Name/r:LocalizedString", N)
    return (said.get("value") or "")[:120] if said is not None else ""


def _refused(why: str) -> Refused:
    return Refused(f"Cette archive IHE_XDM n’est pas lue : {why}.", field="file", code="xdm")
