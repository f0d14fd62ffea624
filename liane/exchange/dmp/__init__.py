"""The national record (DMP): documents fed and found through an adapter, chosen by configuration.

Access to the real DMP needs certificates and homologation: this adapter speaks PDSm (FHIR R4, MHD)
with whatever server ``LIANE_DMP_URL`` names.
"""

from typing import Protocol

from django.conf import settings

from liane.exchange.cda.facts import Number
from liane.exchange.cda.making import Made
from liane.exchange.dmp.pdsm import Found, Pdsm
from liane.exchange.outside import Service


class Dmp(Protocol):
    """What a DMP adapter does. Each raises `outside.Unreachable`."""

    def submit(self, made: Made) -> str:
        """Feed a document; its number there."""

    def search(self, subject: Number) -> list[Found]:
        """The documents there about a person, newest first."""

    def fetch(self, found_id: str, subject: Number) -> bytes:
        """The bytes of one of them."""


def ready() -> bool:
    """True when a DMP is configured."""
    return bool(settings.LIANE_DMP_URL)


def client() -> Dmp:
    """The configured adapter."""
    return Pdsm(
        Service(
            settings.LIANE_DMP_URL.rstrip("/"),
            settings.LIANE_DMP_CERT,
            settings.LIANE_DMP_KEY,
            settings.LIANE_DMP_CA,
        )
    )


__all__ = ["Dmp", "Found", "client", "ready"]
