"""Going to a provider, coming back, choosing one's seat, and leaving."""

from typing import Any

import structlog
from authlib.integrations.base_client import OAuthError
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from joserfc.errors import JoseError
from requests import RequestException

from liane.accounts import entering
from liane.circle.middleware import SESSION_KEY as SEAT
from liane.circle.seats import seats_of
from liane.core import acting
from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.routes import Policy, route
from liane.federation import linking, queries
from liane.federation.claims import pro_of
from liane.federation.providers import Provider, app, provider
from liane.federation.userinfo import Unsure, expected, told

log = structlog.get_logger(__name__)
READ = ("GET", "HEAD")
NEXT, WITH, PLACES, LEAVING = "federation_next", "federated", "declared_places", "leaving"
FAULTS = (OAuthError, JoseError, RequestException, Unsure, ValueError, KeyError, RuntimeError)
"""What goes wrong between Liane and a provider: never somebody's fault, never a failure here."""


@route(Policy.PUBLIC, audit="sign_in", methods=READ)
def go(request: HttpRequest, path: str) -> HttpResponse:
    """To the provider, with a state, a nonce and PKCE."""
    one = provider(path)
    request.session[NEXT] = request.GET.get("next", "")[:2000]
    try:
        sent: HttpResponse = app(one).authorize_redirect(request, one.back, acr_values=one.acr)
    except FAULTS as error:
        return _failed(request, one, error)
    return sent


@route(Policy.PUBLIC, audit="sign_in", methods=READ)
def back(request: HttpRequest, path: str) -> HttpResponse:
    """Back from the provider: who it is, whether that is enough, whose account it is."""
    one = provider(path)
    if request.GET.get("error") == "access_denied":
        messages.info(request, f"Connexion par {one.label} abandonnée.")
        return redirect("account_login")
    try:
        token = app(one).authorize_access_token(request, claims_options=expected(one))
        claims = told(one, token)
    except FAULTS as error:
        return _failed(request, one, error)
    try:
        return _entered(request, one, claims, token["id_token"])
    except Refused as refusal:
        return _page(request, one, refusal.message, 403, token["id_token"])


def _entered(
    request: HttpRequest, one: Provider, claims: dict[str, Any], id_token: str
) -> HttpResponse:
    """Sign in. A GET may write here: it comes from the provider, and its state was checked."""
    after = request.session.pop(NEXT, "")
    find = linking.professional if one.key == "psc" else linking.person
    with acting.acting(linking.linking(), read_only=False):
        user = find(claims)
        entering.with_provider(request, user, one.key)
        request.session[WITH] = {"provider": one.path, "id_token": id_token}
        seats = seats_of(user, "person:" if one.key == "fc" else "")
    ours = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    after = after if ours else "/"
    if one.key == "fc":
        request.session[SEAT] = next(s.key for s in seats if s.key.startswith("person:"))
        return redirect(after)
    if len(seats) == 1:
        request.session[SEAT] = seats[0].key
        return redirect(after)
    pro = pro_of(claims)
    request.session[PLACES] = sorted(pro.places) if pro is not None else []
    request.session[NEXT] = after
    return redirect("choose_place")


@route(Policy.SIGNED_IN, audit="sign_in", methods=READ)
def place(request: Request) -> HttpResponse:
    """In which place one works now; those declared to Pro Santé Connect come first."""
    seats = queries.choices(request.seats, request.session.get(PLACES, []))
    context = {"choices": seats, "next": request.session.get(NEXT, "/")}
    return render(request, "federation/place.html", context)


@route(Policy.PUBLIC, audit="sign_in", methods=READ)
def leave(request: HttpRequest) -> HttpResponse:
    """Signed out here; the provider's own session is closed next."""
    address = request.session.pop(LEAVING, "")
    if not address:
        return redirect("account_login")
    response = render(request, "federation/leave.html", {"address": address})
    response["Refresh"] = f"1; url={address}"
    return response


def leaving(request: HttpRequest) -> str:
    """Where the provider's session of this request is closed, or nothing (`registry.leavers`)."""
    kept = request.session.get(WITH)
    if not kept:
        return ""
    return _end_session(kept["provider"], kept["id_token"])


def _end_session(path: str, id_token: str) -> str:
    try:
        made = app(provider(path)).create_logout_url(
            f"{settings.LIANE_PUBLIC_URL}/connexion", id_token_hint=id_token
        )
    except (*FAULTS, Http404):
        return ""
    return str(made["url"])


def _failed(request: HttpRequest, one: Provider, error: Exception) -> HttpResponse:
    log.warning("provider_failed", provider=one.key, error=type(error).__name__)
    said = (
        f"{one.label} n’a pas confirmé votre identité. Réessayez ; si cela dure, utilisez votre "
        "clé d’accès ou votre mot de passe."
    )
    if isinstance(error, Unsure):
        said = error.message
    return _page(request, one, said, 502)


def _page(
    request: HttpRequest, one: Provider, message: str, status: int, id_token: str = ""
) -> HttpResponse:
    """Why one does not enter; another account of the provider may be tried."""
    other = _end_session(one.path, id_token) if id_token else ""
    context = {"provider": one, "message": message, "other": other}
    return render(request, "federation/refused.html", context, status=status)
