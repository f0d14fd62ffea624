"""Operations (``$name``): the table of those served, and how a call finds its own.

Another module of this room registers its own with :func:`register` when it is imported by
``FhirConfig.ready``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from liane.fhir import resources
from liane.fhir.answers import Answer
from liane.fhir.calls import Call
from liane.fhir.outcomes import problem
from liane.fhir.resources.base import Resource
from liane.fhir.search import values
from liane.fhir.writing import Writer

Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """On what an operation is called: a type that is served or not, and maybe one resource."""

    kind: str
    resource: Resource | None
    key: UUID | None
    is_instance: bool


@dataclass(frozen=True)
class Operation:
    """An operation. ``kinds``: the types it is defined on, ``""`` for the whole server.

    ``levels`` among ``system``, ``type``, ``instance``; ``reads``: it changes nothing, and may be
    called by GET.
    """

    name: str
    definition: str
    levels: frozenset[str]
    run: Callable[[Call, Target, Writer], Answer]
    kinds: frozenset[str] = frozenset()
    reads: bool = True
    by_get: bool = False
    """It may be called by GET although it writes (the request for an export)."""


_known: dict[str, Operation] = {}


def register(*operations: Operation) -> None:
    """Add operations."""
    _known.update({one.name: one for one in operations})


def every() -> list[Operation]:
    """Those served, by name."""
    return [_known[name] for name in sorted(_known)]


def read(call: Call) -> tuple[str, bool, Callable[[Writer], Answer]]:
    """(words, whether it only reads, how to run it). Raises Problem 404 or 405."""
    *before, name = call.path
    operation = _known.get(name.removeprefix("$"))
    if operation is None or len(before) > 2:
        raise problem(404, f"{name[:60]} is not an operation of this server.", code="not-supported")
    if call.method not in {"GET", "POST"} or (
        call.method == "GET" and not (operation.reads or operation.by_get)
    ):
        raise problem(405, f"{name} is called by POST.", code="not-supported")
    level = ("system", "type", "instance")[len(before)]
    kind = before[0] if before else ""
    if level not in operation.levels or (operation.kinds and kind not in operation.kinds):
        raise problem(404, f"{name} is not defined here.", code="not-supported")
    key = values.uuid(before[1]) if level == "instance" else None
    target = Target(kind, resources.get(kind), key, level == "instance")
    words = f"{name} {kind}".strip()
    return words, operation.reads, lambda on: operation.run(call, target, on)


def parameters(call: Call) -> dict[str, list[Any]]:
    """What an operation was given, by name: query parameters, then those of a Parameters body."""
    found: dict[str, list[Any]] = {}
    for name, text in call.query:
        found.setdefault(name, []).append(text)
    if call.method != "POST":
        return found
    body = call.body()
    if body.get("resourceType") != "Parameters":
        found.setdefault("resource", []).append(body)
        return found
    for one in body.get("parameter") or ():
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise problem(400, "A parameter has a name.", where="Parameters.parameter")
        value = one.get("resource") or next(
            (inner for name, inner in one.items() if name.startswith("value")), one.get("part")
        )
        found.setdefault(one["name"], []).append(value)
    return found


def text(given: dict[str, list[Any]], name: str, otherwise: str = "") -> str:
    """The first value of a parameter, as text."""
    value = next(iter(given.get(name, [])), otherwise)
    return value if isinstance(value, str) else str(value).lower() if isinstance(
        value, bool
    ) else str(value)  # fmt: skip


def whole(given: dict[str, list[Any]], name: str, otherwise: int, most: int) -> int:
    """A whole number, at most ``most``. Raises Problem 400."""
    value = text(given, name, str(otherwise))
    if not value.isdecimal() or len(value) > 9:
        raise values.bad(name, "write a number")
    return min(int(value), most)
