"""What relations show on a structure's page, on a request's, and on Aujourd’hui."""

from typing import Any

from django.http import HttpRequest

from liane.partners import queries, rules, unmet_queries
from liane.referrals import rules as referral_rules


def structure(request: Any, organisation: Any) -> dict[str, Any] | None:
    """Our relation with a partner, for those who keep relations."""
    if not rules.keeps(request.actor) or organisation.pk == request.actor.organisation_id:
        return None
    row = queries.relation_with(organisation.pk)
    return {
        "organisation": organisation, "relation": row,
        "conventions": queries.conventions(row.pk)[:2] if row is not None else [],
    }  # fmt: skip


def request(request: Any, referral: Any) -> dict[str, Any] | None:
    """What was missing for a request, for those who work it."""
    actor = request.actor
    if not rules.notes_needs(actor) or referral.organisation_id != actor.organisation_id:
        return None
    if not referral_rules.works(actor, referral):
        return None
    return {"referral": referral, "unmet": unmet_queries.of_request(referral.pk)}


def today(request: HttpRequest) -> dict[str, Any] | None:
    """Conventions to renew."""
    if not rules.keeps(request.actor):  # type: ignore[attr-defined]
        return None
    rows = queries.to_renew(3)
    return {"conventions": rows} if rows else None
