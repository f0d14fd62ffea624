"""Counting a pathway: set-based queries over one structure, a project of it, and a period.

Read by the machine for the whole structure: nobody's name comes out. Money is in cents, delays in
days, None where nothing was measured.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from liane.bundles.models import Invoice, ReturnLine, Sequence
from liane.bundles.states import Stage
from liane.insight.periods import Period
from liane.pathways import catalogue
from liane.pathways.catalogue import professions
from liane.pathways.models import Counted, Enrolment, Project, Session
from liane.pathways.states import OPEN_SESSIONS, RUNNING, EnrolmentStatus, SessionState

DONE, LATE, MISSED = SessionState.DONE, SessionState.LATE, SessionState.MISSED


@dataclass(frozen=True)
class Scope:
    """A structure, one of its projects or all of them, a period."""

    organisation_id: UUID
    project_id: UUID | None
    period: Period

    def enrolments(self) -> QuerySet[Enrolment]:
        """The enrolments counted."""
        rows: QuerySet[Enrolment] = Enrolment.objects.filter(organisation_id=self.organisation_id)
        return rows.filter(project_id=self.project_id) if self.project_id else rows

    def of(self, prefix: str) -> Q:
        """The same for rows that hang on an enrolment under ``prefix``."""
        said = Q(**{f"{prefix}organisation_id": self.organisation_id})
        return said & Q(**{f"{prefix}project_id": self.project_id}) if self.project_id else said

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """First and last day, for date columns."""
        return self.period.first, self.period.last


@dataclass
class Figures:
    """Plain figures by code, and by code and detail."""

    totals: dict[str, int | None] = field(default_factory=dict)
    details: dict[str, dict[str, int]] = field(default_factory=dict)


def compute(scope: Scope) -> Figures:
    """Every figure, in twelve queries."""
    made = Figures()
    _people(scope, made)
    _sessions(scope, made)
    _delays(scope, made)
    _money(scope, made)
    _load(scope, made)
    return made


def _people(scope: Scope, made: Figures) -> None:
    last, within = scope.period.last, Q(proposed_on__range=scope.days)
    here = Q(included_on__lte=last) & (Q(ended_on=None) | Q(ended_on__gt=last))
    said = scope.enrolments().aggregate(
        proposed=Count("pk", filter=within),
        refused=Count("pk", filter=within & Q(status=EnrolmentStatus.REFUSED)),
        included=Count("pk", filter=Q(included_on__range=scope.days)),
        running=Count("pk", filter=here & Q(status__in=[*RUNNING, EnrolmentStatus.ENDED])),
    )
    made.totals |= said
    ended = scope.enrolments().filter(status=EnrolmentStatus.ENDED, ended_on__range=scope.days)
    made.details["ended_reason"] = _grouped(ended, "end_reason")
    made.totals["ended"] = sum(made.details["ended_reason"].values())


def _grouped(rows: QuerySet[Enrolment], name: str) -> dict[str, int]:
    return {str(key): n for key, n in rows.order_by().values_list(name).annotate(n=Count("pk"))}


def _sessions(scope: Scope, made: Figures) -> None:
    rows = Session.objects.filter(scope.of("enrolment__"), due_on__range=scope.days)
    today = timezone.localdate()
    done = Q(status=DONE)
    said = rows.exclude(status=SessionState.CANCELLED).aggregate(
        expected=Count("pk"),
        done=Count("pk", filter=done),
        on_time=Count("pk", filter=done & Q(intervention__at__date__lte=F("due_on"))),
        late=Count("pk", filter=Q(status=LATE)),
        missed=Count("pk", filter=Q(status=MISSED)),
        over=Count("pk", filter=done | Q(due_on__lt=today)),
    )
    over = said.pop("over")
    made.totals |= said | {"rate": round(100 * said["done"] / over) if over else None}


def _delays(scope: Scope, made: Figures) -> None:
    rows = scope.enrolments().filter(included_on__range=scope.days)
    standing = Q(counted__ended_at=None, counted__intervention__undo=None)
    first = Min("counted__intervention__at", filter=standing)
    spans = list(rows.annotate(first=first).values_list("proposed_on", "included_on", "first"))
    known = [(start, end, at) for start, end, at in spans if end is not None]
    made.totals["to_include"] = _median((end - start).days for start, end, _ in known)
    made.totals["to_first_act"] = _median(
        (timezone.localdate(at) - day).days for _, day, at in known if at is not None
    )


def _median(days: Iterable[int]) -> int | None:
    """The median in whole days; a first act noted before the inclusion counts zero."""
    found = [max(one, 0) for one in days]
    return round(median(found)) if found else None


def _money(scope: Scope, made: Figures) -> None:
    start, end = scope.period.start, scope.period.end
    issued = Invoice.objects.filter(
        scope.of("enrolment__"), issued_at__gte=start, issued_at__lt=end
    )
    paid = ReturnLine.objects.filter(
        scope.of("line__invoice__enrolment__"), on__range=scope.days
    )  # fmt: skip
    waits = Sequence.objects.filter(scope.of("enrolment__")).aggregate(
        blocked=Sum("amount_cents", filter=Q(status=Stage.CHECK)),
        ready=Sum("amount_cents", filter=Q(status=Stage.READY)),
    )
    made.totals["billed"] = issued.aggregate(n=Coalesce(Sum("cents"), 0))["n"]
    made.totals["paid"] = paid.aggregate(n=Coalesce(Sum("cents"), 0))["n"]
    made.totals |= {code: cents or 0 for code, cents in waits.items()}


def _load(scope: Scope, made: Figures) -> None:
    counted = Counted.objects.filter(
        scope.of("enrolment__"), ended_at=None, intervention__undo=None,
        intervention__at__gte=scope.period.start, intervention__at__lt=scope.period.end,
    )  # fmt: skip
    due = Session.objects.filter(scope.of("enrolment__"), status__in=OPEN_SESSIONS)
    number, long = Count("pk"), Coalesce(Sum("intervention__minutes"), 0)
    done = _by(counted, "intervention__performed_by__professional", number, long)
    late = Count("pk", filter=Q(status=LATE))
    left = _by(due, "practice__professional", number, late) | _open(scope, due, number, late)
    for codes, found in ((("acts", "minutes"), done), (("due", "behind"), left)):
        for place, code in enumerate(codes):
            made.details[code] = {name: values[place] for name, values in found.items()}
            made.totals[code] = sum(made.details[code].values())


def _open(scope: Scope, due: QuerySet[Session], *asked: Any) -> dict[str, tuple[int, ...]]:
    """Sessions due that nobody was named for, by the protocol's profession."""
    projects = Project.objects.filter(organisation_id=scope.organisation_id)
    held = catalogue.versions(
        projects.values_list("protocol_key", "protocol_version", "organisation_id")
    )
    labels = {code: label for one in held.values() for code, label in professions(one).items()}
    said = dict(zip(("one", "other"), asked, strict=True))
    rows = due.filter(practice=None).order_by("profession").values_list("profession")
    return {
        f"À attribuer : {labels.get(code, code) or 'profession non dite'}": tuple(values)
        for code, *values in rows.annotate(**said)
    }


def _by(rows: QuerySet[Any], who: str, *asked: Any) -> dict[str, tuple[int, ...]]:
    """Two figures by professional, in the order of their names. Namesakes keep a line each."""
    names = (f"{who}_id", f"{who}__given", f"{who}__family")
    found: dict[str, tuple[int, ...]] = {}
    lines = rows.exclude(**{f"{who}": None}).order_by(names[2], names[1], names[0])
    said = dict(zip(("one", "other"), asked, strict=True))
    for _, given, family, *values in lines.values_list(*names).annotate(**said):
        name = f"{given} {family}".strip()
        found[f"{name} (homonyme)" if name in found else name] = tuple(values)
    return found
