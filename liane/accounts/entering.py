"""Signing somebody in after their first second factor, or as a demo persona."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from django.http import HttpRequest

from liane.accounts import second_factor, services
from liane.accounts.models import Invitation, User


def with_password_and_codes(
    request: HttpRequest, invitation: Invitation, password: str, secret: str
) -> None:
    """Set the password and the code application together, then sign in."""
    user = invitation.user
    with transaction.atomic():
        services.accept(invitation)
        user.set_password(password)
        user.save(update_fields=["password"])
        TOTP.activate(user, secret)
        RecoveryCodes.activate(user)
    _sign_in(request, user, Authenticator.Type.TOTP)


def with_passkey(
    request: HttpRequest, invitation: Invitation, name: str, credential: dict[str, object]
) -> None:
    """Keep the passkey that the browser has just made, then sign in."""
    with transaction.atomic():
        services.accept(invitation)
        Authenticator.objects.create(
            user=invitation.user,
            type=Authenticator.Type.WEBAUTHN,
            data={"name": name, "credential": credential},
        )
        RecoveryCodes.activate(invitation.user)
    _sign_in(request, invitation.user, Authenticator.Type.WEBAUTHN)


def as_persona(request: HttpRequest, user: User) -> None:
    """Sign in as a demo persona, who has no second factor. `liane.demo` guards the door."""
    if not user.is_persona:
        raise ValueError("Only a demo persona signs in this way.")
    _enter(request, user)
    second_factor.enter_as_persona(request.session, user)


def with_provider(request: HttpRequest, user: User, provider: str) -> None:
    """Sign in somebody whom a provider vouches for with two factors (`liane.federation`)."""
    _enter(request, user)
    record_authentication(request, user, "mfa", type=provider, reauthenticated=True)


def _sign_in(request: HttpRequest, user: User, kind: str) -> None:
    _enter(request, user)
    record_authentication(request, user, "mfa", type=str(kind), reauthenticated=True)


def _enter(request: HttpRequest, user: User) -> None:
    adapter = get_adapter()
    adapter.login(request, user)
    adapter.post_login(
        request,
        user,
        email_verification="none",
        signal_kwargs=None,
        email=None,
        signup=False,
        redirect_url=None,
    )
