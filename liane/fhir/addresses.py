"""The address of this server, as references and links write it."""

from django.conf import settings

PATH = "/fhir"


def base() -> str:
    """``https://…/fhir``, without a slash at the end."""
    return f"{settings.LIANE_PUBLIC_URL}{PATH}"


def url(kind: str, key: object) -> str:
    """The whole address of a resource."""
    return f"{base()}/{kind}/{key}"
