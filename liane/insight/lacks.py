"""Needs that nobody answered, as the organisation noted them."""

from django.db.models import Q, QuerySet

from liane.directory.models import Commune
from liane.insight.sources import Scope
from liane.partners.models import UnmetNeed

WHY: dict[str, str] = {one.value: str(one.label) for one in UnmetNeed.Why}


def noted(scope: Scope) -> QuerySet[UnmetNeed]:
    """Unmet needs noted in the period, found since or not."""
    rows: QuerySet[UnmetNeed] = UnmetNeed.objects.within(scope.reach)
    return rows.filter(scope.during("at"), organisation_id=scope.organisation_id).order_by()


def counted(scope: Scope, code: str, key: str) -> QuerySet[UnmetNeed] | None:
    """Those that one row of a table counts; None for no such table."""
    rows = noted(scope)
    match code:
        case "needs.total":
            return rows
        case "needs.kind":
            return rows.filter(need=key)
        case "needs.why":
            return rows.filter(why=key)
        case "needs.territory":
            return rows.filter(in_territory(key))
    return None


def in_territory(key: str) -> Q:
    """The condition on ``insee``: in that EPCI; an empty key: in none, or unknown."""
    known = Commune.objects.exclude(epci=None)
    inside = Q(insee__in=(known.filter(epci_id=key) if key else known).values("pk"))
    return inside if key else ~inside
