"""The free-access extraction of the Annuaire Santé, line by line.

Layout: ``PS_LibreAcces_Personne_activite``, one activity a line, columns separated by ``|`` and
named by the first line (ANS, « Extractions du service Annuaire Santé en libre accès »; 56 columns
in 2026). Columns are found by name, so that an added or moved one changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from liane.core.errors import Refused
from liane.core.text import normalise
from liane.directory import identifiers
from liane.directory.models import Organisation

Kind = Organisation.Kind
NEEDED = ("Identifiant PP", "Nom d'exercice", "Prénom d'exercice", "Code profession")
RPPS_TYPE = "8"
SECTORS: tuple[tuple[str, Kind], ...] = (
    ("pharmacie", Kind.PHARMACY),
    ("laboratoire", Kind.LABORATORY),
    ("maison de sante", Kind.MSP),
    ("centre de sante", Kind.CDS),
    ("soins infirmiers", Kind.SSIAD),
    ("personnes agees", Kind.ESMS),
    ("handicap", Kind.ESMS),
    ("hebergement", Kind.ESMS),
    ("cabinet", Kind.PRACTICE),
    ("exercice en societe", Kind.PRACTICE),
    ("etablissement public de sante", Kind.HOSPITAL),
    ("etablissement prive", Kind.HOSPITAL),
    ("hopital", Kind.HOSPITAL),
)
"""Kinds by words of the sector's label (TRE_R02), the first that fits."""
_PLACE = " (coord. structure)"
_COLUMNS = {
    "type": "Type d'identifiant PP",
    "rpps": "Identifiant PP",
    "title": "Code civilité d'exercice",
    "family": "Nom d'exercice",
    "given": "Prénom d'exercice",
    "profession": "Code profession",
    "specialty": "Code savoir-faire",
    "specialty_name": "Libellé savoir-faire",
    "brand": "Enseigne commerciale site",
    "legal": "Raison sociale site",
    "technical": "Identifiant technique de la structure",
    "finess": "Numéro FINESS site",
    "siret": "Numéro SIRET site",
    "number": f"Numéro Voie{_PLACE}",
    "again": f"Indice répétition voie{_PLACE}",
    "street_kind": f"Libellé type de voie{_PLACE}",
    "street": f"Libellé Voie{_PLACE}",
    "postcode": f"Code postal{_PLACE}",
    "town": f"Libellé commune{_PLACE}",
    "office": f"Bureau cedex{_PLACE}",
    "insee": f"Code commune{_PLACE}",
    "phone": f"Téléphone{_PLACE}",
    "email": f"Adresse e-mail{_PLACE}",
    "sector": "Libellé secteur d'activité",
}


class BadFileError(ValueError):
    """The file is not this extraction; its message says what is missing."""


@dataclass(frozen=True, slots=True)
class Site:
    """The structure of an activity, as the national directory knows it."""

    external_id: str
    name: str
    kind: Kind
    finess: str
    siret: str
    line: str
    postcode: str
    city: str
    insee: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Activity:
    """One line: a professional and, when there is one, a place where they work."""

    rpps: str
    title: str
    family: str
    given: str
    profession: str
    specialty: str
    specialty_name: str
    site: Site | None


class Layout:
    """Where each column of a file stands."""

    def __init__(self, header: str) -> None:
        """Read the first line. Raises BadFileError when it names no such extraction."""
        named = {normalise(name): place for place, name in enumerate(_cells(header)) if name}
        missing = [name for name in NEEDED if normalise(name) not in named]
        if missing:
            raise BadFileError(f"colonnes absentes : {', '.join(missing)}")
        self.places = {name: named.get(normalise(column), -1) for name, column in _COLUMNS.items()}

    def read(self, line: str) -> Activity:
        """The activity of a line. Raises Refused with the reason why it cannot be taken."""
        cells = _cells(line)
        count = len(cells)
        row = {
            name: cells[place] if 0 <= place < count else "" for name, place in self.places.items()
        }
        return _activity(row)


def _cells(line: str) -> Sequence[str]:
    return [cell.strip(' "\t\r\n') for cell in line.lstrip("\ufeff").replace("\0", "").split("|")]


def _activity(row: dict[str, str]) -> Activity:
    if row["type"] and row["type"] != RPPS_TYPE:
        raise Refused("identifiant autre que RPPS")
    number = identifiers.rpps(row["rpps"])
    if not row["family"]:
        raise Refused("nom d’exercice absent")
    if not row["profession"]:
        raise Refused("profession absente")
    return Activity(
        rpps=number,
        title={"DR": "Dr", "PR": "Pr"}.get(row["title"].upper(), ""),
        family=row["family"][:100],
        given=row["given"][:100],
        profession=row["profession"][:5],
        specialty=row["specialty"][:10],
        specialty_name=row["specialty_name"][:120],
        site=_site(row),
    )


def _site(row: dict[str, str]) -> Site | None:
    finess, siret = row["finess"], row["siret"]
    key = row["technical"] or (f"finess:{finess}" if finess else f"siret:{siret}" if siret else "")
    if not key:
        return None
    name = row["brand"] or row["legal"] or f"Cabinet {row['given']} {row['family']}"
    street = f"{row['number']} {row['again']} {row['street_kind']} {row['street']}"
    return Site(
        external_id=key[:60],
        name=name[:200],
        kind=_kind(row["sector"]),
        finess=_checked(identifiers.finess, finess),
        siret=_checked(identifiers.siret, siret),
        line=" ".join(street.split())[:200],
        postcode=row["postcode"][:10],
        city=_town(row["town"] or _after_code(row["office"]))[:100],
        insee=row["insee"][:5],
        phone=_phone(row["phone"]),
        email=row["email"][:254],
    )


def _checked(check: Callable[[str], str], value: str) -> str:
    """The number when it is right, nothing otherwise: a wrong one must not be kept."""
    try:
        return check(value) if value else ""
    except Refused:
        return ""


@lru_cache(maxsize=500)
def _kind(sector: str) -> Kind:
    words = normalise(sector)
    return next((kind for sign, kind in SECTORS if sign in words), Kind.OTHER)


def _after_code(office: str) -> str:
    return office.split(" ", 1)[1] if office[:5].isdigit() and " " in office else office


def _town(name: str) -> str:
    return name.title() if name.isupper() else name


def _phone(value: str) -> str:
    return "".join(char for char in value if char.isdigit() or char == "+")[:20]
