"""Returns of the payer sent as FHIR: the same import as that of the pages, each statement once."""

from typing import Any

from liane.bundles.models import Return
from liane.bundles.returns import importing
from liane.fhir import wire
from liane.fhir.outcomes import Issue, Problem

Json = dict[str, Any]


def receive(body: Json) -> tuple[Return, importing.Report]:
    """Keep what the payer says. All of it is understood, or nothing is kept (Problem 422)."""
    kind = str(body["resourceType"])
    report = importing.receive(wire.canonical(body), f"{kind}.json")
    if report.problems:
        raise Problem(
            422, *(Issue(what, "business-rule", f"{kind}{_place(where, kind)}")
                   for where, what in report.problems[:20])
        )  # fmt: skip
    return report.file, report


def _place(where: str, kind: str) -> str:
    return where.removeprefix(kind)
