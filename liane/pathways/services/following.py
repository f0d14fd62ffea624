"""Verbs of the list: remind those who are late, entrust several persons, keep a view."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.access import in_circle
from liane.core import acting, journal, ledger
from liane.core.audience import Audience
from liane.core.errors import Refused
from liane.pathways import rules
from liane.pathways.models import Confirmation, Enrolment, SavedView, Session, Signatory
from liane.pathways.services import life
from liane.pathways.services.inclusion import mine
from liane.pathways.states import OPEN_SESSIONS

NAMED = Audience(team=False)
MOST = 100
"""Persons acted upon at once."""
VIEWS = 20


def remind(enrolment_ids: Collection[UUID]) -> int:
    """Remind whoever must do the sessions due of these persons. Returns how many were reminded of.

    One reminder a session and a day at most; a session of nobody reminds the professionals of its
    profession in the circle (`told_of`).
    """
    _few(enrolment_ids)
    told = 0
    with transaction.atomic():
        for enrolment_id in enrolment_ids:
            row = mine(enrolment_id)
            today = timezone.localdate()
            waiting = Session.objects.filter(
                enrolment=row, status__in=OPEN_SESSIONS, due_from__lte=today
            )
            for session in waiting.exclude(history__reason=_mark(), history__at__date=today):
                session.history.create(
                    before=session.status, after=session.status, reason=_mark(),
                    author_label=acting.current().label,
                )  # fmt: skip
                journal.append(
                    "pathway.reminder", person_id=row.person_id, object_id=session.pk, to=NAMED
                )
                told += 1
            ledger.wrote(row.person_id, "pathway", object_id=row.pk, purpose="relance")
    return told


def _mark() -> str:
    return "relance"


def entrust_all(enrolment_ids: Collection[UUID], practice_id: UUID) -> int:
    """Give several persons to a colleague of the structure, who is told of each."""
    _few(enrolment_ids)
    with transaction.atomic():
        for enrolment_id in enrolment_ids:
            life.entrust(enrolment_id, practice_id)
    return len(enrolment_ids)


def told_of(session_ids: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    """Whom a session due reminds: whoever has it, else the team's professionals of the circle."""
    found: dict[UUID, list[UUID]] = {}
    with acting.acting(acting.system("séances : destinataires")):
        for row in Session.objects.select_related("enrolment").filter(pk__in=session_ids):
            if row.practice_id is not None:
                found[row.pk] = [row.practice_id]
                continue
            team = Signatory.objects.filter(
                project_id=row.enrolment.project_id, profession=row.profession, ends_on=None
            ).values_list("practice_id", flat=True)
            found[row.pk] = [one for one in team if in_circle(row.person_id, [one])]
    return found


def told_of_confirmation(ids: Collection[UUID], *, author: bool) -> Mapping[UUID, list[UUID]]:
    """Whom a confirmation is told: its professional; once answered, whoever entered the act."""
    with acting.acting(acting.system("séances : destinataires")):
        rows = Confirmation.objects.filter(pk__in=ids)
        return {
            row.pk: [row.author_holder_id or row.practice_id] if author else [row.practice_id]
            for row in rows
        }


def told_of_enrolment(ids: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    """Whoever follows the person, else the structure."""
    with acting.acting(acting.system("parcours : destinataires")):
        return {
            row.pk: [row.coordinator_id or row.organisation_id]
            for row in Enrolment.objects.filter(pk__in=ids)
        }


def save_view(name: str, query: str) -> SavedView:
    """Keep the present filters under a name; the same name replaces them."""
    actor = acting.current()
    if actor.holder_id is None or not rules.follows(actor):
        raise Http404
    plain = name.strip()[:60]
    if not plain:
        raise Refused("Donnez un nom à cette vue.", field="name")
    kept = SavedView.objects.filter(holder_id=actor.holder_id)
    if not kept.filter(name=plain).exists() and kept.count() >= VIEWS:
        raise Refused(f"{VIEWS} vues au plus : supprimez-en une.", field="name")
    made, _ = SavedView.objects.update_or_create(
        holder_id=actor.holder_id, name=plain, defaults={"query": query[:300]}
    )
    return made


def forget_view(view_id: UUID) -> None:
    """Forget a view of one's own."""
    SavedView.objects.filter(pk=view_id, holder_id__in=[acting.current().holder_id]).delete()


def _few(enrolment_ids: Collection[UUID]) -> None:
    if not enrolment_ids:
        raise Refused("Cochez au moins une personne.", code="none")
    if len(enrolment_ids) > MOST:
        raise Refused(f"{MOST} personnes à la fois au plus.", code="many")
