"""How long the steps of requests took: from one dated step to the next."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, QuerySet, Subquery

from liane.insight import sources
from liane.insight.sources import Scope
from liane.referrals.states import QUALIFIED, Status

DAY = dt.timedelta(days=1)
CODES = (
    "delays.received", "delays.qualified", "delays.answered", "delays.done", "delays.answer",
    "delays.visit", "delays.plan",
)  # fmt: skip


@dataclass(frozen=True)
class Delay:
    """How long something took: how many were measured, the middle one, the mean (days)."""

    number: int = 0
    median: float | None = None
    mean: float | None = None


def measured(scope: Scope, code: str) -> QuerySet[Any]:
    """The requests of the period for which a delay has a beginning and an end, with ``took``."""
    began, ended = _between(scope, code)
    rows = sources.requests(scope).annotate(moment=ended).exclude(moment=None)
    if began is None:
        rows = rows.annotate(began=F("created_at"))
    else:
        rows = rows.annotate(began=began).exclude(began=None)
    rows = rows.filter(moment__gte=F("began"))
    return rows.annotate(
        took=ExpressionWrapper(F("moment") - F("began"), output_field=DurationField())
    )


def _between(scope: Scope, code: str) -> tuple[Subquery | None, Subquery]:
    """When a delay begins (None: at the request itself) and when it ends."""
    received = sources.first_step(scope, [Status.RECEIVED])
    qualified = sources.first_step(scope, QUALIFIED)
    answered = sources.first_answer(scope)
    match code:
        case "delays.received":
            return None, received
        case "delays.qualified":
            return received, qualified
        case "delays.answered":
            return qualified, answered
        case "delays.done":
            return answered, sources.first_step(scope, [Status.DONE])
        case "delays.visit":
            return None, sources.first_visit(scope)
        case "delays.plan":
            return None, sources.first_plan(scope)
        case _:
            return None, answered


def delay(scope: Scope, code: str) -> Delay:
    """One delay. Two queries."""
    rows = measured(scope, code)
    said = rows.aggregate(number=Count("pk"), mean=Avg("took"))
    middle = (said["number"] - 1) // 2 if said["number"] else 0
    found = list(rows.order_by("took").values_list("took", flat=True)[middle : middle + 1])
    return Delay(said["number"], days(found[0]), days(said["mean"])) if found else Delay()


def days(span: dt.timedelta) -> float:
    """In days, to a tenth."""
    return round(span / DAY, 1)
