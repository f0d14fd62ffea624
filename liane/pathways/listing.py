"""The list of a structure: one line for each person in its pathways, a page at the cost of a page.

Ordered by the next session due, on columns that repeat what `progress` computed; everything shown
is read for the page alone, in a fixed number of queries. Paging follows the key, not a number.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from liane.circle import persons
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.ids import parse
from liane.core.prepared import prepared
from liane.directory.models import Organisation
from liane.pathways import alerts, catalogue, progress, rules
from liane.pathways import asked as papers
from liane.pathways.models import (
    Clash,
    Confirmation,
    Counted,
    DocumentGiven,
    Enrolment,
    Project,
    SavedView,
    Session,
)
from liane.pathways.models.enrolments import NEVER, EnrolmentQuerySet
from liane.pathways.protocols.format import Protocol
from liane.pathways.queries import AWAY, Obstacle, blocks
from liane.pathways.states import (
    LIVING,
    OPEN_SESSIONS,
    ConfirmationStatus,
    EnrolmentStatus,
    SessionState,
)
from liane.stays.models import Stay

SHOWN = 50
MOST = 100
"""Counted at most: beyond, « 99+ » says enough."""
VIEWS = {
    "": "Toutes",
    "miennes": "Les miennes",
    "retard": "En retard",
    "risque": "À risque",
    "a-decider": "À décider",
    "a-valider": "À valider",
    "hospitalisees": "Hospitalisées",
    "suspendues": "Suspendues",
    "sorties": "Sorties",
}
ONE_STATUS = {"a-decider": EnrolmentStatus.PROPOSED, "suspendues": EnrolmentStatus.SUSPENDED}
DONE, LATE = SessionState.DONE, SessionState.LATE


@dataclass(frozen=True)
class Filters:
    """What one looks at: a view, a pathway, words of a name; and the last line already seen."""

    view: str = ""
    protocol: str = ""
    named: str = ""
    after: tuple[dt.date, UUID] | None = None

    @property
    def query(self) -> str:
        """As an address keeps it: never a name."""
        parts = [("vue", self.view), ("parcours", self.protocol)]
        return "&".join(f"{name}={value}" for name, value in parts if value)


@dataclass(frozen=True)
class Part:
    """One profession's share: done, due, late."""

    label: str
    done: int
    due: int
    late: int

    @property
    def words(self) -> str:
        """For who hears the picture."""
        said = f"{self.done} faite{'s' if self.done > 1 else ''}"
        if self.due:
            said += f", {self.due} à faire"
        return said + (f", {self.late} en retard" if self.late else "")

    @property
    def beads(self) -> list[str]:
        """``y`` done, ``l`` late, empty to do."""
        return ["y"] * self.done + ["l"] * self.late + [""] * self.due


@dataclass(frozen=True)
class Line:
    """One person in one pathway."""

    row: Enrolment
    protocol: Protocol
    parts: list[Part]
    next: Session | None
    warnings: list[str]
    risks: list[str]
    blocks: list[Obstacle]
    away: bool
    asked: list[str] = field(default_factory=list)
    """Questionnaires of the protocol that are due and not answered."""

    @property
    def phase(self) -> str:
        """The running sequence in words."""
        found = catalogue.phase_of(self.protocol, self.row.phase)
        return found.label if found is not None else ""

    @property
    def profile(self) -> str:
        """The profile in words."""
        return catalogue.profile_label(self.protocol, self.row.profile)

    @property
    def next_label(self) -> str:
        """What comes next, in words."""
        return catalogue.label_of(self.protocol, self.next.code) if self.next else ""


@dataclass(frozen=True)
class Page:
    """One page. ``after`` is the key of the next one, or empty."""

    lines: list[Line] = field(default_factory=list)
    after: str = ""


def _reach() -> Reach:
    return Reach.of(acting.current())


def house() -> Organisation | None:
    """The structure whose pathways the actor follows. At most one query."""
    actor = acting.current()
    if not rules.follows(actor):
        return None
    return Organisation.objects.filter(pk__in=[actor.organisation_id]).first()


def _free(organisation_id: UUID) -> list[UUID]:
    """The projects whose definition asks for no prescription. Two queries at most."""
    rows = Project.objects.within(_reach()).filter(organisation_id=organisation_id)
    places = {
        pk: (key, version, organisation_id)
        for pk, key, version in rows.values_list("pk", "protocol_key", "protocol_version")
    }
    known = catalogue.versions(places.values())
    return [
        pk for pk, place in places.items()
        if (found := known.get(place)) is not None and not found.prescription
    ]  # fmt: skip


def key_of(text: str) -> tuple[dt.date, UUID] | None:
    """The key of a line as addresses write it: a day and an identifier."""
    day, _, pk = text.partition("_")
    found = parse(pk)
    try:
        return (dt.date.fromisoformat(day), found) if found else None
    except ValueError:
        return None


def listed(organisation_id: UUID, wanted: Filters) -> QuerySet[Enrolment]:
    """The rows of a view, by next session due; those with nothing due last."""
    rows: EnrolmentQuerySet = Enrolment.objects.of_house(_reach(), organisation_id)
    if wanted.protocol:
        rows = rows.filter(protocol_key=wanted.protocol)
    if wanted.view == "sorties":
        return rows.over().order_by("-ended_on", "-id")
    # Every row is at NEVER or before: said aloud, it makes SQLite walk the index in its order.
    rows = rows.filter(next_on__lte=NEVER).order_by("next_on", "id")
    if wanted.view in ONE_STATUS:
        return rows.filter(status=ONE_STATUS[wanted.view])
    match wanted.view:
        case "miennes":
            return rows.living().filter(coordinator_id__in=acting.current().holders)
        case "retard":
            return rows.late()
        case "risque":
            return rows.at_risk()
        case "a-valider":
            return rows.not_prescribed().exclude(project_id__in=_free(organisation_id))
        case "hospitalisees":
            return rows.living().filter(person_id__in=_away())
        case _:
            return rows.living()


def page(organisation_id: UUID, wanted: Filters) -> Page:
    """One page of the list. Thirteen queries, sixteen when searching a name; recorded as read."""
    rows = listed(organisation_id, wanted)
    if wanted.named.strip():
        found = [one.pk for one in persons.search(_reach(), wanted.named)]
        rows = rows.filter(person_id__in=found)
    if wanted.after is not None:
        rows = _following(rows, wanted)
    shown = list(_with(rows)[: SHOWN + 1])
    more = len(shown) > SHOWN
    shown = shown[:SHOWN]
    return Page(lines_of(shown), _key(shown[-1], wanted.view) if more else "")


def every(organisation_id: UUID, wanted: Filters) -> Iterator[Line]:
    """All the lines of a view, page by page, for an export."""
    after: tuple[dt.date, UUID] | None = None
    while True:
        one = Filters(wanted.view, wanted.protocol, after=after)
        found = page(organisation_id, one)
        yield from found.lines
        if not found.after:
            return
        after = key_of(found.after)


def _following(rows: QuerySet[Enrolment], wanted: Filters) -> QuerySet[Enrolment]:
    assert wanted.after is not None  # noqa: S101  (the caller's test)
    day, pk = wanted.after
    if wanted.view == "sorties":
        return rows.filter(ended_on__lte=day).filter(Q(ended_on__lt=day) | Q(pk__lt=pk))
    return rows.filter(next_on__gte=day).filter(Q(next_on__gt=day) | Q(pk__gt=pk))


def _key(row: Enrolment, view: str) -> str:
    day = row.ended_on or row.proposed_on if view == "sorties" else row.next_on
    return f"{day.isoformat()}_{row.pk}"


def _with(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    return rows.select_related("person", "project", "coordinator__professional")


def _stays() -> QuerySet[Stay]:
    rows: QuerySet[Stay] = Stay.objects.within(_reach().probed()).filter(
        kind=Stay.Kind.HOSPITAL, status__in=AWAY
    )
    return rows


def _away() -> list[UUID]:
    """Who is in hospital now. Few, whatever a structure follows: they are read first. One query."""
    found: QuerySet[Stay, UUID] = _stays().order_by().values_list("person_id", flat=True)
    return list(found.distinct())


def lines_of(rows: list[Enrolment]) -> list[Line]:
    """What a page shows of these rows. Nine queries at any number of rows, those of
    `asked.waited` besides where a protocol asks for questionnaires."""
    ids = [row.pk for row in rows]
    ledger.read([row.person_id for row in rows], "pathway")
    if not ids:
        return []
    protocols = catalogue.of_enrolments(rows)
    counts, open_ = _counts(ids), _open(ids)
    last = _last_acts(ids)
    away = set(_stays().filter(person_id__in=[row.person_id for row in rows]).values_list(
        "person_id", flat=True
    ))  # fmt: skip
    clashing = set(Clash.objects.filter(enrolment_id__in=ids, settled_at=None).values_list(
        "enrolment_id", flat=True
    ))  # fmt: skip
    pending, documents = _pending(ids), _documents(ids)
    asked = papers.waited(rows, protocols)
    today, made = timezone.localdate(), []
    for row in rows:
        protocol = protocols.get(row.pk)
        if protocol is None:
            continue
        mine = open_.get(row.pk, [])
        seen = progress.facts_of(
            row, mine, last.get(row.pk), row.deadline_on, today, away=row.person_id in away
        )
        living = row.running
        made.append(Line(
            row, protocol, _parts(protocol, counts.get(row.pk, {})),
            next((one for one in mine if one.status in OPEN_SESSIONS), None),
            [one.label for one in alerts.alerts(protocol.alerts, seen)] if living else [],
            alerts.reasons(seen) if living else [],
            blocks(row, protocol, pending.get(row.pk, 0), row.pk in clashing,
                   documents.get(row.pk, set())) if living else [],
            row.person_id in away, asked.get(row.pk, []),
        ))  # fmt: skip
    return made


type Counts = dict[tuple[str, str], int]


def _counts(ids: Collection[UUID]) -> dict[UUID, Counts]:
    """Sessions by profession and state."""
    found: dict[UUID, Counts] = {}
    rows = Session.objects.filter(enrolment_id__in=ids).order_by()
    for pk, profession, status, number in rows.values_list(
        "enrolment_id", "profession", "status"
    ).annotate(number=Count("id")):
        found.setdefault(pk, {})[profession, status] = number
    return found


def _parts(protocol: Protocol, counts: Counts) -> list[Part]:
    made = []
    for code, label in catalogue.professions(protocol).items():
        done, late = counts.get((code, DONE), 0), counts.get((code, LATE), 0)
        due = sum(counts.get((code, one), 0) for one in (SessionState.DUE, SessionState.PLANNED))
        if done or late or due:
            made.append(Part(label, done, due, late))
    return made


def _open(ids: Collection[UUID]) -> dict[UUID, list[Session]]:
    """Sessions still open, and the last missed ones, soonest first."""
    found: dict[UUID, list[Session]] = {}
    wanted = [*OPEN_SESSIONS, SessionState.MISSED]
    rows = Session.objects.filter(enrolment_id__in=ids, status__in=wanted).order_by("due_on", "id")
    for row in rows:
        found.setdefault(row.enrolment_id, []).append(row)
    return found


def _last_acts(ids: Collection[UUID]) -> dict[UUID, dt.date]:
    rows = Counted.objects.filter(enrolment_id__in=ids, ended_at=None).order_by()
    return {
        pk: timezone.localdate(at)
        for pk, at in rows.values_list("enrolment_id").annotate(at=Max("intervention__at"))
    }


def _pending(ids: Collection[UUID]) -> dict[UUID, int]:
    rows = Confirmation.objects.filter(
        enrolment_id__in=ids, status=ConfirmationStatus.PENDING
    ).order_by()
    return dict(rows.values_list("enrolment_id").annotate(number=Count("id")))


def _documents(ids: Collection[UUID]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    rows = DocumentGiven.objects.filter(enrolment_id__in=ids)
    for pk, code in rows.values_list("enrolment_id", "code"):
        found.setdefault(pk, set()).add(code)
    return found


class Pressing(Enum):
    """Views whose number of persons is told."""

    LATE = "retard"
    RISK = "risque"
    PROPOSED = "a-decider"


def counts(organisation_id: UUID) -> dict[str, int]:
    """How many are in each pressing view, `MOST` for as many or more. Three queries."""
    actor, now = acting.current(), timezone.now()
    return {view.value: len(_counted(actor, now, organisation_id, view)) for view in Pressing}


@prepared
def _counted(
    actor: Actor, now: dt.datetime, organisation_id: UUID, view: Pressing
) -> QuerySet[Enrolment, UUID]:
    """Some enrolments of a view, in no order: as its index gives them."""
    near: EnrolmentQuerySet = Enrolment.objects.within(Reach(actor, now).probed())
    rows = near.filter(organisation_id=organisation_id)
    match view:
        case Pressing.LATE:
            rows = rows.late()
        case Pressing.RISK:
            rows = rows.at_risk()
        case Pressing.PROPOSED:
            rows = rows.filter(status=EnrolmentStatus.PROPOSED)
    found: QuerySet[Enrolment, UUID] = rows.order_by().values_list("pk", flat=True)
    return found[:MOST]


def protocols_followed(organisation_id: UUID) -> list[tuple[str, str]]:
    """The pathways that the structure runs, for a filter: key and title. One query."""
    rows = Project.objects.within(_reach()).filter(organisation_id=organisation_id)
    return list(dict(rows.order_by("title").values_list("protocol_key", "title")).items())


def views() -> list[SavedView]:
    """The views that the actor saved. One query."""
    actor = acting.current()
    return list(SavedView.objects.filter(holder_id__in=[actor.holder_id]).order_by("name"))


def any_living(organisation_id: UUID) -> bool:
    """True when the structure has somebody in a pathway. One query."""
    rows = Enrolment.objects.of_house(_reach(), organisation_id).filter(status__in=LIVING)
    return bool(rows.exists())
