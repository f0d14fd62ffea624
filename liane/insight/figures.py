"""Counting: set-based queries with conditional aggregates, a fixed number for any size.

Figures are made for a whole organisation by the machine (``reach`` of a system actor), which tells
nobody's name; `queries` decides what a reader is shown of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from liane.directory.models import Commune
from liane.insight import accompaniments, concertations, delays, lacks, opinions, people, sources
from liane.insight.bands import AGES, LENGTHS
from liane.insight.delays import Delay
from liane.insight.sources import Scope
from liane.interventions.models import ActKind
from liane.patients.models import Patient
from liane.referrals.models import Referral

Counts = dict[str, int]
UNKNOWN = ""


@dataclass
class Figures:
    """Everything counted of one period: plain figures, tables by indicator, delays."""

    totals: Counts = field(default_factory=dict)
    tables: dict[str, Counts] = field(default_factory=dict)
    delays: dict[str, Delay] = field(default_factory=dict)
    communes: dict[str, Commune] = field(default_factory=dict)

    def table(self, code: str, counts: Counts) -> None:
        """A table whose rows add up to its total."""
        self.tables[code] = counts


def compute(scope: Scope) -> Figures:
    """Every figure of one period, in 37 queries."""
    made = Figures()
    _active(scope, made)
    _accompanied(scope, made)
    _requests(scope, made)
    _delays(scope, made)
    _answers(scope, made)
    _done(scope, made)
    _meetings(scope, made)
    _opinions(scope, made)
    _needs(scope, made)
    _searches(scope, made)
    return made


def _active(scope: Scope, made: Figures) -> None:
    rows = people.active(scope)
    asked = {f"age_{key}": Count("pk", filter=_age(key, scope)) for key in AGES}
    asked |= {f"sex_{key}": Count("pk", filter=Q(sex=key)) for key in Patient.Sex.values}
    said = rows.aggregate(total=Count("pk"), **asked)
    made.totals["active.total"] = said["total"]
    made.table("active.age", _part(said, "age_"))
    made.table("active.sex", _part(said, "sex_"))
    made.table("active.level", _grouped(rows.annotate(then=people.level(scope)), "then"))
    made.table("active.gir", _grouped(rows.annotate(gir=people.gir(scope)), "gir"))


def _age(key: str, scope: Scope) -> Q:
    return people.aged(key, scope.period.last)


def _accompanied(scope: Scope, made: Figures) -> None:
    at_end = accompaniments.open_at_end(scope).annotate(counted=sources.whole("person_id"))
    made.totals["active.end"] = at_end.aggregate(n=Count("counted", distinct=True))["n"]
    new = accompaniments.entries(scope).annotate(counted=sources.whole("person_id"))
    made.totals["active.new"] = new.aggregate(n=Count("counted", distinct=True))["n"]
    reasons = accompaniments.REASONS
    asked = {f"why_{key}": Count("pk", filter=Q(exit_reason=key)) for key in reasons}
    asked |= {f"length_{key}": Count("pk", filter=accompaniments.lasting(key)) for key in LENGTHS}
    said = accompaniments.exits(scope).aggregate(total=Count("pk"), **asked)
    made.totals["exits.total"] = said["total"]
    made.table("exits.reason", _rest(_part(said, "why_"), said["total"]))
    made.table("exits.length", _part(said, "length_"))


def _requests(scope: Scope, made: Figures) -> None:
    rows = sources.requests(scope)
    asked = {
        f"who_{key}": Count("pk", filter=Q(requester_kind=key)) for key in Referral.Requester.values
    }
    asked |= {f"by_{key}": Count("pk", filter=Q(channel=key)) for key in Referral.Channel.values}
    said = rows.aggregate(total=Count("pk"), **asked)
    made.totals["requests.total"] = said["total"]
    made.table("requests.requester", _part(said, "who_"))
    made.table("requests.channel", _part(said, "by_"))
    made.table("requests.motive", _grouped(rows, "motive"))
    towns = _grouped(rows, "insee")
    made.table("requests.commune", towns)
    made.table("requests.territory", _wider(towns, made))


def _wider(towns: Counts, made: Figures) -> Counts:
    """Counts by commune brought to their EPCI. One query; the communes are kept for their names."""
    known = Commune.objects.filter(pk__in=list(towns)).select_related("epci")
    made.communes |= {one.pk: one for one in known}
    wider: Counts = {}
    for code, number in towns.items():
        town = made.communes.get(code)
        key = town.epci_id if town is not None and town.epci_id else UNKNOWN
        wider[key] = wider.get(key, 0) + number
    return wider


def _delays(scope: Scope, made: Figures) -> None:
    for code in delays.CODES:
        made.delays[code] = delays.delay(scope, code)


def _answers(scope: Scope, made: Figures) -> None:
    asked = {key: Count("pk", filter=Q(after=key)) for key in sources.REPLIES}
    made.table("answers.kind", dict(sources.answers(scope).aggregate(**asked)))
    made.totals["answers.total"] = sum(made.tables["answers.kind"].values())


def _done(scope: Scope, made: Figures) -> None:
    asked = {f"kind_{key}": Count("pk", filter=Q(kind=key)) for key in ActKind.values}
    rows = sources.acts(scope).annotate(counted=sources.whole("person_id"))
    said = rows.aggregate(total=Count("pk"), people=Count("counted", distinct=True), **asked)
    made.totals["acts.total"], made.totals["acts.persons"] = said["total"], said["people"]
    made.table("acts.kind", _part(said, "kind_"))
    made.totals["plans.created"] = sources.plans(scope).count()
    made.totals["plans.published"] = sources.versions(scope).count()


def _meetings(scope: Scope, made: Figures) -> None:
    made.totals["meetings.convened"] = concertations.convened(scope).count()
    held = concertations.held(scope).annotate(counted=sources.whole("person_id"))
    said = held.aggregate(total=Count("pk"), people=Count("counted", distinct=True))
    made.totals["meetings.held"], made.totals["meetings.persons"] = said["total"], said["people"]
    asked = {key: Count("pk", filter=concertations.from_(key, scope)) for key in concertations.WHO}
    made.table("meetings.who", dict(concertations.participants(scope).aggregate(**asked)))
    made.totals["meetings.participants"] = sum(made.tables["meetings.who"].values())


def _opinions(scope: Scope, made: Figures) -> None:
    made.table("satisfaction.level", _grouped(opinions.given(scope), "level"))
    made.totals["satisfaction.total"] = sum(made.tables["satisfaction.level"].values())


def _needs(scope: Scope, made: Figures) -> None:
    rows = lacks.noted(scope)
    made.table("needs.kind", _grouped(rows, "need"))
    made.totals["needs.total"] = sum(made.tables["needs.kind"].values())
    made.table("needs.why", _grouped(rows, "why"))
    made.table("needs.territory", _wider(_grouped(rows, "insee"), made))


def _searches(scope: Scope, made: Figures) -> None:
    made.table("unmet.profession", _grouped(sources.searches(scope), "profession"))
    made.totals["unmet.total"] = sum(made.tables["unmet.profession"].values())


def _grouped(rows: QuerySet[Any], column: str) -> Counts:
    """Counts by a column. One query; its answer grows with the values, never with the rows."""
    said = rows.order_by().values(column).annotate(number=Count("pk")).values_list(column, "number")
    return _keyed(said)


def _keyed(said: Iterable[tuple[object, int]]) -> Counts:
    found: Counts = {}
    for value, number in said:
        found[_key(value)] = found.get(_key(value), 0) + number
    return found


def _key(value: object) -> str:
    if value is None:
        return UNKNOWN
    return str(int(value)) if isinstance(value, Decimal) else str(value)


def _part(said: Mapping[str, int], start: str) -> Counts:
    return {
        key.removeprefix(start): number for key, number in said.items() if key.startswith(start)
    }


def _rest(counts: Counts, total: int) -> Counts:
    """The table with what no row named, if anything, in one more row."""
    left = total - sum(counts.values())
    return counts | {UNKNOWN: left} if left else counts
