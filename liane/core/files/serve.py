"""Giving a stored file to a browser, inert: the only way out of the vault through a page.

The view that calls :func:`file_response` has checked the reader's right and noted the read.
"""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from liane.core.files import store
from liane.core.models import StoredFile

SHOWN = frozenset(
    {
        "image/jpeg", "image/png", "text/plain",
        "audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/wav",
    }
)  # fmt: skip
"""Types a browser may show in the page. A PDF is downloaded: viewers do not run sandboxed."""
POLICY = "sandbox; default-src 'none'"


def file_response(
    stored: StoredFile,
    *,
    inline: bool,
    thumbnail: bool = False,
    request: HttpRequest | None = None,
) -> HttpResponse:
    """The file with headers that keep it from acting or being kept by the browser.

    ``request`` lets players ask for a part of it. Raises Http404 for what is in quarantine or
    refused, and for a thumbnail that does not exist.
    """
    if stored.state != StoredFile.State.SAFE or (thumbnail and not stored.has_thumbnail):
        raise Http404
    content = store.read_file(stored, thumbnail=thumbnail)
    shown_type = "image/jpeg" if thumbnail else stored.content_type
    response = _whole_or_part(content, request)
    charset = "; charset=utf-8" if shown_type == "text/plain" else ""
    response.headers["Content-Type"] = shown_type + charset
    attached = not (inline and shown_type in SHOWN)
    disposition = content_disposition_header(attached, stored.name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _whole_or_part(content: bytes, request: HttpRequest | None) -> HttpResponse:
    asked = request.headers.get("Range", "") if request is not None else ""
    match = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", asked)
    if match is None:
        response = HttpResponse(content)
    else:
        start = int(match[1])
        end = min(int(match[2] or len(content) - 1), len(content) - 1)
        if start > end:
            response = HttpResponse(status=416)
            response.headers["Content-Range"] = f"bytes */{len(content)}"
            return response
        response = HttpResponse(content[start : end + 1], status=206)
        response.headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    response.headers["Accept-Ranges"] = "bytes"
    return response
