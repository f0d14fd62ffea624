"""Enrolments as the engine reads them: facts without a name, in a bounded number of queries.

Read by a machine, or by somebody who reaches the enrolments. The payee of an act is the
professional's situation on its day: their own signature, else that of whoever they replaced
(CSS L.162-62); an act of nobody who signed has no payee, and the engine says so.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, pairwise
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from liane.core import rows as plain
from liane.pathways import acts, catalogue
from liane.pathways.acts import Enrolled, Paying, Teams
from liane.pathways.models import (
    Anchor,
    DocumentGiven,
    Enrolment,
    Rights,
    SharingAgreement,
    Suspension,
)
from liane.pathways.protocols.facts import Case, SharingKey, Span
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import Sharing
from liane.pathways.states import READ, EndReason, EnrolmentStatus

CHUNK = 500
"""Enrolments read at once: well below what a database takes as parameters."""
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


FIELDS = (*Enrolled._fields[:-1], "person__birth_date")


class Fact(NamedTuple):
    """The facts of one enrolment among many; its acts are named by their identifiers in text."""

    enrolment: Enrolled
    case: Case
    protocol: Protocol


def case(enrolment_id: UUID, until: dt.date) -> Read | None:
    """One enrolment's facts, or None when it is not included. Twelve queries at most."""
    return next(iter(cases_of([enrolment_id], until)), None)


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
        found = {
            row.pk: row
            for row in source.filter(pk__in=chunk, status__in=READ, included_on__isnull=False)
            .select_related("person", "project")
            .order_by("pk")
        }
        light = [_enrolled(row) for row in found.values()]
        for one in _read(light, until, plain.uuid, _paying):
            yield Read(found[one.enrolment.pk], one.case, one.protocol)


def many(
    enrolment_ids: Collection[UUID],
    until: dt.date,
    paying: Callable[[Collection[UUID]], Paying] | None = None,
    name: Callable[[Any], Any] = plain.text,
) -> Iterator[Fact]:
    """The same facts for machines that read a whole installation, in as many queries.

    ``paying`` says who is paid in these projects, and may remember. The caller chooses how
    many enrolments are read at once; the acts of each are made when it comes.
    """
    rows = Enrolment.objects.filter(
        pk__in=plain.among(enrolment_ids), status__in=READ, included_on__isnull=False
    )
    found = [_plainly(row) for row in plain.read(rows.order_by("pk").values_list(*FIELDS))]
    return _read(found, until, name, paying or _paying)


def _paying(projects: Collection[UUID]) -> Paying:
    return Teams.of(projects).paying


def _enrolled(row: Enrolment) -> Enrolled:
    kept = [getattr(row, name) for name in Enrolled._fields[:-1]]
    return Enrolled._make([*kept, row.person.birth_date])


def _plainly(row: tuple[Any, ...]) -> Enrolled:
    pk, person, house, project, *said, included, ended, reason, overseas, born = row
    return Enrolled._make([
        plain.uuid(pk), plain.uuid(person), plain.shared(house), plain.shared(project), *said,
        plain.day(included), plain.day(ended), reason, bool(overseas), plain.day(born),
    ])  # fmt: skip


def _read(
    found: Sequence[Enrolled],
    until: dt.date,
    name: Callable[[Any], Any],
    paying: Callable[[Collection[UUID]], Paying],
) -> Iterator[Fact]:
    protocols = catalogue.of_enrolments(found)
    found = [row for row in found if row.pk in protocols]
    if not found:
        return
    ids = plain.among([row.pk for row in found])
    anchors, documents = _anchors(ids), _documents(ids)
    suspensions, rights = _suspensions(ids), _rights(ids)
    projects = {row.project_id for row in found}
    keys = _keys(projects)
    done = acts.Done(found, protocols, paying(projects), until, name)
    for row in found:
        exemptions, amc = rights.get(row.pk, ((), ()))
        yield Fact(
            row,
            Case(
                id=row.pk, included_on=row.included_on, acts=done.of(row),
                profile=row.profile or None, born_on=row.born_on, overseas=row.overseas,
                ended_on=row.ended_on if row.status == EnrolmentStatus.ENDED else None,
                end_reason=_reason(row), anchors=anchors.get(row.pk, {}),
                suspensions=tuple(suspensions.get(row.pk, ())),
                documents=documents.get(row.pk, {}), exemptions=exemptions, amc=amc,
                keys=tuple(keys.get(row.project_id, ())),
                structure=plain.named(row.organisation_id),
            ),
            protocols[row.pk],
        )  # fmt: skip


def _reason(row: Enrolled) -> Any:
    return NAMES.get(EndReason(row.end_reason), OTHER) if row.end_reason else None


# ------------------------------------------------------------------ dated facts
def _anchors(ids: Any) -> dict[UUID, dict[str, dt.date]]:
    found: dict[UUID, dict[str, dt.date]] = defaultdict(dict)
    rows = Anchor.objects.filter(enrolment_id__in=ids).order_by("created_at", "id")
    for pk, name, on in rows.values_list("enrolment_id", "name", "on"):
        found[pk][name] = on
    return found


def _documents(ids: Any) -> dict[UUID, dict[str, dt.date]]:
    """The first day on which each document was received."""
    found: dict[UUID, dict[str, dt.date]] = defaultdict(dict)
    rows = DocumentGiven.objects.filter(enrolment_id__in=ids).order_by("-on")
    for pk, code, on in rows.values_list("enrolment_id", "code", "on"):
        found[pk][code] = on
    return found


def _suspensions(ids: Any) -> dict[UUID, list[Span]]:
    found: dict[UUID, list[Span]] = defaultdict(list)
    rows = Suspension.objects.filter(enrolment_id__in=ids).order_by("starts_on")
    for pk, start, end in rows.values_list("enrolment_id", "starts_on", "ends_on"):
        found[pk].append(Span(start, end))
    return found


type Cover = tuple[tuple[tuple[str, Span], ...], tuple[Span, ...]]


def _rights(ids: Any) -> dict[UUID, Cover]:
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
    """Sharing keys that two persons agreed on: each holds until the next one begins."""
    rows: dict[UUID, list[SharingAgreement]] = defaultdict(list)
    agreed = SharingAgreement.objects.filter(project_id__in=list(projects), accord__isnull=False)
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
