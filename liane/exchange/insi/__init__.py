"""INSi, the national service of health identities: an adapter chosen by configuration.

The real service asks for a CPx card or an organisation's certificate and the software's
authorisation: nothing is called until ``LIANE_INSI_URL`` names a server.
"""

from typing import Protocol

from django.conf import settings

from liane.exchange.insi.soap import Answer, Identity, Soap
from liane.exchange.outside import Service
from liane.patients.models import Patient


class Insi(Protocol):
    """What an INSi adapter does."""

    def by_traits(self, person: Patient) -> Answer:
        """Look for the national identity of somebody by the strict traits. Raises
        `outside.Unreachable`."""


def ready() -> bool:
    """True when an INSi service is configured."""
    return bool(settings.LIANE_INSI_URL)


def client() -> Insi:
    """The configured adapter."""
    return Soap(
        Service(
            settings.LIANE_INSI_URL.rstrip("/"),
            settings.LIANE_INSI_CERT,
            settings.LIANE_INSI_KEY,
            settings.LIANE_INSI_CA,
        )
    )


__all__ = ["Answer", "Identity", "Insi", "client", "ready"]
