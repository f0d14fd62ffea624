"""Invariants that R4 writes in FHIRPath, over the elements that have them.

The commonest are written here as code, for they run at each write; the others are evaluated by the
FHIRPath engine. An expression that the engine cannot evaluate says nothing.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from liane.fhir import fhirpath, spec
from liane.fhir.outcomes import Issue
from liane.fhir.search import values

Json = dict[str, Any]
Holds = Callable[[Json, Json], bool]
MOST = 100
"""Faults told of one resource."""


def _period(value: Json, whole: Json) -> bool:
    try:
        return values.span(value["start"]).start < values.span(value["end"]).end
    except (KeyError, TypeError, ValueError, OverflowError):
        return True


def _reference(value: Json, whole: Json) -> bool:
    text = value.get("reference")
    if not isinstance(text, str) or not text.startswith("#") or text == "#":
        return True
    return any(
        isinstance(one, dict) and f"#{one.get('id')}" == text for one in whole.get("contained", [])
    )


def _needs(name: str, *others: str) -> Holds:
    """Where ``name`` is there, one of ``others`` is."""
    return lambda value, whole: name not in value or any(one in value for one in others)


NATIVE: dict[str, Holds] = {
    "per-1": _period,
    "ref-1": _reference,
    "cpt-2": _needs("value", "system"),
    "qty-3": _needs("code", "system"),
    "att-1": lambda value, whole: "data" not in value or "contentType" in value,
    "pat-1": lambda value, whole: any(
        one in value for one in ("name", "telecom", "address", "organization")
    ),
}


@cache
def _kinds_with_rules() -> frozenset[str]:
    """Types that have rules, or whose elements do, at any depth."""
    found = {
        kind
        for kind, one in spec.types().items()
        if one.get("rules") or any(inner.get("rules") for inner in one.get("el", {}).values())
    }
    while True:
        more = {
            kind
            for kind, one in spec.types().items()
            if kind not in found
            and any(
                code in found for inner in one.get("el", {}).values() for code in inner["types"]
            )
        }
        if not more:
            return frozenset(found)
        found |= more


@cache
def _members(kind: str) -> dict[str, tuple[str, list[list[str]]]]:
    """Elements by the name that they have in JSON: (type, rules of the element)."""
    found: dict[str, tuple[str, list[list[str]]]] = {}
    for name, one in spec.types()[kind]["el"].items():
        for code in one["types"]:
            full = name.replace("[x]", f"{code[0].upper()}{code[1:]}")
            worth = code in _kinds_with_rules() or code in ("Resource", "DomainResource")
            if one.get("rules") or worth:
                found[full] = (code, one.get("rules", []))
    return found


def faults(body: Json) -> Iterator[Issue]:
    """The rules of R4 that a resource breaks."""
    found: list[Issue] = []
    kind = str(body.get("resourceType"))
    _object(body, kind, kind, body, found)
    _contained(body, kind, found)
    return iter(found[:MOST])


def _object(value: Json, kind: str, where: str, whole: Json, found: list[Issue]) -> None:
    if len(found) >= MOST:
        return
    _check(spec.types()[kind].get("rules", []), value, where, whole, found)
    members = _members(kind)
    for name, inner in value.items():
        member = members.get(name)
        if member is None:
            continue
        code, own = member
        items = inner if isinstance(inner, list) else [inner]
        for number, item in enumerate(items):
            at = f"{where}.{name}[{number}]" if isinstance(inner, list) else f"{where}.{name}"
            if own:
                _check(own, item, at, whole, found)
            if not isinstance(item, dict):
                continue
            if code in ("Resource", "DomainResource"):
                inside = item.get("resourceType")
                if inside in spec.resource_names():
                    _object(item, inside, at, item if name != "contained" else whole, found)
            elif spec.types()[code]["kind"] != "primitive":
                _object(item, code, at, whole, found)


def _check(rules: list[list[str]], value: Any, where: str, whole: Json, found: list[Issue]) -> None:
    for key, severity, expression, words in rules:
        native = NATIVE.get(key)
        if native is not None:
            holds = not isinstance(value, dict) or native(value, whole)
        else:
            holds = satisfied(expression, value, whole)
        if not holds:
            level = "error" if severity == "error" else "warning"
            found.append(Issue(f"{words} ({key})", "invariant", where, level))


def satisfied(expression: str, value: Any, whole: Json) -> bool:
    """False where a FHIRPath rule says false; true where it cannot be evaluated."""
    try:
        answer = fhirpath.evaluate(expression, value, resource=whole, rootResource=whole)
    except Exception:
        return True
    return not (len(answer) == 1 and answer[0] is False)


def _contained(body: Json, kind: str, found: list[Issue]) -> None:
    """dom-2 to dom-5: what a contained resource must not hold, and that it is referred to."""
    inside = [one for one in body.get("contained", []) if isinstance(one, dict)]
    if not inside:
        return
    named = set(_references(body))
    for number, one in enumerate(inside):
        where = f"{kind}.contained[{number}]"
        if "contained" in one:
            found.append(Issue("A contained resource contains none (dom-2).", "invariant", where))
        meta = one.get("meta") or {}
        if "versionId" in meta or "lastUpdated" in meta:
            words = "A contained resource has no version nor date (dom-4)."
            found.append(Issue(words, "invariant", f"{where}.meta"))
        if "security" in meta:
            words = "A contained resource has no security label (dom-5)."
            found.append(Issue(words, "invariant", f"{where}.meta"))
        if f"#{one.get('id')}" not in named and "#" not in set(_references(one)):
            words = "A contained resource is referred to (dom-3)."
            found.append(Issue(words, "invariant", where, "warning"))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and inner.startswith("#"):
                yield inner
            elif name != "text":
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
