"""Verbs of the agenda: plan, move, cancel, mark done in one tap, undo.

Series live in `repeating`, suspensions in `holding`, replacements in `replacing`; their verbs are
offered here too, so that other rooms import one module.
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.agenda import holding, rules
from liane.agenda.declining import decline_resumption
from liane.agenda.holding import accept_resumption, propose_resumption, restore, suspend
from liane.agenda.models import Appointment, AppointmentEvent, Series, Suspension
from liane.agenda.repeating import end_series, extend_all, plan_series
from liane.agenda.replacing import reassign
from liane.agenda.splitting import change_series
from liane.agenda.visit import Visit
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.core.states import transition
from liane.interventions import queries as acts
from liane.interventions import services as interventions
from liane.interventions.models import Intervention
from liane.patients.queries import cluster_ids

__all__ = [
    "Visit", "accept_resumption", "cancel", "change_series", "decline_resumption",
    "end_series", "extend_all", "mark_done", "mark_missed", "move", "note_visit", "plan_series",
    "plan_visit", "propose_resumption", "reassign", "restore", "stop_for_death", "suspend", "take",
    "undo_done",
]  # fmt: skip

Status = Appointment.Status
Outcome = Intervention.Outcome


def plan_visit(visit: Visit, *, key: UUID | None = None, announce: bool = True) -> Appointment:
    """Plan one visit and tell the people concerned. The same ``key`` plans it once.

    Raises as `Visit.columns`.
    """

    def do() -> Appointment:
        columns = visit.columns()
        who = author_of(acting.current())
        row = Appointment.objects.create(
            starts_at=visit.starts_at, ends_at=visit.ends_at, **columns, **who
        )
        AppointmentEvent.objects.create(appointment=row, after=Status.PLANNED, **who)
        holding.hold_new([row], who)
        _told("visit.planned", row, announce=announce)
        return row

    content = [str(visit.person_id), visit.starts_at.isoformat(), visit.title, visit.minutes]
    made, _ = once(key, "agenda.plan", content, Appointment, do)
    return made


def move(
    appointment_id: UUID,
    *,
    starts_at: dt.datetime,
    minutes: int | None = None,
    version: int | None = None,
) -> Appointment:
    """Move one visit (an occurrence alone), and tell. Raises Conflict on a stale ``version``."""
    with transaction.atomic():
        visit = _locked(appointment_id)
        rules.require_moving(visit)
        if version is not None and version != visit.version:
            raise Conflict("Cette visite a été changée entre-temps : voici son état actuel.")
        if visit.status not in {Status.PLANNED, Status.SUSPENDED}:
            raise Refused("Cette visite ne se déplace plus.")
        if starts_at < timezone.now() - dt.timedelta(days=1):
            raise Refused("Choisissez une date à venir.", field="starts_at")
        length = dt.timedelta(minutes=minutes) if minutes else visit.ends_at - visit.starts_at
        visit.starts_at, visit.ends_at = starts_at, starts_at + length
        visit.moved, visit.version = True, visit.version + 1
        visit.save(update_fields=["starts_at", "ends_at", "moved", "version"])
        who = author_of(acting.current())
        visit.history.create(before=visit.status, after=visit.status, reason="déplacée", **who)
        holding.resettle(visit, who)
        _told("visit.moved", visit)
        return visit


def cancel(appointment_id: UUID, *, reason: str = "") -> Appointment:
    """Cancel one visit: the people concerned are always told. Cancelling again changes nothing."""
    with transaction.atomic():
        visit = _locked(appointment_id)
        rules.require_planning(visit.person_id, visit.intervenant_id)
        if visit.status == Status.CANCELLED:
            return visit
        transition(visit, rules.LIFE, Status.CANCELLED, reason=reason)
        _bump(visit)
        _told("visit.cancelled", visit)
        return visit


def mark_done(
    appointment_id: UUID,
    *,
    outcome: str = Outcome.NOTHING,
    note: str = "",
    code: str | None = None,
    billed: tuple[str, ...] = (),
) -> Intervention:
    """One tap: the visit took place, its intervention is written. A second tap changes nothing.

    ``code``: the act of the person's pathway, ``billed``: as in `interventions.Act`. Saying
    another outcome afterwards amends it (its author, the same day). Raises Refused for a cancelled
    visit or one of a later day, NotAllowed as `record_intervention`.
    """
    with transaction.atomic():
        visit = _locked(appointment_id)
        if visit.status == Status.DONE:
            return _again(visit, outcome, note, code, billed)
        now = timezone.now()
        if timezone.localdate(visit.starts_at) > timezone.localdate(now):
            raise Refused("Cette visite est prévue un autre jour : déplacez-la d’abord.")
        act = interventions.Act(
            person_id=visit.person_id,
            at=min(visit.starts_at, now),
            performed_by_id=performer(visit),
            organisation_id=visit.organisation_id,
            kind=visit.kind,
            code=code,
            billed=billed,
            title=visit.title,
            outcome=outcome,
            note=note,
            minutes=visit.minutes,
            source=Intervention.Source.AGENDA,
            appointment_id=visit.pk,
        )
        transition(visit, rules.LIFE, Status.DONE)
        _bump(visit)
        made = interventions.record_intervention(act)
        _refresh(visit)
        return made


def performer(visit: Appointment) -> UUID | None:
    """Which practice did it: the planned one, or whoever stands in (locum, post)."""
    actor = acting.current()
    planned = visit.practice
    if planned is None:
        # The software of a structure says that it was done, not by whom.
        return actor.holder_id if actor.professional_id is not None else None
    replaces = planned.pk in actor.holders and planned.professional_id != actor.professional_id
    return actor.holder_id if replaces else planned.pk


def _again(
    visit: Appointment, outcome: str, note: str, code: str | None, billed: tuple[str, ...]
) -> Intervention:
    standing = acts.standing_of_appointments([visit.pk]).get(visit.pk)
    if standing is None:
        raise Http404
    same = code is None or (code == standing.code != "")
    if (
        same
        and not billed
        and (outcome, note.strip())
        in {
            (Outcome.NOTHING, ""),
            (standing.outcome, standing.note),
        }
    ):
        return standing
    return interventions.amend_intervention(
        standing.pk, outcome=outcome, note=note.strip(), code=code, billed=billed
    )


def undo_done(appointment_id: UUID) -> Appointment:
    """Take back « faite », the same day, by who said it: the visit is as it was before."""
    with transaction.atomic():
        visit = _locked(appointment_id)
        if visit.status != Status.DONE:
            return visit
        standing = acts.standing_of_appointments([visit.pk]).get(visit.pk)
        if standing is None:
            raise Http404
        interventions.undo_intervention(standing.pk)
        held = Suspension.objects.filter(appointment=visit, lifted_at=None).exists()
        transition(visit, rules.LIFE, Status.SUSPENDED if held else Status.PLANNED, reason="annulé")
        _bump(visit)
        _refresh(visit)
        return visit


def take(appointment_id: UUID) -> Appointment:
    """Take a visit that one's structure had still to give to somebody."""
    with transaction.atomic():
        visit = _locked(appointment_id)
        actor = acting.current()
        rules.require_planning(visit.person_id, visit.intervenant_id)
        if visit.practice_id is not None:
            raise Refused("Cette visite a déjà quelqu’un.")
        if actor.professional_id is None or visit.organisation_id != actor.organisation_id:
            raise NotAllowed("Cette visite revient à une autre structure.")
        visit.practice_id, visit.organisation_id, visit.moved = actor.holder_id, None, True
        visit.version += 1
        visit.save(update_fields=["practice", "organisation", "moved", "version"])
        visit.history.create(
            before=visit.status, after=visit.status, reason="attribuée", **author_of(actor)
        )
        _told("visit.reassigned", visit)
        return visit


def mark_missed(appointment_id: UUID, *, reason: str) -> Appointment:
    """The visit did not take place (nobody opened, refused…): the team is told why."""
    if not reason.strip():
        raise Refused("Dites en un mot pourquoi elle n’a pas eu lieu.", field="reason")
    with transaction.atomic():
        visit = _locked(appointment_id)
        rules.require_planning(visit.person_id, visit.intervenant_id)
        if visit.starts_at > timezone.now():
            raise Refused("L’heure de cette visite n’est pas passée : annulez-la ou déplacez-la.")
        transition(visit, rules.LIFE, Status.MISSED, reason=reason.strip())
        _bump(visit)
        _told("visit.missed", visit)
        return visit


def note_visit(act: interventions.Act, *, key: UUID | None = None) -> Intervention:
    """Write down a visit that nobody planned. The same ``key`` writes it once."""
    content = [str(act.person_id), act.kind, act.title, act.outcome, act.note]
    made, _ = once(
        key,
        "agenda.note",
        content,
        Intervention,
        lambda: interventions.record_intervention(act),
    )
    return made


def stop_for_death(person_id: UUID) -> None:
    """A confirmed death: nothing to come stays planned; those who were to come are told soberly."""
    who = author_of(acting.current())
    now = timezone.now()
    with transaction.atomic(), acting.acting(acting.system("agenda: décès")):
        cluster = cluster_ids(person_id)
        rows = list(
            Appointment.objects.select_for_update().filter(
                person_id__in=cluster,
                starts_at__gte=now,
                status__in=[Status.PLANNED, Status.SUSPENDED],
            )
        )
        AppointmentEvent.objects.bulk_create(
            AppointmentEvent(
                appointment=visit, before=visit.status, after=Status.CANCELLED,
                reason="décès", **who,
            )
            for visit in rows
        )  # fmt: skip
        Appointment.objects.filter(pk__in=[visit.pk for visit in rows]).update(
            status=Status.CANCELLED
        )
        Series.objects.filter(person_id__in=cluster, ended_at=None).update(ended_at=now)
        if rows:
            journal.append(
                "visits.stopped", person_id=person_id, object_id=person_id,
                to=Audience(outside=True),
            )  # fmt: skip


def _locked(appointment_id: UUID) -> Appointment:
    """The visit within reach, locked. Raises Http404 otherwise."""
    reach = Reach.of(acting.current())
    found: Appointment | None = (
        Appointment.objects.within(reach)
        .filter(pk=appointment_id)
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise Http404
    return found


def _bump(visit: Appointment) -> None:
    visit.version += 1
    visit.save(update_fields=["version"])


def _told(kind: str, visit: Appointment, *, announce: bool = True) -> None:
    journal.append(
        kind,
        person_id=visit.person_id,
        object_id=visit.pk,
        to=rules.audience_of(visit),
        announce=announce,
    )
    ledger.wrote(visit.person_id, "agenda", object_id=visit.pk)
    _refresh(visit)


def _refresh(visit: Appointment) -> None:
    """Open pages that show this visit draw it again."""
    journal.signal("agenda", person_id=visit.person_id, object_id=visit.pk)
