"""Where webhooks may go: https, to a public address checked once and then connected to.

A host listed in ``LIANE_WEBHOOK_HOSTS`` (an internal network) may be private, and speak plain http.
"""

import ipaddress
import socket
import ssl
from http.client import HTTPConnection, HTTPException
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from liane.core.errors import Refused

SECONDS = 10


class Unreachable(Exception):
    """The call could not be made; its message says why, in a few words without the address."""


def check(url: str) -> SplitResult:
    """The parts of an address that may be called. Raises `Refused` (field ``url``)."""
    try:
        parts = urlsplit(url)
        known, _ = (parts.hostname or "") in settings.LIANE_WEBHOOK_HOSTS, parts.port
    except ValueError:
        raise Refused("Cette adresse est mal formée.", field="url") from None
    if parts.scheme != "https" and not (known and parts.scheme == "http"):
        raise Refused("L’adresse commence par https://.", field="url")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise Refused("L’adresse ne porte ni identifiant, ni mot de passe, ni #.", field="url")
    if not known and _is_private_literal(parts.hostname):
        raise Refused("Cette adresse est celle d’un réseau privé.", field="url")
    return parts


def _is_private_literal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def call(method: str, url: str, body: bytes, headers: dict[str, str]) -> int:
    """Call an address; its HTTP status. No redirect is followed, no answer is read.

    Raises `Unreachable`.
    """
    try:
        parts = check(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = _Pinned(parts, port, _address(parts.hostname or "", port))
    except Refused:
        raise Unreachable("address refused") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except ssl.SSLError:
        raise Unreachable("certificate refused") from None
    except TimeoutError:
        raise Unreachable("no answer in time") from None
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(f"no answer ({type(error).__name__})") from None
    finally:
        connection.close()


def _address(host: str, port: int) -> str:
    """An address of the host, every one of them public unless the installation names the host."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable("unknown host") from None
    found = [str(row[4][0]).split("%")[0] for row in rows]
    if host not in settings.LIANE_WEBHOOK_HOSTS and not all(map(_is_public, found)):
        raise Unreachable("private address")
    return found[0]


def _is_public(address: str) -> bool:
    one = ipaddress.ip_address(address)
    inner = getattr(one, "ipv4_mapped", None) or getattr(one, "sixtofour", None)
    return one.is_global and not one.is_multicast and (inner is None or inner.is_global)


class _Pinned(HTTPConnection):
    """A connection to one address already checked, with the certificate of its host."""

    def __init__(self, parts: SplitResult, port: int, address: str) -> None:
        super().__init__(parts.hostname or "", port, timeout=SECONDS)
        self._address, self._secure = address, parts.scheme == "https"

    def connect(self) -> None:
        """Connect to the address, and check the certificate of the host."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            tls = ssl.create_default_context()
            self.sock = tls.wrap_socket(self.sock, server_hostname=self.host)
