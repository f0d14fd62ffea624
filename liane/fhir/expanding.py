"""``$expand``: the codes of a value set, of R4 or of a guide that was loaded."""

from typing import Any

from liane.core.ids import uuid7
from liane.core.text import normalise
from liane.fhir import guides, reading
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.operations import Operation, Target, parameters, text, whole
from liane.fhir.outcomes import problem
from liane.fhir.writing import Writer

Json = dict[str, Any]
MOST = 1_000


def expand(call: Call, target: Target, on: Writer) -> Answer:
    """The expansion. Parameters: ``url``, ``filter``, ``count``, ``offset``."""
    from django.utils import timezone

    given = parameters(call)
    url = text(given, "url").split("|")[0]
    if not url:
        raise problem(400, "Say which value set: url.", code="required", where="http.url")
    found = guides.expansion(url)
    if found is None:
        raise problem(
            404, "This value set is not known here, or its codes are not listed.",
            code="not-found", where="http.url",
        )  # fmt: skip
    words = normalise(text(given, "filter"))
    codes = [
        {"system": system, "code": code} | ({"display": display} if display else {})
        for system, code, display in found.codes
        if not words or words in normalise(f"{code} {display}")
    ]
    start = whole(given, "offset", 0, 1_000_000)
    count = whole(given, "count", MOST, MOST)
    body: Json = {
        "resourceType": "ValueSet",
        "url": url,
        "status": "active",
        **({"title": found.title} if found.title else {}),
        "expansion": {
            "identifier": f"urn:uuid:{uuid7()}",
            "timestamp": reading.instant(timezone.now()),
            "total": len(codes),
            "offset": start,
            "contains": codes[start : start + count],
        },
    }
    return Answer(200, body)


EXPAND = Operation(
    "expand",
    "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
    frozenset({"type"}),
    expand,
    frozenset({"ValueSet"}),
)
