"""The report of whoever asks, and the list behind a figure. Reads only; queries are counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.errors import NotAllowed
from liane.core.models import AccessRow
from liane.directory.models import Organisation
from liane.insight import (
    accompaniments,
    concertations,
    delays,
    figures,
    lacks,
    opinions,
    people,
    rules,
    sources,
)
from liane.insight.bands import AGES, LENGTHS
from liane.insight.definitions import Indicator, version
from liane.insight.models import ReportFile
from liane.insight.periods import Period
from liane.insight.report import Report, build
from liane.insight.sources import Scope
from liane.partners.models import UnmetNeed
from liane.patients.models import Patient
from liane.referrals.models import Referral

WHY = "rapport d’activité"
SHOWN = 50
PER_PERIOD = 37
"""Queries of one period's figures."""


def report(period: Period, *, export: bool = False) -> Report:
    """The report of the organisation that the current actor acts for. 73 queries at any size.

    Small cells are hidden in exports, and from those who do not follow persons. The ledger keeps
    that figures were read, of no person.
    """
    actor = acting.current()
    organisation = Organisation.objects.get(pk=_house())
    action = AccessRow.Action.EXPORT if export else AccessRow.Action.READ
    ledger.read([None], "activity_report", object_id=organisation.pk, action=action)
    return computed(organisation, period, whole=rules.names(actor) and not export)


def _house() -> UUID:
    """The organisation that the current actor acts for: never another's figures."""
    house = acting.current().organisation_id
    if house is None:
        raise NotAllowed
    return house


def computed(organisation: Organisation, period: Period, *, whole: bool) -> Report:
    """The figures, counted by the machine for the whole organisation."""
    machine = acting.system(WHY, organisation_id=organisation.pk)
    with acting.acting(machine):
        ledger.read([None], "activity_count", object_id=organisation.pk)
        reach = Reach.of(machine)
        now = figures.compute(Scope(reach, organisation.pk, period))
        before = figures.compute(Scope(reach, organisation.pk, period.before))
    return build(organisation, period, now, before, whole=whole)


@dataclass(frozen=True)
class Behind:
    """The list behind a figure: persons, or requests or needs when that is what is counted.

    Behind a delay, each request has ``days``, the longest first.
    """

    indicator: Indicator
    persons: Sequence[Patient] = ()
    requests: Sequence[Referral] = ()
    needs: Sequence[UnmetNeed] = ()
    after: int | None = None


def behind(period: Period, code: str, key: str, page: int = 1) -> Behind | None:
    """Whom a figure counts, those within the actor's reach; None for no such list.

    The persons shown are recorded. Two queries at most.
    """
    actor, one = acting.current(), version().indicator(code)
    if not rules.names(actor) or one is None:
        return None
    scope = Scope(Reach.of(actor), _house(), period)
    found, name, column = _list(scope, one, key)
    if found is None:
        return None
    start = (max(page, 1) - 1) * SHOWN
    rows = list(found[start : start + SHOWN + 1])
    shown = rows[:SHOWN]
    ledger.read({getattr(row, column) for row in shown}, "activity_list")
    for row in shown:
        if hasattr(row, "took"):
            row.days = str(delays.days(row.took)).replace(".", ",")
    return Behind(one, after=page + 1 if len(rows) > SHOWN else None, **{name: shown})


def _list(scope: Scope, one: Indicator, key: str) -> tuple[QuerySet[Any] | None, str, str]:
    """What a figure counts, in order; the field of `Behind` and the column of the person."""
    if one.kind == "delay":
        took = delays.measured(scope, one.code).select_related("person")
        return took.order_by("-took", "-pk"), "requests", "person_id"
    if one.kind == "requests":
        asked = _requests(scope, one.code, key)
        rows = asked.order_by("-created_at", "-pk") if asked is not None else None
        return rows, "requests", "person_id"
    if one.kind == "needs":
        noted = lacks.counted(scope, one.code, key)
        return (noted.order_by("-at", "-pk") if noted is not None else None), "needs", "person_id"
    persons = _persons(scope, one.code, key)
    if persons is None:
        return None, "persons", "pk"
    return persons.order_by("used_name", "birth_name", "pk"), "persons", "pk"


def _requests(scope: Scope, code: str, key: str) -> QuerySet[Referral] | None:
    rows = sources.requests(scope).select_related("person").defer("text", "caller_phone")
    match code:
        case "requests.total":
            return rows
        case "requests.requester":
            return rows.filter(requester_kind=key)
        case "requests.channel":
            return rows.filter(channel=key)
        case "requests.motive":
            return rows.filter(motive=key)
        case "requests.commune":
            return rows.filter(insee=key)
        case "requests.territory":
            return rows.filter(lacks.in_territory(key))
        case "answers.total" | "answers.kind":
            given = sources.answers(scope)
            given = given.filter(after=key) if code == "answers.kind" else given
            every: QuerySet[Referral] = Referral.objects.within(scope.reach)
            return every.filter(pk__in=given.values("referral_id")).select_related("person")
    return None


def _persons(scope: Scope, code: str, key: str) -> QuerySet[Patient] | None:
    active = people.active(scope)
    match code:
        case "active.total":
            return active
        case "active.age" if key in AGES:
            return active.filter(people.aged(key, scope.period.last))
        case "active.sex":
            return active.filter(sex=key)
        case "active.level":
            return active.annotate(then=people.level(scope)).filter(then=key or None)
        case "active.gir":
            wanted = int(key) if key.isdecimal() and len(key) == 1 else None
            return active.annotate(gir=people.gir(scope)).filter(gir=wanted)
    counted = _counted(scope, code, key)
    if counted is None:
        return None
    return people.once(scope, counted.annotate(counted=sources.whole("person_id")))


def _counted(scope: Scope, code: str, key: str) -> QuerySet[Any] | None:
    match code:
        case "active.end":
            return accompaniments.open_at_end(scope)
        case "active.new":
            return accompaniments.entries(scope)
        case "exits.total":
            return accompaniments.exits(scope)
        case "exits.reason":
            return accompaniments.exits(scope).filter(exit_reason=key)
        case "exits.length" if key in LENGTHS:
            return accompaniments.exits(scope).filter(accompaniments.lasting(key))
        case "acts.total" | "acts.persons":
            return sources.acts(scope)
        case "acts.kind":
            return sources.acts(scope).filter(kind=key)
        case "plans.created":
            return sources.plans(scope)
        case "plans.published":
            return sources.versions(scope)
        case "meetings.convened":
            return concertations.convened(scope)
        case "meetings.held" | "meetings.persons":
            return concertations.held(scope)
        case "meetings.participants":
            return concertations.participants(scope)
        case "meetings.who" if key in concertations.WHO:
            return concertations.participants(scope).filter(concertations.from_(key, scope))
        case "satisfaction.total":
            return opinions.given(scope)
        case "satisfaction.level" if key in opinions.LEVELS:
            return opinions.given(scope).filter(level=key)
        case "unmet.total":
            return sources.searches(scope)
        case "unmet.profession":
            return sources.searches(scope).filter(profession=key)
    return None


def files(most: int = 10) -> list[ReportFile]:
    """The documents made for the organisation that one acts for, the latest first. One query."""
    rows = ReportFile.objects.filter(organisation_id=_house())
    return list(rows.select_related("file").order_by("-created_at")[:most])


def one_file(file_id: UUID) -> ReportFile | None:
    """One of these documents. One query."""
    rows = ReportFile.objects.filter(pk=file_id, organisation_id=_house(), file__isnull=False)
    return rows.select_related("file", "organisation").first()
