"""Enrolments as the engine reads them: facts without a name, in a bounded number of queries.

Read by a machine, or by somebody who reaches the enrolments. The payee of an act is the
professional's situation on its day: their own signature, else that of whoever they replaced
(CSS L.162-62); an act of nobody who signed has no payee, and the engine says so.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched, pairwise
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from liane.core.clock import day_bounds
from liane.directory.models import Locum
from liane.interventions.models import ActKind
from liane.pathways import catalogue
from liane.pathways.models import (
    Anchor,
    Confirmation,
    Counted,
    DocumentGiven,
    Enrolment,
    Rights,
    SharingAgreement,
    Signatory,
    Suspension,
)
from liane.pathways.protocols.facts import Act, Case, SharingKey, Span
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import Sharing
from liane.pathways.states import ConfirmationStatus, EndReason, EnrolmentStatus

CHUNK = 500
"""Enrolments read at once: well below what a database takes as parameters."""
READ = (EnrolmentStatus.INCLUDED, EnrolmentStatus.SUSPENDED, EnrolmentStatus.ENDED)
OTHER = "other"
NAMES = {
    EndReason.COMPLETED: "completed", EndReason.DROP_OUT: "drop_out", EndReason.DEATH: "death",
    EndReason.MOVE: "move", EndReason.REFUSAL: "refusal",
}  # fmt: skip
"""Ends as the engine names them; the others are ``other``."""


@dataclass(frozen=True)
class Read:
    """One enrolment with its facts and the protocol that governs it."""

    enrolment: Enrolment
    case: Case
    protocol: Protocol


def case(enrolment_id: UUID, until: dt.date) -> Read | None:
    """One enrolment's facts, or None when it is not included. Twelve queries at most."""
    return next(iter(cases_of([enrolment_id], until)), None)


def cases(organisation_id: UUID, until: dt.date) -> Iterator[Read]:
    """The facts of every enrolment of a structure, read by machines. Twelve queries a chunk."""
    rows = Enrolment.objects.filter(organisation_id=organisation_id, status__in=READ)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return cases_of(ids, until)


def cases_of(
    enrolment_ids: Collection[UUID],
    until: dt.date,
    rows: Callable[[], QuerySet[Enrolment]] | None = None,
) -> Iterator[Read]:
    """The facts of these enrolments, those that are included. Twelve queries a chunk.

    ``rows`` narrows what is read (`Enrolment.objects.within(reach)`).
    """
    for chunk in batched(enrolment_ids, CHUNK):  # noqa: B911
        source = rows() if rows is not None else Enrolment.objects.all()
        found = list(
            source.filter(pk__in=chunk, status__in=READ, included_on__isnull=False)
            .select_related("person", "project")
            .order_by("pk")
        )
        yield from _read(found, until)


def _read(found: Sequence[Enrolment], until: dt.date) -> Iterator[Read]:
    protocols = catalogue.of_enrolments(found)
    found = [row for row in found if row.pk in protocols]
    ids = [row.pk for row in found]
    if not ids:
        return
    anchors, documents = _anchors(ids), _documents(ids)
    suspensions, rights = _suspensions(ids), _rights(ids)
    teams = Teams.of({row.project_id for row in found})
    keys = _keys({row.project_id for row in found})
    acts = _acts(found, protocols, teams, until)
    for row in found:
        assert row.included_on is not None  # noqa: S101  (filtered)
        exemptions, amc = rights.get(row.pk, ((), ()))
        yield Read(
            row,
            Case(
                id=row.pk, included_on=row.included_on, acts=tuple(acts.get(row.pk, ())),
                profile=row.profile or None, born_on=row.person.birth_date, overseas=row.overseas,
                ended_on=row.ended_on if row.status == EnrolmentStatus.ENDED else None,
                end_reason=_reason(row), anchors=anchors.get(row.pk, {}),
                suspensions=tuple(suspensions.get(row.pk, ())),
                documents=documents.get(row.pk, {}), exemptions=exemptions, amc=amc,
                keys=tuple(keys.get(row.project_id, ())), structure=str(row.organisation_id),
            ),
            protocols[row.pk],
        )  # fmt: skip


def _reason(row: Enrolment) -> Any:
    return NAMES.get(EndReason(row.end_reason), OTHER) if row.end_reason else None


# ------------------------------------------------------------------ who is paid
@dataclass(frozen=True)
class Teams:
    """Signatures and replacements of some projects: who is paid for an act of a day."""

    signed: Mapping[tuple[UUID, UUID], Sequence[Signatory]]
    replaced: Mapping[UUID, Sequence[tuple[UUID, dt.date, dt.date]]]

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


# ------------------------------------------------------------------ acts
def _acts(
    found: Sequence[Enrolment], protocols: Mapping[UUID, Protocol], teams: Teams, until: dt.date
) -> dict[UUID, list[Act]]:
    """Acts counted in each enrolment; those of the same codes counted elsewhere, as such."""
    here = {row.pk: row for row in found}
    beside = _beside(found)
    waiting = set(
        Confirmation.objects.filter(enrolment_id__in=list(here))
        .exclude(status=ConfirmationStatus.CONFIRMED)
        .values_list("intervention_id", flat=True)
    )
    made: dict[UUID, list[Act]] = defaultdict(list)
    for counted_in, pk, code, at, entered_at, minutes, kind, practice_id in _counted(
        [*here, *beside], until
    ):
        day = timezone.localdate(at)
        rows = [(here[counted_in], True)] if counted_in in here else []
        rows += [
            (here[other], False)
            for other in beside.get(counted_in, ())
            if _codes(protocols[other], code)
        ]
        for row, mine in rows:
            signed = teams.signatory(row.project_id, practice_id, day)
            made[row.pk].append(
                Act(
                    id=pk, code=code, on=day,
                    payee=str(signed.payee_id) if signed is not None else None,
                    profession=signed.profession if signed is not None else "",
                    remote=kind == ActKind.REMOTE, minutes=minutes or 0,
                    state="elsewhere" if not mine else "unconfirmed" if pk in waiting
                    else "standing",
                    entered_on=timezone.localdate(entered_at),
                )
            )  # fmt: skip
    return made


def _counted(enrolment_ids: Sequence[UUID], until: dt.date) -> Iterator[tuple[Any, ...]]:
    """What stands in these enrolments until the end of a day."""
    rows = Counted.objects.filter(
        enrolment_id__in=enrolment_ids, ended_at=None, intervention__undo=None,
        intervention__at__lt=day_bounds(until)[1],
    )  # fmt: skip
    yield from rows.values_list(
        "enrolment_id", "intervention_id", "code", "intervention__at", "intervention__entered_at",
        "intervention__minutes", "intervention__kind", "intervention__performed_by_id",
    )  # fmt: skip


def _beside(found: Sequence[Enrolment]) -> dict[UUID, list[UUID]]:
    """Other enrolments of the same persons, each with those of ``found`` that it stands beside."""
    people: dict[UUID, list[UUID]] = defaultdict(list)
    for row in found:
        people[row.person_id].append(row.pk)
    rows = Enrolment.objects.filter(person_id__in=list(people), status__in=READ)
    beside: dict[UUID, list[UUID]] = {}
    for pk, person_id in rows.values_list("pk", "person_id"):
        others = [other for other in people[person_id] if other != pk]
        if others:
            beside[pk] = others
    return beside


def _codes(protocol: Protocol, code: str) -> bool:
    return any(one.code == code for one in protocol.acts)


# ------------------------------------------------------------------ dated facts
def _anchors(ids: Sequence[UUID]) -> dict[UUID, dict[str, dt.date]]:
    found: dict[UUID, dict[str, dt.date]] = defaultdict(dict)
    rows = Anchor.objects.filter(enrolment_id__in=ids).order_by("created_at", "id")
    for pk, name, on in rows.values_list("enrolment_id", "name", "on"):
        found[pk][name] = on
    return found


def _documents(ids: Sequence[UUID]) -> dict[UUID, dict[str, dt.date]]:
    """The first day on which each document was received."""
    found: dict[UUID, dict[str, dt.date]] = defaultdict(dict)
    rows = DocumentGiven.objects.filter(enrolment_id__in=ids).order_by("-on")
    for pk, code, on in rows.values_list("enrolment_id", "code", "on"):
        found[pk][code] = on
    return found


def _suspensions(ids: Sequence[UUID]) -> dict[UUID, list[Span]]:
    found: dict[UUID, list[Span]] = defaultdict(list)
    rows = Suspension.objects.filter(enrolment_id__in=ids).order_by("starts_on")
    for pk, start, end in rows.values_list("enrolment_id", "starts_on", "ends_on"):
        found[pk].append(Span(start, end))
    return found


type Cover = tuple[tuple[tuple[str, Span], ...], tuple[Span, ...]]


def _rights(ids: Sequence[UUID]) -> dict[UUID, Cover]:
    """Exemptions and complementary cover as spans: each row holds until the next one begins."""
    rows: dict[UUID, list[Rights]] = defaultdict(list)
    for row in Rights.objects.filter(enrolment_id__in=ids).order_by("starts_on", "created_at"):
        rows[row.enrolment_id].append(row)
    return {pk: _cover(said) for pk, said in rows.items()}


def _cover(said: Sequence[Rights]) -> Cover:
    exempt: list[tuple[str, Span]] = []
    amc: list[Span] = []
    for row, after in pairwise([*said, None]):
        assert row is not None  # noqa: S101  (only the last is None)
        last = after.starts_on - dt.timedelta(1) if after is not None else None
        if last is not None and last < row.starts_on:
            continue
        span = Span(row.starts_on, last)
        exempt += [(code, span) for code in row.exemptions.split()]
        if row.has_amc:
            amc.append(span)
    return tuple(exempt), tuple(amc)


def _keys(projects: Collection[UUID]) -> dict[UUID, list[SharingKey]]:
    """Agreed sharing keys: each holds until the next one begins."""
    rows: dict[UUID, list[SharingAgreement]] = defaultdict(list)
    agreed = SharingAgreement.objects.filter(project_id__in=list(projects))
    for row in agreed.order_by("starts_on", "created_at"):
        rows[row.project_id].append(row)
    found: dict[UUID, list[SharingKey]] = defaultdict(list)
    for project_id, said in rows.items():
        for row, after in pairwise([*said, None]):
            assert row is not None  # noqa: S101  (only the last is None)
            sharing = Sharing.model_validate(json.loads(row.key) | {"governs": row.governs})
            last = after.starts_on - dt.timedelta(1) if after is not None else None
            found[project_id].append(SharingKey(str(row.pk), sharing, row.starts_on, last))
    return found
