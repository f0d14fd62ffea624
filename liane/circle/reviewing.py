"""Which data protection officer examines an emergency access, and what nobody examines.

The officer of whoever opened the record, as long as their structure has one; else that of the
structure responsible for the person, or of another that follows her. Where there is none, nobody
is said to be told, and the technical administrator sees that it waits.
"""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from liane.circle.models import BreakGlass, Membership
from liane.core import acting
from liane.core.registry import ServiceLine
from liane.directory.models import Organisation, Practice

PATIENCE = dt.timedelta(days=7)
GROUP = "Accès d’urgence"


def officers() -> QuerySet[Practice]:
    """Officers at work today, who can sign in."""
    today = timezone.localdate()
    return Practice.objects.filter(
        Q(started_on=None) | Q(started_on__lte=today),
        Q(ended_on=None) | Q(ended_on__gte=today),
        role=Practice.Role.DPO,
        professional__active=True,
        professional__user__is_active=True,
        organisation__active=True,
    )


def with_officer(organisation_ids: Collection[UUID]) -> QuerySet[Organisation]:
    """Those of these organisations that have one."""
    known = officers().filter(organisation_id=OuterRef("pk"))
    return Organisation.objects.filter(Exists(known), pk__in=list(organisation_ids))


def reviewer(person_id: UUID, own: UUID | None) -> Organisation | None:
    """The structure whose officer examines: one's own first, then those of her circle."""
    if own is not None and (mine := with_officer([own]).first()) is not None:
        return mine
    with acting.acting(acting.system("review of emergency accesses")):
        rows = Membership.objects.filter(person_id=person_id, status=Membership.Status.ACTIVE)
        around = [
            (organisation or place, responsible)
            for organisation, place, responsible in rows.values_list(
                "organisation_id", "practice__organisation_id", "responsible"
            )
            if organisation or place
        ]
    found = list(with_officer({pk for pk, _ in around}).order_by("name"))
    first = {pk for pk, responsible in around if responsible}
    return min(found, key=lambda one: one.pk not in first, default=None)


def examined_by(organisation_id: UUID) -> Q:
    """The condition: this organisation's officer examines the access."""
    own = Q(reviewer=None, practice__organisation_id=organisation_id)
    return Q(reviewer_id=organisation_id) | own


def lines() -> list[ServiceLine]:
    """Emergency accesses that wait for an officer, or that have none. Two queries."""
    rows = BreakGlass.objects.filter(reviewed_at=None).order_by("created_at")
    known = officers().filter(organisation_id=OuterRef("practice__organisation_id"))
    alone = rows.filter(~Exists(known), reviewer=None).values_list("created_at", flat=True)
    moments, lonely = list(rows.values_list("created_at", flat=True)), list(alone)
    late = bool(moments) and moments[0] < timezone.now() - PATIENCE
    found = [
        ServiceLine(
            GROUP, "À examiner", "late" if late else "ok",
            f"{len(moments)} en attente" if moments else "aucun",
            at=moments[0] if moments else None,
        )
    ]  # fmt: skip
    if lonely:
        found.append(
            ServiceLine(
                GROUP, "Sans référent à la protection des données", "bad",
                f"{len(lonely)} en attente", at=lonely[0],
                help="Leurs structures n’ont pas de référent : demandez-leur d’en nommer un.",
            )
        )  # fmt: skip
    return found
