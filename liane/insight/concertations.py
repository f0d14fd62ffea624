"""Meetings around a person that the organisation convened, and who took part."""

from django.db.models import Q, QuerySet

from liane.insight.sources import Scope
from liane.meetings.models import Meeting, Participant

HELD = (
    Meeting.Status.HELD, Meeting.Status.MINUTED, Meeting.Status.APPROVED, Meeting.Status.SENT,
)  # fmt: skip
CAME = (Participant.Presence.PRESENT, Participant.Presence.REMOTE)
WHO = {
    "own": "de la structure",
    "other": "d’une autre structure",
    "outside": "hors du cercle",
}


def convened(scope: Scope) -> QuerySet[Meeting]:
    """Meetings that the organisation called for in the period, cancelled or not."""
    return _ours(scope).filter(scope.during("created_at"))


def held(scope: Scope) -> QuerySet[Meeting]:
    """Meetings that took place in the period."""
    return _ours(scope).filter(scope.during("starts_at"), status__in=HELD)


def participants(scope: Scope) -> QuerySet[Participant]:
    """Those who came to the meetings held in the period, on the spot or from afar."""
    rows: QuerySet[Participant] = Participant.objects.within(scope.reach)
    return rows.filter(meeting__in=held(scope), presence__in=CAME, dropped_at=None).order_by()


def from_(key: str, scope: Scope) -> Q:
    """The condition on participants: a row of `WHO`."""
    own = Q(practice__organisation_id=scope.organisation_id)
    if key == "own":
        return own
    known = Q(practice__isnull=False)
    return known & ~own if key == "other" else ~known


def _ours(scope: Scope) -> QuerySet[Meeting]:
    rows: QuerySet[Meeting] = Meeting.objects.within(scope.reach)
    return rows.filter(convener__organisation_id=scope.organisation_id).order_by()
