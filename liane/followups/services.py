"""Verbs of an accompaniment: open, change its level, its stage, its case manager; exit, re-entry.

Opened by the answer to a request (`registry.support_steps`), or from the record. One is open for a
person and an organisation at most; coming back opens another, linked to the earlier one.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import Audience, only_organisation
from liane.core.errors import Conflict, NotAllowed, Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Practice
from liane.followups import ending, rules, steps
from liane.followups.models import Accompaniment, CaseManager, LevelChange
from liane.followups.states import LIFE, ExitReason, Level, Stage
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

NAMED = Audience(team=False)
"""Told to those whom `telling.told_of` names, and to nobody else."""


def support(referral: Any) -> None:
    """A request was answered with a support: the accompaniment opens, or changes level.

    Called inside that transaction. A request about nobody known yet waits for the record.
    """
    if referral.person_id is None:
        return
    actor = acting.current()
    who, manager = author_of(actor), _manager_of(referral)
    with acting.acting(acting.system("file active : réponse à une demande")):
        current = _open_one(referral.person_id, referral.organisation_id)
        if current is None:
            made = _open(
                referral.person_id, referral.organisation_id, referral.status, who,
                manager=manager, request_id=referral.pk,
            )  # fmt: skip
        elif current.level != referral.status:
            _relevel(current, referral.status, "réponse à une demande", who)
            made = None
        else:
            made = None
    if made is not None:
        _opened(made)


def open_accompaniment(person_id: UUID, level: str, *, reason: str = "") -> Accompaniment:
    """Open one from the record, for a first time or again (re-entry). Raises Refused when open."""
    actor = acting.current()
    house = actor.organisation_id
    if house is None or not rules.keeps(actor, house, person_id):
        raise _hidden(person_id)
    if level not in Level.values:
        raise Refused("Choisissez le niveau.", field="level")
    if Patient.objects.filter(pk=person_id).exclude(died_on=None).exists():
        raise Refused("Cette personne est décédée.", field="level")
    mine = actor.holder_id if actor.role in rules.KEEPERS else None
    with transaction.atomic():
        if _open_one(person_id, house) is not None:
            raise Refused("Un accompagnement est déjà ouvert.", code="open")
        made = _open(
            person_id, house, level, author_of(actor), manager=mine, reason=reason.strip()[:300]
        )
        _opened(made)
    return made


def change_level(
    accompaniment_id: UUID, level: str, *, reason: str, expect: int | None = None
) -> Accompaniment:
    """Another level from now on, and why. The same level changes nothing."""
    if level not in Level.values:
        raise Refused("Choisissez le niveau.", field="level")
    if not reason.strip():
        raise Refused("Dites pourquoi le niveau change.", field="reason")
    with transaction.atomic():
        row = _mine(accompaniment_id, expect)
        if row.level != level:
            _relevel(row, level, reason.strip()[:300], author_of(acting.current()))
            ending.relevel(row, reason)
            _told(row, "followup.level")
    return row


def move(
    accompaniment_id: UUID, stage: str, *, reason: str = "", expect: int | None = None
) -> Accompaniment:
    """The next stage, or back to an evaluation. The exit has its own verb."""
    if stage not in Stage.values or stage == Stage.EXIT:
        raise Refused("Choisissez l’étape.", field="stage")
    with transaction.atomic():
        row = _mine(accompaniment_id, expect)
        if row.status != stage:
            transition(row, LIFE, stage, reason=reason.strip()[:500])
            _changed(row)
            _told(row, "followup.stage")
    return row


def entrust(
    accompaniment_id: UUID, practice_id: UUID, *, reason: str = "", expect: int | None = None
) -> Accompaniment:
    """Give the person to a colleague of the same organisation, who is told."""
    with transaction.atomic():
        row = _mine(accompaniment_id, expect)
        colleague = _colleague(practice_id, row.organisation_id)
        if row.case_manager_id != colleague.pk:
            _give(row, colleague.pk, reason.strip()[:300], author_of(acting.current()))
            ending.entrust(row, colleague.pk, reason)
            journal.append("followup.assigned", person_id=row.person_id, object_id=row.pk, to=NAMED)
            ledger.wrote(row.person_id, "working_file", object_id=row.pk, purpose="confiée")
    return row


def end(
    accompaniment_id: UUID, reason: str, *, text: str, expect: int | None = None
) -> Accompaniment:
    """The exit, with its reason. ``text`` goes to the requester and to the attending doctor.

    The request it came from ends with it (`referrals.services.close`).
    """
    if reason not in ExitReason.values:
        raise Refused("Choisissez le motif de sortie.", field="exit_reason")
    if not text.strip():
        raise Refused(
            "Écrivez le retour : le demandeur et le médecin traitant le liront.", field="text"
        )
    with transaction.atomic():
        row = _mine(accompaniment_id, expect)
        _close(row, reason, author_of(acting.current()))
        ending.tell(row, text.strip())
        ledger.wrote(row.person_id, "working_file", object_id=row.pk, purpose="sortie")
    return row


def stop_for_death(person_id: UUID) -> None:
    """A confirmed death closes every accompaniment of the person, whoever keeps it."""
    who = author_of(acting.current())
    with transaction.atomic(), acting.acting(acting.system("file active : décès")):
        rows = Accompaniment.objects.select_for_update(of=("self",)).filter(
            person_id__in=cluster_ids(person_id), closed_at=None
        )
        for row in rows:
            _close(row, ExitReason.DEATH, who)


def hand_over(absent: Practice, heir: Practice, reason: str) -> None:
    """A colleague's whole file changes hands: accompaniments follow."""
    who = author_of(acting.current())
    with acting.acting(acting.system("file active : reprise d’un collègue")):
        rows = Accompaniment.objects.select_for_update(of=("self",)).filter(
            case_manager_id=absent.pk, closed_at=None
        )
        for row in rows:
            _give(row, heir.pk, reason.strip()[:300], who)


def _mine(accompaniment_id: UUID, expect: int | None) -> Accompaniment:
    """The open accompaniment, locked, that the actor may change. Raises Http404, Conflict."""
    actor = acting.current()
    rows = Accompaniment.objects.within(Reach.of(actor)).filter(pk=accompaniment_id)
    row: Accompaniment | None = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise Http404
    if not rules.keeps(actor, row.organisation_id, row.person_id):
        raise NotAllowed
    if expect is not None and row.version != expect:
        raise Conflict(
            f"Un collègue a agi entre-temps : niveau {row.get_level_display()}, étape "
            f"{row.get_status_display()}."
        )
    if not row.is_open:
        raise Refused("Cet accompagnement est terminé : ouvrez-en un nouveau.", code="closed")
    return row


def _hidden(person_id: UUID) -> Exception:
    reached = Reach.of(acting.current()).patients().filter(pk=person_id).exists()
    return NotAllowed() if reached else Http404()


def _open_one(person_id: UUID, organisation_id: UUID) -> Accompaniment | None:
    rows = Accompaniment.objects.select_for_update(of=("self",)).filter(
        person_id__in=cluster_ids(person_id), organisation_id=organisation_id, closed_at=None
    )
    found: Accompaniment | None = rows.first()
    return found


def _open(
    person_id: UUID,
    organisation_id: UUID,
    level: str,
    who: dict[str, Any],
    *,
    manager: UUID | None,
    request_id: UUID | None = None,
    reason: str = "",
) -> Accompaniment:
    earlier = (
        Accompaniment.objects.filter(
            person_id__in=cluster_ids(person_id), organisation_id=organisation_id
        )
        .order_by("-opened_at")
        .first()
    )
    made = Accompaniment.objects.create(
        person_id=person_id, organisation_id=organisation_id, level=level, case_manager_id=manager,
        request_id=request_id, earlier=earlier, **who,
    )  # fmt: skip
    made.history.create(after=made.status, at=made.opened_at, reason=reason, **who)
    made.levels.create(after=level, at=made.opened_at, reason=reason, **who)
    if manager is not None:
        CaseManager.objects.create(
            accompaniment=made, practice_id=manager, at=made.opened_at, **who
        )
    steps.refresh([person_id])
    return made


def _opened(made: Accompaniment) -> None:
    journal.append("followup.opened", person_id=made.person_id, object_id=made.pk, to=NAMED)
    ledger.wrote(made.person_id, "working_file", object_id=made.pk, purpose="accompagnement")


def _relevel(row: Accompaniment, level: str, reason: str, who: dict[str, Any]) -> None:
    LevelChange.objects.create(
        accompaniment=row, before=row.level, after=level, reason=reason, **who
    )
    row.level = level
    _changed(row, "level")


def _give(row: Accompaniment, manager: UUID, reason: str, who: dict[str, Any]) -> None:
    CaseManager.objects.create(accompaniment=row, practice_id=manager, reason=reason, **who)
    row.case_manager_id = manager
    _changed(row, "case_manager")


def _close(row: Accompaniment, reason: str, who: dict[str, Any]) -> None:
    row.history.create(before=row.status, after=Stage.EXIT, reason=ExitReason(reason).label, **who)
    row.status, row.exit_reason, row.closed_at = Stage.EXIT, reason, timezone.now()
    row.reminders.filter(settled_at=None).update(
        settled_at=row.closed_at, settled_by=who["author_label"]
    )
    _changed(row, "status", "exit_reason", "closed_at")


def _changed(row: Accompaniment, *fields: str) -> None:
    row.version += 1
    row.save(update_fields=["version", *fields])


def _told(row: Accompaniment, kind: str) -> None:
    """In the organisation's own journal: nobody is notified."""
    journal.append(
        kind, person_id=row.person_id, object_id=row.pk, announce=False,
        to=only_organisation(row.organisation_id),
    )  # fmt: skip
    ledger.wrote(row.person_id, "working_file", object_id=row.pk, purpose=kind)


def _manager_of(referral: Any) -> UUID | None:
    """Whoever has the request in hand; else whoever answers, if it is theirs to follow."""
    actor = acting.current()
    if referral.assigned_id is not None:
        kept: UUID | None = referral.assigned_id
        return kept
    here = Practice.objects.filter(
        pk__in=[actor.holder_id], organisation_id=referral.organisation_id, role__in=rules.KEEPERS
    )
    return here.values_list("pk", flat=True).first()


def _colleague(practice_id: UUID, organisation_id: UUID) -> Practice:
    found = Practice.objects.filter(
        pk=practice_id, organisation_id=organisation_id, role__in=rules.KEEPERS, ended_on=None,
        professional__active=True,
    ).first()  # fmt: skip
    if found is None:
        raise Refused("Choisissez quelqu’un de votre structure.", field="practice")
    return found
