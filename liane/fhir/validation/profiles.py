"""Profiles that a resource claims: cardinalities, slices, fixed values, bindings, invariants.

Read from the snapshot of a profile that was loaded (``liane import ig``), compiled once into a tree
of elements. A profile that is not loaded is told as a remark; a value set whose codes are not all
known decides nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from liane.fhir import guides, spec
from liane.fhir.outcomes import Issue
from liane.fhir.validation.rules import satisfied

Json = dict[str, Any]
DEEPEST = 12
MOST = 100
BASE = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(eq=False)
class Node:
    """One element of a profile, its children and its slices."""

    name: str
    definition: Json = field(default_factory=dict)
    children: "dict[str, Node]" = field(default_factory=dict)
    slices: "dict[str, Node]" = field(default_factory=dict)

    @property
    def least(self) -> int:
        """How many at least."""
        return int(self.definition.get("min", 0))

    @property
    def most(self) -> float:
        """How many at most."""
        most = self.definition.get("max", "*")
        return float("inf") if most == "*" else int(most)

    def held(self, prefix: str) -> Any:
        """The value of ``fixed[x]`` or ``pattern[x]``; None when there is none."""
        return next(
            (one for name, one in self.definition.items() if name.startswith(prefix)
             and name[len(prefix) : len(prefix) + 1].isupper()), None,
        )  # fmt: skip

    @property
    def profiles(self) -> list[str]:
        """Profiles that its values must answer to."""
        return [
            url.split("|")[0] for one in self.definition.get("type", [])
            for url in one.get("profile", [])
        ]  # fmt: skip


def faults(body: Json, claimed: list[str]) -> Iterator[Issue]:
    """What is wrong with a resource under these profiles."""
    found: list[Issue] = []
    for url in dict.fromkeys(claimed):
        _conforms(body, url, str(body.get("resourceType")), body, found, 0, told=True)
    return iter(found[:MOST])


def _conforms(
    value: Any, url: str, where: str, whole: Json, found: list[Issue], depth: int, *,
    told: bool = False,
) -> None:  # fmt: skip
    url = url.split("|")[0]
    if url.startswith(BASE) and url.removeprefix(BASE) in spec.types():
        return
    tree = _tree(url)
    if tree is None:
        if told:
            words = f"The profile {url[:200]} is not known here: it was not checked."
            found.append(Issue(words, "not-found", f"{where}.meta.profile", "warning"))
        return
    kind, root = tree
    if told and value.get("resourceType") != kind:
        found.append(Issue(f"{url[:200]} is a profile of {kind}.", "structure", where))
        return
    if isinstance(value, dict) and depth < DEEPEST:
        _children(value, root, where, whole, found, depth)


def _tree(url: str) -> tuple[str, Node] | None:
    name = f"profile {url}"
    made = guides.remembered(name)
    if made is None:
        body = guides.definition("StructureDefinition", url)
        made = guides.remember(name, (body["type"], _compiled(body)) if body else False)
    return made or None


def _compiled(body: Json) -> Node:
    root = Node(body["type"])
    for one in body["snapshot"]["element"]:
        parts = one["id"].split(".")
        node = root
        for part in parts[1:]:
            name, _, cut = part.partition(":")
            node = node.children.setdefault(name, Node(name))
            if cut:
                node = node.slices.setdefault(cut, Node(name))
        node.definition = one
    return root


# ------------------------------------------------------------------ walking
def _children(
    value: Json, node: Node, where: str, whole: Json, found: list[Issue], depth: int
) -> None:
    _rules(value, node, where, whole, found)
    for child in node.children.values():
        _element(_values(value, child.name), child, where, whole, found, depth)


Held = tuple[str, Any]
"""(place after the parent, value)."""


def _values(value: Json, name: str) -> list[Held]:
    names = [name]
    if name.endswith("[x]"):
        stem = name[:-3]
        names = [one for one in value if one.startswith(stem) and one[len(stem) :][:1].isupper()]
    made: list[Held] = []
    for one in names:
        inner = value.get(one)
        beside = value.get(f"_{one}")
        if isinstance(inner, list):
            made += [(f"{one}[{number}]", item) for number, item in enumerate(inner)]
        elif inner is not None:
            made.append((one, inner))
        elif beside is not None:
            made.append((one, None))
    return made


def _element(
    held: list[Held], node: Node, where: str, whole: Json, found: list[Issue], depth: int
) -> None:
    if len(found) >= MOST or not node.definition:
        return
    _count(len(held), node, f"{where}.{node.name}", "", found)
    for place, value in held:
        _value(value, node, f"{where}.{place}", whole, found, depth)
    if node.slices:
        _slices(held, node, where, whole, found, depth)


def _count(number: int, node: Node, where: str, name: str, found: list[Issue]) -> None:
    words = f" (slice {name})" if name else ""
    if number < node.least:
        text = f"At least {node.least} expected{words}, {number} found."
        found.append(Issue(text, "required", where))
    if number > node.most:
        text = f"At most {node.definition.get('max')} expected{words}, {number} found."
        found.append(Issue(text, "structure", where))


def _slices(
    held: list[Held], node: Node, where: str, whole: Json, found: list[Issue], depth: int
) -> None:
    slicing = node.definition.get("slicing") or {}
    tests = slicing.get("discriminator") or []
    if any(_undecided(one, tests) for one in node.slices.values()):
        return
    groups: dict[str, list[Held]] = {name: [] for name in node.slices}
    for place, value in held:
        name = next(
            (
                name
                for name, one in node.slices.items()
                if _belongs(place, value, one, tests, depth)
            ),
            None,
        )
        if name is not None:
            groups[name].append((place, value))
        elif slicing.get("rules") == "closed":
            found.append(Issue("No slice of the profile fits.", "structure", f"{where}.{place}"))
    for name, one in node.slices.items():
        _count(len(groups[name]), one, f"{where}.{node.name}", name, found)
        for place, value in groups[name]:
            _value(value, one, f"{where}.{place}", whole, found, depth)


def _value(value: Any, node: Node, where: str, whole: Json, found: list[Issue], depth: int) -> None:
    fixed, pattern = node.held("fixed"), node.held("pattern")
    if fixed is not None and value != fixed:
        found.append(Issue("This is not the fixed value of the profile.", "value", where))
    if pattern is not None and not covers(value, pattern):
        found.append(Issue("This does not have the pattern of the profile.", "value", where))
    binding = node.definition.get("binding") or {}
    if binding.get("strength") == "required" and not bound(value, binding.get("valueSet", "")):
        text = f"Not in the value set {binding['valueSet'].split('|')[0][:200]}."
        found.append(Issue(text, "code-invalid", where))
    if isinstance(value, dict):
        _typed(value, node, where, whole, found, depth)
        if depth < DEEPEST:
            _children(value, node, where, whole, found, depth + 1)


def _typed(
    value: Json, node: Node, where: str, whole: Json, found: list[Issue], depth: int
) -> None:
    """One of the profiles of its type holds: the faults of the first, when none does."""
    first: list[Issue] | None = None
    for url in node.profiles:
        here: list[Issue] = []
        _conforms(value, url, where, whole, here, depth + 1)
        if not any(one.severity == "error" for one in here):
            first = None
            break
        first = here if first is None else first
    found += first or []


def _rules(value: Any, node: Node, where: str, whole: Json, found: list[Issue]) -> None:
    for one in node.definition.get("constraint") or ():
        source = str(one.get("source", "")).split("|")[0]
        if source.startswith(BASE) or not one.get("expression"):
            continue
        if not satisfied(one["expression"], value, whole):
            level = "error" if one.get("severity") == "error" else "warning"
            words = f"{one.get('human', one['key'])} ({one['key']})"
            found.append(Issue(words[:500], "invariant", where, level))


# ------------------------------------------------------------------ slices and patterns
def _belongs(place: str, value: Any, node: Node, tests: list[Json], depth: int) -> bool:
    return all(_answers(place, value, node, one, depth) for one in tests)


def _answers(place: str, value: Any, node: Node, test: Json, depth: int) -> bool:
    path, kind = str(test.get("path", "$this")), test.get("type")
    if path == "url" and kind in ("value", "pattern"):
        return isinstance(value, dict) and value.get("url") in _urls(node)
    inner, nodes = _along(value, node, path)
    if kind in ("value", "pattern"):
        return all(any(_fits(one, end) for one in inner) for end in nodes) if nodes else False
    if kind == "exists":
        return all((len(inner) > 0) == (end.least > 0) for end in nodes)
    if kind == "type":
        return any(_of_type(place, one, end) for end in nodes for one in inner)
    if kind == "profile":
        return any(_has_profile(one, end, depth) for end in nodes for one in inner)
    return False


def _urls(node: Node) -> set[str]:
    """The addresses of an extension's slice."""
    inside = node.children.get("url")
    fixed = inside.held("fixed") if inside is not None else None
    return {fixed} if fixed else set(node.profiles)


def _along(value: Any, node: Node, path: str) -> tuple[list[Any], list[Node]]:
    """Values and elements at the end of a discriminator's path."""
    if path in ("$this", ""):
        return [value], [node]
    held, nodes = [value], [node]
    for part in path.replace("ofType", "").split("."):
        if part.startswith(("resolve", "extension(")):
            return [], []
        held = [
            inner for one in held if isinstance(one, dict)
            for _, inner in _values(one, part) or _values(one, f"{part}[x]")
        ]  # fmt: skip
        nodes = [found for one in nodes for found in _inside(one, part)]
    return held, nodes


def _inside(node: Node, part: str) -> list[Node]:
    """The elements of this name: those of its slices, where the slices say something of it."""
    found = [
        inner for one in node.slices.values()
        if (inner := one.children.get(part)) is not None and _fixes(inner)
    ]  # fmt: skip
    own = node.children.get(part) or node.children.get(f"{part}[x]")
    return found or ([own] if own is not None else [])


def _undecided(node: Node, tests: list[Json]) -> bool:
    """True where only a value set whose codes are not known here tells this slice."""
    for test in tests:
        _, nodes = _along(None, node, str(test.get("path", "$this")))
        for end in nodes:
            binding = end.definition.get("binding") or {}
            if not _fixes(end) and binding.get("strength") == "required" and (
                guides.expansion(binding.get("valueSet", "").split("|")[0]) is None
            ):  # fmt: skip
                return True
    return False


def _fits(value: Any, node: Node) -> bool:
    """The value has what the element fixes, itself or inside."""
    fixed, pattern = node.held("fixed"), node.held("pattern")
    if fixed is not None:
        return bool(value == fixed)
    if pattern is not None:
        return covers(value, pattern)
    binding = node.definition.get("binding") or {}
    inside = [one for one in node.children.values() if _fixes(one)]
    if inside:
        return isinstance(value, dict) and all(
            any(_fits(item, one) for _, item in _values(value, one.name)) for one in inside
        )
    if binding.get("strength") == "required":
        return bound(value, binding.get("valueSet", ""))
    return bool(node.definition.get("min", 0) == 0 or value is not None)


def _fixes(node: Node) -> bool:
    if node.held("fixed") is not None or node.held("pattern") is not None:
        return True
    return any(_fixes(one) for one in node.children.values())


def _of_type(place: str, value: Any, node: Node) -> bool:
    codes = [one["code"] for one in node.definition.get("type", [])]
    if isinstance(value, dict) and "resourceType" in value:
        return value["resourceType"] in codes
    name = place.split("[")[0]
    return any(name.endswith(f"{code[0].upper()}{code[1:]}") for code in codes)


def _has_profile(value: Any, node: Node, depth: int) -> bool:
    if not isinstance(value, dict):
        return False
    for url in node.profiles:
        tree = _tree(url)
        kind = tree[0] if tree else url.rsplit("/", 1)[-1]
        if value.get("resourceType") == kind:
            claimed = [
                str(one).split("|")[0] for one in (value.get("meta") or {}).get("profile", [])
            ]
            here: list[Issue] = []
            _conforms(value, url, kind, value, here, depth + 1)
            if url in claimed or not any(one.severity == "error" for one in here):
                return True
    return False


def covers(value: Any, pattern: Any) -> bool:
    """The value holds at least what the pattern says."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and covers(value[name], one) for name, one in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(
            any(covers(item, one) for item in value) for one in pattern
        )
    return bool(value == pattern)


def bound(value: Any, url: str) -> bool:
    """One of its codes is in the value set; true where its codes are not all known here."""
    found = guides.expansion(url.split("|")[0]) if url else None
    if found is None or value is None:
        return True
    if isinstance(value, str):
        return any(code == value for _, code in found.pairs)
    if not isinstance(value, dict):
        return True
    codings = value.get("coding", [value] if "code" in value else [])
    said = [(one.get("system", ""), one.get("code")) for one in codings if isinstance(one, dict)]
    return not said or any(one in found.pairs for one in said)
