"""Verbs of a professional about acts entered in their name: confirm, or contest with a reason."""

from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.acting import Actor
from liane.core.audience import Audience
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.core.states import transition
from liane.pathways import progress
from liane.pathways.models import Confirmation, Counted
from liane.pathways.states import CONFIRMATION, ConfirmationStatus

NAMED = Audience(team=False)
Via = Confirmation.Via


def confirm(confirmation_id: UUID, *, via: str = Via.ACCOUNT) -> Confirmation:
    """« Oui, j’ai fait cette séance »: it counts for good. Saying it again changes nothing."""
    with transaction.atomic():
        row = _mine(confirmation_id)
        if row.status == ConfirmationStatus.CONFIRMED:
            return row
        transition(row, CONFIRMATION, ConfirmationStatus.CONFIRMED)
        _answered(row, via, "")
        if not Counted.objects.filter(intervention_id=row.intervention_id, ended_at=None).exists():
            Counted.objects.create(
                enrolment_id=row.enrolment_id, intervention_id=row.intervention_id,
                code=row.intervention.code, **author_of(acting.current()),
            )  # fmt: skip
        _refresh(row)
    return row


def contest(confirmation_id: UUID, *, reason: str, via: str = Via.ACCOUNT) -> Confirmation:
    """« Ce n’est pas moi, ou pas ce jour-là »: it counts no more; who entered it is told why."""
    if not reason.strip():
        raise Refused(
            "Dites ce qui ne va pas : une autre date, un autre professionnel…", field="reason"
        )
    with transaction.atomic():
        row = _mine(confirmation_id)
        transition(row, CONFIRMATION, ConfirmationStatus.CONTESTED, reason=reason.strip()[:300])
        _answered(row, via, reason.strip()[:300])
        with acting.acting(acting.system("séances : contestation")):
            Counted.objects.filter(intervention_id=row.intervention_id, ended_at=None).update(
                ended_at=timezone.now(), reason="contestée"
            )
        journal.append("pathway.contested", person_id=row.person_id, object_id=row.pk, to=NAMED)
        _refresh(row)
    return row


def confirm_all(confirmation_ids: list[UUID], *, via: str = Via.ACCOUNT) -> int:
    """Confirm several at once. Returns how many were still waiting."""
    with transaction.atomic():
        return sum(
            confirm(pk, via=via).status == ConfirmationStatus.CONFIRMED for pk in confirmation_ids
        )


def is_theirs(actor: Actor, row: Confirmation) -> bool:
    """Only the professional answers for their own acts."""
    return row.practice_id in {*actor.holders, actor.holder_id} - {None}


def _mine(confirmation_id: UUID) -> Confirmation:
    actor = acting.current()
    rows = Confirmation.objects.within(Reach.of(actor)).select_for_update(of=("self",))
    row: Confirmation | None = (
        rows.select_related("intervention").filter(pk=confirmation_id).first()
    )
    if row is None or not is_theirs(actor, row):
        raise Http404
    return row


def _answered(row: Confirmation, via: str, reason: str) -> None:
    row.answered_at, row.via, row.reason = timezone.now(), via, reason
    row.save(update_fields=["answered_at", "via", "reason"])
    ledger.wrote(row.person_id, "intervention", object_id=row.pk, purpose=str(row.status))


def _refresh(row: Confirmation) -> None:
    with acting.acting(acting.system("séances : attribution")):
        progress.refresh([row.enrolment_id])
