"""What FHIR R4 says, compact: types, search, value sets. Made by ``scripts/fhir_spec.py``.

Read once in each process, when first asked; nothing may change what these functions return.
"""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
VERSION = "4.0.1"
FOLDER = Path(__file__).parent


def _read(name: str) -> Json:
    found: Json = json.loads(gzip.decompress((FOLDER / name).read_bytes()))
    return found


@cache
def types() -> Json:
    """Types by name, backbone elements by path (``Patient.contact``).

    ``kind`` is primitive, complex, backbone or resource; ``el`` gives elements in the order of XML
    (``min``, ``max``, ``types``, ``targets`` of a Reference, ``bind`` = [strength, value set],
    ``sum``mary, ``mod``ifier, ``rules``); ``rules`` are [key, severity, FHIRPath, words].
    """
    return _read("types.json.gz")


@cache
def search() -> Json:
    """Search parameters: resource type → code → ``type``, ``path`` (FHIRPath), ``targets``."""
    return _read("search.json.gz")


@cache
def value_sets() -> Json:
    """Value sets bound by R4 whose codes are listed whole: url → ``title``, ``systems``."""
    return _read("valuesets.json.gz")


@cache
def resource_names() -> frozenset[str]:
    """Every concrete resource type of R4."""
    return frozenset(
        name
        for name, one in types().items()
        if one["kind"] == "resource" and not one.get("abstract")
    )


@cache
def codes(value_set: str) -> frozenset[str]:
    """Every code of a value set, whatever its system; empty when it is not listed whole."""
    found = value_sets().get(value_set, {}).get("systems", {})
    return frozenset(code for systems in found.values() for code in systems)
