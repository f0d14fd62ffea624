"""Reading a search: its parameters, modifiers, chains, and what it wants back."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from django.core.exceptions import FieldDoesNotExist

from liane.fhir import guides, resources, spec
from liane.fhir.outcomes import Issue, Problem, problem
from liane.fhir.resources.base import Resource
from liane.fhir.search import values
from liane.fhir.search.clauses import Chain, Clause, Group, Has, Missing, Simple
from liane.fhir.search.common import COMMON
from liane.fhir.search.indexing import DIGEST, Indexed, indexed_identifier
from liane.fhir.search.params import NOTHING, Param, Test, Token, kind_of, modifiers_of
from liane.fhir.search.references import Reference

if TYPE_CHECKING:
    from liane.fhir.access import Access

Pairs = Iterable[tuple[str, str]]
LINKED = ("_include", "_revinclude")
RESULT = frozenset(
    {"_sort", "_count", "_include", "_revinclude", "_summary", "_elements", "_total", "_contained",
     "_containedType", "_format", "_pretty", "_cursor", "_include:iterate", "_revinclude:iterate",
     "_include:recurse", "_revinclude:recurse"}
)  # fmt: skip
SUMMARIES = frozenset({"true", "false", "text", "data", "count"})
DEFAULT_COUNT, MOST_COUNT = 50, 500
DEEPEST = 4
"""Links of a chain: two are asked by the French guides."""
MOST_CLAUSES = 30
MOST_SORTS = 5
MOST_CODES = 200
"""Of the value set that ``:in`` names."""


@dataclass(frozen=True)
class Include:
    """``_include`` or ``_revinclude``: source type (``*`` for any), parameter, target type."""

    source: str
    code: str
    target: str = ""
    iterate: bool = False


@dataclass
class Asked:
    """A search that was read."""

    resource: Resource
    clauses: list[Clause] = field(default_factory=list)
    sort: list[tuple[Param, bool]] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    include: list[Include] = field(default_factory=list)
    revinclude: list[Include] = field(default_factory=list)
    summary: str = "false"
    elements: tuple[str, ...] = ()
    total: str = "none"
    understood: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)


def read(resource: Resource, pairs: Pairs, access: "Access", *, strict: bool = False) -> Asked:
    """Read a search. Unknown parameters are refused when ``strict``, else told as warnings."""
    asked = Asked(resource)
    plain: list[tuple[str, str]] = []
    for name, raw in pairs:
        unknown = ""
        if name in RESULT:
            unknown = unserved(resource, name, raw)
            if raw:
                _result(asked, name, raw)
        elif _known(resource, name):
            plain.append((name, raw))
        else:
            unknown = f"Parameter '{name[:60]}' is not known for {resource.type}."
        if not unknown:
            asked.understood.append((name, raw))
            continue
        if name == "_elements" and raw:
            asked.understood.append((name, raw))  # those that there are, and what is mandatory
        where = f"http.{name[:60]}"
        if strict:
            raise problem(400, unknown, code="not-supported", where=where)
        said = Issue(f"{unknown} It was ignored.", "not-supported", where, "warning")
        asked.warnings.append(said)
    asked.clauses = list(read_clauses(resource, plain, access))
    if len(asked.clauses) > MOST_CLAUSES:
        raise problem(400, f"More than {MOST_CLAUSES} parameters.", code="too-costly")
    if not asked.sort and resource.default_sort:
        _sort(asked, resource.default_sort)
    return asked


def unserved(resource: Resource, name: str, raw: str) -> str:
    """What is said of a parameter of the result that is not wholly honoured; nothing otherwise."""
    if not raw:
        return f"Parameter '{name}' is empty: give it a value, or leave it out."
    if name == "_elements":
        odd = [one for one in listed(raw) if not is_element(resource.type, one)]
        return (
            f"'{odd[0][:60]}' is no element at the root of a resource served here: name those "
            f"that https://hl7.org/fhir/R4/{resource.type.lower()}.html lists, without a path."
            if odd else ""
        )  # fmt: skip
    if name == "_contained" and raw != "false":
        return "Contained resources are not searched: leave '_contained' out, or write false."
    if name == "_containedType":
        return "Contained resources are not searched: leave '_containedType' out."
    return _unlinked(resource, name, raw)


def is_element(kind: str, name: str) -> bool:
    """``name`` is an element at the root of a resource of this type, or of another (``Type.``)."""
    head, dot, rest = name.partition(".")
    if dot:
        return resources.get(head) is not None and is_element(head, rest)
    return name in elements(kind)


@cache
def elements(kind: str) -> Mapping[str, frozenset[str]]:
    """What each name that ``_elements`` may ask of a type stands for, in JSON."""
    found: dict[str, frozenset[str]] = {}
    for name, one in spec.types()[kind]["el"].items():
        choice = name.removesuffix("[x]")
        each = [f"{choice}{code[0].upper()}{code[1:]}" for code in one["types"]]
        names = frozenset(each if name != choice else [name])
        found |= {name: names, choice: names} | {alone: frozenset({alone}) for alone in names}
    return found


def listed(raw: str) -> tuple[str, ...]:
    """The names between commas."""
    return tuple(dict.fromkeys(one.strip() for one in raw.split(",") if one.strip()))


def _unlinked(resource: Resource, name: str, raw: str) -> str:
    """What is said of an ``_include`` or ``_revinclude`` that leads nowhere here."""
    if not name.startswith(LINKED):
        return ""
    one = _include(name, raw)
    served = resources.get(one.source)
    known = one.source == "*" or (
        served is not None and (one.code == "*" or one.code in served.references())
    )
    if known and one.target and resources.get(one.target) is None:
        known = False
    return "" if known else f"'{raw[:60]}' is no link of a resource served here."


def _known(resource: Resource, name: str) -> bool:
    code = name.split(":")[0].split(".")[0]
    return code == "_has" or find(resource, code) is not None


def find(resource: Resource, code: str) -> Param | None:
    """A parameter of this type, its own or one that every type has."""
    return resource.param(code) or COMMON.get(code)


def read_clauses(resource: Resource, pairs: Pairs, access: "Access") -> Iterator[Clause]:
    """The conditions of these parameters, all of them to be met. Raises Problem 400."""
    for name, raw in pairs:
        yield _clause(resource, name, raw, access, 0)


def _clause(resource: Resource, name: str, raw: str, access: "Access", depth: int) -> Clause:
    if depth > DEEPEST:
        raise problem(400, "This chain is too long.", code="too-costly")
    if name.startswith("_has:"):
        return _has(resource, name, raw, access, depth)
    head, dot, rest = name.partition(".")
    code, colon, modifier = head.partition(":")
    param = find(resource, code)
    if param is None or (colon and not modifier):
        raise values.bad(head[:60], f"not known for {resource.type}")
    if dot:
        return _chain(resource, param, modifier, rest, raw, access, depth)
    if modifier in {"in", "not-in"} and kind_of(param) == "token":
        return _within(resource, param, raw, modifier == "not-in")
    if modifier == "missing":
        if raw not in {"true", "false"}:
            raise values.bad(code, ":missing takes true or false")
        return Missing(resource, param, raw == "true")
    return _simple(resource, param, modifier, raw)


def _simple(resource: Resource, param: Param, modifier: str, raw: str) -> Clause:
    known = modifiers_of(param)
    if isinstance(param, Reference) and modifier == "identifier":
        one = indexed_identifier(param.code)
        return Simple(resource, one, _tests(one, raw, ""))
    if modifier and modifier not in known and not (
        isinstance(param, Reference) and modifier in resources.names()
    ):  # fmt: skip
        raise problem(
            400, f"Modifier ':{modifier[:30]}' is not supported on '{param.code}'.",
            code="not-supported", where=f"http.{param.code}",
        )  # fmt: skip
    negated = modifier == "not"
    return Simple(resource, param, _tests(param, raw, "" if negated else modifier), negated)


def _within(resource: Resource, param: Param, raw: str, negated: bool) -> Clause:
    """One of the codes of a value set that is known here (``:in``), or none of them."""
    found = guides.expansion(values.plain(raw))
    if found is None:
        text = "this value set is not known here, or its codes are not listed"
        raise values.bad(param.code, text)
    if len(found.codes) > MOST_CODES:
        raise problem(400, f"A value set of more than {MOST_CODES} codes.", code="too-costly",
                      where=f"http.{param.code}")  # fmt: skip
    bare = _is_bare(param)
    asked = [values.escaped(code) if bare else f"{values.escaped(system)}|{values.escaped(code)}"
             for system, code, _ in found.codes]  # fmt: skip
    return Simple(resource, param, _gathered(param.test(one, "") for one in asked), negated)


def _is_bare(param: Param) -> bool:
    """It holds codes without their system: a column of one, or an element of type ``code``."""
    if not isinstance(param, Indexed):
        return isinstance(param, Token) and not param.system
    kind, *path = param.path.split(".")
    for name in path:
        found = spec.types().get(kind, {}).get("el", {}).get(name)
        if found is None or len(found["types"]) != 1:
            return False
        (kind,) = found["types"]
    return kind == "code"


def _gathered(tests: Iterable[Test]) -> tuple[Test, ...]:
    """Tests of which one must pass, those of the index as one."""
    kept = dict.fromkeys(one for one in tests if not _finds_nothing(one.key))
    of_index = [leaf for one in kept if one.key == DIGEST for leaf in one.leafs]
    rest = [one for one in kept if one.key != DIGEST]
    both = (*rest, Test(DIGEST, tuple(of_index))) if of_index else tuple(rest)
    return both or (Test(NOTHING),)


def _finds_nothing(key: Hashable) -> bool:
    """It is the key of no row, alone or in each of several places."""
    return key == NOTHING or (
        isinstance(key, tuple) and bool(key)
        and all(isinstance(one, tuple) and one[:1] == (NOTHING,) for one in key)
    )  # fmt: skip


def _tests(param: Param, raw: str, modifier: str) -> tuple[Test, ...]:
    return tuple(param.test(one, modifier) for one in values.values(param.code, raw))


def _limited(target: Resource, inner: Clause, access: "Access") -> Clause:
    """What is asked of a linked resource, and what the token allows of its type."""
    letter = "s" if access.allows(target.type, "s") else "r"
    access.require(target.type, letter)
    limits = access.limits(target, letter)
    return Group((*limits, inner)) if limits else inner


def _chain(
    resource: Resource, param: Param, modifier: str, rest: str, raw: str, access: "Access",
    depth: int,
) -> Clause:  # fmt: skip
    if not isinstance(param, Reference):
        raise values.bad(param.code, "not a reference: it has no chain")
    wanted = [modifier] if modifier else list(param.targets)
    found: list[Clause] = []
    refused: Problem | None = None
    for name in wanted:
        target = resources.get(name) if name in param.targets else None
        if target is None or (not modifier and not _known(target, rest)):
            continue
        try:
            inner = _clause(target, rest, raw, access, depth + 1)
            found.append(Chain(resource, param, target, _limited(target, inner, access)))
        except Problem as reason:
            if modifier:
                raise
            refused = reason
    if not found:
        raise refused or values.bad(param.code, f"no type to follow '.{rest[:40]}' to")
    return found[0] if len(found) == 1 else Group(tuple(found), either=True)


def _has(resource: Resource, name: str, raw: str, access: "Access", depth: int) -> Clause:
    parts = name.split(":", 3)
    source = resources.get(parts[1]) if len(parts) == 4 else None
    if source is None:
        raise values.bad("_has", "write _has:Type:reference:parameter, with a type served here")
    param = source.references().get(parts[2])
    if param is None or resource.type not in param.targets:
        raise values.bad("_has", f"{parts[1]}.{parts[2][:40]} does not name {resource.type}")
    inner = _clause(source, parts[3], raw, access, depth + 1)
    return Has(resource.type, source, param, _limited(source, inner, access))


# ------------------------------------------------------------------ what is wanted back
def _result(asked: Asked, name: str, raw: str) -> None:
    if name == "_sort":
        _sort(asked, raw)
    elif name == "_count":
        if not raw.isdecimal() or len(raw) > 9:
            raise values.bad("_count", "write a number")
        asked.count = min(int(raw), MOST_COUNT)
        if int(raw) == 0:
            asked.summary = "count"
    elif name.startswith(LINKED):
        one = _include(name, raw)
        (asked.include if name.startswith("_include") else asked.revinclude).append(one)
    elif name == "_summary":
        if raw not in SUMMARIES:
            raise values.bad("_summary", f"write one of {', '.join(sorted(SUMMARIES))}")
        asked.summary = raw
    elif name == "_elements":
        asked.elements = listed(raw)
    elif name == "_total":
        if raw not in {"none", "estimate", "accurate"}:
            raise values.bad("_total", "write none, estimate or accurate")
        asked.total = raw
    elif name == "_contained" and raw not in {"false", "true", "both"}:
        raise values.bad("_contained", "write false, true or both")


def _include(name: str, raw: str) -> Include:
    parts = raw.split(":")
    if raw == "*":
        parts = ["*", "*"]
    if not 2 <= len(parts) <= 3:
        raise values.bad(name, "write Type:parameter or Type:parameter:Target")
    iterate = name.endswith((":iterate", ":recurse"))
    return Include(parts[0], parts[1], parts[2] if len(parts) == 3 else "", iterate)


def _sort(asked: Asked, raw: str) -> None:
    if raw.count(",") >= MOST_SORTS:
        raise values.bad("_sort", f"at most {MOST_SORTS} keys")
    for one in raw.split(","):
        code, down = (one[1:], True) if one.startswith("-") else (one, False)
        param = find(asked.resource, code.strip())
        if param is None or not sortable(asked.resource, param):
            raise problem(
                400, f"'{code[:40]}' cannot order {asked.resource.type}.", code="not-supported",
                where="http._sort",
            )  # fmt: skip
        asked.sort.append((param, down))


def sortable(resource: Resource, param: Param) -> str:
    """The column that orders by this parameter; nothing when none does."""
    if param.code == "_lastUpdated":
        return resource.touched
    column = param.sort or getattr(param, "column", "")
    if not column:
        return "pk" if param.code == "_id" else ""
    try:
        model = resource.model
        for part in column.split("__"):
            place = model._meta.get_field(part)
            model = place.related_model or model
    except FieldDoesNotExist:
        return ""
    return str(column)
