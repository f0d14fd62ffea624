"""Hypothesis strategies of R4: values, elements and resources that the definitions allow.

``around(base)`` puts generated elements beside those of a body that a mapper takes. Invariants are
not obeyed on purpose: some of what is drawn is refused, and must be refused well.
"""

import base64
import datetime as dt
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from liane.fhir import spec

Json = dict[str, Any]
DEEPEST = 3
LETTERS = "abcÉçœ '-.,:;/%\"\\<>&\u00a0\u2019漢😀"
TEXT = st.text(LETTERS, min_size=1, max_size=12).filter(str.strip)
CODE = st.from_regex(r"[A-Za-z0-9]{1,8}( [a-z]{1,3})?", fullmatch=True)
URI = st.from_regex(r"(http://ex\.org/|urn:x:)[a-z0-9]{1,8}", fullmatch=True)
DAY = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
MOMENT = st.datetimes(
    dt.datetime(1900, 1, 2), dt.datetime(2100, 1, 1),
    timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=2))]),
).map(lambda at: at.isoformat(timespec="seconds"))  # fmt: skip
PARTIAL = st.one_of(
    DAY.map(str), DAY.map(lambda day: str(day)[:7]), DAY.map(lambda day: str(day)[:4])
)
PRIMITIVES: dict[str, SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "unsignedInt": st.integers(0, 2**31 - 1),
    "positiveInt": st.integers(1, 2**31 - 1),
    "decimal": st.integers(-(10**9), 10**9),
    "string": TEXT,
    "markdown": TEXT,
    "code": CODE,
    "id": st.from_regex(r"[A-Za-z0-9.-]{1,64}", fullmatch=True),
    "uri": URI,
    "url": URI,
    "canonical": URI,
    "oid": st.from_regex(r"urn:oid:[0-2](\.(0|[1-9][0-9]{0,3})){1,4}", fullmatch=True),
    "uuid": st.uuids().map(lambda one: f"urn:uuid:{one}"),
    "base64Binary": st.binary(min_size=1, max_size=12).map(
        lambda raw: base64.b64encode(raw).decode()
    ),
    "date": PARTIAL,
    "dateTime": st.one_of(PARTIAL, MOMENT),
    "instant": MOMENT,
    "time": st.times().map(lambda at: at.isoformat(timespec="seconds")),
}
NAMES = {"http://hl7.org/fhirpath/System.String": "string"}
LOGICAL = st.one_of(
    st.fixed_dictionaries({"display": TEXT}),
    st.fixed_dictionaries({"identifier": st.fixed_dictionaries({"system": URI, "value": CODE})}),
)
"""References that lead nowhere here: those of the caller's own world."""
EXTENSION = st.one_of(
    st.fixed_dictionaries({"url": URI, "valueString": TEXT}),
    st.fixed_dictionaries({"url": URI, "valueDecimal": PRIMITIVES["decimal"]}),
    st.fixed_dictionaries({"url": URI, "valueCode": CODE}),
    st.fixed_dictionaries(
        {"url": URI, "extension": st.lists(
            st.fixed_dictionaries({"url": URI, "valueDate": PARTIAL}), min_size=1, max_size=2)}
    ),
)  # fmt: skip
LEFT_OUT = frozenset({"id", "meta", "text", "contained", "implicitRules", "language"})


def primitive(code: str, codes: frozenset[str] = frozenset()) -> SearchStrategy[Any]:
    """A value of a primitive type, one of ``codes`` when there are any."""
    if codes:
        return st.sampled_from(sorted(codes))
    return PRIMITIVES.get(NAMES.get(code, code), TEXT)


@cache
def element(code: str, binding: str = "", depth: int = 0) -> SearchStrategy[Any]:
    """A value of a type."""
    described = spec.types().get(code, {"kind": "primitive"})
    codes = spec.codes(binding) if binding else frozenset()
    if described["kind"] == "primitive":
        return primitive(code, codes if code in {"code", "string", "uri"} else frozenset())
    if code == "Reference":
        return LOGICAL
    if code == "Extension":
        return EXTENSION
    if code in {"CodeableConcept", "Coding"} and codes:
        coding = st.fixed_dictionaries({"code": st.sampled_from(sorted(codes))})
        if code == "Coding":
            return coding
        return st.fixed_dictionaries({"coding": st.lists(coding, min_size=1, max_size=1)})
    if code == "Narrative" or depth >= DEEPEST:
        return st.nothing()
    return members(code, frozenset(), depth).filter(bool)


@cache
def members(kind: str, taken: frozenset[str], depth: int) -> SearchStrategy[Json]:
    """Some elements of a type, the required ones always; ``taken`` are left out."""
    needed, free = {}, {}
    for name, one in spec.types()[kind]["el"].items():
        if name in LEFT_OUT or name in taken or name.removesuffix("[x]") in taken:
            continue
        found = choice(name, one, depth)
        if found is not None:
            (needed if one["min"] else free)[name] = found
    return parts(needed, free)


def choice(name: str, one: Json, depth: int) -> SearchStrategy[Json] | None:
    """An element under one of its names, alone in its object; None when nothing fits so deep."""
    bind = one.get("bind", [""])
    binding = bind[1] if bind[0] == "required" else ""
    found = []
    for code in one["types"]:
        if code in {"Resource", "DomainResource"}:
            continue
        value = element(code, binding, depth + 1)
        if value.is_empty:
            continue
        if one["max"] not in ("0", "1"):
            value = st.lists(value, min_size=1, max_size=2)
        full = name.replace("[x]", code[0].upper() + code[1:])
        found.append(st.fixed_dictionaries({full: value}))
    return st.one_of(found) if found else None


@st.composite
def parts(draw: Any, needed: Json, free: Json) -> Json:
    """What is needed, and at most three of what is free."""
    made: Json = {}
    names = draw(st.lists(st.sampled_from(sorted(free)), unique=True, max_size=3)) if free else []
    for one in [*needed.values(), *(free[name] for name in names)]:
        made |= draw(one)
    return made


def around(base: Json) -> SearchStrategy[Json]:
    """``base`` with generated elements beside its own."""
    kind = str(base["resourceType"])
    roots = frozenset(base) | {
        name for name in spec.types()[kind]["el"] for full in base
        if name.endswith("[x]") and full.startswith(name[:-3])
    }  # fmt: skip
    return members(kind, roots, 0).map(lambda more: {**more, **base})


def resource(kind: str) -> SearchStrategy[Json]:
    """A resource of this type, as the definitions alone draw it."""
    return members(kind, frozenset(), 0).map(lambda made: {"resourceType": kind, **made})


# ------------------------------------------------------------------ what is wrong
GARBAGE: SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(""), st.just([]), st.just({}), TEXT,
    st.just([None]), st.just([[]]), st.just({"resourceType": "Patient"}), st.floats(-1e9, 1e9),
    st.just("2026-02-30"), st.just("x" * 3_000), st.just([{"extension": [{}]}]),
)  # fmt: skip


@st.composite
def spoilt(draw: Any, base: Json) -> Json:
    """A body in which one thing, at any depth, is replaced by something else."""
    whole: Json = {**draw(around(base))}
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> Any:
        copy: Any = {} if isinstance(value, dict) else []
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            made = walk(inner) if isinstance(inner, dict | list) else inner
            if isinstance(copy, dict):
                copy[key] = made
            else:
                copy.append(made)
            if key != "resourceType":
                places.append((copy, key))
        return copy

    whole = walk(whole)
    holder, key = draw(st.sampled_from(places))
    holder[key] = draw(GARBAGE)
    return whole
