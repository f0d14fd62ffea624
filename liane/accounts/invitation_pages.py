"""First sign-in: a link, a spoken code, then a passkey or a password with a code application."""

import base64
from uuid import UUID

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import SignupWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from liane.accounts import entering, queries, services
from liane.accounts.forms import CodeForm, PasswordAndCodesForm
from liane.accounts.models import Invitation
from liane.core.errors import Refused
from liane.core.routes import Policy, route

SESSION_KEY = "invitation"


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/invitation_closed.html", status=410)


@route(Policy.SIGNED_LINK, audit="sign_in")
def arrive(request: HttpRequest, invitation_id: UUID, signature: str) -> HttpResponse:
    """The link of the mail: who invites me, and the code that travels apart."""
    invitation = queries.invitation_behind(invitation_id, signature)
    if invitation is None:
        return _closed(request)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.check_code(invitation, form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error("code", refusal.message)
        else:
            request.session[SESSION_KEY] = str(invitation.pk)
            return redirect("invitation_choose")
    status = 422 if form.errors else 200
    return render(
        request, "accounts/invitation.html", {"invitation": invitation, "form": form}, status=status
    )


def _invitation_of(request: HttpRequest) -> Invitation | None:
    chosen = request.session.get(SESSION_KEY)
    return queries.open_invitation(UUID(chosen)) if chosen else None


@route(Policy.SIGNED_LINK, audit="sign_in")
def choose(request: HttpRequest) -> HttpResponse:
    """A passkey at once (advised), or a password with a code application."""
    invitation = _invitation_of(request)
    if invitation is None:
        return _closed(request)
    form = SignupWebAuthnForm(request.POST or None, user=invitation.user)
    if request.method == "POST" and form.is_valid():
        try:
            entering.with_passkey(
                request, invitation, form.cleaned_data["name"], form.cleaned_data["credential"]
            )
        except Refused:
            return _closed(request)
        return _welcome(request)
    context = {
        "invitation": invitation,
        "form": form,
        "js_data": {"creation_options": webauthn.begin_registration(invitation.user, True)},
    }
    return render(
        request, "accounts/invitation_choose.html", context, status=422 if form.errors else 200
    )


@route(Policy.SIGNED_LINK, audit="sign_in")
def password(request: HttpRequest) -> HttpResponse:
    """A password and a code application, set up together."""
    invitation = _invitation_of(request)
    if invitation is None:
        return _closed(request)
    secret = totp.get_totp_secret(regenerate=request.method != "POST")
    form = PasswordAndCodesForm(request.POST or None, user=invitation.user, secret=secret)
    if request.method == "POST" and form.is_valid():
        try:
            entering.with_password_and_codes(
                request, invitation, form.cleaned_data["password"], secret
            )
        except Refused:
            return _closed(request)
        totp.clear_totp_secret(request)
        return _welcome(request)
    adapter = get_adapter()
    drawing = adapter.build_totp_svg(adapter.build_totp_url(invitation.user, secret))
    context = {
        "invitation": invitation,
        "form": form,
        "secret": secret,
        "qr": "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode(),
    }
    return render(
        request, "accounts/invitation_password.html", context, status=422 if form.errors else 200
    )


def _welcome(request: HttpRequest) -> HttpResponse:
    request.session.pop(SESSION_KEY, None)
    return redirect("mfa_view_recovery_codes")
