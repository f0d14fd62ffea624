"""Acts counted in enrolments, as the engine reads them, and who is paid for each.

Read as plain values (`core.rows`): a settlement of an installation reads them by the million.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField
from django.db.models.functions import Cast, TruncDate

from liane.core import rows as plain
from liane.core.clock import day_bounds
from liane.directory.models import Locum
from liane.interventions.models import ActKind
from liane.pathways.models import Confirmation, Counted, Enrolment, Signatory
from liane.pathways.protocols.facts import Act
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import READ, ConfirmationStatus

if TYPE_CHECKING:
    from liane.pathways.cases import Enrolled

_act = partial(tuple.__new__, Act)
"""Made by the million: without the checks of the class, which cost more than the tuple."""


NOBODY = (None, "")
type Paid = tuple[str | None, str]
"""Who is paid for an act, and for which profession they signed."""
type Paying = Callable[[UUID, Any, dt.date], Paid]
"""`Teams.paid`: (project, practice as it was read, day of the act) → who is paid."""


@dataclass(frozen=True)
class Teams:
    """Signatures and replacements of some projects: who is paid for an act of a day."""

    signed: Mapping[tuple[UUID, UUID], Sequence[Signatory]]
    replaced: Mapping[UUID, Sequence[tuple[UUID, dt.date, dt.date]]]
    _known: dict[tuple[UUID, Any], list[tuple[dt.date, dt.date, Paid]]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, projects: Collection[UUID]) -> "Teams":
        """Those of these projects. Two queries."""
        signed: dict[tuple[UUID, UUID], list[Signatory]] = defaultdict(list)
        rows = Signatory.objects.filter(project_id__in=list(projects))
        for row in rows.select_related("practice__professional").order_by("starts_on"):
            signed[row.project_id, row.practice_id].append(row)
        replaced: dict[UUID, list[tuple[UUID, dt.date, dt.date]]] = defaultdict(list)
        contracts = Locum.objects.filter(replaced_id__in={practice for _, practice in signed})
        for locum_id, replaced_id, start, end in contracts.values_list(
            "locum_id", "replaced_id", "starts_on", "ends_on"
        ):
            replaced[locum_id].append((replaced_id, start, end))
        return cls(signed, replaced)

    def signatory(
        self, project_id: UUID, practice_id: UUID | None, on: dt.date
    ) -> Signatory | None:
        """Whose signature an act of this practice falls under on that day, or None."""
        if practice_id is None:
            return None
        own = self._own(project_id, practice_id, on)
        if own is not None:
            return own
        for replaced_id, start, end in self.replaced.get(practice_id, ()):
            if start <= on <= end:
                found = self._own(project_id, replaced_id, on)
                if found is not None:
                    return found
        return None

    def _own(self, project_id: UUID, practice_id: UUID, on: dt.date) -> Signatory | None:
        for row in self.signed.get((project_id, practice_id), ()):
            if row.starts_on <= on and (row.ends_on is None or on <= row.ends_on):
                return row
        return None

    def paid(self, project_id: UUID, practice: Any, on: dt.date) -> Paid:
        """Who is paid for an act of a practice (as it was `read`), and as which profession."""
        if practice is None:
            return NOBODY
        spans = self._known.get((project_id, practice))
        if spans is None:
            spans = self._known[project_id, practice] = self._spans(project_id, practice)
        for since, until, paid in spans:
            if since <= on <= until:
                return paid
        if not self.replaced:
            return NOBODY
        signed = self.signatory(project_id, plain.uuid(practice), on)
        return NOBODY if signed is None else (str(signed.payee_id), signed.profession)

    def _spans(self, project_id: UUID, practice: Any) -> list[tuple[dt.date, dt.date, Paid]]:
        return [
            (row.starts_on, row.ends_on or dt.date.max, (str(row.payee_id), row.profession))
            for row in self.signed.get((project_id, plain.uuid(practice)), ())
        ]


# ------------------------------------------------------------------ acts
def counted(
    found: Sequence["Enrolled"],
    protocols: Mapping[UUID, Protocol],
    paid: Paying,
    until: dt.date,
    name: Callable[[Any], Any],
) -> dict[UUID, list[Act]]:
    """Acts counted in each enrolment; those of the same codes counted elsewhere, as such.

    ``name`` makes the identifier of an act of what was read. Three queries.
    """
    here = {plain.raw(row.pk): row for row in found}
    beside = _beside(found)
    waiting = _waiting(found)
    days = plain.LocalDays()
    made: dict[UUID, list[Act]] = {row.pk: [] for row in found}
    for counted_in, pk, code, at, entered_at, minutes, kind, practice in plain.read(
        _standing([*here, *beside], until)
    ):
        day, entered = _day(at, days), _day(entered_at, days)
        row = here.get(counted_in)
        if row is not None:
            payee, profession = paid(row.project_id, practice, day)
            made[row.pk].append(
                _act((
                    name(pk), code, day, payee, profession, kind == ActKind.REMOTE, minutes or 0,
                    "unconfirmed" if pk in waiting else "standing", entered,
                ))
            )  # fmt: skip
        for other in beside.get(counted_in, ()):
            if _codes(protocols[other.pk], code):
                payee, profession = paid(other.project_id, practice, day)
                made[other.pk].append(
                    _act((
                        name(pk), code, day, payee, profession, kind == ActKind.REMOTE,
                        minutes or 0, "elsewhere", entered,
                    ))
                )  # fmt: skip
    return made


def _day(value: Any, days: plain.LocalDays) -> dt.date:
    return value if type(value) is dt.date else days.of(value)


def _standing(enrolments: Iterable[Any], until: dt.date) -> Any:
    """What stands in these enrolments until the end of a day; days are asked of PostgreSQL,
    which is quick at them, and computed from the moments of SQLite, kept as text in UTC."""
    rows = Counted.objects.filter(
        enrolment_id__in=list(enrolments), ended_at=None, intervention__undo=None,
        intervention__at__lt=day_bounds(until)[1],
    )  # fmt: skip
    at: Any = "intervention__at"
    entered: Any = "intervention__entered_at"
    pk: Any = "intervention_id"
    if connection.vendor == "postgresql":
        at, entered, pk = TruncDate(at), TruncDate(entered), Cast(pk, CharField())
    else:
        at, entered = Cast(at, CharField()), Cast(entered, CharField())
    return rows.order_by().values_list(
        "enrolment_id", pk, "code", at, entered, "intervention__minutes", "intervention__kind",
        "intervention__performed_by_id",
    )  # fmt: skip


def _waiting(found: Sequence["Enrolled"]) -> set[Any]:
    """Acts that wait for the word of who did them, as `_standing` names them."""
    rows = Confirmation.objects.filter(enrolment_id__in=[row.pk for row in found])
    pk: Any = "intervention_id"
    if connection.vendor == "postgresql":
        pk = Cast(pk, CharField())
    left = rows.exclude(status=ConfirmationStatus.CONFIRMED).order_by().values_list(pk)
    return {name for (name,) in plain.read(left)}


def _beside(found: Sequence["Enrolled"]) -> dict[Any, list["Enrolled"]]:
    """Other enrolments of the same persons, each with those of ``found`` that it stands beside."""
    people: dict[Any, list[Enrolled]] = defaultdict(list)
    for row in found:
        people[plain.raw(row.person_id)].append(row)
    rows = Enrolment.objects.filter(
        person_id__in=[mine[0].person_id for mine in people.values()], status__in=READ
    )
    beside: dict[Any, list[Enrolled]] = {}
    for pk, person in plain.read(rows.order_by().values_list("pk", "person_id")):
        others = [other for other in people[person] if plain.raw(other.pk) != pk]
        if others:
            beside[pk] = others
    return beside


def _codes(protocol: Protocol, code: str) -> bool:
    return any(one.code == code for one in protocol.acts)
