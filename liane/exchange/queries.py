"""Reads of identity vigilance: waiting messages whose candidates the actor reaches."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.directory.models import Practice
from liane.exchange import unseen
from liane.exchange.models import IdentityCandidate, IdentityCase, RawMessage
from liane.exchange.traits import SEXES, Line
from liane.patients.models import Patient


@dataclass(frozen=True)
class Compared:
    """A candidate beside the message."""

    candidate: IdentityCandidate
    lines: list[Line]


@dataclass(frozen=True)
class Waiting:
    """A case as the list shows it."""

    case: IdentityCase
    name: str
    born: dt.date | None


def open_cases() -> list[Waiting]:
    """Cases to settle, oldest first, one for each number; the reads are recorded."""
    cases = _reached().filter(status=IdentityCase.Status.OPEN).order_by("created_at")[:200]
    found: dict[tuple[str, str], Waiting] = {}
    for case in cases:
        said = traits(case)
        key = (case.reason, case.ipp_digest or str(case.pk))
        found.setdefault(key, Waiting(case, _name(said), _day(said.get("birth_date", ""))))
    persons = IdentityCandidate.objects.filter(case__in=[one.case.pk for one in found.values()])
    ledger.read(persons.values_list("person_id", flat=True), "identity")
    return list(found.values())


@dataclass(frozen=True)
class Failed:
    """A message that was set aside, and the person it is about."""

    message: RawMessage
    person: Patient


def failed() -> list[Failed]:
    """Messages set aside after failures, about persons within reach. The reads are recorded."""
    reached = Reach.of(acting.current()).patients(Area.IDENTITY)
    with acting.acting(acting.system("messages mis de côté")):
        rows = list(
            RawMessage.objects.filter(status=RawMessage.Status.FAILED, person_id__isnull=False)
            .select_related("hospital")
            .defer("content")
            .order_by("created_at")[:200]
        )
    people = reached.in_bulk([row.person_id for row in rows])
    found = [Failed(row, people[row.person_id]) for row in rows if row.person_id in people]
    ledger.read([one.person.pk for one in found], "identity")
    return found


def count_open() -> int:
    """How many messages wait, for the badge. One query; none for other roles."""
    if acting.current().role != Practice.Role.IDENTITY:
        return 0
    return _reached().filter(status=IdentityCase.Status.OPEN).count()


def to_settle() -> unseen.Unseen | None:
    """What waits for the actor's own word: how many, and since when."""
    if acting.current().role not in unseen.SETTLING:
        return None
    rows = _reached().filter(status=IdentityCase.Status.OPEN).order_by("created_at")
    moments = list(rows.values_list("created_at", flat=True))
    return unseen.Unseen(len(moments), moments[0]) if moments else None


def one(case_id: UUID) -> IdentityCase | None:
    """A case within reach. The message itself is for machines alone (row-level security)."""
    return _reached().filter(pk=case_id).first()


def compared(case: IdentityCase) -> list[Compared]:
    """The message beside each candidate within reach, the most alike first."""
    reached = Reach.of(acting.current()).patients(Area.IDENTITY)
    rows = case.candidates.filter(person__in=reached).select_related("person").order_by("-score")
    said = traits(case)
    found = [Compared(row, _lines(said, row.person)) for row in rows]
    ledger.read([one.candidate.person_id for one in found], "identity", object_id=case.pk)
    return found


def traits(case: IdentityCase) -> dict[str, str]:
    """The identity that the message gives."""
    said: dict[str, str] = json.loads(case.traits)
    return said


def _reached() -> QuerySet[IdentityCase]:
    """The cases of an officer's persons; for who stands in, the open ones that no officer sees."""
    actor = acting.current()
    reached = Reach.of(actor).patients(Area.IDENTITY)
    mine = IdentityCandidate.objects.filter(person__in=reached).values("case_id")
    rows = IdentityCase.objects.filter(pk__in=mine)
    if actor.role == Practice.Role.IDENTITY:
        return rows
    rows = rows.filter(status=IdentityCase.Status.OPEN).exclude(reason=IdentityCase.Reason.MERGE)
    return rows.filter(pk__in=unseen.without_officer(list(rows.values_list("pk", flat=True))))


def _lines(said: Mapping[str, str], person: Patient) -> list[Line]:
    born = _day(said.get("birth_date", ""))
    return [
        Line("Nom de naissance", said.get("birth_name", ""), person.birth_name),
        Line("Prénoms", said.get("given_names", ""), person.given_names),
        Line("Nom utilisé", said.get("used_name", ""), person.used_name),
        Line("Sexe", SEXES.get(said.get("sex", ""), ""), person.get_sex_display()),
        Line("Né le", f"{born:%d/%m/%Y}" if born else "", _date(person.birth_date)),
        Line("Lieu de naissance", said.get("birth_place", ""), person.birth_place),
    ]


def _name(said: Mapping[str, str]) -> str:
    return f"{said.get('birth_name', '')} {said.get('given_names', '').title()}".strip()


def _date(day: dt.date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _day(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
