"""No session goes anywhere on a password alone."""

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from liane.accounts import second_factor


class SecondFactorMiddleware:
    """Ends a session whose user has not proved a second factor, whatever the address asked for.

    Sign-in itself refuses such a session (`accounts.adapter`): this is the second lock.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let in who passed, and whoever is signed out."""
        user = request.user
        if user.is_authenticated and not second_factor.passed(request.session, user):
            logout(request)
            messages.warning(
                request, "Votre session s’est arrêtée : connectez-vous avec vos deux facteurs."
            )
            return HttpResponseRedirect(reverse("account_login"))
        return self.get_response(request)
