"""Identity vigilance: hospital messages that wait for a human to say whose they are."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import NotAllowed, Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.directory.models import Practice
from liane.exchange import failures, queries, services, unseen
from liane.exchange.models import IdentityCase

LIST = "/parametres/identites/"


@route(Policy.PROFESSIONAL, audit="identity", methods=("GET", "HEAD"))
def waiting(request: Request) -> HttpResponse:
    """Messages to settle."""
    _only_settling(request)
    officer = request.actor.role == Practice.Role.IDENTITY
    context = {
        "waiting": queries.open_cases(),
        "failed": queries.failed() if officer else [],
        "officer": officer,
    }
    return render(request, "exchange/waiting.html", context)


@route(Policy.PROFESSIONAL, audit="identity", methods=("GET", "HEAD"))
def compare(request: Request, case_id: UUID) -> HttpResponse:
    """One message beside the persons it may be about."""
    _only_settling(request)
    case = queries.one(case_id)
    if case is None:
        raise Http404
    context = {
        "case": case,
        "open": case.status == IdentityCase.Status.OPEN,
        "compared": queries.compared(case),
        "attach": _ATTACH.get(IdentityCase.Reason(case.reason), "C’est cette personne"),
    }
    return render(request, "exchange/compare.html", context)


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def retry(request: Request, message_id: UUID) -> HttpResponse:
    """Try a message that was set aside again."""
    _only_vigilance(request)
    if message_id not in {one.message.pk for one in queries.failed()}:
        raise Http404
    if failures.retry(message_id):
        messages.success(request, "Le message est passé : le séjour est à jour.")
    else:
        messages.error(request, "Le message échoue encore. Prévenez l’administration technique.")
    return redirect(LIST)


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def attach(request: Request, case_id: UUID, person_id: UUID) -> HttpResponse:
    """It is this person."""
    try:
        services.attach(case_id, person_id)
    except NotAllowed as error:
        raise PermissionDenied from error
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "C’est réglé : le dossier est à jour.")
    return redirect(LIST)


@route(Policy.PROFESSIONAL, audit="identity", methods=("POST",))
def set_aside(request: Request, case_id: UUID) -> HttpResponse:
    """It is nobody here."""
    try:
        services.set_aside(case_id)
    except NotAllowed as error:
        raise PermissionDenied from error
    except Refused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Écarté : le contenu du message n’est pas gardé.")
    return redirect(LIST)


_ATTACH = {
    IdentityCase.Reason.MERGE: "Rapprocher les dossiers, garder celui-ci",
    IdentityCase.Reason.DEATH: "Confirmer le décès",
}


def today(request: Request) -> dict[str, object] | None:
    """What waits for whoever settles identities; what nobody sees, for a structure's manager."""
    actor = request.actor
    if actor.role == Practice.Role.MANAGER and actor.organisation_id is not None:
        found = unseen.for_manager(actor.organisation_id)
        return {"unseen": found, "house": actor.organisation_id} if found else None
    mine = queries.to_settle()
    return {"mine": mine, "officer": actor.role == Practice.Role.IDENTITY} if mine else None


def _only_settling(request: Request) -> None:
    if request.actor.role not in unseen.SETTLING:
        raise PermissionDenied


def _only_vigilance(request: Request) -> None:
    if request.actor.role != Practice.Role.IDENTITY:
        raise PermissionDenied
