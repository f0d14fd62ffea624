"""Errors as FHIR tells them: an OperationOutcome that says what, where and how to mend it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from liane.core.errors import Refused

STATUS = {
    "not-allowed": 403,
    "conflict": 409,
    "replayed": 422,
    "known": 409,
    "lookalike": 409,
    "already": 409,
}
"""HTTP status of a verb's refusal, by its code; 422 for the others."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to say. ``where``: FHIRPath of the element, or ``http.<header or parameter>``."""

    text: str
    code: str = "invalid"
    where: str = ""
    severity: str = "error"

    def as_json(self) -> dict[str, Any]:
        """The issue as FHIR writes it."""
        made: dict[str, Any] = {
            "severity": self.severity,
            "code": self.code,
            "details": {"text": self.text},
        }
        if self.where:
            made["expression"] = [self.where]
        return made


class Problem(Exception):
    """An interaction that ends here, with an HTTP status and one or more issues."""

    def __init__(self, status: int, *issues: Issue, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.issues, self.headers = status, issues, headers or {}


def problem(status: int, text: str, *, code: str = "invalid", where: str = "") -> Problem:
    """A problem with one issue."""
    return Problem(status, Issue(text, code, where))


def not_found() -> Problem:
    """Out of reach, or not there: the same answer."""
    return problem(404, "This resource does not exist, or is out of reach.", code="not-found")


def forbidden(text: str = "The scopes of this token do not allow it.") -> Problem:
    """The token or the role does not allow it, and that is no secret."""
    return problem(403, text, code="forbidden")


def unprocessable(text: str, where: str, code: str = "business-rule") -> Problem:
    """The resource is well formed, and cannot be taken."""
    return problem(422, text, code=code, where=where)


def from_refusal(refusal: Refused, where: str = "") -> Problem:
    """A verb's refusal, in its own words."""
    status = STATUS.get(refusal.code, 422)
    code = {403: "forbidden", 409: "conflict"}.get(status, "business-rule")
    if refusal.code in {"known", "lookalike", "already"}:
        code = "duplicate"
    return problem(status, refusal.message, code=code, where=where)


def outcome(issues: Sequence[Issue] | Iterable[Issue]) -> dict[str, Any]:
    """The OperationOutcome of these issues."""
    said = [issue.as_json() for issue in issues]
    if not said:
        said = [Issue("OK", "informational", severity="information").as_json()]
    return {"resourceType": "OperationOutcome", "issue": said}
