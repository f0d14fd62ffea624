"""Verbs of identity vigilance: what a waiting message is about, or that it is about nobody here."""

import datetime as dt
import json
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.areas import Area
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of
from liane.directory.models import Practice
from liane.exchange import unseen
from liane.exchange.applying import apply
from liane.exchange.hl7v2 import parsing, read
from liane.exchange.hospitals import speaker
from liane.exchange.models import IdentityCandidate, IdentityCase, RawMessage
from liane.patients.services.identity import confirm_death, link

Reason, Status = IdentityCase.Reason, IdentityCase.Status
_PURPOSE = "identitovigilance"


def attach(case_id: UUID, person_id: UUID) -> int:
    """Decide for this person. Returns how many messages were settled.

    A message waiting for its person is applied, with those that wait under the same number; a
    merge of the hospital links the records, this one staying; a reported death is confirmed.
    Raises Http404 out of reach, Refused when it was settled meanwhile.
    """
    with transaction.atomic():
        case = _decidable(case_id, person_id)
        waiting = list(_alike(case).filter(candidates__person_id=person_id).order_by("created_at"))
        if case.reason == Reason.MERGE:
            _link(case, person_id)
        elif case.reason == Reason.DEATH:
            confirm_death(person_id, on=_day_of_death(case), source=case.hospital_name or "hôpital")
        else:
            for one in waiting:
                _apply(one, person_id)
        for one in waiting:
            _decide(one, Status.ATTACHED)
        ledger.wrote(person_id, "identity", object_id=case.pk, purpose=_PURPOSE)
        return len(waiting)


def set_aside(case_id: UUID) -> int:
    """About nobody here: contents are dropped, and the number is not proposed again."""
    with transaction.atomic():
        case = _decidable(case_id)
        shown = [one.person_id for one in case.candidates.all()]
        waiting = list(_alike(case))
        for one in waiting:
            _decide(one, Status.REFUSED)
            with acting.acting(acting.system(_PURPOSE)):
                IdentityCandidate.objects.filter(case=one).update(refused=True)
                _drop(one)
        for person_id in shown:
            ledger.wrote(person_id, "identity", object_id=case.pk, purpose=_PURPOSE)
        return len(waiting)


def _decidable(case_id: UUID, person_id: UUID | None = None) -> IdentityCase:
    """The open case, within the actor's reach: an officer's, or nobody's (`unseen`)."""
    actor = acting.current()
    reached = Reach.of(actor).patients(Area.IDENTITY)
    mine = IdentityCandidate.objects.filter(case_id=case_id, person__in=reached)
    if person_id is not None:
        mine = mine.filter(person_id=person_id)
    if not mine.exists():
        raise Http404
    if actor.role not in unseen.SETTLING:
        raise NotAllowed
    case = IdentityCase.objects.select_for_update().get(pk=case_id)
    if case.status != Status.OPEN:
        raise Refused("Ce message a déjà été traité.")
    if actor.role != Practice.Role.IDENTITY and (
        case.reason == Reason.MERGE or not unseen.without_officer([case.pk])
    ):
        raise NotAllowed
    return case


def _alike(case: IdentityCase) -> QuerySet[IdentityCase]:
    """The case, and the open ones about the same number where only traits spoke."""
    open_ones = IdentityCase.objects.filter(status=Status.OPEN)
    if case.ipp_digest and case.reason == Reason.LOOKALIKE:
        return open_ones.filter(
            reason=case.reason, ipp_digest=case.ipp_digest, ipp_system=case.ipp_system
        )
    return open_ones.filter(pk=case.pk)


def _apply(case: IdentityCase, person_id: UUID) -> None:
    with acting.acting(acting.system(_PURPOSE)):
        row = RawMessage.objects.get(pk=case.message_id)
        if row.content is None:
            return
        adt = read.read(parsing.parse(row.content))
        done = apply(adt, speaker(adt, row.hospital), person_id, row)
        row.status = RawMessage.Status.QUEUED if done.queued else RawMessage.Status.APPLIED
        row.person_id, row.reason = person_id, "attached by identity vigilance"
        row.save()


def _link(case: IdentityCase, survivor_id: UUID) -> None:
    others = [one.person_id for one in case.candidates.all() if one.person_id != survivor_id]
    for other in others:
        link(survivor_id, other, reason=f"numéros fusionnés par {case.hospital_name}")


def _day_of_death(case: IdentityCase) -> dt.date:
    said = json.loads(case.traits)
    moment = dt.datetime.fromisoformat(said.get("died_at") or said["at"])
    return timezone.localdate(moment)


def _decide(case: IdentityCase, status: str) -> None:
    case.status, case.decided_at = status, timezone.now()
    for name, value in author_of(acting.current()).items():
        setattr(case, name, value)
    case.save()


def _drop(case: IdentityCase) -> None:
    row = RawMessage.objects.get(pk=case.message_id)
    if row.person_id is None:
        row.content, row.digest = None, ""
        row.status, row.reason = RawMessage.Status.IGNORED, "set aside by identity vigilance"
        row.save()
    case.traits = "{}"
    case.save(update_fields=["traits"])
