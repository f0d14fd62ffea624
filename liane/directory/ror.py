"""Offers of a repertory (ROR): HealthcareService, Organization and Location of a FHIR bundle.

The offer is found again by its structure and its name: the same bundle again changes nothing. What
one looks for is recognised by the words of types, specialties and name (`needs`); an offer whose
need is not recognised is refused rather than filed anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from liane.core.errors import Refused
from liane.core.text import normalise
from liane.directory import declared, identifiers, needs, offers
from liane.directory.models import HealthcareService, Organisation

Json = Mapping[str, Any]
FINESS = ("https://finess.esante.gouv.fr", "urn:oid:1.2.250.1.71.4.2.2")
CAPACITY = ("capacity", "capacite", "nb-capacity", "nbcapacity")
FREE = ("available", "disponible")


@dataclass(frozen=True)
class Offered:
    """What became of one offer: ``created``, ``updated`` or ``unchanged``."""

    service: HealthcareService
    effect: str


def take(service: Json, organisation: Organisation, places: list[Json]) -> Offered:
    """Say what a repertory says of an offer: need, territory, conditions, capacity, free places.

    ``places``: the Location of the offer. As the current actor. Raises Refused for an offer without
    a name or whose need is not recognised.
    """
    name = str(service.get("name", "")).strip()[:150]
    if not name:
        raise Refused("L’offre n’a pas de nom.", field="name")
    living = HealthcareService.objects.filter(organisation=organisation, ended_at=None)
    found = living.filter(name=name).first()
    with transaction.atomic():
        if service.get("active") is False:
            return _gone(found)
        said, areas = _said(service, name, places), _areas(service, places)
        if found is None:
            made, effect = offers.add(organisation, said, areas), "created"
        else:
            made, effect = found, _corrected(found, said, areas)
        return Offered(made, _places(made, places) or effect)


def structure(resource: Json) -> Organisation:
    """The structure of an offer: known by its FINESS number, else declared. Raises Refused."""
    number = _finess(resource)
    name = str(resource.get("name", "")).strip()[:200]
    known = Organisation.objects.filter(finess=number).first() if number else None
    known = known or Organisation.objects.filter(name=name).first()
    if known is not None:
        return known
    address = (resource.get("address") or [{}])[0]
    return declared.organisation(
        {
            "name": name, "kind": Organisation.Kind.OTHER, "finess": number,
            "city": str(address.get("city", ""))[:100],
            "postcode": str(address.get("postalCode", ""))[:10],
        }
    )  # fmt: skip


def _gone(found: HealthcareService | None) -> Offered:
    if found is None:
        raise Refused("L’offre est close, et inconnue ici.")
    return Offered(offers.withdraw(found.pk, "close dans le répertoire"), "updated")


def _finess(resource: Json) -> str:
    for one in resource.get("identifier", []):
        if one.get("system") in FINESS:
            try:
                return identifiers.finess(str(one.get("value", ""))[-9:])
            except Refused:
                continue
    return ""


def _corrected(found: HealthcareService, said: dict[str, Any], areas: list[str]) -> str:
    """Only what differs is said again, so that the same bundle confirms nothing by itself."""
    served = sorted(f"{one.level}:{one.code}" for one in found.areas.all())
    same = all(getattr(found, name) == value for name, value in said.items())
    if same and served == sorted(areas):
        return "unchanged"
    offers.correct(found.pk, said, areas)
    return "updated"


def _said(service: Json, name: str, places: list[Json]) -> dict[str, Any]:
    words = " ".join([name, *_displays(service, "type"), *_displays(service, "specialty"),
                      *_displays(service, "category")])  # fmt: skip
    conditions = [str(one.get("comment", "")) for one in service.get("eligibility", [])]
    conditions += _displays(service, "referralMethod")
    return {
        "need": _need(words), "name": name, "where": "site",
        "conditions": "; ".join(part for part in conditions if part)[:300],
        "capacity": _number(places, CAPACITY),
    }  # fmt: skip


def _displays(service: Json, field: str) -> list[str]:
    return [
        str(coding.get("display", "")) if coding else ""
        for concept in service.get(field, [])
        for coding in (concept.get("coding") or [{"display": concept.get("text", "")}])
    ]


def _need(text: str) -> str:
    """The need whose words stand most in a text. Raises Refused when none does."""
    said = {word[:6] for word in normalise(text).split() if len(word) > 3}
    scores = {
        one.code: len(said & {w[:6] for w in normalise(f"{one.label} {one.words}").split()
                              if len(w) > 3})
        for one in needs.version().values()
    }  # fmt: skip
    best = max(scores, key=lambda code: scores[code])
    if not scores[best]:
        raise Refused("Besoin non reconnu : nommez-le dans le type de l’offre.", field="type")
    return best


def _areas(service: Json, places: list[Json]) -> list[str]:
    """Communes (INSEE) of the territory, else nothing: those of the structure then hold."""
    wanted = {str(one.get("reference", "")).rpartition("/")[2]
              for one in service.get("coverageArea", [])}  # fmt: skip
    found = set()
    for place in places:
        if place.get("id") not in wanted:
            continue
        for extension in place.get("address", {}).get("extension", []):
            code = str(extension.get("valueCoding", {}).get("code", ""))
            found.add(f"commune:{code}" if len(code) == 5 else f"department:{code}")
    return sorted(found - {"department:"})


def _number(places: list[Json], names: tuple[str, ...]) -> int | None:
    """A count in the extensions of places, by the end of their address (``…capacity``)."""
    total = None
    for place in places:
        for url, value in _integers(place.get("extension", [])):
            if any(name in url for name in names) and 0 <= value <= 9_999:
                total = (total or 0) + value
    return total


def _integers(extensions: list[Json], path: str = "") -> list[tuple[str, int]]:
    found = []
    for one in extensions:
        url = f"{path} {str(one.get('url', '')).rpartition('/')[2].lower()}".strip()
        if isinstance(one.get("valueInteger"), int):
            found.append((url, one["valueInteger"]))
        found += _integers(one.get("extension", []), url)
    return found


def _places(made: HealthcareService, places: list[Json]) -> str:
    free = _number(places, FREE)
    if free is None or free == made.free_places:
        return ""
    state = HealthcareService.Availability.OPEN if free else HealthcareService.Availability.FULL
    offers.say_places(UUID(str(made.pk)), state, free=free)
    return "updated" if made.places_at else ""
