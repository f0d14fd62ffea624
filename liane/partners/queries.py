"""Reads of relations: partners, conventions to renew, campaigns. Queries are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from liane.core import acting
from liane.directory import territories
from liane.directory.models import Organisation
from liane.partners import rules
from liane.partners.models import Attempt, Campaign, Convention, ConventionFile, Partnership, Target
from liane.partners.states import Relation

SHOWN = 50
CHOSEN = 100
VIEWS = {"": "Toutes", **{one.value: str(one.label).capitalize() for one in Relation}}


def _house() -> UUID:
    return rules.house(acting.current())


# ------------------------------------------------------------------ relations
@dataclass(frozen=True)
class Page:
    """One page of relations. ``after`` is the next page's number, or None."""

    rows: Sequence[Partnership] = ()
    after: int | None = None


def page(view: str = "", number: int = 1) -> Page:
    """The house's relations by name, each with ``until``: when its conventions end. One query."""
    rows = Partnership.objects.filter(organisation_id=_house())
    if view:
        rows = rows.filter(status=view)
    start = (max(number, 1) - 1) * SHOWN
    wanted = rows.select_related("partner").annotate(until=Max(
        "conventions__ends_on", filter=Q(conventions__ended_on=None)
    ))  # fmt: skip
    found = list(wanted.order_by("partner__name", "pk")[start : start + SHOWN + 1])
    return Page(found[:SHOWN], number + 1 if len(found) > SHOWN else None)


def counts() -> Mapping[str, int]:
    """How many relations in each state. One query."""
    rows = Partnership.objects.filter(organisation_id=_house()).order_by()
    return dict(rows.values_list("status").annotate(number=Count("pk")))


def relation(partnership_id: UUID) -> Partnership | None:
    """One relation of the house. One query."""
    rows = Partnership.objects.filter(pk=partnership_id, organisation_id=_house())
    return rows.select_related("partner", "organisation").first()


def relation_with(partner_id: UUID) -> Partnership | None:
    """The relation of the house with a partner. One query."""
    return Partnership.objects.filter(partner_id=partner_id, organisation_id=_house()).first()


def conventions(partnership_id: UUID) -> list[Convention]:
    """The conventions of a relation, the latest first, with their documents. Two queries."""
    rows = Convention.objects.filter(partnership_id=partnership_id).select_related("renewal")
    return list(rows.prefetch_related("files__file").order_by("-starts_on", "-pk"))


def convention(convention_id: UUID) -> Convention | None:
    """One convention of the house. One query."""
    rows = Convention.objects.filter(
        pk=convention_id, partnership__organisation_id=_house()
    ).select_related("partnership__partner", "renewal")
    return rows.first()


def document(convention_file_id: UUID) -> ConventionFile | None:
    """One document of a convention of the house. One query."""
    rows = ConventionFile.objects.filter(
        pk=convention_file_id, convention__partnership__organisation_id=_house()
    )
    return rows.select_related("file").first()


def to_renew(most: int = 10) -> list[Convention]:
    """Conventions of the house whose reminder came, neither renewed nor ended. One query."""
    renewed = Convention.objects.filter(renews_id=OuterRef("pk"))
    rows = Convention.objects.filter(
        ~Exists(renewed), partnership__organisation_id=_house(), ended_on=None,
        remind_on__lte=timezone.localdate(),
    )  # fmt: skip
    return list(rows.select_related("partnership__partner").order_by("ends_on", "pk")[:most])


# ------------------------------------------------------------------ campaigns
def campaigns() -> list[Campaign]:
    """The house's campaigns, the latest first, with ``asked`` and ``answered``. One query."""
    rows = Campaign.objects.filter(organisation_id=_house()).annotate(
        asked=Count("targets"),
        answered=Count("targets", filter=Q(targets__outcome__in=("yes", "no"))),
    )
    return list(rows.order_by("-created_at")[:SHOWN])


def campaign(campaign_id: UUID) -> Campaign | None:
    """One campaign of the house. One query."""
    rows = Campaign.objects.filter(pk=campaign_id, organisation_id=_house())
    return rows.select_related("organisation").first()


@dataclass(frozen=True)
class Reached:
    """One organisation of a campaign and its attempts, the latest first."""

    target: Target
    attempts: list[Attempt]


def reached(campaign_id: UUID, outcome: str = "") -> list[Reached]:
    """The organisations of a campaign by name, each with who reached it. Two queries."""
    rows = Target.objects.filter(campaign_id=campaign_id, campaign__organisation_id=_house())
    if outcome:
        rows = rows.filter(outcome=outcome)
    found = list(rows.select_related("partner").order_by("partner__name", "pk"))
    made: dict[UUID, list[Attempt]] = {}
    for attempt in Attempt.objects.filter(target__in=found).order_by("-at", "-pk"):
        made.setdefault(attempt.target_id, []).append(attempt)
    return [Reached(target, made.get(target.pk, [])) for target in found]


def outcomes(campaign_id: UUID) -> Mapping[str, int]:
    """How many organisations at each outcome. One query."""
    rows = Target.objects.filter(campaign_id=campaign_id).order_by()
    return dict(rows.values_list("outcome").annotate(number=Count("pk")))


def target(target_id: UUID) -> Target | None:
    """One organisation of a campaign of the house. One query."""
    rows = Target.objects.filter(pk=target_id, campaign__organisation_id=_house())
    return rows.select_related("campaign", "partner").first()


@dataclass(frozen=True)
class Wanted:
    """Which organisations a campaign is for."""

    kind: str = ""
    status: str = ""
    place: str = ""


def choosable(campaign_id: UUID, wanted: Wanted) -> list[Organisation]:
    """Organisations that fit and are not in the campaign yet. Six queries at most."""
    house = _house()
    there = Target.objects.filter(campaign_id=campaign_id).values("partner_id")
    rows = Organisation.objects.filter(active=True).exclude(pk=house).exclude(pk__in=there)
    rows = rows.exclude(kind=Organisation.Kind.OPERATOR)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.status:
        own = Partnership.objects.filter(organisation_id=house, status=wanted.status)
        rows = rows.filter(pk__in=own.values("partner_id"))
    return list(_around(rows, wanted.place).order_by("name", "pk")[:CHOSEN])


def _around(rows: QuerySet[Organisation], place: str) -> QuerySet[Organisation]:
    if not place.strip():
        return rows
    town = territories.commune(city=place) or next(iter(territories.communes(place, 1)), None)
    if town is None:
        return rows.none()
    return rows.filter(pk__in=territories.organisations_in(town, wider=True))
