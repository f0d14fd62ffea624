"""What the Annuaire Santé says, in the words of the extraction: one activity for each place.

Profiles: as-dr-practitioner, as-dr-practitionerrole, as-dr-organization 1.2.0-snapshot-2 (ANS).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from liane.core.errors import Refused
from liane.directory import identifiers
from liane.directory.extraction import Activity, Site
from liane.directory.models import Organisation
from liane.directory.nomenclatures import profession_label

Json = dict[str, Any]
Kind = Organisation.Kind
RPPS, FINESS = "https://rpps.esante.gouv.fr", "https://finess.esante.gouv.fr"
RANK, NATIONAL = "https://rppsrang.esante.gouv.fr", "urn:oid:1.2.250.1.71.4.2.2"
PROFESSION, SKILL = "TRE_G15-ProfessionSante", "TRE_R38-SpecialiteOrdinale"
SECTOR = "TRE_R02-SecteurActivite"
SECTORS = {
    "SA01": Kind.HOSPITAL, "SA02": Kind.HOSPITAL, "SA03": Kind.HOSPITAL, "SA04": Kind.HOSPITAL,
    "SA05": Kind.CDS, "SA07": Kind.PRACTICE, "SA08": Kind.PRACTICE, "SA09": Kind.PRACTICE,
    "SA25": Kind.LABORATORY, "SA33": Kind.PHARMACY, "SA34": Kind.PHARMACY,
}  # fmt: skip
"""Kinds by sector (TRE_R02); another one is « autre structure »."""


@dataclass(frozen=True)
class Place:
    """Where somebody works, and their MSSanté address there."""

    activity: Activity
    mailbox: str = ""


@dataclass(frozen=True)
class Found:
    """A professional of the national directory."""

    id: str
    rpps: str
    name: str
    what: str
    places: tuple[Place, ...]

    @property
    def mailbox(self) -> str:
        """The first MSSanté address."""
        return next((one.mailbox for one in self.places if one.mailbox), "")


def found(resources: list[Json]) -> list[Found]:
    """The professionals of an answer; what cannot be read is left out."""
    made = []
    for one in _of(resources, "Practitioner"):
        try:
            made.append(_professional(one, resources))
        except (Refused, LookupError, AttributeError, TypeError):
            continue
    return made


def _of(resources: list[Json], kind: str) -> Iterator[Json]:
    return (one for one in resources if one.get("resourceType") == kind)


def _professional(one: Json, resources: list[Json]) -> Found:
    number = identifiers.rpps(_identifier(one, RPPS))
    roles = [
        role for role in _of(resources, "PractitionerRole")
        if _id(role, "practitioner") == one["id"] and role.get("active", True)
    ]  # fmt: skip
    sites = {place["id"]: place for place in _of(resources, "Organization")}
    named = {**one["name"][0], **(roles[0].get("name", [{}])[0] if roles else {})}
    profession, skill, label = _trade(one, roles)
    mailbox = _mailbox(one)
    places = []
    for role in roles or [{}]:
        site = sites.get(_id(role, "organization"))
        activity = Activity(
            rpps=number, title=_title(named), family=str(named["family"])[:100],
            given=" ".join(named.get("given", []))[:100], profession=profession, specialty=skill,
            specialty_name=label, site=_site(site) if site else None,
        )  # fmt: skip
        places.append(Place(activity, _mailbox(role) or mailbox))
    name = " ".join(part for part in (_title(named), *named.get("given", []), named["family"]))
    what = profession_label(profession, skill, label)
    return Found(str(one["id"]), number, name.strip(), what, tuple(places))


def _title(name: Json) -> str:
    told = {part.upper().rstrip(".") for part in name.get("suffix", []) + name.get("prefix", [])}
    return "Pr" if "PR" in told else "Dr" if "DR" in told else ""


def _id(resource: Json, name: str) -> str:
    return str(resource.get(name, {}).get("reference", "")).rpartition("/")[2]


def _identifier(resource: Json, system: str) -> str:
    rows = resource.get("identifier", [])
    return next((str(one["value"]) for one in rows if one.get("system") == system), "")


def _codings(resource: Json, name: str) -> Iterator[Json]:
    told = resource.get(name, [])
    for concept in told if isinstance(told, list) else [told]:
        yield from (concept.get("code", concept) or {}).get("coding", [])


def _code(codings: list[Json], nomenclature: str) -> tuple[str, str]:
    return next(
        ((one["code"], one.get("display", "")) for one in codings
         if nomenclature in one.get("system", "")), ("", ""),
    )  # fmt: skip


def _trade(one: Json, roles: list[Json]) -> tuple[str, str, str]:
    """Profession and skill, wherever they stand: on the professional, on a place."""
    codings = list(_codings(one, "qualification"))
    for role in roles:
        codings += [*_codings(role, "code"), *_codings(role, "specialty")]
    skill, label = _code(codings, SKILL)
    return _code(codings, PROFESSION)[0][:5], skill[:10], label[:120]


def _mailbox(resource: Json) -> str:
    """The first MSSanté address, told as such or of the space of trust."""
    for one in resource.get("telecom", []):
        value = str(one.get("value", ""))
        if one.get("system") == "email" and ("mssante" in value.lower() or _is_mss(one)):
            return value[:254]
    return ""


def _is_mss(telecom: Json) -> bool:
    extensions = telecom.get("extension", [])
    return any(one.get("valueCoding", {}).get("code") == "MSSANTE" for one in extensions)


def _site(one: Json) -> Site:
    finess = _identifier(one, FINESS)
    try:
        finess = identifiers.finess(finess) if finess else ""
    except Refused:
        finess = ""
    key = _identifier(one, RANK) or _identifier(one, NATIONAL) or f"annuaire:{one['id']}"
    address = (one.get("address") or [{}])[0]
    sector = _code(list(_codings(one, "type")), SECTOR)[0]
    city = str(address.get("city", ""))
    return Site(
        external_id=key[:60], name=str(one["name"])[:200], kind=SECTORS.get(sector, Kind.OTHER),
        finess=finess, siret="", line=_street(address)[:200],
        postcode=str(address.get("postalCode", ""))[:10],
        city=(city[6:] if city[:5].isdigit() else city).title()[:100], insee=_insee(address)[:5],
        phone=_phone(one), email=_mailbox(one),
    )  # fmt: skip


def _street(address: Json) -> str:
    lines = [line for line in address.get("line", []) if line]
    if lines:
        return " ".join(lines)
    parts = (address.get("_line") or [{}])[0].get("extension", [])
    return " ".join(str(part.get("valueString", "")) for part in parts)


def _insee(address: Json) -> str:
    rows = address.get("extension", [])
    return next((one["valueCoding"]["code"] for one in rows if "valueCoding" in one), "")


def _phone(one: Json) -> str:
    rows = one.get("telecom", [])
    told = next((str(row["value"]) for row in rows if row.get("system") == "phone"), "")
    return "".join(char for char in told if char.isdigit() or char == "+")[:20]
