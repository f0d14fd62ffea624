"""Where a user agrees that an application reads for them, and where it is opened from a record."""

from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from authlib.oauth2 import OAuth2Error
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.csp import csp_override

from liane.accounts.models import User
from liane.circle.access import access_patient
from liane.circle.persons import search
from liane.circle.reach import Reach
from liane.clients import launching, words
from liane.clients.agreeing import Asking, agree, asking
from liane.clients.oauth.server import server
from liane.clients.scopes import Scopes
from liane.clients.token_pages import unreadable
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route


@route(Policy.SIGNED_IN, audit="application")
def authorize(request: Request) -> HttpResponse:
    """``/oauth/authorize``: the page of agreement, then the way back to the application."""
    if unreadable(request) is not None:
        return _refused(request, "L’application a fait une demande illisible.")
    try:
        grant = server().get_consent_grant(request, end_user=request.user)
    except OAuth2Error as error:
        return _wrong(request, error)
    client = grant.request.client.row
    scopes = Scopes.parse(grant.request.scope)
    try:
        asked = asking(client, scopes, request.seat, request.GET.get("launch", ""))
    except Refused as refusal:
        return _refused(request, refusal.message, client)
    if request.GET.get("prompt") == "none":
        return _answer(request, grant, None)
    if request.method != "POST" or "q" in request.POST:
        return _page(request, asked, grant)
    if request.POST.get("decision") != "allow":
        return _answer(request, grant, None)
    try:
        said = agree(asked, request, request.POST.get("person", ""))
    except Refused as refusal:
        return _page(request, asked, grant, refusal.message)
    return _answer(request, grant, said)


def _answer(request: Request, grant: Any, said: Any) -> HttpResponse:
    """Back to the application, with a code or a refusal."""
    made: HttpResponse = server().create_authorization_response(
        grant.request, grant_user=said, grant=grant
    )
    return made


def _page(request: Request, asked: Asking, grant: Any, error: str = "") -> HttpResponse:
    text = request.POST.get("q", "").strip()[:100]
    reach = Reach.of(request.actor)
    first = asked.client.history.order_by("id").first()
    context = {
        "asked": asked, "client": asked.client, "said": words.describe(asked.scopes),
        "let_in": first, "error": error, "q": text,
        "found": search(reach, text) if text and asked.needs_person else None,
        "person": access_patient(asked.person, Area.IDENTITY, resource="application")
        if asked.person is not None else None,
    }  # fmt: skip
    policy: Any = settings.SECURE_CSP | {"form-action": ["'self'", _origin(grant.redirect_uri)]}
    status = 422 if error else 200

    @csp_override(policy)
    def page(request: Request) -> HttpResponse:
        return render(request, "clients/agree.html", context, status=status)

    return page(request)


def _origin(uri: str) -> str:
    """What the content policy must name for the answer to go to ``uri``."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _wrong(request: Request, error: OAuth2Error) -> HttpResponse:
    """Back to the application where its address is sure; a page that says why otherwise."""
    if getattr(error, "redirect_uri", None):
        sent: HttpResponse = server().handle_error_response(None, error)
        return sent
    return _refused(
        request,
        "L’application a fait une demande que Liane ne reconnaît pas. Prévenez son éditeur : "
        f"{error.error} ({error.description or 'sans précision'}).",
    )


def _refused(request: Request, message: str, client: Any = None) -> HttpResponse:
    context = {"message": message, "client": client}
    return render(request, "clients/refused.html", context, status=403 if client else 400)


@route(Policy.PROFESSIONAL, audit="application", methods=("POST",))
def launch(request: Request, client_id: UUID, person_id: UUID) -> HttpResponse:
    """Open an application about the person whose record one reads."""
    access_patient(person_id, Area.IDENTITY, resource="application")
    mine = request.actor.organisation_id
    offered = launching.launchable(mine) if mine is not None else []
    client = next((one for one in offered if one.pk == client_id), None)
    if client is None:
        raise Http404
    address = launching.launch(client, cast(User, request.user), request.seat.key, person_id)
    return render(request, "clients/launch.html", {"client": client, "address": address})
