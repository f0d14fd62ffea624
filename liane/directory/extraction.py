"""The free-access extraction of the Annuaire Santé, line by line.

Layout: ``PS_LibreAcces_Personne_activite``, one activity a line, columns separated by ``|`` and
named by the first line (ANS, « Extractions du service Annuaire Santé en libre accès »). Columns are
found by name, so that an added or moved one changes nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


class BadFileError(ValueError):
    """The file is not this extraction; its message says what is missing."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


def read(lines: Iterable[str]) -> Iterator[tuple[int, Activity | str]]:
    """(line number, activity or the reason why it is refused). Raises BadFileError at once."""
    rows = iter(lines)
    header = _cells(next(rows, "").lstrip("\ufeff"))
    columns = {_key(name): place for place, name in enumerate(header) if name}
    missing = [name for name in NEEDED if _key(name) not in columns]
    if missing:
        raise BadFileError(f"colonnes absentes : {', '.join(missing)}")
    for number, line in enumerate(rows, start=2):
        if not line.strip():
            continue
        cells = _cells(line)
        row = {name: cells[place] for name, place in columns.items() if place < len(cells)}
        try:
            yield number, _activity(row)
        except Refused as refusal:
            yield number, refusal.message


def _key(name: str) -> str:
    return normalise(name)


def _cells(line: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.rstrip("\r\n").split("|")]


def _activity(row: dict[str, str]) -> Activity:
    def cell(name: str) -> str:
        return row.get(_key(name), "")

    kind_of_number = cell("Type d'identifiant PP")
    if kind_of_number and kind_of_number != RPPS_TYPE:
        raise Refused("identifiant autre que RPPS")
    number = identifiers.rpps(cell("Identifiant PP"))
    family, given = cell("Nom d'exercice"), cell("Prénom d'exercice")
    if not family:
        raise Refused("nom d’exercice absent")
    if not cell("Code profession"):
        raise Refused("profession absente")
    return Activity(
        rpps=number,
        title=_title(cell("Code civilité d'exercice")),
        family=family[:100],
        given=given[:100],
        profession=cell("Code profession")[:5],
        specialty=cell("Code savoir-faire")[:10],
        specialty_name=cell("Libellé savoir-faire")[:120],
        site=_site(row),
    )


def _title(code: str) -> str:
    return {"DR": "Dr", "PR": "Pr"}.get(code.upper(), "")


def _site(row: dict[str, str]) -> Site | None:
    def cell(name: str) -> str:
        return row.get(_key(name), "")

    def place(name: str) -> str:
        return cell(f"{name} (coord. structure)")

    name = cell("Enseigne commerciale site") or cell("Raison sociale site")
    technical = cell("Identifiant technique de la structure")
    finess, siret = cell("Numéro FINESS site"), cell("Numéro SIRET site")
    key = technical or (f"finess:{finess}" if finess else f"siret:{siret}" if siret else "")
    if not key:
        return None
    street = (
        f"{place('Numéro Voie')} {place('Indice répétition voie')} "
        f"{place('Libellé type de voie')} {place('Libellé Voie')}"
    )
    return Site(
        external_id=key[:60],
        name=(name or f"Cabinet {cell('Prénom d exercice')} {cell('Nom d exercice')}")[:200],
        kind=_kind(cell("Libellé secteur d'activité")),
        finess=_checked(identifiers.finess, finess),
        siret=_checked(identifiers.siret, siret),
        line=" ".join(street.split())[:200],
        postcode=place("Code postal")[:10],
        city=_town(place("Libellé commune") or _after_code(place("Bureau cedex")))[:100],
        insee=place("Code commune")[:5],
        phone=_phone(place("Téléphone")),
        email=place("Adresse e-mail")[:254],
    )


def _checked(check: object, value: str) -> str:
    """The number when it is right, nothing otherwise: a wrong one must not be kept."""
    try:
        return str(check(value)) if value and callable(check) else ""
    except Refused:
        return ""


def _kind(sector: str) -> Kind:
    words = normalise(sector)
    return next((kind for sign, kind in SECTORS if sign in words), Kind.OTHER)


def _after_code(office: str) -> str:
    return office.split(" ", 1)[1] if office[:5].isdigit() and " " in office else office


def _town(name: str) -> str:
    return name.title() if name.isupper() else name


def _phone(value: str) -> str:
    return "".join(char for char in value if char.isdigit() or char == "+")[:20]
