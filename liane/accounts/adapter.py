"""How django-allauth behaves here: invitation only, two factors always, secrets sealed."""

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from liane.accounts.models import User
from liane.core import keys, registry

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
_CONTEXT = b"accounts:authenticator"


def has_second_factor(user: User) -> bool:
    """True when the account owns a passkey or a code application."""
    return bool(Authenticator.objects.filter(user=user, type__in=STRONG).exists())


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come by invitation; a password opens nothing without a second factor."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers by themselves."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse an account without a second factor, after its password was right."""
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if response is not None or has_second_factor(user):
            return response
        messages.warning(
            request,
            "Ce compte n’a pas encore de second facteur. Ouvrez le lien d’invitation reçu, "
            "ou demandez-en un nouveau à votre structure.",
        )
        return HttpResponseRedirect(reverse("account_login"))

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Sign-in again; or first the closing of the provider's session, where one came by it."""
        if _leave(request):
            return "/connexion/sortie"
        return str(super().get_logout_redirect_url(request))

    def logout(self, request: HttpRequest) -> None:
        """Sign out here, and remember where the provider's session is closed."""
        address = _leave(request)
        super().logout(request)
        if address:
            request.session["leaving"] = address


def _leave(request: HttpRequest) -> str:
    return next(filter(None, (leave(request) for leave in registry.leavers)), "")


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are sealed, and the last strong one stays."""

    def encrypt(self, text: str) -> str:
        """Seal a secret under the installation's data key."""
        return base64.b64encode(keys.seal(text.encode(), context=_CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what :meth:`encrypt` sealed."""
        return keys.open_(base64.b64decode(encrypted_text), context=_CONTEXT).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """The last passkey or code application cannot go: add another one first."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=STRONG)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """A first name for a new passkey; the user may change it."""
        number = Authenticator.objects.filter(user=user, type=type).count()
        return "Ma clé d’accès" if not number else f"Ma clé d’accès n° {number + 1}"

    def _get_site_name(self) -> str:
        return "Liane"
