"""The file active: distinct persons, two records brought together counting once."""

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from liane.assessments.models import DONE, Response, Score
from liane.insight import accompaniments, sources
from liane.insight.bands import AGES
from liane.insight.sources import Scope
from liane.patients.models import Patient

ABSORBED = {"person__absorbed_by__ended_at": None}


def active(scope: Scope) -> QuerySet[Patient]:
    """Surviving records of the persons with an open accompaniment or an act in the period."""
    concerned = (
        Q(pk__in=accompaniments.opened(scope).values("person_id"))
        | Q(pk__in=sources.acts(scope).values("person_id"))
        | Q(pk__in=accompaniments.contacts(scope).values("person_id"))
    )
    return once(scope, Patient.objects.filter(concerned).annotate(counted=sources.whole("pk")))


def once(scope: Scope, counted: QuerySet[Any]) -> QuerySet[Patient]:
    """The persons of a column ``counted``, each once, that the scope's reach holds."""
    return scope.reach.listing().filter(pk__in=counted.values("counted")).order_by()


def aged(key: str, day: dt.date) -> Q:
    """The condition: in that band of ages on that day. The empty band: no birth date."""
    if not key:
        return Q(birth_date=None)
    low, high = AGES[key]
    return Q(birth_date__lte=_years_before(day, low)) & Q(birth_date__gt=_years_before(day, high))


def _years_before(day: dt.date, years: int) -> dt.date:
    """The latest birth date of somebody who has had that birthday. 29 February: on 1 March."""
    if years == 0:
        return dt.date.max
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return dt.date(day.year - years, 2, 28)


def gir(scope: Scope) -> Coalesce:
    """The last GIR of each person at the end of the period, of her own record first."""
    corrected = Response.objects.filter(replaces_id=OuterRef("response_id"), status__in=DONE)
    standing = Score.objects.within(scope.reach).filter(
        ~Exists(corrected), code="gir", at__lt=scope.period.end, response__status__in=DONE
    )
    return _own_first(standing, "value", "-at")


def level(scope: Scope) -> Coalesce:
    """The level of the latest accompaniment of each person, as it was at the end of the period."""
    latest = accompaniments.opened(scope).annotate(then=accompaniments.level_at_end(scope))
    return _own_first(latest, "then", "-opened_at")


def _own_first(rows: QuerySet[Any], value: str, latest: str) -> Coalesce:
    found = rows.order_by(latest, "-pk").values(value)
    own = found.filter(person_id=OuterRef("pk"))
    absorbed = found.filter(person__absorbed_by__survivor_id=OuterRef("pk"), **ABSORBED)
    return Coalesce(Subquery(own[:1]), Subquery(absorbed[:1]))
