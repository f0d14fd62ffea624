"""The providers that this installation is registered with, and what each is asked.

Nothing is offered of a provider whose three settings are not all given (docs/operations.md).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import Http404

from liane.core.registry import NavEntry

LEVELS = ("eidas1", "eidas2", "eidas3")
SECONDS = 5


@dataclass(frozen=True)
class Provider:
    """One OpenID Connect provider. ``acr``: the least level of assurance that is accepted."""

    key: str
    path: str
    label: str
    url: str
    client_id: str
    secret: str
    acr: str
    scope: str
    auth: str

    @property
    def configured(self) -> bool:
        """True when the installation is registered with it."""
        return bool(self.url and self.client_id and self.secret)

    @property
    def back(self) -> str:
        """The address to which it answers."""
        return f"{settings.LIANE_PUBLIC_URL}/connexion/{self.path}/retour"

    def vouches(self, acr: object) -> bool:
        """True when a level of assurance is enough: two factors, as everywhere here."""
        return acr in LEVELS and LEVELS.index(str(acr)) >= LEVELS.index(self.acr)


def providers() -> list[Provider]:
    """Every provider that Liane knows, as the settings say now."""
    return [
        Provider(
            "psc", "pro-sante-connect", "Pro Santé Connect", settings.LIANE_PSC_URL,
            settings.LIANE_PSC_ID, settings.LIANE_PSC_SECRET, settings.LIANE_PSC_ACR,
            "openid scope_all", "client_secret_basic",
        ),
        Provider(
            "fc", "franceconnect", "FranceConnect", settings.LIANE_FC_URL,
            settings.LIANE_FC_ID, settings.LIANE_FC_SECRET, settings.LIANE_FC_ACR,
            "openid given_name family_name birthdate gender birthplace birthcountry",
            "client_secret_post",
        ),
    ]  # fmt: skip


def provider(path: str) -> Provider:
    """The configured provider at this address. Raises Http404."""
    for one in providers():
        if one.path == path and one.configured:
            return one
    raise Http404


def ways() -> list[NavEntry]:
    """What the page of sign-in offers."""
    return [
        NavEntry(one.label, f"/connexion/{one.path}", "key", place)
        for place, one in enumerate(providers())
        if one.configured
    ]


@lru_cache(maxsize=8)
def app(one: Provider) -> Any:
    """The library's client of a provider: it keeps its metadata and its keys."""
    oauth = OAuth()
    return oauth.register(
        one.key,
        server_metadata_url=one.url,
        client_id=one.client_id,
        client_secret=one.secret,
        client_kwargs={
            "scope": one.scope,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": one.auth,
            "default_timeout": SECONDS,
            "verify": settings.LIANE_CA_FILE or True,
        },
    )
