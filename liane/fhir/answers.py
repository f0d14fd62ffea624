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
ANY = frozenset({"*/*", "application/*"})
VERSIONS = frozenset({"4.0", "4.0.1"})
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
    version: str = ""
    """The ``fhirVersion`` that was asked for: the answer says it again."""
    accepted: bool = True
    """False where the caller reads no form of FHIR R4: only what a Binary carries is left."""

    @property
    def kind(self) -> str:
        """The ``Content-Type`` of a resource."""
        said = f"; fhirVersion={self.version}" if self.version else ""
        return f"{XML if self.xml else JSON}{said}; charset=utf-8"


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
    """``_format``, else what ``Accept`` likes best, and ``_pretty``. Raises Problem 406."""
    asked = dict(query)
    pretty = asked.get("_pretty") == "true"
    if asked.get("_format"):
        name = asked["_format"].split(";")[0].strip().replace(" ", "+").lower()
        if name in JSONS | XMLS:
            return Format(name in XMLS, pretty)
        raise problem(406, "Formats: json, xml.", code="not-supported", where="http._format")
    read = [one for one in map(_range, accept.split(",")) if one is not None]
    if read:
        _, xml_first, version = max(read, key=lambda one: one[0])
        return Format(xml_first, pretty, version)
    return Format(False, pretty, accepted=not accept.strip())


def _range(part: str) -> tuple[float, bool, str] | None:
    """(quality, XML, ``fhirVersion``) of one part of ``Accept``; None for what is not served."""
    name, *more = (one.strip().lower() for one in part.split(";"))
    said = dict(one.partition("=")[::2] for one in more)
    version = said.get("fhirversion", "").strip('"')
    if name not in JSONS | XMLS | ANY or (version and version not in VERSIONS):
        return None
    try:
        quality = float(said.get("q", "1"))
    except ValueError:
        quality = 1.0
    return (quality, name in XMLS, version) if quality > 0 else None


def native(accept: str) -> bool:
    """True for who asks for no form of FHIR, but for what a Binary carries."""
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",") if part.strip()]
    return bool(kinds) and kinds[0] not in JSONS | XMLS | ANY


def of_problem(reason: Problem) -> Answer:
    """The outcome that tells a problem."""
    return Answer(reason.status, outcome(reason.issues), reason.headers)


def send(answer: Answer, format: Format) -> HttpResponse:
    """The HTTP answer."""
    if answer.content is not None:
        content, kind = answer.content, answer.content_type
    elif answer.body is None:
        content, kind = b"", format.kind
    elif format.xml:
        content, kind = xml.dump(answer.body, pretty=format.pretty), format.kind
    else:
        content, kind = wire.dump(answer.body, pretty=format.pretty), format.kind
    response = HttpResponse(content, status=answer.status, content_type=kind)
    for name, value in {**HEADERS, **answer.headers}.items():
        response.headers[name] = value
    return response
