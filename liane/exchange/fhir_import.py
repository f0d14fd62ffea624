"""Importing FHIR resources from files: what is taken, and why the rest is rejected.

A file holds one resource, a Bundle, or one resource a line (NDJSON). Questionnaires are read with
the value sets and code systems of all the files given together.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from liane.assessments import catalogue
from liane.assessments.engine import reading

LARGEST = 50_000_000
HELPERS = frozenset({"ValueSet", "CodeSystem"})
"""Taken into account with the questionnaires that cite them, not kept for themselves."""
LATER = "ce type de ressource n’est pas encore importé par Liane"
Json = dict[str, Any]
Takes = Callable[[str], bool]
Take = Callable[[Sequence[tuple[str, Json]], UUID | None, "Report"], None]
takers: list[tuple[Takes, Take]] = []
"""Rooms above that take other types: (whether they take this type, what takes these resources)."""


@dataclass
class Report:
    """What became of each resource."""

    counts: Counter[str] = field(default_factory=Counter)
    rejected: list[dict[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def reject(self, where: str, why: str) -> None:
        """Note a rejection."""
        self.rejected.append({"where": where, "why": why})

    def as_json(self) -> dict[str, Any]:
        """The last line of the command."""
        names = ("created", "updated", "unchanged")
        return {name: self.counts[name] for name in names} | {"rejected": self.rejected}


def load(paths: list[Path], *, organisation_id: UUID | None = None) -> Report:
    """Import every file. Nothing raises: what is wrong is in the report, by file and item."""
    report = Report()
    found = [one for path in paths for one in _resources(path, report)]
    beside = {
        str(resource["url"]): resource
        for _, resource in found
        if resource.get("resourceType") in HELPERS and resource.get("url")
    }
    questionnaires = [one for one in found if one[1].get("resourceType") == "Questionnaire"]
    for where, resource in found:
        kind = resource.get("resourceType")
        if kind in HELPERS and questionnaires and resource.get("url"):
            continue
        if kind == "Questionnaire":
            _questionnaire(where, resource, beside, organisation_id, report)
        elif isinstance(kind, str):
            if not any(takes(kind) for takes, _ in takers):
                report.reject(where, f"{kind[:60]} : {LATER}")
        else:
            report.reject(where, "ce n’est pas une ressource FHIR (resourceType manque)")
    for takes, take in takers:
        theirs = [one for one in found if takes(str(one[1].get("resourceType")))]
        if theirs:
            take(theirs, organisation_id, report)
    return report


def _questionnaire(
    where: str,
    resource: dict[str, Any],
    beside: Mapping[str, dict[str, Any]],
    organisation_id: UUID | None,
    report: Report,
) -> None:
    try:
        definition = reading.read(resource, beside)
    except reading.Invalid as invalid:
        for one in invalid.refusals:
            report.reject(f"{where} item {one.where}", one.why)
        return
    cited = json.dumps(resource)
    used = [one for url, one in beside.items() if url in cited or _reached(url, cited, beside)]
    try:
        outcome = catalogue.store(definition, used, organisation_id=organisation_id)
    except catalogue.Answered as reason:
        report.reject(where, str(reason))
        return
    report.counts[outcome] += 1
    report.remarks += [f"{where} item {remark}" for remark in definition.remarks]


def _reached(url: str, cited: str, beside: Mapping[str, dict[str, Any]]) -> bool:
    """True when a value set that the questionnaire cites needs this one."""
    return any(
        other in cited and url in json.dumps(resource)
        for other, resource in beside.items()
        if other != url
    )


# ------------------------------------------------------------------ reading files
def _resources(path: Path, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        if path.stat().st_size > LARGEST:
            report.reject(path.name, "le fichier dépasse 50 Mo : importez-le en plusieurs parties")
            return
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        report.reject(path.name, f"le fichier ne s’ouvre pas ({error.strerror})")
        return
    except UnicodeDecodeError:
        report.reject(path.name, "le fichier n’est pas en UTF-8")
        return
    yield from _parsed(path.name, text, report)


def _parsed(name: str, text: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    if not text.strip():
        report.reject(name, "le fichier est vide")
        return
    if text.lstrip().startswith("<"):
        report.reject(name, "FHIR en XML n’est pas lu ici : donnez du JSON")
        return
    try:
        whole = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or isinstance(error, RecursionError) or not _is_json(lines[0]):
            at = f"ligne {error.lineno}" if isinstance(error, json.JSONDecodeError) else "imbriqué"
            report.reject(name, f"le JSON ne se lit pas ({at})")
            return
        yield from _lines(name, text, report)
        return
    yield from _unpacked(name, whole, report)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


def _lines(name: str, text: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{name}#{number}"
        try:
            one = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            report.reject(where, "cette ligne n’est pas du JSON")
            continue
        yield from _unpacked(where, one, report)


def _unpacked(where: str, one: Any, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(one, dict):
        report.reject(where, "une ressource FHIR est un objet JSON")
    elif one.get("resourceType") == "Bundle":
        entries = one.get("entry")
        if not isinstance(entries, list):
            report.reject(where, "ce Bundle n’a pas d’entrées")
            return
        for number, entry in enumerate(entries, 1):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                yield f"{where} entry {number}", resource
            else:
                report.reject(f"{where} entry {number}", "cette entrée n’a pas de ressource")
    else:
        yield where, one
