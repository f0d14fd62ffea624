"""Reads of common slots: those of an enrolment, those that wait for my word, who is told."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, ledger
from liane.core.acting import Actor
from liane.core.prepared import prepared
from liane.pathways import catalogue
from liane.pathways.models import Enrolment, SlotPart, SlotProposal
from liane.pathways.states import SlotAnswer, SlotStatus

SHOWN = 5
"""Proposals of an enrolment shown on its page: the open ones first."""


def _parts() -> Prefetch[str]:
    rows = SlotPart.objects.select_related(
        "session", "practice__professional", "practice__organisation"
    )
    return Prefetch("parts", rows.order_by("starts_at"), to_attr="lines")


def of_enrolment(row: Enrolment) -> list[SlotProposal]:
    """The last proposals of an enrolment within reach, with their parts. Three queries."""
    rows = SlotProposal.objects.within(Reach.of(acting.current())).filter(enrolment=row)
    found = list(rows.prefetch_related(_parts()).order_by("-created_at")[:SHOWN])
    found.sort(key=lambda one: one.status != SlotStatus.OPEN)
    refusals = {one.pk: one for one in found if one.status == SlotStatus.REFUSED}
    for proposal in found:
        proposal.why = ""
        if proposal.pk in refusals:
            proposal.why = proposal.history.order_by("-at").values_list("reason", flat=True)[0]
    return _named(found, row)


def asking() -> list[SlotProposal]:
    """Proposals that wait for the current actor's word, soonest first. Five queries."""
    rows = SlotProposal.objects.asking(Reach.of(acting.current()))
    found = list(
        rows.filter(starts_at__gt=timezone.now())
        .select_related("person", "enrolment")
        .prefetch_related(_parts())
        .order_by("starts_at")[:100]
    )
    ledger.read([one.person_id for one in found], "pathway")
    holders = set(acting.current().holders)
    for one in _named(found):
        one.mine = [part for part in one.lines if part.practice_id in holders]
    return found


def asking_count() -> int:
    """How many. One query."""
    return len(_asking(acting.current(), timezone.now()))


@prepared
def _asking(actor: Actor, now: dt.datetime) -> QuerySet[SlotProposal, UUID]:
    rows: QuerySet[SlotProposal] = SlotProposal.objects.asking(Reach(actor, now))
    return rows.filter(starts_at__gt=now).values_list("pk", flat=True)


def _named(found: Sequence[SlotProposal], row: Enrolment | None = None) -> list[SlotProposal]:
    """Give each part its act in words. One query at most."""
    rows = [row] if row is not None else [one.enrolment for one in found]
    protocols = catalogue.of_enrolments(rows)
    for one in found:
        protocol = protocols.get(one.enrolment_id)
        for part in one.lines:
            code = part.session.code
            part.label = catalogue.label_of(protocol, code) if protocol else code
            part.spoken = part.practice.professional.user_id is None
    return list(found)


def asked(ids: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    """Those whose word a proposal waits for."""
    found: dict[UUID, list[UUID]] = {}
    with acting.acting(acting.system("créneaux : destinataires")):
        for part in SlotPart.objects.filter(proposal_id__in=ids, answer=SlotAnswer.WAITING):
            found.setdefault(part.proposal_id, []).append(part.practice_id)
    return found


def concerned(ids: Collection[UUID]) -> Mapping[UUID, list[UUID]]:
    """Everybody of a proposal: who made it, who was asked."""
    with acting.acting(acting.system("créneaux : destinataires")):
        rows = SlotProposal.objects.filter(pk__in=ids).prefetch_related("parts")
        return {
            row.pk: list(
                {part.practice_id for part in row.parts.all()}
                | ({row.author_holder_id} if row.author_holder_id else set())
            )
            for row in rows
        }
