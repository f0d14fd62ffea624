"""Walking a published CapabilityStatement: all that it lists is called, or refused on purpose.

A test module of a guide gives, by hand, what answers to each line of the statement; a line that is
neither called nor said to be left out fails, so does one left out that the server now does.
"""

import json
from collections.abc import Iterator
from typing import Any

from liane.fhir.tests.api import Api, shared

Json = dict[str, Any]
Line = tuple[str, str]
METHODS = {
    "create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE",
}  # fmt: skip


def replaced(name: str, words: dict[str, str]) -> Json:
    """A published example, with words replaced by others (references of the sender by ours)."""
    text = shared(f"examples/{name}").read_text()
    for old, new in words.items():
        text = text.replace(old, new)
    found: Json = json.loads(text)
    return found


def listed(name: str) -> list[Line]:
    """Every line of a server's statement: (type, interaction), (type, ``?parameter``),
    (type, ``_include=…``), and ("", system interaction)."""
    statement = json.loads(shared(f"definitions/{name}").read_text())
    return sorted(set(_lines(statement)))


def _lines(statement: Json) -> Iterator[Line]:
    for rest in statement["rest"]:
        yield from (("", one["code"]) for one in rest.get("interaction", []))
        for one in rest["resource"]:
            kind = one["type"]
            yield from ((kind, each["code"]) for each in one.get("interaction", []))
            yield from ((kind, f"?{each['name']}") for each in one.get("searchParam", []))
            yield from ((kind, f"_include={each}") for each in one.get("searchInclude", []))
            yield from ((kind, f"_revinclude={each}") for each in one.get("searchRevInclude", []))
            for flag in ("conditionalCreate", "conditionalUpdate"):
                if one.get(flag):
                    yield kind, flag
            if one.get("conditionalDelete", "not-supported") != "not-supported":
                yield kind, "conditionalDelete"


def refused(api: Api, line: Line, key: str = "00000000-0000-0000-0000-000000000000") -> bool:
    """True when the server says that it does not do this (404 for a type, 405, 400 in strict)."""
    kind, what = line
    if what.startswith("?"):
        path = f"{kind}?{what[1:]}=1"
        return api.get(path, prefer="handling=strict").status in {400, 404, 405}
    if what in METHODS:
        path = kind if what == "create" else f"{kind}/{key}"
        body = {"resourceType": kind, "id": key}
        return api.call(METHODS[what], path, body).status in {404, 405}
    path = {"read": f"{kind}/{key}", "search-type": kind}[what]
    return api.get(path).status in {404, 405}
