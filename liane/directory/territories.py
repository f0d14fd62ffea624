"""Who answers for a commune: the most precise territory wins (commune, then EPCI, department)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from liane.core import acting
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.core.text import normalise
from liane.directory import rules
from liane.directory.models import Change, Commune, Coverage, Department, Epci, Organisation

Level = Coverage.Level
PRECISION = {Level.COMMUNE: 0, Level.EPCI: 1, Level.DEPARTMENT: 2}
PLACES: dict[str, Any] = {Level.COMMUNE: Commune, Level.EPCI: Epci, Level.DEPARTMENT: Department}


@dataclass(frozen=True)
class Place:
    """A territory that an organisation may answer for."""

    level: str
    code: str
    name: str
    soft: str = ""

    @property
    def key(self) -> str:
        """What a form sends."""
        return f"{self.level}:{self.code}"


@dataclass(frozen=True)
class Competent:
    """An organisation and how it comes to answer for a commune."""

    organisation: Organisation
    level: str

    @property
    def words(self) -> str:
        """« compétent pour l’intercommunalité »."""
        return f"compétence : {Level(self.level).label}"


def commune(insee: str = "", *, postcode: str = "", city: str = "") -> Commune | None:
    """The commune of an address: by its INSEE code, else by postcode and name. One query.

    None where the list does not know it, or where a postcode alone fits several.
    """
    if insee:
        return Commune.objects.select_related("epci", "department").filter(pk=insee).first()
    wanted = Q()
    if city.strip():
        wanted &= Q(search=plain(city))
    if postcode.strip():
        wanted &= Q(postcodes__contains=postcode.strip())
    if not wanted:
        return None
    found = list(Commune.objects.select_related("epci", "department").filter(wanted)[:2])
    return found[0] if len(found) == 1 else None


def communes(text: str, most: int = 20) -> list[Commune]:
    """Communes whose name begins so, or that have this postcode. One query."""
    words = text.strip()
    if len(words) < 2:
        return []
    if words.isdecimal():
        wanted = Q(postcodes__contains=words[:5]) | Q(code=words[:5])
    else:
        start = plain(words)
        wanted = Q(search__gte=start, search__lt=start + "\uffff")
    rows = Commune.objects.filter(wanted).select_related("epci", "department")
    return list(rows.order_by("search", "code")[:most])


def plain(name: str) -> str:
    """A commune's name as it is compared: « ST PAUL LES DAX » is « Saint-Paul-lès-Dax »."""
    short = {"st": "saint", "ste": "sainte"}
    return " ".join(short.get(word, word) for word in normalise(name).split())


def places(text: str) -> list[Place]:
    """Territories that ``text`` names: communes, EPCI and departments. Three queries."""
    found = [
        Place(Level.COMMUNE, one.code, one.name, " ".join(one.postcodes.split()[:3]))
        for one in communes(text, 10)
    ]
    if len(text.strip()) >= 2:
        found += [
            Place(Level.EPCI, one.code, one.name, "intercommunalité")
            for one in Epci.objects.filter(name__icontains=text.strip()).order_by("name")[:5]
        ]
        named = Q(name__icontains=text.strip()) | Q(code=text.strip().upper())
        found += [
            Place(Level.DEPARTMENT, one.code, one.name, f"département {one.code}")
            for one in Department.objects.filter(named).order_by("code")[:5]
        ]
    return found


def covering(town: Commune | None) -> Q:
    """The condition on `Coverage`: a territory that holds this commune."""
    if town is None:
        return Q(pk__in=[])
    held = Q(level=Level.COMMUNE, code=town.code)
    if town.epci_id:
        held |= Q(level=Level.EPCI, code=town.epci_id)
    if town.department_id:
        held |= Q(level=Level.DEPARTMENT, code=town.department_id)
    return held


def competent(town: Commune | None, kind: str | None = None) -> list[Competent]:
    """Organisations that answer for a commune, the most precise first. One query.

    ``kind`` (a DAC, a CPTS…) keeps those of that kind.
    """
    rows = Coverage.objects.filter(covering(town), organisation__active=True)
    if kind is not None:
        rows = rows.filter(organisation__kind=kind)
    found: dict[UUID, Competent] = {}
    for row in sorted(rows.select_related("organisation"), key=lambda row: _rank(row)):
        found.setdefault(row.organisation_id, Competent(row.organisation, row.level))
    return list(found.values())


def _rank(row: Coverage) -> tuple[int, str]:
    return PRECISION[Level(row.level)], row.organisation.name


def the_right_one(town: Commune | None, kind: str) -> Organisation | None:
    """The organisation of ``kind`` that answers for a commune; None where there is none, or where
    two do at the same level: somebody must then choose. One query."""
    found = competent(town, kind)
    if not found or (len(found) > 1 and found[0].level == found[1].level):
        return None
    return found[0].organisation


def covered_by(organisation_id: UUID) -> list[tuple[Coverage, Place]]:
    """The territories of an organisation. At most four queries."""
    rows = list(Coverage.objects.filter(organisation_id=organisation_id).order_by("level", "code"))
    return list(zip(rows, named((row.level, row.code) for row in rows), strict=True))


def named(codes: Iterable[tuple[str, str]]) -> list[Place]:
    """Territories given by level and code, with their names, in the same order. Three queries."""
    wanted = list(codes)
    names: dict[tuple[str, str], str] = {}
    for level, model in PLACES.items():
        of_level = [code for other, code in wanted if other == level]
        if of_level:
            found = model.objects.filter(pk__in=of_level)
            names |= {(level, one.pk): one.name for one in found}
    return [Place(level, code, names.get((level, code), code)) for level, code in wanted]


def understood(text: str) -> list[Place]:
    """« Dax, CA du Grand Dax, 64 »: the territories that a line names, separated by commas.

    Raises Refused, saying which part is unknown or fits several.
    """
    return [_the_one(part.strip()) for part in text.split(",") if part.strip()]


def _the_one(text: str) -> Place:
    found = places(text)
    words = plain(text)
    # A commune's INSEE code is another's postcode: only its name, or its only postcode, is sure.
    codes = [one for one in found if one.level != Level.COMMUNE and plain(one.code) == words]
    same = codes or [one for one in found if plain(one.name) == words] or found
    if not same:
        raise Refused(f"« {text} » n’est pas dans la liste des territoires.", field="areas")
    if len(same) > 1:
        several = ", ".join(f"{one.name} ({one.soft or one.code})" for one in same[:4])
        raise Refused(
            f"« {text} » peut être : {several}. Écrivez le code postal ou le nom entier.",
            field="areas",
        )
    return same[0]


def coverage(coverage_id: UUID) -> Coverage | None:
    """One territory of one organisation."""
    return Coverage.objects.filter(pk=coverage_id).select_related("organisation").first()


def organisations_in(town: Commune, *, wider: bool) -> Collection[UUID]:
    """Organisations that cover a commune or are seated there; ``wider``: in its EPCI or, failing
    that, its department. Three queries at most."""
    seats = Q(insee=town.code)
    if wider and town.epci_id:
        near = Commune.objects.filter(epci_id=town.epci_id).values("code")
        seats = Q(insee__in=near)
    elif wider and town.department_id:
        seats = Q(insee__startswith=town.department_id)
    held = covering(town)
    if wider and town.epci_id:
        near = Commune.objects.filter(epci_id=town.epci_id).values("code")
        held |= Q(level=Level.COMMUNE, code__in=near)
    found = set(Organisation.objects.filter(seats, active=True).values_list("pk", flat=True))
    return found | set(Coverage.objects.filter(held).values_list("organisation_id", flat=True))


def cover(organisation: Organisation, keys: Iterable[str]) -> list[Coverage]:
    """An organisation says which territories it answers for (``commune:40088``). Adds only.

    Raises Refused for a territory that the list does not know, NotAllowed for somebody else.
    """
    rules.require(
        rules.keeps_house(acting.current(), organisation.pk),
        "Le territoire d’une structure est tenu par elle.",
    )
    made = []
    known = set(Coverage.objects.filter(organisation=organisation).values_list("level", "code"))
    for key in keys:
        level, _, code = key.partition(":")
        if level not in PRECISION or not PLACES[Level(level)].objects.filter(pk=code).exists():
            raise Refused("Ce territoire n’est pas dans la liste.", field="place")
        if (level, code) in known:
            continue
        known.add((level, code))
        with transaction.atomic():
            who = author_of(acting.current())
            made.append(
                Coverage.objects.create(organisation=organisation, level=level, code=code, **who)
            )
            _note(organisation, "", _said(level, code))
    return made


def uncover(row: Coverage) -> None:
    """An organisation no longer answers for a territory; the history keeps that it did."""
    rules.require(
        rules.keeps_house(acting.current(), row.organisation_id),
        "Le territoire d’une structure est tenu par elle.",
    )
    with transaction.atomic():
        _note(row.organisation, _said(row.level, row.code), "")
        row.delete()


def _said(level: str, code: str) -> str:
    """« Landes (département) »: what the history of the structure shows."""
    place = PLACES[Level(level)].objects.filter(pk=code).first()
    return f"{place.name if place else code} ({Level(level).label})"


def _note(organisation: Organisation, before: str, after: str) -> None:
    Change.objects.create(
        object_id=organisation.pk, what="territoire", before=before, after=after,
        **author_of(acting.current()),
    )  # fmt: skip
