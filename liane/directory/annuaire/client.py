"""Calls to the Annuaire Santé: an address, a key, little patience, clear words when it fails."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

Json = dict[str, Any]
SECONDS = 5
LARGEST = 4_000_000
MOST = 15


class Unavailable(Exception):
    """The national directory could not be asked; the message is for whoever searches."""


class _NoRedirect(HTTPRedirectHandler):
    """The key goes to the configured address and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing."""


def configured() -> bool:
    """True when the installation has the address of a national directory."""
    return bool(settings.LIANE_ANNUAIRE_URL)


def practitioners(**query: str) -> list[Json]:
    """Professionals with their places: resources of one answer, those of places in a second."""
    found = _get("Practitioner", query | {"_revinclude": "PractitionerRole:practitioner"})
    places = {
        str(one.get("organization", {}).get("reference", "")).rpartition("/")[2]
        for one in found
        if one.get("resourceType") == "PractitionerRole"
    } - {""}
    if places:
        found += _get("Organization", {"_id": ",".join(sorted(places)[:50])})
    return found


def _get(kind: str, query: dict[str, str]) -> list[Json]:
    """The resources of a search. Raises :class:`Unavailable`."""
    address = f"{settings.LIANE_ANNUAIRE_URL.rstrip('/')}/{kind}?" + urlencode(
        query | {"_count": str(MOST)}
    )
    if not address.startswith(("https://", "http://")):
        raise Unavailable("L’adresse de l’annuaire national est mal réglée : prévenez le support.")
    headers = {"Accept": "application/fhir+json", "User-Agent": "Liane"}
    if settings.LIANE_ANNUAIRE_KEY:
        headers["ESANTE-API-KEY"] = settings.LIANE_ANNUAIRE_KEY
    try:
        request = Request(address, headers=headers)  # noqa: S310
        with build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
            body = answer.read(LARGEST + 1)
    except HTTPError as error:
        raise Unavailable(_why(error.code)) from None
    except (TimeoutError, URLError, OSError, HTTPException, ValueError) as error:
        late = isinstance(getattr(error, "reason", error), TimeoutError)
        raise Unavailable(
            "L’annuaire national met trop de temps à répondre : réessayez dans un moment."
            if late
            else "L’annuaire national ne répond pas : réessayez plus tard."
        ) from None
    return _resources(body)


def _why(status: int) -> str:
    if status in {401, 403}:
        return "L’annuaire national refuse la clé de cette installation : prévenez votre support."
    if status == 429:
        return "L’annuaire national est trop sollicité : réessayez dans une minute."
    return f"L’annuaire national a répondu par une erreur ({status}) : réessayez plus tard."


def _resources(body: bytes) -> list[Json]:
    try:
        bundle = json.loads(body) if len(body) <= LARGEST else None
        entries = bundle.get("entry", []) if bundle else None
        found = [entry["resource"] for entry in entries] if entries is not None else None
    except (ValueError, AttributeError, KeyError, TypeError):
        found = None
    if found is None or not all(isinstance(one, dict) for one in found):
        raise Unavailable("L’annuaire national a donné une réponse illisible.")
    return found
