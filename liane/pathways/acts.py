"""Acts counted in enrolments, as the engine reads them, and who is paid for each.

Read as plain values (`core.rows`): a settlement of an installation reads them by the million.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast, TruncDate

from liane.core import rows as plain
from liane.core.clock import day_bounds
from liane.core.prepared import prepared
from liane.directory.models import Locum
from liane.interventions.models import ActKind
from liane.pathways.models import Confirmation, Counted, Enrolment, Signatory
from liane.pathways.protocols.facts import Act
from liane.pathways.protocols.format import Protocol
from liane.pathways.states import READ, ConfirmationStatus

_act = partial(tuple.__new__, Act)
"""Made by the million: without the checks of the class, which cost more than the tuple."""


class Enrolled(NamedTuple):
    """What the engine needs of an enrolment, without its person or its project."""

    pk: UUID
    person_id: UUID
    organisation_id: UUID
    project_id: UUID
    protocol_key: str
    protocol_version: str
    profile: str
    status: str
    included_on: dt.date
    ended_on: dt.date | None
    end_reason: str
    overseas: bool
    born_on: dt.date | None


REMOTE = ActKind.REMOTE.value
NOBODY = (None, "")
type Payee = tuple[str | None, str]
"""Who is paid for an act, and for which profession they signed."""
type Held = tuple[dt.date, dt.date, Payee]
"""Who is paid from a day to a day."""


@prepared
def _signatories(projects: list[UUID]) -> QuerySet[Signatory]:
    rows = Signatory.objects.filter(project_id__in=projects)
    return rows.select_related("practice__professional").order_by("starts_on")


@prepared
def _contracts(practices: list[UUID]) -> QuerySet[Locum, Any]:
    rows = Locum.objects.filter(replaced_id__in=practices)
    return rows.values_list("locum_id", "replaced_id", "starts_on", "ends_on")


@dataclass(frozen=True)
class Teams:
    """Signatures and replacements of some projects: who is paid for an act of a day."""

    signed: Mapping[tuple[UUID, UUID], Sequence[Signatory]]
    replaced: Mapping[UUID, Sequence[tuple[UUID, dt.date, dt.date]]]

    @classmethod
    def of(cls, projects: Collection[UUID]) -> "Teams":
        """Those of these projects. Two queries."""
        signed: dict[tuple[UUID, UUID], list[Signatory]] = defaultdict(list)
        for row in _signatories.sized(sorted(projects)):
            signed[row.project_id, row.practice_id].append(row)
        replaced: dict[UUID, list[tuple[UUID, dt.date, dt.date]]] = defaultdict(list)
        practices = sorted({practice for _, practice in signed})
        for locum_id, replaced_id, start, end in _contracts.sized(practices):
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

    def paying(self, project_id: UUID) -> "Paid":
        """Who is paid for the acts of a project, each practice looked at once."""
        return Paid(self, project_id)

    def spans(self, project_id: UUID, practice_id: UUID) -> list[Held]:
        """Whom each signature of a practice pays, and when."""
        return [
            (row.starts_on, row.ends_on or dt.date.max, (str(row.payee_id), row.profession))
            for row in self.signed.get((project_id, practice_id), ())
        ]


class Paid(dict[str | None, Held]):
    """Who is paid for the acts of a practice: its first signature, which most acts fall under, each
    practice looked at once; ``on`` tells for any other day."""

    def __init__(self, teams: Teams, project_id: UUID) -> None:
        super().__init__({None: (dt.date.min, dt.date.max, NOBODY)})
        self.teams, self.project_id = teams, project_id
        self.others: dict[str, list[Held]] = {}

    def __missing__(self, practice: str) -> Held:
        held = self.teams.spans(self.project_id, UUID(practice))
        self.others[practice] = held[1:]
        self[practice] = first = held[0] if held else (dt.date.max, dt.date.min, NOBODY)
        return first

    def on(self, practice: str, day: dt.date) -> Payee:
        """Who is paid for a day outside of the first signature."""
        for since, until, payee in self.others[practice]:
            if since <= day <= until:
                return payee
        if not self.teams.replaced:
            return NOBODY
        signed = self.teams.signatory(self.project_id, UUID(practice), day)
        return NOBODY if signed is None else (str(signed.payee_id), signed.profession)


type Paying = Callable[[UUID], Paid]
"""`Teams.paying`."""


# ------------------------------------------------------------------ acts
class Done:
    """Acts counted in many enrolments, those of the same codes counted elsewhere as such.

    They are read at once (three queries), and made when those of one enrolment are asked: who is
    done with one before the next keeps little in memory. ``name`` makes the identifier of an act of
    what was read.
    """

    def __init__(
        self,
        found: Sequence[Enrolled],
        protocols: Mapping[UUID, Protocol],
        paying: Paying,
        until: dt.date,
        name: Callable[[Any], Any],
    ) -> None:
        self.protocols, self.name, self.days = protocols, name, plain.local_days()
        self.payers = {project: paying(project) for project in {row.project_id for row in found}}
        self.beside = _beside(found)
        self.waiting = _waiting(found)
        others = {plain.uuid(pk) for pks in self.beside.values() for pk in pks}
        asked = [*(row.pk for row in found), *others]
        self.said: dict[str, str] = dict(plain.read(_standing(asked, until)))

    def of(self, row: Enrolled) -> tuple[Act, ...]:
        """The acts of one of these enrolments."""
        key = _key(row.pk)
        said, others = self.said.get(key), self.beside.get(key)
        made = self._made(row, said, self.waiting, "unconfirmed") if said else []
        if others:
            made += self._elsewhere(row, others)
        return tuple(made)

    def _elsewhere(self, row: Enrolled, others: Collection[str]) -> list[Act]:
        codes = {one.code for one in self.protocols[row.pk].acts}
        every = [one for key in others for one in orjson.loads(self.said.get(key, "[]"))]
        mine = [one for one in every if one[1] in codes]
        return self._made(row, orjson.dumps(mine), {one[0] for one in mine}, "elsewhere")

    def _made(self, row: Enrolled, said: str | bytes, odd: Set[str], state: str) -> list[Act]:
        """Acts as they were gathered; those named in ``odd`` are in that state."""
        days, name, payer = self.days, self.name, self.payers[row.project_id]
        cut = days.cut
        return [
            _act((
                name(pk), code, (day := days[at[:cut]]),
                *(held[2] if (held := payer[who])[0] <= day <= held[1] else payer.on(who, day)),
                kind == REMOTE, minutes or 0, state if pk in odd else "standing",
                days[entered[:cut]],
            ))
            for pk, code, at, entered, minutes, kind, who in orjson.loads(said)
        ]  # fmt: skip


def _key(pk: UUID) -> str:
    """An identifier as these queries give it: text on both databases."""
    return str(pk) if connection.vendor == "postgresql" else pk.hex


def _named(column: str) -> Any:
    return Cast(column, CharField()) if connection.vendor == "postgresql" else F(column)


def _standing(enrolments: Collection[UUID], until: dt.date) -> Any:
    """What stands in these enrolments until the end of a day, gathered by enrolment; days are
    asked of PostgreSQL, which is quick at them, and computed from the moments of SQLite."""
    rows = Counted.objects.filter(
        enrolment_id__in=plain.among(enrolments), ended_at=None, intervention__undo=None,
        intervention__at__lt=day_bounds(until)[1],
    )  # fmt: skip
    days: list[Any] = ["intervention__at", "intervention__entered_at"]
    if connection.vendor == "postgresql":
        days = [TruncDate(name) for name in days]
    said = plain.Gathered(
        "intervention_id", "code", *days, "intervention__minutes", "intervention__kind",
        "intervention__performed_by_id",
    )  # fmt: skip
    grouped = rows.order_by().values("enrolment_id").annotate(said=said)
    return grouped.values_list(_named("enrolment_id"), "said")


def _waiting(found: Sequence[Enrolled]) -> set[str]:
    """Acts that wait for the word of who did them."""
    rows = Confirmation.objects.filter(enrolment_id__in=plain.among([row.pk for row in found]))
    left = rows.exclude(status=ConfirmationStatus.CONFIRMED)
    return {pk for (pk,) in plain.read(left.order_by().values_list(_named("intervention_id")))}


def _beside(found: Sequence[Enrolled]) -> dict[str, list[str]]:
    """For enrolments of ``found``, the other ones of the same person."""
    people: dict[str, list[str]] = defaultdict(list)
    for row in found:
        people[_key(row.person_id)].append(_key(row.pk))
    rows = Enrolment.objects.filter(
        person_id__in=plain.among(list({row.person_id for row in found})), status__in=READ
    )
    beside: dict[str, list[str]] = defaultdict(list)
    asked = rows.order_by().values_list(_named("id"), _named("person_id"))
    for pk, person in plain.read(asked):
        for mine in people[person]:
            if mine != pk:
                beside[mine].append(pk)
    return beside
