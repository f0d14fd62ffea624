"""FHIRPath over received resources: compiled once, bounded, failing on nothing that is sent."""

import functools
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from liane.fhir.outcomes import problem

SHORT = 300
"""Characters of an expression that a client wrote."""
COSTLY = re.compile(r"matches|repeat|descendants|replaceMatches|aggregate|resolve|trace|all\b")
"""Functions whose cost is not bounded by the size of the resource."""


@lru_cache(maxsize=2_048)
def _ready(path: str) -> Callable[..., Any]:
    found: Callable[..., Any] = fhirpathpy.compile(path, model=models["r4"])
    return found


def evaluate(path: str, body: Any, **context: Any) -> list[Any]:
    """What an expression of ours gives. Raises whatever the engine raises."""
    found = _ready(path)(body, context) if context else _ready(path)(body)
    return found if isinstance(found, list) else [found]


def compiled(path: str) -> Callable[[Any], list[Any]]:
    """An expression that a client wrote. Raises Problem 400 where it cannot be evaluated."""
    refused = problem(400, "This FHIRPath expression is not understood.", code="value")
    if len(path) > SHORT or COSTLY.search(path):
        raise refused
    try:
        ready = _ready(path)
    except Exception:
        raise refused from None
    return functools.partial(_run, ready, refused)


def _run(ready: Callable[..., Any], refused: Exception, body: Any) -> list[Any]:
    try:
        found = ready(body)
    except Exception:
        raise refused from None
    return found if isinstance(found, list) else [found]
