"""Is a received resource what it says it is? Structure, then rules; each fault with its place."""

from collections.abc import Sequence
from typing import Any

from liane.fhir.outcomes import Issue, Problem
from liane.fhir.validation import profiles as claims
from liane.fhir.validation import rules, structure

Json = dict[str, Any]
MOST = 50
"""Faults told at once."""


def check(body: Json, kind: str) -> None:
    """Raise Problem unless ``body`` is a valid resource of this kind.

    400 where it is not even of that kind; 422 with every fault found otherwise.
    """
    said = body.get("resourceType")
    if said != kind:
        words = f"A resource of type {kind} is expected here" + (
            f", not {str(said)[:60]}." if said else ": resourceType is missing."
        )
        raise Problem(400, Issue(words, "structure", "resourceType"))
    found = problems(body)
    if any(one.severity == "error" for one in found):
        raise Problem(422, *found[:MOST])


def problems(body: Json, *, profiles: Sequence[str] = ()) -> Sequence[Issue]:
    """Everything that is wrong with a resource; ``profiles``: others than those it claims.

    Rules and profiles are looked at once the structure is right: they would read nonsense.
    """
    found = list(structure.faults(body))
    if found:
        return found
    found += rules.faults(body)
    claimed = (body.get("meta") or {}).get("profile") or []
    wanted = [*profiles, *(one for one in claimed if isinstance(one, str))]
    return [*found, *claims.faults(body, wanted)] if wanted else found
