"""PDF files from templates: paged, tagged for readers of screens, closed to the outside.

A document's template extends ``pdf/base.html``. Nothing is ever fetched: no address of a page, a
style or an image is followed. WeasyPrint needs the Pango library of the system; where it is missing
the start says so (``liane.W004``) and :func:`render` raises :class:`PdfUnavailable`.
"""

import ctypes
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.template.loader import render_to_string

STYLE = Path(__file__).with_name("pdf.css")
LARGEST = 4_000_000
"""Characters of markup beyond which no PDF is made: about two thousand pages."""
MISSING = (
    "WeasyPrint cannot find the Pango library: PDF files cannot be made."
    " Install it (Debian: apt install libpango-1.0-0 libpangoft2-1.0-0)."
)


class PdfUnavailable(RuntimeError):
    """No PDF can be made on this machine."""


@lru_cache(maxsize=1)
def available() -> bool:
    """True where PDF files can be made."""
    for library in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0"):
        try:
            ctypes.CDLL(library)
        except OSError:
            return _imports()
    return True


def _imports() -> bool:
    """The slow answer (1 s), where libraries are named otherwise."""
    try:
        import weasyprint  # noqa: F401
    except (OSError, ImportError):
        return False
    return True


def render(template: str, context: Mapping[str, Any]) -> bytes:
    """The PDF (PDF/UA-1: tagged, titled) of a template. It takes 0.1 to 2 s: call it from a task.

    Raises :class:`PdfUnavailable` without Pango, ValueError beyond :data:`LARGEST`.
    """
    if not available():
        raise PdfUnavailable(MISSING)
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    class Nowhere(URLFetcher):  # type: ignore[misc]
        """Fetches nothing, whatever the address."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """Refuse."""
            raise ValueError("A PDF of Liane fetches nothing.")

    markup = render_to_string(template, dict(context))
    if len(markup) > LARGEST:
        raise ValueError(f"A document of {len(markup)} characters is too long for a PDF.")
    document = HTML(string=markup, url_fetcher=Nowhere())
    style = CSS(string=STYLE.read_text(encoding="utf-8"), url_fetcher=Nowhere())
    made: bytes = document.write_pdf(stylesheets=[style], pdf_variant="pdf/ua-1")
    return made


@register(Tags.compatibility)
def pango_is_there(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W004: no Pango, so no PDF."""
    return [] if available() else [Warning(MISSING, id="liane.W004")]
