"""Published guides: their profiles and value sets, loaded from a package, read by validation.

A definition replaces the one of the same address that was there. Each process keeps what it read
until something else is loaded (asked again every half minute).
"""

import gzip
import json
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from liane.fhir import spec
from liane.fhir.models import Definition

Json = dict[str, Any]
KINDS = frozenset({"StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter"})
LARGEST = 20_000_000
"""Bytes of one definition."""
MOST_CODES = 50_000
ASKED_AGAIN = 30.0
"""Seconds."""


@dataclass
class Report:
    """What became of each definition."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)


def load(path: Path) -> Report:
    """Load an npm package (``.tgz``), a folder of JSON, or one file. Nothing raises but OSError."""
    report = Report()
    package = path.name.removesuffix(".tgz")[:120]
    with transaction.atomic():
        for name, raw in _files(path):
            _one(name, raw, package, report)
    forget()
    return report


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for one in sorted(path.rglob("*.json")):
            if one.stat().st_size <= LARGEST:
                yield one.name, one.read_bytes()
    elif path.suffix == ".json":
        yield path.name, path.read_bytes()
    else:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                inside = archive.extractfile(member) if member.isfile() else None
                if inside is not None and member.name.endswith(".json") and (
                    member.size <= LARGEST
                ):  # fmt: skip
                    yield member.name.rsplit("/", 1)[-1], inside.read()


def _one(name: str, raw: bytes, package: str, report: Report) -> None:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        report.rejected.append({"where": name, "why": "ce n’est pas du JSON"})
        return
    kind = body.get("resourceType") if isinstance(body, dict) else None
    if kind not in KINDS:
        return
    url = body.get("url")
    if not isinstance(url, str) or len(url) > 300:
        report.rejected.append({"where": name, "why": "cette définition n’a pas d’adresse (url)"})
        return
    if kind == "StructureDefinition" and "snapshot" not in body:
        why = "ce profil n’a pas de snapshot : prenez le paquet publié du guide"
        report.rejected.append({"where": name, "why": why})
        return
    for wordy in ("text", "description", "mapping"):
        body.pop(wordy, None)
    content = gzip.compress(json.dumps(body, sort_keys=True).encode(), mtime=0)
    values = {
        "version": str(body.get("version", ""))[:60],
        "package": package,
        "content": content,
    }
    row = Definition.objects.filter(kind=kind, url=url).first()
    if row is None:
        Definition.objects.create(kind=kind, url=url, **values)
        report.created += 1
    elif bytes(row.content) == content:
        report.unchanged += 1
    else:
        # A new row: what other processes keep is asked again by the highest identifier.
        row.delete()
        Definition.objects.create(kind=kind, url=url, **values)
        report.updated += 1


# ------------------------------------------------------------------ read again
@dataclass
class _Kept:
    mark: object = None
    asked: float = 0.0
    found: dict[tuple[str, str], Json | None] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)


_kept = _Kept()


def forget() -> None:
    """Drop what this process keeps."""
    _kept.mark, _kept.asked = None, 0.0
    _kept.found.clear()
    _kept.made.clear()


def _fresh() -> None:
    now = time.monotonic()
    if now - _kept.asked < ASKED_AGAIN and _kept.asked:
        return
    mark = Definition.objects.order_by("-id").values_list("id", flat=True).first()
    if mark != _kept.mark:
        forget()
    _kept.mark, _kept.asked = mark, now


def definition(kind: str, url: str) -> Json | None:
    """A definition that was loaded, or None."""
    _fresh()
    key = (kind, url.split("|")[0])
    if key not in _kept.found:
        row = Definition.objects.filter(kind=kind, url=key[1]).first()
        _kept.found[key] = json.loads(gzip.decompress(bytes(row.content))) if row else None
    return _kept.found[key]


def remembered(name: str) -> Any:
    """Something made from definitions, as :func:`remember` kept it; None when it must be made."""
    _fresh()
    return _kept.made.get(name)


def remember(name: str, value: Any) -> Any:
    """Keep something made from definitions until others are loaded."""
    _kept.made[name] = value
    return value


# ------------------------------------------------------------------ value sets
@dataclass(frozen=True)
class Expansion:
    """The codes of a value set: (system, code, display)."""

    title: str
    codes: tuple[tuple[str, str, str], ...]

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """(system, code)."""
        return frozenset((system, code) for system, code, _ in self.codes)


def expansion(url: str) -> Expansion | None:
    """A value set whose codes are all known here; None otherwise."""
    name = f"expansion {url}"
    found = remembered(name)
    if found is None:
        found = remember(name, _expanded(url, 0) or False)
    return found or None


def _expanded(url: str, depth: int) -> Expansion | None:
    url = url.split("|")[0]
    known = spec.value_sets().get(url)
    if known is not None:
        codes = [
            (system, code, display)
            for system, listed in known["systems"].items()
            for code, display in listed.items()
        ]
        return Expansion(known["title"], tuple(codes))
    body = definition("ValueSet", url)
    if body is None or depth > 8:
        return None
    given = _given(body)
    if given is None:
        given = _composed(body.get("compose") or {}, depth)
    if given is None or len(given) > MOST_CODES:
        return None
    return Expansion(str(body.get("title", "")), tuple(dict.fromkeys(given)))


Codes = list[tuple[str, str, str]]


def _given(body: Json) -> Codes | None:
    contains = (body.get("expansion") or {}).get("contains")
    if not contains or (
        "total" in body["expansion"] and body["expansion"]["total"] > len(contains)
    ):
        return None
    return [
        (one.get("system", ""), one["code"], one.get("display", ""))
        for one in contains
        if "code" in one
    ]


def _composed(compose: Json, depth: int) -> Codes | None:
    made: Codes = []
    for part in compose.get("include") or ():
        found = _part(part, depth)
        if found is None:
            return None
        made += found
    out: set[tuple[str, str]] = set()
    for part in compose.get("exclude") or ():
        found = _part(part, depth)
        if found is None:
            return None
        out |= {(system, code) for system, code, _ in found}
    return [one for one in made if one[:2] not in out]


def _part(part: Json, depth: int) -> Codes | None:
    if part.get("filter"):
        return None
    system = part.get("system")
    made: Codes | None = None
    if part.get("concept"):
        made = [(str(system), one["code"], one.get("display", "")) for one in part["concept"]]
    elif system is not None:
        made = _system(system)
        if made is None:
            return None
    for other in part.get("valueSet") or ():
        inner = _expanded(other, depth + 1)
        if inner is None:
            return None
        made = list(inner.codes) if made is None else [
            one for one in made if one[:2] in inner.pairs
        ]  # fmt: skip
    return made


def _system(url: str) -> Codes | None:
    body = definition("CodeSystem", url)
    if body is None or body.get("content") != "complete":
        return None
    made: Codes = []

    def walk(concepts: list[Json]) -> None:
        for one in concepts:
            made.append((url, one["code"], one.get("display", "")))
            walk(one.get("concept") or [])

    walk(body.get("concept") or [])
    return made
