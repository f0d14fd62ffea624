"""Verbs: hear what a hospital says, declare an absence, a return, say that one has seen."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.ids import uuid7
from liane.core.inserting import insert, together, update
from liane.core.models import author_of
from liane.core.prepared import prepared
from liane.directory.models import Organisation
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids, one_person
from liane.stays import queries, settings, telling, visits
from liane.stays.fold import continues_chain, fold
from liane.stays.models import Stay, StayMovement, StayNotice
from liane.stays.movement import Action, Kind, Movement, StayClass
from liane.stays.serial import movement_data, movement_from, state_data, state_from
from liane.stays.settings import StayRules
from liane.stays.state import Status, StayState

_DECLARED = "declared:"
_MERGES = (StayClass.FULL, StayClass.EMERGENCY)


class Effect(StrEnum):
    """What hearing a statement did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Source:
    """Which hospital speaks, and of which stay in its own terms."""

    visit: str
    hospital: Organisation | None = None
    name: str = ""


def hear(
    person_id: UUID, source: Source, statement: Movement, *, message_id: UUID | None = None
) -> tuple[Stay, Effect]:
    """Add what a hospital says about one stay of one person; the stay becomes what it amounts to.

    Saying the same again changes nothing. An absence that people had declared for these dates
    becomes this stay.
    """
    with transaction.atomic(savepoint=False):
        cluster = cluster_ids(person_id)
        _one_at_a_time(cluster)
        with one_person(cluster), together():
            return _hear(person_id, cluster, source, statement, message_id)


def declare_absence(
    person_id: UUID,
    kind: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    place: str = "",
) -> Stay:
    """Say that the person is away from home; visits of these dates are suspended.

    By any member, the person or a carer with the right to write. ``end`` is when the return is
    expected. Raises Refused when an absence is already open.
    """
    require_write(person_id, Area.AGENDA)
    start = start or timezone.now()
    if end is not None and end <= start:
        raise Refused("Le retour doit venir après le départ.", field="end")
    if kind not in Stay.Kind.values:
        raise Refused("Choisissez hospitalisation, répit ou vacances.", field="kind")
    with transaction.atomic():
        if _open(person_id).exists():
            raise Refused("Une absence est déjà en cours. Ouvrez-la pour la modifier.")
        actor = acting.current()
        stay = Stay.objects.create(
            person_id=person_id,
            kind=kind,
            status=Status.NOTHING,
            stay_class=StayClass.UNKNOWN,
            hospital_name=place.strip()[:200],
            **author_of(actor),
        )
        _say(stay, Kind.ADMIT, start, event="A01", class_code="I", expected_discharge=end)
        return stay


def expect_return(stay_id: UUID, when: datetime) -> Stay:
    """Say when the person is expected back."""
    with transaction.atomic():
        stay = _writable(stay_id)
        if stay.status not in (Status.IN_PROGRESS, Status.ON_LEAVE):
            raise Refused("Cette absence n’est plus en cours.")
        if stay.starts_at and when <= stay.starts_at:
            raise Refused("Le retour doit venir après le départ.", field="when")
        _say(stay, Kind.EXPECT_DISCHARGE, timezone.now(), expected_discharge=when)
        return stay


def declare_return(stay_id: UUID, at: datetime | None = None) -> Stay:
    """Say that the person is back home; the visits it suspended are offered again."""
    with transaction.atomic():
        stay = _writable(stay_id)
        if stay.status not in (Status.IN_PROGRESS, Status.ON_LEAVE):
            raise Refused("Le retour est déjà noté.")
        at = at or timezone.now()
        if stay.starts_at and at < stay.starts_at:
            raise Refused("Le retour doit venir après le départ.", field="at")
        _say(stay, Kind.DISCHARGE, at)
        return stay


def end_holidays(now: datetime | None = None) -> int:
    """Periodic: a respite or a holiday whose announced return has come is over. How many.

    Everybody is told, and what it still held is offered again; a stay in hospital waits for
    somebody's word.
    """
    ended = 0
    with acting.acting(acting.system("retour annoncé")):
        due = Stay.objects.filter(
            visit="",
            kind__in=[Stay.Kind.RESPITE, Stay.Kind.HOLIDAY],
            status__in=[Status.IN_PROGRESS, Status.ON_LEAVE],
            expected_end__lte=now or timezone.now(),
        )
        for stay_id in list(due.values_list("pk", flat=True)):
            with transaction.atomic():
                stay = due.select_for_update().filter(pk=stay_id).first()
                if stay is None or stay.expected_end is None:
                    continue
                _say(stay, Kind.DISCHARGE, stay.expected_end)
                ended += 1
    return ended


def cancel_absence(stay_id: UUID) -> Stay:
    """Say that a declared absence does not take place; its visits come back by themselves."""
    with transaction.atomic():
        stay = _writable(stay_id)
        if not stay.declared:
            raise Refused("L’hôpital a confirmé ce séjour : lui seul peut l’annuler.")
        if stay.status == Status.CANCELLED:
            raise Refused("Cette absence est déjà annulée.")
        _say(stay, Kind.ADMIT, timezone.now(), action=Action.CANCEL)
        return stay


def see(stay_id: UUID) -> int:
    """« J’ai vu »: settle what the current actor, or its organisation, was told. How many."""
    actor = acting.current()
    with transaction.atomic():
        stay = _reached(stay_id)
        seen = StayNotice.objects.filter(
            stay=stay, latest=True, seen_at=None, holder_id__in=actor.holders
        ).update(seen_at=timezone.now(), seen_by=actor.label)
        if seen:
            ledger.wrote(stay.person_id, "stay_notice", object_id=stay.pk)
        return seen


def called(stay_id: UUID, notice_id: UUID) -> None:
    """Note that somebody was told by telephone."""
    actor = acting.current()
    with transaction.atomic():
        stay = _reached(stay_id)
        if not queries.reads_place(stay.person_id):
            raise NotAllowed
        StayNotice.objects.filter(
            pk=notice_id, stay=stay, latest=True, called_at=None, seen_at=None
        ).update(called_at=timezone.now(), called_by=actor.label)
        ledger.wrote(stay.person_id, "stay_notice", object_id=notice_id)


def stop_for_death(person_id: UUID) -> None:
    """A confirmed death: nobody is chased any more about an absence."""
    StayNotice.objects.filter(
        stay__person_id__in=cluster_ids(person_id), latest=True, seen_at=None, called_at=None
    ).update(call_at=None, sms_at=None)


# -- inside ------------------------------------------------------------------------------------


def _hear(
    person_id: UUID,
    cluster: list[UUID],
    source: Source,
    statement: Movement,
    message_id: UUID | None,
) -> tuple[Stay, Effect]:
    stay = _stay_for(person_id, cluster, source, statement)
    made = stay._state.adding
    said = {} if made else _said(stay)
    if statement.key[:300] in said:
        return stay, Effect.UNCHANGED
    changed = _refold(stay, [*said.values(), statement])
    said_now = StayMovement(
        stay=stay,
        key=statement.key[:300],
        said=movement_data(statement),
        message_id=message_id,
    )
    insert(said_now)
    ledger.wrote(stay.person_id, "stay", object_id=stay.pk)
    if made:
        return stay, Effect.CREATED
    return stay, Effect.UPDATED if changed else Effect.UNCHANGED


def _stay_for(person_id: UUID, cluster: list[UUID], source: Source, statement: Movement) -> Stay:
    """The stay that the hospital speaks of; one not yet written when nobody spoke of it."""
    rows = _spoken_of(cluster, source.visit)
    for stay in rows:
        if stay.visit == source.visit:
            return stay
    declared = rows[-1] if rows and _confirms(statement) else None
    if declared is not None:
        declared.visit = source.visit
        declared.hospital, declared.hospital_name = source.hospital, source.name
        declared.merging = True
        return declared
    return Stay(
        person_id=person_id,
        visit=source.visit,
        hospital=source.hospital,
        hospital_name=source.name,
        status=Status.NOTHING,
        stay_class=StayClass.UNKNOWN,
        **author_of(acting.current()),
    )


def _one_at_a_time(cluster: list[UUID]) -> None:
    """Two messages about one person wait for one another, even about a stay not yet written."""
    _locked(cluster)


@prepared
def _locked(cluster: list[UUID]) -> QuerySet[Patient, UUID]:
    rows = Patient.objects.select_for_update().filter(pk__in=cluster).order_by("pk")
    return rows.values_list("pk", flat=True)


@prepared
def _spoken_of(cluster: list[UUID], visit: str) -> QuerySet[Stay]:
    """The stay of that number, and the absences under way that people declared. Locked."""
    declared = Q(
        visit="", kind=Stay.Kind.HOSPITAL, status__in=[Status.IN_PROGRESS, Status.ON_LEAVE]
    )
    found: QuerySet[Stay] = Stay.objects.select_for_update().filter(
        Q(visit=visit) | declared, person_id__in=cluster
    )
    return found.order_by("id")


def _confirms(statement: Movement) -> bool:
    """Whether an absence that people declared may be what this statement speaks of."""
    told = settings.current().class_of(statement.class_code or "I", statement.ward)
    return told in _MERGES


def _say(stay: Stay, kind: Kind, at: datetime, **more: object) -> None:
    """A statement by people. The caller holds the transaction."""
    statement = Movement(
        key=f"{_DECLARED}{uuid7()}",
        at=at,
        recorded_at=timezone.now(),
        kind=kind,
        hospital=stay.hospital_name,
        **more,  # type: ignore[arg-type]
    )
    StayMovement.objects.create(stay=stay, key=statement.key, said=movement_data(statement))
    _refold(stay, list(_said(stay).values()))
    ledger.wrote(stay.person_id, "stay", object_id=stay.pk)


def _said(stay: Stay) -> dict[str, Movement]:
    """Everything said about a stay, by key. One query."""
    return {key: movement_from(said) for key, said in _words(stay.pk)}


@prepared
def _words(stay_id: UUID) -> QuerySet[StayMovement, tuple[str, Any]]:
    return StayMovement.objects.filter(stay_id=stay_id).values_list("key", "said")


def _heeded(said: list[Movement]) -> list[Movement]:
    """The hospital's word replaces people's on what it speaks of."""
    official = {one.kind for one in said if not one.key.startswith(_DECLARED)}
    if official:
        official.add(Kind.ADMIT)
    return [one for one in said if not (one.key.startswith(_DECLARED) and one.kind in official)]


def _refold(stay: Stay, said: list[Movement]) -> bool:
    """Bring the stay, the visits and what people know in line with everything said."""
    before = state_from(stay.state) or StayState()
    rules = settings.current()
    after = fold(_heeded(said), rules)
    fresh = stay._state.adding
    if after == before:
        if fresh or stay.merging:
            _keep(stay)
        return False
    stay.state = state_data(after)
    stay.status = after.status
    stay.stay_class = after.stay_class
    stay.ward = str(after.ward)
    stay.starts_at = after.admitted_at or after.expected_admission
    stay.ends_at = after.discharged_at
    stay.expected_end = after.expected_discharge
    stay.outcome = after.outcome or ""
    stay.confidential = after.confidential
    stay.suspends = bool(after.suspends)
    stay.version += 1
    _resumption(stay, before, after)
    _chain(stay, after, rules)
    _keep(stay)
    visits.follow(stay, before, after)
    telling.tell(stay, after, fresh=fresh)
    return True


def _keep(stay: Stay) -> None:
    if stay._state.adding:
        insert(stay)
    else:
        update(stay)


def _resumption(stay: Stay, before: StayState, after: StayState) -> None:
    if not after.proposes_resumption:
        stay.resumption = Stay.Resumption.NONE
    elif not before.proposes_resumption:
        stay.resumption = Stay.Resumption.PROPOSED


def _chain(stay: Stay, after: StayState, rules: StayRules) -> None:
    """A readmission soon after another stay withdraws the offer to resume visits."""
    if not after.current or not after.suspends or stay.continues_id:
        return
    for earlier in _over(cluster_ids(stay.person_id), stay.pk):
        state = state_from(earlier.state)
        if state is not None and continues_chain(state, after, rules):
            stay.continues = earlier
            Stay.objects.filter(pk=earlier.pk, resumption=Stay.Resumption.PROPOSED).update(
                resumption=Stay.Resumption.NONE
            )
            return


@prepared
def _over(cluster: list[UUID], besides: UUID) -> QuerySet[Stay]:
    """The last stays that ended."""
    found: QuerySet[Stay] = Stay.objects.filter(person_id__in=cluster, status=Status.ENDED)
    return found.exclude(pk=besides).order_by("-ends_at")[:3]


def _open(person_id: UUID) -> QuerySet[Stay]:
    found: QuerySet[Stay] = Stay.objects.filter(
        person_id__in=cluster_ids(person_id),
        confidential=False,
        suspends=True,
        status__in=[Status.IN_PROGRESS, Status.ON_LEAVE],
    )
    return found


def _reached(stay_id: UUID) -> Stay:
    reach = Reach.of(acting.current())
    found = Stay.objects.within(reach).select_for_update(of=("self",))
    stay: Stay | None = found.filter(pk=stay_id).first()
    if stay is None:
        raise Http404
    return stay


def _writable(stay_id: UUID) -> Stay:
    stay = _reached(stay_id)
    require_write(stay.person_id, Area.AGENDA)
    return stay
