"""Verbs of an enrolment's life: suspend, resume, end, anchors, documents, rights, who follows.

Each end has its consequences, said before it is confirmed (`consequences`): what remains due has
no object, planned visits are to be cancelled, the protocol says what is owed.
"""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from liane.agenda import services as agenda
from liane.agenda.models import Appointment
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Practice
from liane.pathways import catalogue, clashes, progress
from liane.pathways.models import Anchor, DocumentGiven, Enrolment, Rights, Suspension
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import EXEMPTIONS
from liane.pathways.services.inclusion import changed, mine
from liane.pathways.states import (
    ENROLMENT,
    LIVING,
    OPEN_SESSIONS,
    EndReason,
    EnrolmentStatus,
    SessionState,
)
from liane.patients.queries import cluster_ids

S = EnrolmentStatus
NAMED = Audience(team=False)
ENGINE_REASONS = {
    EndReason.MEDICAL: "other", EndReason.ESCALATION: "other",
}  # fmt: skip
"""How an end is named to the settlement rules, where its own name is not theirs."""


def suspend(enrolment_id: UUID, *, on: dt.date, reason: str) -> Enrolment:
    """The clocks stand still from a day on (a stay, a pregnancy…)."""
    if not reason.strip():
        raise Refused("Dites pourquoi.", field="reason")
    with transaction.atomic():
        row = mine(enrolment_id)
        _since_inclusion(row, on)
        transition(row, ENROLMENT, S.SUSPENDED, reason=reason.strip()[:500])
        changed(row)
        Suspension.objects.create(
            enrolment=row, starts_on=on, reason=reason.strip()[:200],
            **author_of(acting.current()),
        )  # fmt: skip
        _told(row, "pathway.suspended")
        progress.refresh([row.pk])
    return row


def resume(enrolment_id: UUID, *, on: dt.date) -> Enrolment:
    """The clocks run again; what falls due is computed anew."""
    with transaction.atomic():
        row = mine(enrolment_id)
        running = row.suspensions.filter(ends_on=None).order_by("-starts_on").first()
        if running is not None and on < running.starts_on:
            raise Refused("La reprise suit la suspension.", field="on")
        transition(row, ENROLMENT, S.INCLUDED, reason="reprise")
        changed(row)
        row.suspensions.filter(ends_on=None).update(ends_on=on)
        _told(row, "pathway.resumed")
        progress.refresh([row.pk])
    return row


def end(
    enrolment_id: UUID, *, on: dt.date, reason: str, text: str = "", visits: bool = False
) -> Enrolment:
    """The pathway is over for this person. What remained due has no object any more; ``visits``:
    the appointments to come that were taken for it are cancelled, everybody concerned is told."""
    if reason not in EndReason.values or reason == EndReason.DEATH:
        raise Refused("Choisissez le motif.", field="reason")
    with transaction.atomic():
        row = mine(enrolment_id)
        _since_inclusion(row, on)
        planned = list(planned_visits(row)) if visits else []
        _close(row, on, reason, text)
        _told(row, "pathway.ended")
        with acting.acting(acting.system("fin du parcours")):
            for pk in planned:
                agenda.cancel(pk, reason="fin du parcours")
    return row


def planned_visits(row: Enrolment) -> QuerySet[Appointment, UUID]:
    """The appointments to come that were taken for sessions of this pathway."""
    taken = row.sessions.filter(
        appointment_id__isnull=False, status__in=OPEN_SESSIONS
    ).values_list("appointment_id", flat=True)  # fmt: skip
    rows: QuerySet[Appointment] = Appointment.objects.within(Reach.of(acting.current()))
    return rows.filter(
        pk__in=list(taken), starts_at__gt=timezone.now(),
        status__in=[Appointment.Status.PLANNED, Appointment.Status.SUSPENDED],
    ).values_list("pk", flat=True)  # fmt: skip


def stop_for_death(person_id: UUID) -> None:
    """A confirmed death ends every pathway of the person, whoever is responsible for it."""
    author = author_of(acting.current())
    with transaction.atomic(), acting.acting(acting.system("parcours : décès")):
        rows = Enrolment.objects.select_for_update(of=("self",)).select_related("person").filter(
            person_id__in=cluster_ids(person_id), status__in=LIVING
        )  # fmt: skip
        for row in rows:
            _close(row, row.person.died_on or timezone.localdate(), EndReason.DEATH, "", author)
            journal.append("pathway.ended", person_id=row.person_id, object_id=row.pk)


def set_anchor(enrolment_id: UUID, name: str, on: dt.date) -> Anchor:
    """A dated fact of the protocol (end of treatment…): windows move with it."""
    with transaction.atomic():
        row = mine(enrolment_id)
        protocol = catalogue.of_enrolment(row)
        if name not in {one.id for one in protocol.anchors if one.origin == "entered"}:
            raise Refused("Cette date n’est pas du protocole.", field="name")
        made = Anchor.objects.create(enrolment=row, name=name, on=on, **author_of(acting.current()))
        ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="date du parcours")
        progress.refresh([row.pk])
    return made


def give_document(
    enrolment_id: UUID, code: str, on: dt.date, *, object_id: UUID | None = None
) -> DocumentGiven:
    """A document that the protocol asks for was received."""
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    with transaction.atomic():
        row = mine(enrolment_id)
        if code not in {one.code for one in catalogue.of_enrolment(row).documents}:
            raise Refused("Cette pièce n’est pas du protocole.", field="code")
        made: DocumentGiven = DocumentGiven.objects.create(
            enrolment=row, code=code, on=on, object_id=object_id, **author_of(acting.current())
        )
        ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="pièce reçue")
    return made


def set_rights(
    enrolment_id: UUID, *, starts_on: dt.date, exemptions: list[str], has_amc: bool, amc: str = ""
) -> Rights:
    """Cover from a day on: why the person pays no share, and whether a complementary one pays."""
    unknown = set(exemptions) - set(EXEMPTIONS)
    if unknown:
        raise Refused("Ce motif d’exonération n’est pas dans la liste.", field="exemptions")
    with transaction.atomic():
        row = mine(enrolment_id)
        made: Rights = Rights.objects.create(
            person_id=row.person_id, enrolment=row, starts_on=starts_on, has_amc=has_amc,
            exemptions=" ".join(exemptions), amc=amc.strip()[:120],
            **author_of(acting.current()),
        )  # fmt: skip
        ledger.wrote(row.person_id, "money", object_id=row.pk, purpose="droits")
    return made


def entrust(enrolment_id: UUID, practice_id: UUID) -> Enrolment:
    """A colleague of the structure follows this person from now on, and is told."""
    with transaction.atomic():
        row = mine(enrolment_id)
        colleague = Practice.objects.filter(
            pk=practice_id, organisation_id=row.organisation_id, ended_on=None
        ).first()
        if colleague is None:
            raise Refused("Choisissez quelqu’un de votre structure.", field="practice")
        if row.coordinator_id != colleague.pk:
            row.coordinator = colleague
            changed(row, "coordinator")
            journal.append("pathway.assigned", person_id=row.person_id, object_id=row.pk, to=NAMED)
            ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="confiée")
    return row


def hand_over(absent: Practice, heir: Practice, reason: str) -> None:
    """A colleague's whole file changes hands: those in a pathway follow."""
    with acting.acting(acting.system("parcours : reprise d’un collègue")):
        Enrolment.objects.filter(coordinator=absent, status__in=LIVING).update(coordinator=heir)


def consequences(row: Enrolment, protocol: Protocol, reason: str, *, visits: int = 0) -> list[str]:
    """What an end for ``reason`` brings, in sentences, before it is confirmed; ``visits``: how many
    appointments were taken for it. One query."""
    left = row.sessions.filter(status__in=OPEN_SESSIONS).count()
    said = ["Aucune séance ne restait due."]
    if left:
        due = "1 séance encore due n’aura" if left == 1 else f"{left} séances encore dues n’auront"
        said = [f"{due} plus d’objet."]
    if visits:
        said.append("Les rendez-vous déjà pris sont annulés si vous laissez la case cochée.")
    named = ENGINE_REASONS.get(EndReason(reason), reason)
    rules_ = [one for one in protocol.dropout if not one.reasons or named in one.reasons]
    said += [f"Séquence en cours : {one.label} ({one.article})." for one in rules_[:2]]
    if not rules_ and reason != EndReason.COMPLETED:
        said.append("Le protocole ne dit pas ce qui est dû pour une séquence interrompue.")
    said.append(
        "L’équipe reste dans le cercle : chacun peut en sortir, la personne peut s’y opposer."
    )
    if reason == EndReason.MOVE:
        said.append("Si une autre structure prend la suite, elle décide sa propre inclusion.")
    return said


def _close(
    row: Enrolment, on: dt.date, reason: str, text: str, author: dict[str, object] | None = None
) -> None:
    said = EndReason(reason).label + (f" : {text.strip()}" if text.strip() else "")
    transition(row, ENROLMENT, S.ENDED, reason=said[:500])
    row.ended_on, row.end_reason = on, reason
    changed(row, "ended_on", "end_reason")
    row.suspensions.filter(ends_on=None).update(ends_on=on)
    progress.drop(row, SessionState.CANCELLED, said, author)
    clashes.settle_for(row)


def _since_inclusion(row: Enrolment, on: dt.date) -> None:
    if on > timezone.localdate():
        raise Refused("Cette date est à venir.", field="on")
    if row.included_on is not None and on < row.included_on:
        raise Refused("Cette date précède l’inclusion.", field="on")


def _told(row: Enrolment, kind: str) -> None:
    journal.append(kind, person_id=row.person_id, object_id=row.pk)
    ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose=kind)
