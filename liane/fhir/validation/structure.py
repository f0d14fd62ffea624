"""Structure of R4: elements that exist, how many, of which type, and codes of required bindings.

Each type is compiled once into closures; a resource is walked once, nothing is built for what is
right. Rules that R4 writes in FHIRPath but that every element shares (ele-1, ext-1) are here.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from liane.fhir import spec
from liane.fhir.outcomes import Issue

Check = Callable[[Any, str, list[Issue]], None]
Json = dict[str, Any]
DEEPEST = 40
MOST = 200
"""Faults looked for in one resource."""
_PLAIN_TEXT = frozenset({"string", "markdown", "xhtml"})
_FORMS = {
    "id": r"[A-Za-z0-9\-\.]{1,64}",
    "code": r"[^\s]+(\s[^\s]+)*",
    "uri": r"\S*",
    "url": r"\S*",
    "canonical": r"\S*",
    "oid": r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+",
    "uuid": r"urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "base64Binary": r"[0-9a-zA-Z+/=\s]*",
    "date": r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?",
    "dateTime": r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?",
    "instant": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)"
    r"(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))",
    "time": r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?",
}
"""Forms of the primitives that are texts, as R4 writes them (anchored)."""
_RANGES = {
    "integer": (-(2**31), 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
}


def faults(body: Json) -> Iterator[Issue]:
    """What is wrong with the structure of a resource."""
    found: list[Issue] = []
    resource(body, str(body.get("resourceType", "")), found)
    return iter(found[:MOST])


def resource(value: Any, where: str, found: list[Issue], depth: int = 0) -> None:
    """A resource, contained or not."""
    if not isinstance(value, dict):
        found.append(Issue("A resource is a JSON object.", "structure", where))
        return
    kind = value.get("resourceType")
    if not isinstance(kind, str) or kind not in spec.resource_names():
        found.append(Issue("This resource type does not exist in R4.", "structure", where))
        return
    _object(kind)(value, where, found)


def _say(found: list[Issue], text: str, where: str, code: str = "structure") -> None:
    if len(found) < MOST:
        found.append(Issue(text, code, where))


@cache
def _object(kind: str) -> Check:
    """The check of a complex type, a backbone element or a resource."""
    described = spec.types()[kind]
    is_resource = described["kind"] == "resource"
    members: dict[str, tuple[str, str, bool]] = {}
    required: list[tuple[str, tuple[str, ...]]] = []
    choices: list[tuple[str, tuple[str, ...]]] = []
    bindings: dict[str, str] = {}
    for name, one in described["el"].items():
        names = []
        for code in one["types"]:
            full = name.replace("[x]", code[0].upper() + code[1:]) if "[x]" in name else name
            members[full] = (name, code, one["max"] not in ("0", "1"))
            names.append(full)
            if one.get("bind", [""])[0] == "required":
                bindings[full] = one["bind"][1]
        if one["min"]:
            required.append((name, tuple(names)))
        if len(names) > 1:
            choices.append((name, tuple(names)))
    checks: dict[str, Check] = {}

    def check_of(full: str) -> Check:
        made = checks.get(full)
        if made is None:
            _, code, many = members[full]
            made = _element(code, many, bindings.get(full, ""), kind)
            checks[full] = made
        return made

    def check(value: Any, where: str, found: list[Issue]) -> None:
        if not isinstance(value, dict):
            _say(found, f"An object ({kind}) is expected.", where)
            return
        if len(where) > 2_000 or where.count(".") > DEEPEST:
            _say(found, "Nested too deeply.", where[:200])
            return
        if not value:
            _say(found, "An element has a value or children (ele-1).", where, "invariant")
        for name, inner in value.items():
            if name in members:
                check_of(name)(inner, f"{where}.{name}", found)
            elif name == "resourceType" and is_resource:
                continue
            elif name.startswith("_") and _is_primitive(members.get(name[1:])):
                _beside(
                    inner, value.get(name[1:]), members[name[1:]][2], f"{where}.{name[1:]}", found
                )
            else:
                _say(found, f"The element '{name[:60]}' does not exist in {kind}.", where)
        for name, names in required:
            if not any(one in value or f"_{one}" in value for one in names):
                _say(found, f"The element '{name}' is required.", f"{where}.{name}", "required")
        for name, names in choices:
            if sum(1 for one in names if one in value) > 1:
                _say(found, f"Only one of '{name}' may be there.", f"{where}.{name}")
        if kind == "Extension" and ("extension" in value) == any(
            one.startswith(("value", "_value")) for one in value
        ):
            _say(found, "An extension has a value or extensions, not both (ext-1).", where,
                 "invariant")  # fmt: skip

    return check


def _is_primitive(member: tuple[str, str, bool] | None) -> bool:
    return member is not None and spec.types()[member[1]]["kind"] == "primitive"


@cache
def _element(code: str, many: bool, binding: str, owner: str) -> Check:
    """The check of one element: its list when it repeats, its type, its codes."""
    one = _one(code, binding)
    if not many:

        def single(value: Any, where: str, found: list[Issue]) -> None:
            if isinstance(value, list):
                _say(found, "One value is expected, not a list.", where)
            else:
                one(value, where, found)

        return single
    primitive = spec.types().get(code, {}).get("kind") == "primitive"

    def several(value: Any, where: str, found: list[Issue]) -> None:
        if not isinstance(value, list):
            _say(found, "A list is expected.", where)
            return
        if not value:
            _say(found, "A list is not empty.", where)
        for number, item in enumerate(value):
            if item is None and primitive:
                continue
            one(item, f"{where}[{number}]", found)

    return several


def _one(code: str, binding: str) -> Check:
    if code in ("Resource", "DomainResource"):
        return resource
    kind = spec.types()[code]["kind"]
    codes = spec.codes(binding) if binding else frozenset()
    if kind == "primitive":
        return _primitive(code, codes if code in {"code", "string", "uri"} else frozenset())
    checked = _object(code)
    if not codes or code not in {"CodeableConcept", "Coding"}:
        return checked

    def coded(value: Any, where: str, found: list[Issue]) -> None:
        checked(value, where, found)
        _coded(value, codes, binding, where, found)

    return coded


def _coded(value: Any, codes: frozenset[str], binding: str, where: str, found: list[Issue]) -> None:
    if not isinstance(value, dict):
        return
    coding = value.get("coding", [value] if "code" in value else [])
    said = [one.get("code") for one in coding if isinstance(one, dict)]
    if said and not any(one in codes for one in said):
        _say(found, f"None of these codes is in the value set {binding}.", where, "code-invalid")


def _beside(value: Any, plain: Any, many: bool, where: str, found: list[Issue]) -> None:
    """``_name``: identifiers and extensions of a primitive."""
    if many:
        if not isinstance(value, list) or (isinstance(plain, list) and len(plain) != len(value)):
            _say(found, "Extensions of a list are a list of the same length.", where)
            return
        items = [one for one in value if one is not None]
    else:
        items = [value]
    for item in items:
        _object("Element")(item, where, found)


@cache
def _primitive(code: str, codes: frozenset[str]) -> Check:
    """The check of a primitive, and of its codes."""
    if code == "boolean":
        return _boolean
    if code in _RANGES:
        return _whole(code)
    if code == "decimal":
        return _decimal
    pattern = re.compile(_FORMS[code]) if code in _FORMS else None
    matches = pattern.fullmatch if pattern is not None else None

    def text(value: Any, where: str, found: list[Issue]) -> None:
        if not isinstance(value, str):
            _say(found, f"A text ({code}) is expected.", where)
        elif not value or (code in _PLAIN_TEXT and not value.strip()):
            _say(found, "A text is not empty.", where, "value")
        elif matches is not None and matches(value) is None:
            _say(found, f"This is not a valid {code}.", where, "value")
        elif len(value) > 1_048_576 and code != "base64Binary":
            _say(found, "A text is not longer than 1 MB.", where, "value")
        elif codes and value not in codes:
            _say(
                found,
                f"'{value[:60]}' is not one of the codes allowed here.",
                where,
                "code-invalid",
            )

    return text


def _boolean(value: Any, where: str, found: list[Issue]) -> None:
    if not isinstance(value, bool):
        _say(found, "true or false is expected.", where, "value")


def _decimal(value: Any, where: str, found: list[Issue]) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        _say(found, "A number is expected.", where, "value")


def _whole(code: str) -> Check:
    low, high = _RANGES[code]

    def check(value: Any, where: str, found: list[Issue]) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            _say(found, f"A whole number ({code}) is expected.", where, "value")

    return check
