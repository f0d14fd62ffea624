"""Answers: a resource or an outcome, its format and headers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from liane.fhir import wire
from liane.fhir.outcomes import Problem, outcome

JSON = "application/fhir+json"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@dataclass
class Answer:
    """What to send: a status, a resource (or nothing), and headers."""

    status: int
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def of_problem(reason: Problem) -> Answer:
    """The outcome that tells a problem."""
    return Answer(reason.status, outcome(reason.issues), reason.headers)


def send(answer: Answer, *, pretty: bool = False) -> HttpResponse:
    """The HTTP answer."""
    content = b"" if answer.body is None else wire.dump(answer.body, pretty=pretty)
    response = HttpResponse(content, status=answer.status, content_type=f"{JSON}; charset=utf-8")
    for name, value in {**HEADERS, **answer.headers}.items():
        response.headers[name] = value
    return response
