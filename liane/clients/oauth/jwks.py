"""Public keys of applications: kept by value, or fetched from their address.

An address is called over HTTPS, never twice elsewhere (no redirect), and never on a private network
unless its host is named by ``LIANE_JWKS_HOSTS``: the address that was checked is the one called.
"""

import ipaddress
import json
import socket
import ssl
from hashlib import sha256
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from liane.clients.models import Client
from liane.core.errors import Refused

SECONDS, BYTES = 3, 65_536
FRESH = 600
"""Seconds for which keys that were fetched are kept."""
AGAIN = 60
"""Seconds before they may be fetched again, for a key that is not among them."""
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


class KeysUnavailable(RuntimeError):
    """The public keys of an application cannot be had now; the message says why."""


def checked(document: object) -> dict[str, Any]:
    """A JWK set with public RSA or EC keys. Raises :class:`Refused` with what is wrong."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= 20:
        raise Refused('Ces clés ne sont pas un ensemble JWKS : {"keys": […]}.', field="jwks")
    for key in keys:
        if not isinstance(key, dict) or key.get("kty") not in {"RSA", "EC"}:
            raise Refused("Chaque clé doit être de type RSA ou EC.", field="jwks")
        if _PRIVATE & set(key):
            raise Refused(
                "Une clé privée s’y trouve : ne la donnez à personne, et changez-la.", field="jwks"
            )
    if not any(key["kty"] == "RSA" or key.get("crv") == "P-384" for key in keys):
        raise Refused("Il faut une clé RSA (RS384), ou EC sur la courbe P-384.", field="jwks")
    try:
        KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError, TypeError, KeyError):
        raise Refused("Une de ces clés ne se lit pas.", field="jwks") from None
    return {"keys": keys}


def keys_of(client: Client, *, again: bool = False) -> KeySet:
    """The public keys of an application. Raises :class:`KeysUnavailable`.

    ``again``: fetch them anew, at most once a minute.
    """
    try:
        document = _fetched(client.jwks_url, again) if client.jwks_url else client.jwks
        if document is None:
            raise KeysUnavailable("No public key is registered for this application.")
        return KeySet.import_key_set(checked(document))  # type: ignore[arg-type]
    except Refused:
        raise KeysUnavailable("The public keys are not a JWK set that can be read.") from None


def _fetched(url: str, again: bool) -> Any:
    name = f"jwks:{sha256(url.encode()).hexdigest()}"
    kept = cache.get(name)
    if kept is not None and not (again and cache.add(f"{name}:again", 1, AGAIN)):
        return kept
    document = fetch(url)
    cache.set(name, document, FRESH)
    return document


def fetch(url: str) -> Any:
    """The document at ``url``. Raises :class:`KeysUnavailable`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or parts.username:
        raise KeysUnavailable("The address of keys must begin with https://.")
    try:
        port = parts.port or 443
        connection = _Pinned(host, port, _address(host, port))
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        answer = connection.getresponse()
        body = answer.read(BYTES + 1)
        connection.close()
        if answer.status != 200 or len(body) > BYTES:
            raise KeysUnavailable(f"The address of keys answered {answer.status}.")
        return json.loads(body)
    except (OSError, HTTPException, ValueError) as error:
        raise KeysUnavailable(f"The address of keys does not answer: {error}") from None


def _address(host: str, port: int) -> str:
    """A public address of ``host``, or any where the installation names it."""
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if host in settings.LIANE_JWKS_HOSTS:
        return found[0]
    for address in found:
        if not ipaddress.ip_address(address.split("%")[0]).is_global:
            raise KeysUnavailable("The address of keys is on a private network.")
    return found[0]


class _Pinned(HTTPSConnection):
    """HTTPS to one address already checked, with the certificate of its host."""

    def __init__(self, host: str, port: int, address: str) -> None:
        context = ssl.create_default_context(cafile=settings.LIANE_CA_FILE or None)
        super().__init__(host, port, timeout=SECONDS, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        """Connect to the address, and check the certificate of the host."""
        raw = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
