"""Bringing public lists of communes in: what each file calls its columns, one report.

Accepted: the archive of the npm package ``@etalab/decoupage-administratif`` (communes, EPCI,
departments, postcodes: the whole list in one file), a CSV of the INSEE (code officiel géographique,
intercommunalités) or of La Poste (base officielle des codes postaux), and our own small JSON file.
A list completes what the others said: a column that is missing changes nothing.
"""

import csv
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

from django.db import transaction

from liane.core.text import normalise
from liane.directory.extraction import BadFileError
from liane.directory.importing import Report
from liane.directory.models import Commune, Department, Epci
from liane.directory.territories import plain

SHIPPED = Path(__file__).with_name("data") / "landes.json"
"""The demo's department, taken from the public list (its source is written in it)."""
BATCH = 2_000
COLUMNS = {
    "code": ("code commune insee", "code_commune_insee", "codgeo", "com", "code insee", "insee"),
    "name": ("nom de la commune", "nom commune", "libgeo", "libelle", "nom"),
    "postcode": ("code postal", "postcode"),
    "department": ("dep", "departement", "code departement"),
    "epci": ("epci", "siren epci", "code epci"),
    "epci_name": ("libepci", "nom epci", "libelle epci"),
    "latitude": ("latitude", "latitude centre", "lat"),
    "longitude": ("longitude", "longitude centre", "lon"),
    "point": ("geopoint", "coordonnees gps", "coordonnees geographiques"),
}
FIELDS = ("name", "search", "postcodes", "department_id", "epci_id", "latitude", "longitude")


@dataclass
class Town:
    """What a list says of one commune."""

    code: str
    name: str = ""
    postcodes: set[str] = field(default_factory=set)
    department: str = ""
    epci: str = ""
    point: tuple[float, float] | None = None
    """Latitude and longitude of its centre, in degrees (WGS 84)."""


@dataclass
class Lists:
    """What a file says, whatever its form."""

    towns: dict[str, Town] = field(default_factory=dict)
    epcis: dict[str, str] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    rejected: list[dict[str, str]] = field(default_factory=list)


def load(path: Path) -> Report:
    """Import a file. The same file twice changes nothing. Raises BadFileError before writing."""
    lists = read(path)
    with transaction.atomic():
        return write(lists)


def read(path: Path) -> Lists:
    """Understand a file by what it holds. Raises BadFileError, in French, when it is none."""
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        return _archive(content)
    text = content.decode("utf-8-sig", errors="replace")
    if text.lstrip()[:1] == "{":
        return _ours(text)
    return _table(text, path.name)


def _archive(content: bytes) -> Lists:
    found: dict[str, Any] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for name in ("communes", "epci", "departements"):
                member = archive.extractfile(f"package/data/{name}.json")
                found[name] = json.load(member) if member else []
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise BadFileError(
            "Cette archive n’est pas celle de @etalab/decoupage-administratif."
        ) from error
    lists = Lists(departments={one["code"]: one["nom"] for one in found["departements"]})
    for one in found["communes"]:
        if one["type"] in {"commune-actuelle", "arrondissement-municipal"}:
            lists.towns[one["code"]] = Town(
                one["code"], one["nom"], set(one.get("codesPostaux", [])), one["departement"]
            )
    for one in found["epci"]:
        lists.epcis[one["code"]] = one["nom"]
        for member in one["membres"]:
            if member["code"] in lists.towns:
                lists.towns[member["code"]].epci = one["code"]
    return lists


def _ours(text: str) -> Lists:
    try:
        said = json.loads(text)
        return Lists(
            {
                one["code"]: Town(
                    one["code"], one["name"], set(one["postcodes"]), one["department"], one["epci"]
                )
                for one in said["communes"]
            },
            {one["code"]: one["name"] for one in said["epcis"]},
            {one["code"]: one["name"] for one in said["departments"]},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadFileError(f"Ce fichier JSON n’est pas une liste de communes : {error}.") from error


def _table(text: str, where: str) -> Lists:
    lines = text.splitlines()
    mark = ";" if lines and lines[0].count(";") >= lines[0].count(",") else ","
    rows = csv.DictReader(lines, delimiter=mark)
    names = {normalise(name.strip("#")): name for name in rows.fieldnames or []}
    columns = {
        key: names[alias]
        for key, aliases in COLUMNS.items()
        for alias in [next((normalise(one) for one in aliases if normalise(one) in names), None)]
        if alias is not None
    }
    if "code" not in columns:
        raise BadFileError(
            "Aucune colonne de code commune INSEE (Code_commune_INSEE, CODGEO ou COM) : "
            "prenez la base officielle des codes postaux ou le code officiel géographique."
        )
    lists = Lists()
    for number, row in enumerate(rows, 2):
        kind = row.get("TYPECOM")
        if kind is None or kind in {"COM", "ARM"}:
            _line(lists, {key: (row.get(name) or "").strip() for key, name in columns.items()},
                  f"{where}:{number}")  # fmt: skip
    return lists


def _line(lists: Lists, said: Mapping[str, str], where: str) -> None:
    code = said["code"].upper().zfill(5)
    if len(code) != 5 or not code[2:].isdecimal():
        lists.rejected.append(
            {"where": where, "why": f"« {said['code']} » n’est pas un code commune."}
        )
        return
    town = lists.towns.setdefault(code, Town(code))
    town.name = said.get("name") or town.name
    town.department = said.get("department") or town.department or department_of(code)
    if said.get("postcode"):
        town.postcodes.add(said["postcode"].zfill(5))
    town.point = _point(said) or town.point
    if said.get("epci", "").isdecimal():
        town.epci = said["epci"]
        lists.epcis.setdefault(town.epci, said.get("epci_name") or town.epci)


def _point(said: Mapping[str, str]) -> tuple[float, float] | None:
    """The coordinates of a line, in one column (« 43.71, -1.05 ») or two; None where unreadable."""
    both = said.get("point", "") or f"{said.get('latitude', '')},{said.get('longitude', '')}"
    try:
        north, east = (float(part) for part in both.split(","))
    except ValueError:
        return None
    return (north, east) if -90 <= north <= 90 and -180 <= east <= 180 else None


def department_of(code: str) -> str:
    """The department in a commune's code: two characters, three overseas (97, 98)."""
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def write(lists: Lists) -> Report:
    """Write what lists say, commune by commune; the caller holds the transaction."""
    report = Report(rejected=lists.rejected)
    named = {town.department for town in lists.towns.values() if town.department}
    _ensure(Department, {code: code for code in named} | lists.departments, lists.departments)
    _ensure(Epci, lists.epcis, lists.epcis)
    for batch in batched(sorted(lists.towns.values(), key=lambda town: town.code), BATCH):  # noqa: B911
        _towns(batch, report)
    return report


def _ensure(model: Any, wanted: Mapping[str, str], said: Mapping[str, str]) -> None:
    known = {one.pk: one for one in model.objects.filter(pk__in=list(wanted))}
    model.objects.bulk_create(
        model(code=code, name=name) for code, name in wanted.items() if code not in known
    )
    renamed = [known[code] for code, name in said.items() if code in known
               and known[code].name != name]  # fmt: skip
    for one in renamed:
        one.name = said[one.pk]
    model.objects.bulk_update(renamed, ["name"])


def _towns(batch: Iterable[Town], report: Report) -> None:
    towns = list(batch)
    known = {one.pk: one for one in Commune.objects.filter(pk__in=[town.code for town in towns])}
    made, changed = [], []
    for town in towns:
        there = known.get(town.code)
        if there is None and not town.name:
            report.rejected.append({"where": town.code, "why": "commune inconnue et sans nom"})
            continue
        row = there or Commune(code=town.code)
        before = [getattr(row, name) for name in FIELDS]
        _say(row, town)
        if there is None:
            made.append(row)
        elif before != [getattr(row, name) for name in FIELDS]:
            changed.append(row)
        else:
            report.unchanged += 1
    Commune.objects.bulk_create(made)
    Commune.objects.bulk_update(changed, FIELDS)
    report.created += len(made)
    report.updated += len(changed)


def _say(row: Commune, town: Town) -> None:
    row.name = _better(row.name, town.name)
    row.search = plain(row.name)
    row.postcodes = " ".join(sorted(set(row.postcodes.split()) | town.postcodes))
    row.department_id = town.department or row.department_id
    row.epci_id = town.epci or row.epci_id
    if town.point is not None:
        row.latitude, row.longitude = town.point


def _better(before: str, after: str) -> str:
    """The post office writes « ST PAUL LES DAX »: a name with its accents is not undone by it."""
    same = plain(before) == plain(after)
    if not after or (before and same and not (before.isupper() and not after.isupper())):
        return before
    return after
