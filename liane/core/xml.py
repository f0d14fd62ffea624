"""Reading XML that somebody else wrote: no document type, no entity, no fetching, bounded.

``parse`` refuses before the parser sees anything that declares a document type, whatever the
encoding, so that no entity, bomb or outside file is ever followed.
"""

import codecs
import re

from lxml import etree

from liane.core.errors import Refused

LARGEST = 30_000_000
"""Bytes."""
MOST_ELEMENTS = 200_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENCODINGS = frozenset({"utf-8", "iso8859-1", "iso8859-15", "cp1252", "ascii", "utf-16"})
_PROLOGUE = re.compile(r"^\s*<\?xml.*?\?>", re.S)


def parse(content: bytes, *, what: str = "Ce fichier") -> etree._Element:
    """The root of an XML document. Raises :class:`Refused` for what is not sound, plain XML."""
    if len(content) > LARGEST:
        raise _refused(f"{what} dépasse {LARGEST // 1_000_000} Mo : il n’est pas lu.")
    text = _decoded(content, what)
    if "\0" in text:
        raise _refused(f"{what} n’est pas un XML lisible : son encodage est faux.")
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise _refused(f"{what} déclare un type de document ou des entités : il n’est pas lu.")
    plain = _PROLOGUE.sub("", text, count=1).strip().encode()
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(plain) > 9_000_000,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(plain, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _refused(f"{what} n’est pas un XML lisible : il est coupé ou abîmé.") from None
    if sum(1 for _, _ in zip(root.iter(), range(MOST_ELEMENTS + 1), strict=False)) > MOST_ELEMENTS:
        raise _refused(f"{what} a trop d’éléments : il n’est pas lu.")
    return root


def _decoded(content: bytes, what: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _text(content[len(mark) :], encoding, what)
    found = _DECLARED.match(content.lstrip()[:300])
    name = found[1].decode() if found else "utf-8"
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if encoding not in _ENCODINGS:
        raise _refused(f"{what} est écrit dans un encodage qui n’est pas accepté.")
    return _text(content, encoding, what)


def _text(content: bytes, encoding: str, what: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise _refused(f"{what} n’est pas un XML lisible : son encodage est faux.") from None


def _refused(message: str) -> Refused:
    return Refused(message, field="file", code="xml")


def written(root: etree._Element) -> bytes:
    """A document as bytes, UTF-8, with its prologue."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
