"""/forfaits/simulations/: a structure's version of a protocol, priced on what was really done."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from liane.bundles import rules, simulation
from liane.core import ledger
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.pathways import drafts
from liane.pathways import rules as pathway_rules
from liane.pathways.models import ProtocolVersion
from liane.pathways.protocols import checking


@route(Policy.PROFESSIONAL, audit="money", methods=("GET", "HEAD"))
def one(request: Request, version_id: UUID) -> HttpResponse:
    """Who would gain, lose, be blocked. Whoever keeps the accounts finds the blocked by name."""
    row = _version(request, version_id)
    looked = checking.check(row.text)
    context = {"row": row, "errors": looked.errors, "found": None, "keeps": False}
    if looked.protocol is not None and not looked.errors:
        found = simulation.run(looked.protocol, timezone.localdate(), row.organisation_id)
        ledger.read([None], "money", object_id=row.organisation_id)
        keeps = rules.keeps_accounts(request.actor)
        blocked = simulation.named(found.effect.blocked) if keeps else []
        context |= {"found": found, "keeps": keeps, "blocked": blocked}
    return render(request, "bundles/simulation.html", context)


def _version(request: Request, version_id: UUID) -> ProtocolVersion:
    """A version of the actor's structure, whose project files they keep. Raises Http404."""
    row = drafts.one(version_id)
    if row is None or not rules.reads_figures(request.actor):
        raise Http404
    if not pathway_rules.runs(request.actor, row.organisation_id):
        raise Http404
    return row
