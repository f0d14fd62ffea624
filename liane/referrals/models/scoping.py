"""Who may read a request, as one SQL condition, and the same words for row-level security.

The requester's side: who wrote it, and whom or what it was written for. The addressed side: the
staff of the addressed organisation who read conversations at all, before anything of the record.
The attending doctor, once there is an answer. And the care team of the person, when the request
was made from the record. Whom the person opposed reads none of it.
"""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from liane.circle import rules
from liane.circle.models import Grant
from liane.circle.reach import Reach
from liane.circle.rls import reaches
from liane.core.areas import Area

M = TypeVar("M", bound=models.Model)
FLAGS = frozenset({"for_team", "for_outside", "for_person", "for_carers"})
HOLDERS = "ANY ((SELECT liane_holders())::uuid[])"
AT_DESK = "cardinality((SELECT liane_scopes('thread'))::text[]) > 0"
REFERRAL_SQL = (
    f"(({{t}}.author_holder_id = {HOLDERS}"
    f" OR ({{t}}.requester_id = {HOLDERS}"
    f" AND ({{t}}.requester_kind <> 'organisation' OR {AT_DESK}))"
    f" OR ({{t}}.organisation_id = {HOLDERS} AND {AT_DESK})"
    f" OR ({{t}}.doctor_id = {HOLDERS} AND {{t}}.outcome <> ''))"
    " AND NOT EXISTS (SELECT 1 FROM circle_grant d WHERE d.person_id = {t}.person_id AND d.deny"
    f" AND d.holder_id = {HOLDERS} OFFSET 0))"
    " OR " + reaches("{t}.person_id", Area.CLINICAL_NOTE)
)
OF_REFERRAL_SQL = "EXISTS (SELECT 1 FROM referrals_referral r WHERE r.id = {t}.referral_id)"
QUEST_SQL = (
    f"{{t}}.author_holder_id = {HOLDERS} OR EXISTS (SELECT 1 FROM referrals_offer o"
    f" WHERE o.quest_id = {{t}}.id AND o.practice_id = {HOLDERS})"
    " OR " + reaches("{t}.person_id", Area.CLINICAL_NOTE)
)
OF_QUEST_SQL = "EXISTS (SELECT 1 FROM referrals_quest q WHERE q.id = {t}.quest_id)"


def at_desk(role: str) -> bool:
    """True for a role that reads what is addressed to its organisation."""
    return bool(rules.scopes(role, Area.THREAD, "r")) and role in rules.FLAGS


class ReferralQuerySet(models.QuerySet[M]):
    """Requests, reached as this module says."""

    def within(self, reach: Reach) -> Self:
        """Requests that the actor may read."""
        if reach.everything:
            return self
        actor = reach.actor
        if not actor.holders:
            return self.none()
        own = (Q(author_holder_id__in=actor.holders) | self.asked_by(reach) | self.sent_to(reach)
               | (Q(doctor_id__in=actor.holders) & ~Q(outcome="")))  # fmt: skip
        denied = Grant.objects.filter(
            person_id=OuterRef("person_id"), holder_id__in=actor.holders, deny=True
        )
        team = reach.condition(Area.CLINICAL_NOTE, "person_id", FLAGS)
        return self.filter((own & ~Q(Exists(denied))) | team)

    def asked_by(self, reach: Reach) -> Q:
        """Written for the actor, or for its organisation."""
        mine = Q(requester_id__in=reach.actor.holders)
        if at_desk(reach.actor.role):
            return mine
        return mine & ~Q(requester_kind="organisation")

    def sent_to(self, reach: Reach) -> Q:
        """Addressed to an organisation at whose desk the actor sits."""
        if not at_desk(reach.actor.role):
            return Q(pk__in=[])
        return Q(organisation_id__in=reach.actor.holders)


class OfReferralQuerySet(models.QuerySet[M]):
    """Rows of a request: readable by those who may read it."""

    def within(self, reach: Reach) -> Self:
        """Rows of the requests that the actor may read."""
        from liane.referrals.models.requests import Referral

        if reach.everything:
            return self
        readable = Referral.objects.within(reach).filter(pk=OuterRef("_referral"))
        return self.annotate(_referral=F("referral_id")).filter(Exists(readable))


class QuestQuerySet(models.QuerySet[M]):
    """Searches for a professional: by whom they were begun, for the team, to whom offered."""

    def within(self, reach: Reach) -> Self:
        """Searches that the actor may follow: its own, and those for persons of its care teams."""
        if reach.everything:
            return self
        team = reach.condition(Area.CLINICAL_NOTE, "person_id", FLAGS)
        return self.filter(team)
