"""Verbs: record what was done, correct it, undo it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger, registry
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.errors import NotAllowed, Refused
from liane.core.models import author_of, wrote
from liane.directory.models import Practice
from liane.interventions import rules
from liane.interventions.models import ActKind, Intervention, Undo

TOLD = Audience(outside=False, person=True, carers=True)
FUTURE_TOLERANCE = dt.timedelta(minutes=10)
LATE = dt.timedelta(days=30)
"""An act of a pathway entered later than this after it took place needs a reason."""


@dataclass(frozen=True)
class Act:
    """What is recorded of one act. ``at`` is aware; ``performed_by_id`` a practice.

    ``code`` is an act of the pathway that the person follows (`registry.act_desks`): ``""`` says
    that it is part of none, None that nobody said it: it is deduced, or asked afterwards.
    ``billed``: the codes of the billing nomenclature under which somebody bills it by itself.
    """

    person_id: UUID
    at: dt.datetime
    performed_by_id: UUID | None
    organisation_id: UUID | None = None
    kind: str = ActKind.VISIT
    code: str | None = None
    title: str = ""
    late_reason: str = ""
    outcome: str = Intervention.Outcome.NOTHING
    note: str = ""
    minutes: int | None = None
    source: str = Intervention.Source.PHONE
    appointment_id: UUID | None = None
    billed: tuple[str, ...] = ()


def record_intervention(act: Act, *, announce: bool = True) -> Intervention:
    """Record ``act`` once, and tell the team; a problem alerts the doctors at once.

    Raises Refused for a future act, a problem without a word about it, a closed record, or an act
    billed by itself that a bundle pays; NotAllowed when the actor may not write it.
    """
    told = act if act.code is not None else _deduced(act)
    _check(told)
    with transaction.atomic():
        return _write(told, announce=announce)


def _deduced(act: Act) -> Act:
    """The act with the code that a desk finds for it, if one does."""
    for desk in registry.act_desks:
        code = desk.deduced(act)
        if code is not None:
            return replace(act, code=code)
    return act


def code_intervention(intervention_id: UUID, code: str, *, late_reason: str = "") -> Intervention:
    """Say which act of a pathway it was, whenever: the former row is undone, and a new one stands,
    entered when the former was. Raises as :func:`record_intervention`."""
    with transaction.atomic():
        actor = acting.current()
        rows = Intervention.objects.within(Reach.of(actor)).standing()
        found: Intervention | None = rows.filter(pk=intervention_id).first()
        if found is None:
            raise Http404
        if not rules.may_record_for(actor, found.person_id, found.performed_by_id):
            raise NotAllowed("Vous ne précisez que vos propres visites auprès de cette personne.")
        require_write(found.person_id, Area.INTERVENTION)
        act = replace(_act_of(found), code=code, late_reason=found.late_reason or late_reason)
        _require_reason(act, found.entered_at)
        _undo(found, "précisée")
        return _write(act, announce=False, replaces_id=found.pk, entered_at=found.entered_at)


def amend_intervention(
    intervention_id: UUID,
    *,
    outcome: str,
    note: str,
    code: str | None = None,
    billed: tuple[str, ...] = (),
) -> Intervention:
    """Say more about one's own act of the day: the former row is undone, a new one stands.

    ``code`` None keeps the act as it was. Saying the same again changes nothing.
    Raises as :func:`record_intervention`.
    """
    with transaction.atomic():
        found = _mine_today(intervention_id)
        wanted = found.code if code is None else code
        act = replace(
            _act_of(found), outcome=outcome, note=note, code=wanted or code, billed=billed
        )
        if (found.outcome, found.note, found.code) == (outcome, note, wanted):
            if billed:
                _check(act)
            if code == "":
                for desk in registry.act_desks:
                    desk.recorded(found, True)
            return found
        _check(act)
        _undo(found, "précisée")
        return _write(act, replaces_id=found.pk)


def undo_intervention(intervention_id: UUID, *, reason: str = "") -> Undo:
    """Undo one's own act, the day it was entered. Raises Refused afterwards."""
    with transaction.atomic():
        found = _mine_today(intervention_id)
        undo = _undo(found, reason)
        journal.append(
            "visit.undone",
            person_id=found.person_id,
            object_id=found.pk,
            to=TOLD,
            announce=found.outcome == Intervention.Outcome.PROBLEM,
        )
        ledger.wrote(found.person_id, "intervention", object_id=found.pk, purpose="undo")
        return undo


def _undo(found: Intervention, reason: str) -> Undo:
    undo = Undo.objects.create(intervention=found, reason=reason, **author_of(acting.current()))
    for desk in registry.act_desks:
        desk.undone(found)
    return undo


def _check(act: Act) -> None:
    require_write(act.person_id, Area.INTERVENTION)
    if not rules.may_record_for(acting.current(), act.person_id, act.performed_by_id):
        raise NotAllowed("Vous ne notez que vos propres visites auprès de cette personne.")
    if act.at > timezone.now() + FUTURE_TOLERANCE:
        raise Refused("Une visite se note une fois faite.", field="at")
    if act.outcome == Intervention.Outcome.PROBLEM and not act.note.strip():
        raise Refused(
            "Dites en un mot quel est le problème : le médecin sera alerté.", field="note"
        )
    _require_reason(act, timezone.now())
    for desk in registry.act_desks:
        desk.barred(act)


def keep_refusal(error: Refused) -> None:
    """Write down what a refusal leaves, for whoever must know: called once it was caught, for what
    is written before would go with the rest (`registry.ActDesk.kept`)."""
    for desk in registry.act_desks:
        desk.kept(error)


def flag(acts: Sequence[Intervention]) -> str:
    """What to say at once of acts just written down (`registry.ActDesk.flagged`)."""
    return " ".join(text for desk in registry.act_desks if (text := desk.flagged(acts)))


def _require_reason(act: Act, entered_at: dt.datetime) -> None:
    if act.code and act.at < entered_at - LATE and not act.late_reason.strip():
        raise Refused(
            "Cette séance a été notée plus de trente jours après : dites pourquoi si tard.",
            field="late_reason", code="late",
        )  # fmt: skip


def _write(
    act: Act,
    *,
    announce: bool = True,
    replaces_id: UUID | None = None,
    entered_at: dt.datetime | None = None,
) -> Intervention:
    actor = acting.current()
    organisation_id = act.organisation_id
    if organisation_id is None and act.performed_by_id is not None:
        organisation_id = Practice.objects.values_list("organisation_id", flat=True).get(
            pk=act.performed_by_id
        )
    row = Intervention.objects.create(
        person_id=act.person_id,
        at=act.at,
        performed_by_id=act.performed_by_id,
        organisation_id=organisation_id,
        kind=act.kind,
        code=act.code or "",
        title=act.title,
        late_reason=act.late_reason.strip()[:200],
        entered_at=entered_at or timezone.now(),
        outcome=act.outcome,
        note=act.note.strip(),
        minutes=act.minutes,
        source=act.source,
        appointment_id=act.appointment_id,
        replaces_id=replaces_id,
        for_person=True,
        for_carers=True,
        **author_of(actor),
    )
    problem = row.outcome == Intervention.Outcome.PROBLEM
    journal.append(
        "visit.problem" if problem else "visit.done",
        person_id=row.person_id,
        object_id=row.pk,
        to=Audience() if problem else TOLD,
        occurred_at=row.at,
        announce=announce,
        urgent=problem,
    )
    ledger.wrote(row.person_id, "intervention", object_id=row.pk)
    for desk in registry.act_desks:
        desk.recorded(row, act.code is not None)
    return row


def _mine_today(intervention_id: UUID) -> Intervention:
    actor = acting.current()
    found: Intervention | None = (
        Intervention.objects.within(Reach.of(actor)).filter(pk=intervention_id).first()
    )
    if found is None:
        raise Http404
    if not (actor.is_system or wrote(actor, found)):
        raise NotAllowed("Seule la personne qui l’a notée peut l’annuler.")
    if Undo.objects.filter(intervention_id=found.pk).exists():
        raise Refused("Cette visite n’est déjà plus notée comme faite.")
    if timezone.localdate(found.entered_at) != timezone.localdate():
        raise Refused(
            "Une visite s’annule le jour où elle a été notée ; ensuite, écrivez une note."
        )
    return found


def _act_of(row: Intervention) -> Act:
    return Act(
        person_id=row.person_id,
        at=row.at,
        performed_by_id=row.performed_by_id,
        organisation_id=row.organisation_id,
        kind=row.kind,
        code=row.code or None,
        title=row.title,
        late_reason=row.late_reason,
        outcome=row.outcome,
        note=row.note,
        minutes=row.minutes,
        source=row.source,
        appointment_id=row.appointment_id,
    )
