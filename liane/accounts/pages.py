"""My account: settings composed of what the rooms offer, factors, sessions."""

from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from allauth.mfa.webauthn.views import remove_webauthn
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from liane.accounts import queries, services
from liane.accounts.models import User
from liane.core import registry
from liane.core.errors import NotAllowed
from liane.core.routes import Policy, route


@route(Policy.SIGNED_IN, audit="own_account", methods=("GET", "HEAD"))
def settings(request: HttpRequest) -> HttpResponse:
    """/parametres/: the sections that the rooms registered, in order."""
    sections = []
    for section in sorted(registry.settings_sections, key=lambda item: item.order):
        context = section.load(request)
        if context is not None:
            sections.append({"section": section, "context": context})
    return render(request, "accounts/settings.html", {"sections": sections})


def security(request: HttpRequest) -> dict[str, Any]:
    """Section: passkeys, code application, recovery codes."""
    return {"factors": queries.factors_of(cast(User, request.user))}


def devices(request: HttpRequest) -> dict[str, Any]:
    """Section: where I am signed in."""
    return {"devices": queries.devices_of(cast(User, request.user), request.session.session_key)}


def appearance(request: HttpRequest) -> dict[str, Any]:
    """Section: theme."""
    return {}


@route(Policy.SIGNED_IN, audit="own_account", methods=("GET", "HEAD"))
def back_to_security(request: HttpRequest) -> HttpResponse:
    """Where allauth returns after a change of factors."""
    return redirect("/parametres/#securite")


@route(Policy.SIGNED_IN, audit="own_account")
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a passkey, unless it is the last second factor."""
    if not queries.can_remove(cast(User, request.user), pk):
        messages.error(
            request,
            "C’est votre seul second facteur : ajoutez-en un autre avant de retirer cette clé.",
        )
        return redirect("mfa_index")
    return cast(HttpResponseBase, remove_webauthn(request, pk=pk))


@route(Policy.SIGNED_IN, audit="own_account", methods=("GET", "HEAD"))
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """The recovery codes not yet used, after proving again who I am."""
    return cast(HttpResponseBase, _show_codes(request))


@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def _show_codes(request: HttpRequest) -> HttpResponse:
    codes = queries.recovery_codes_of(cast(User, request.user))
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of my sessions."""
    try:
        services.end_session(cast(User, request.user), session_id)
    except NotAllowed as refusal:
        raise Http404 from refusal
    messages.success(request, "Cet appareil est déconnecté.")
    return redirect("/parametres/#appareils")


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session of mine but this one."""
    key = request.session.session_key or ""
    ended = services.end_other_sessions(cast(User, request.user), key)
    messages.success(
        request,
        "Aucun autre appareil n’était connecté."
        if not ended
        else "Vos autres appareils sont déconnectés.",
    )
    return redirect("/parametres/#appareils")


@route(Policy.SIGNED_IN, audit="own_account", methods=("POST",))
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme chosen, without JavaScript."""
    from liane.core.context import THEME_COOKIE, THEMES

    response = redirect("/parametres/#apparence")
    choice = request.POST.get("theme", "")
    if choice in THEMES:
        response.set_cookie(
            THEME_COOKIE, choice, max_age=31_536_000, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(THEME_COOKIE)
    return response
