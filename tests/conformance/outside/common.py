"""What each script here is told, and says: one line a step, and ``DONE`` at the end."""

import json
import os
from typing import Any

FHIR = os.environ["FHIR"]
TOKEN = os.environ["TOKEN"]
KNOWN: list[str] = json.loads(os.environ["KNOWN"])
"""Identifiers of the persons that the caller reads, as a plain HTTP client saw them."""


def step(words: str, *, right: bool, seen: Any = "") -> None:
    """Say a step. Raises SystemExit when it is not right."""
    print(f"{'ok ' if right else 'NOT'} {words}" + ("" if right else f": {seen}"), flush=True)
    if not right:
        raise SystemExit(1)


def relative(person: str, who: str) -> dict[str, Any]:
    """A relative to create."""
    return {
        "resourceType": "RelatedPerson",
        "extension": [{"url": "http://example.org/pet", "valueString": "chat"}],
        "identifier": [{"system": "urn:conformance", "value": who}],
        "patient": {"reference": f"Patient/{person}"},
        "name": [{"family": "Dupont", "given": [who.title()]}],
        "telecom": [{"system": "phone", "value": "0612345678"}],
    }


def same(sent: dict[str, Any], read: dict[str, Any]) -> bool:
    """What was sent is all there, as it was sent."""
    return all(read.get(name) == value for name, value in sent.items())
