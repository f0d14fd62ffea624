"""A CDA document as a file that anybody opens: what it wraps, or its words drawn."""

from typing import Any

from django.utils.html import strip_tags

from liane.core import pdf
from liane.exchange.cda import reading

SUFFIXES = {
    "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "text/plain": "txt",
}  # fmt: skip


def readable(read: reading.Document) -> tuple[bytes, str]:
    """(content, media type): the file wrapped, else a PDF of the words (a text without Pango)."""
    if read.wrapped is not None:
        return read.wrapped.content, read.wrapped.media_type
    if pdf.available():
        context: dict[str, Any] = {"read": read}
        return pdf.render("exchange/received/pdf.html", context), "application/pdf"
    return _plain(read).encode(), "text/plain"


def _plain(read: reading.Document) -> str:
    parts = [read.title, f"{read.author}, {read.house}"]
    parts += [f"{one.title}\n{strip_tags(one.markup)}" for one in read.sections]
    return "\n\n".join(parts)
