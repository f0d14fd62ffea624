"""Finding an offer by need, place and availability: a list in order of nearness, no map.

Nearest first by the distance between communes where both are known; the others after, by the same
commune, the same EPCI, the same department. Five queries at any size.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from liane.core.text import normalise
from liane.directory.models import (
    Commune,
    Correspondent,
    Coverage,
    HealthcareService,
    Organisation,
    Posting,
    ServiceArea,
)
from liane.directory.models.offers import FRESH
from liane.directory.search import LITTLE, scores_of
from liane.directory.territories import Place, covering, named

Availability = HealthcareService.Availability
SHOWN = 30
CANDIDATES = 600
"""Offers compared at most: those of one need around one commune are fewer."""
EARTH = 6_371.0
"""Mean radius, kilometres."""
WAYS = {"": "Toutes", "places": "Avec des places", "quinzaine": "Sous quinze jours"}
ORDER = [Availability.OPEN, Availability.UNKNOWN, Availability.WAITING, Availability.FULL,
         Availability.CLOSED]  # fmt: skip
TIERS = ("même commune", "même intercommunalité", "même département", "plus loin")


@dataclass(frozen=True)
class Asked:
    """What is looked for. ``way``: a key of `WAYS`."""

    need: str = ""
    text: str = ""
    town: Commune | None = None
    way: str = ""

    @property
    def enough(self) -> bool:
        """True when there is something to look for: a place alone is not."""
        return bool(self.need or normalise(self.text))


@dataclass(frozen=True)
class Near:
    """An offer and how near it is: kilometres between communes, or a tier of `TIERS`."""

    service: HealthcareService
    km: float | None
    tier: int | None

    @property
    def words(self) -> str:
        """« à 12 km environ », « même intercommunalité », or nothing without a place."""
        if self.tier == 0:
            return TIERS[0]
        if self.km is not None:
            return f"à {max(1, round(self.km))}\N{NO-BREAK SPACE}km environ"
        return TIERS[self.tier] if self.tier is not None else ""


@dataclass(frozen=True)
class Found:
    """One page of offers. ``after`` is the next page's number, or None."""

    rows: list[Near] = field(default_factory=list)
    after: int | None = None


@dataclass(frozen=True)
class _Candidate:
    pk: UUID
    insee: str
    tier: int | None
    availability: str
    name: str


def find(asked: Asked, page: int = 1) -> Found:
    """One page of the offers that fit, nearest first."""
    if not asked.enough:
        return Found()
    rows = _fitting(asked)
    if rows is None:
        return Found()
    found = _candidates(rows, asked.town)
    far = _distances(asked.town, {one.insee for one in found})
    found.sort(key=lambda one: _rank(one, far))
    start = (max(page, 1) - 1) * SHOWN
    shown = found[start : start + SHOWN]
    services = HealthcareService.objects.select_related("organisation", "correspondent").in_bulk(
        [one.pk for one in shown]
    )
    near = [Near(services[one.pk], far.get(one.insee), one.tier) for one in shown]
    return Found(near, page + 1 if len(found) > start + SHOWN else None)


def _rank(one: _Candidate, far: Mapping[str, float]) -> tuple[int, float, int, str]:
    """Same commune, then by distance, then by tier; among equals, where there is room first."""
    km = 0.0 if one.tier == 0 else far.get(one.insee)
    room = ORDER.index(Availability(one.availability))
    if km is not None:
        return 0, km, room, one.name
    return 1, float(one.tier or 0), room, one.name


def _fitting(asked: Asked) -> QuerySet[HealthcareService] | None:
    rows = HealthcareService.objects.filter(ended_at=None, organisation__active=True)
    if asked.need:
        rows = rows.filter(need=asked.need)
    words = [word for word in normalise(asked.text).split() if word not in LITTLE]
    if words:
        scores = scores_of(Posting.Kind.SERVICE, words)
        if not scores:
            return None
        rows = rows.filter(pk__in=sorted(scores, key=lambda pk: -scores[pk])[:CANDIDATES])
    if asked.way == "places":
        rows = rows.filter(availability=Availability.OPEN)
    elif asked.way == "quinzaine":
        rows = rows.filter(
            availability__in=[Availability.OPEN, Availability.WAITING], delay_days__lte=15
        )
    return rows if asked.town is None else rows.filter(serving(asked.town))


def serving(town: Commune) -> Q:
    """The condition: an offer that serves a commune, by its own territory, else its organisation's,
    else, where neither says, by a seat in the same department. What is offered from afar serves."""
    own = ServiceArea.objects.filter(service_id=OuterRef("pk"))
    theirs = Coverage.objects.filter(organisation_id=OuterRef("organisation_id"))
    held = covering(town)
    seat = Q(organisation__insee=town.code)
    if town.department_id:
        seat |= Q(organisation__insee__startswith=town.department_id)
    return (
        Q(where=HealthcareService.Where.REMOTE)
        | Exists(own.filter(held))
        | (~Exists(own) & (Exists(theirs.filter(held)) | (~Exists(theirs) & seat)))
    )


def _candidates(rows: QuerySet[HealthcareService], town: Commune | None) -> list[_Candidate]:
    if town is None:
        said = rows.order_by("name").values_list(
            "pk", "organisation__insee", "availability", "name"
        )[:CANDIDATES]
        return [_Candidate(pk, insee, None, room, name) for pk, insee, room, name in said]
    ranked = rows.annotate(tier=_tier(town)).order_by("tier", "name")
    said_near = ranked.values_list("pk", "organisation__insee", "tier", "availability", "name")
    return [_Candidate(*row) for row in said_near[:CANDIDATES]]


def _tier(town: Commune) -> Case:
    """How near the seat of the organisation is: an index of `TIERS`."""
    steps = [When(organisation__insee=town.code, then=Value(0))]
    if town.epci_id:
        near = Commune.objects.filter(epci_id=town.epci_id).values("code")
        steps.append(When(organisation__insee__in=near, then=Value(1)))
    if town.department_id:
        steps.append(When(organisation__insee__startswith=town.department_id, then=Value(2)))
    return Case(*steps, default=Value(3), output_field=IntegerField())


def _distances(town: Commune | None, codes: Collection[str]) -> dict[str, float]:
    """Kilometres from a commune to each of these, where both have coordinates. One query."""
    if town is None or town.latitude is None or town.longitude is None:
        return {}
    here = (town.latitude, town.longitude)
    rows = Commune.objects.filter(pk__in=codes).values_list("code", "latitude", "longitude")
    return {
        code: kilometres(here, (north, east))
        for code, north, east in rows
        if north is not None and east is not None
    }


def around(latitude: float, longitude: float, far: float) -> list[str]:
    """Codes of the communes whose centre lies within ``far`` kilometres of a point. One query."""
    north = math.degrees(far / EARTH)
    east = north / max(math.cos(math.radians(latitude)), 0.01)
    rows = Commune.objects.filter(
        latitude__gte=latitude - north, latitude__lte=latitude + north,
        longitude__gte=longitude - east, longitude__lte=longitude + east,
    )  # fmt: skip
    return sorted(
        code for code, lat, long in rows.values_list("code", "latitude", "longitude")
        if lat is not None and long is not None
        and kilometres((latitude, longitude), (lat, long)) <= far
    )  # fmt: skip


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance between two points given in degrees (haversine).

    >>> round(kilometres((43.71, -1.05), (43.89, -0.50)))
    49
    """
    north, east = math.radians(other[0] - one[0]), math.radians(other[1] - one[1])
    part = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(one[0]))
        * math.cos(math.radians(other[0]))
        * math.sin(east / 2) ** 2
    )
    return 2 * EARTH * math.asin(math.sqrt(part))


# ------------------------------------------------------------------ one organisation, one offer
def of_organisation(organisation: Organisation) -> list[HealthcareService]:
    """What an organisation offers now. One query."""
    rows = HealthcareService.objects.filter(organisation=organisation, ended_at=None)
    return list(rows.select_related("correspondent").order_by("need", "name"))


def one(service_id: UUID) -> HealthcareService | None:
    """An offer, ended or not, with its organisation. One query."""
    rows = HealthcareService.objects.filter(pk=service_id)
    return rows.select_related("organisation", "correspondent").first()


def to_confirm(organisation_id: UUID | None, most: int = 50) -> list[HealthcareService]:
    """Offers of an organisation, or said by it, that nobody confirmed for too long. One query."""
    ours = Q(organisation_id=organisation_id) | Q(author_organisation_id=organisation_id)
    rows = HealthcareService.objects.filter(
        ours, ended_at=None, confirmed_at__lt=timezone.now() - FRESH, organisation__active=True
    )
    return list(
        rows.select_related("organisation", "correspondent").order_by("confirmed_at")[:most]
    )


def areas_of(service: HealthcareService) -> list[Place]:
    """The territories of an offer, in words. At most four queries."""
    return named((area.level, area.code) for area in service.areas.order_by("level", "code"))


def correspondents(organisation_id: UUID) -> list[Correspondent]:
    """Whom to call in an organisation. One query."""
    rows = Correspondent.objects.filter(organisation_id=organisation_id, ended_at=None)
    return list(rows.order_by("name"))


def correspondent(correspondent_id: UUID) -> Correspondent | None:
    """Whom to call, still so. One query."""
    rows = Correspondent.objects.filter(pk=correspondent_id, ended_at=None)
    return rows.select_related("organisation").first()
