"""Persons whom an organisation supports: who was open when, at which level, who left and why."""

import datetime as dt

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from liane.followups.models import Accompaniment, Contact, LevelChange
from liane.followups.states import ExitReason, Level
from liane.insight.bands import LENGTHS
from liane.insight.sources import Scope

REASONS: dict[str, str] = {one.value: str(one.label) for one in ExitReason}
LEVELS: dict[str, str] = {one.value: str(one.label) for one in Level}


def opened(scope: Scope) -> QuerySet[Accompaniment]:
    """Accompaniments open at least one moment of the period."""
    return _ours(scope).filter(_not_closed_before(scope.period.start),
                               opened_at__lt=scope.period.end)  # fmt: skip


def open_at_end(scope: Scope) -> QuerySet[Accompaniment]:
    """Accompaniments open at the end of the last day."""
    return _ours(scope).filter(_not_closed_before(scope.period.end),
                               opened_at__lt=scope.period.end)  # fmt: skip


def entries(scope: Scope) -> QuerySet[Accompaniment]:
    """Accompaniments opened in the period for somebody who never had one before here."""
    before = _ours(scope).filter(
        person_id=OuterRef("person_id"), opened_at__lt=OuterRef("opened_at")
    )
    rows = _ours(scope).filter(scope.during("opened_at"))
    return rows.annotate(earlier_one=Subquery(before.values("pk")[:1])).filter(earlier_one=None)


def exits(scope: Scope) -> QuerySet[Accompaniment]:
    """Accompaniments closed in the period."""
    return _ours(scope).filter(scope.during("closed_at"))


def contacts(scope: Scope) -> QuerySet[Contact]:
    """Contacts about persons in the period: acts that no visit recorded."""
    rows: QuerySet[Contact] = Contact.objects.within(scope.reach)
    return rows.filter(
        scope.during("at"), organisation_id=scope.organisation_id, person__isnull=False
    ).order_by()


def level_at_end(scope: Scope) -> Subquery:
    """The level that an accompaniment had at the end of the period."""
    said = LevelChange.objects.filter(accompaniment_id=OuterRef("pk"), at__lt=scope.period.end)
    return Subquery(said.order_by("-at", "-pk").values("after")[:1])


def lasting(key: str) -> Q:
    """The condition: an accompaniment that lasted so long (a band of `LENGTHS`)."""
    low, high = (dt.timedelta(days=days) for days in LENGTHS[key])
    return Q(closed_at__gte=F("opened_at") + low, closed_at__lt=F("opened_at") + high)


def _ours(scope: Scope) -> QuerySet[Accompaniment]:
    rows: QuerySet[Accompaniment] = Accompaniment.objects.within(scope.reach)
    return rows.filter(organisation_id=scope.organisation_id).order_by()


def _not_closed_before(moment: object) -> Q:
    return Q(closed_at=None) | Q(closed_at__gte=moment)
