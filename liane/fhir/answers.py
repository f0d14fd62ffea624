"""Answers: a resource or an outcome, its format and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from liane.fhir import wire, xml
from liane.fhir.outcomes import Problem, outcome, problem

JSON, XML = "application/fhir+json", "application/fhir+xml"
JSONS = frozenset({JSON, "application/json", "text/json", "json"})
XMLS = frozenset({XML, "application/xml", "text/xml", "xml"})
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True)
class Format:
    """How an answer is written."""

    xml: bool = False
    pretty: bool = False


@dataclass
class Answer:
    """What to send: a status, a resource (or nothing), and headers.

    ``content`` and ``content_type`` replace the resource for what is not FHIR (a Binary).
    """

    status: int
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    content_type: str = ""


def wanted(query: list[tuple[str, str]], accept: str) -> Format:
    """``_format``, else ``Accept``, and ``_pretty``. Raises Problem 406."""
    asked = dict(query)
    pretty = asked.get("_pretty") == "true"
    if asked.get("_format"):
        name = asked["_format"].split(";")[0].strip().replace(" ", "+").lower()
        if name in JSONS | XMLS:
            return Format(name in XMLS, pretty)
        raise problem(406, "Formats: json, xml.", code="not-supported", where="http._format")
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    for name in kinds:
        if name in JSONS or name in {"*/*", "application/*"}:
            return Format(False, pretty)
        if name in XMLS:
            return Format(True, pretty)
    return Format(False, pretty)


def native(accept: str) -> bool:
    """True for who asks for no form of FHIR, but for what a Binary carries."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    return bool(kinds) and kinds[0] not in JSONS | XMLS | {"*/*", "application/*"}


def of_problem(reason: Problem) -> Answer:
    """The outcome that tells a problem."""
    return Answer(reason.status, outcome(reason.issues), reason.headers)


def send(answer: Answer, format: Format) -> HttpResponse:
    """The HTTP answer."""
    if answer.content is not None:
        content, kind = answer.content, answer.content_type
    elif answer.body is None:
        content, kind = b"", f"{JSON}; charset=utf-8"
    elif format.xml:
        content, kind = xml.dump(answer.body, pretty=format.pretty), f"{XML}; charset=utf-8"
    else:
        content, kind = wire.dump(answer.body, pretty=format.pretty), f"{JSON}; charset=utf-8"
    response = HttpResponse(content, status=answer.status, content_type=kind)
    for name, value in {**HEADERS, **answer.headers}.items():
        response.headers[name] = value
    return response
