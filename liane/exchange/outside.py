"""Speaking HTTP with a national service: TLS with a client certificate, bounded, no redirect."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from liane.core.mail import tls

TIMEOUT = 30
"""Seconds."""
LARGEST = 40_000_000
"""Bytes of one answer."""
LOOPBACK = frozenset({"localhost", "127.0.0.1"})


class Unreachable(Exception):
    """The service did not answer, or not as it should: ``why`` in French; worth another try."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Follow nothing: health data go to the configured host and nowhere else."""
        return


@dataclass(frozen=True)
class Service:
    """A configured service: its address, the client's certificate, the authorities to trust."""

    url: str
    cert: str = ""
    key: str = ""
    ca: str = ""

    def call(
        self, path: str = "", *, body: bytes | None = None, headers: dict[str, str] | None = None,
        expected: frozenset[int] = frozenset({200, 201}),
    ) -> tuple[bytes, str]:  # fmt: skip
        """(content, content type) of one call: POST with a body, GET without.

        Raises :class:`Unreachable`. Plain HTTP is for the loopback alone.
        """
        url = path if path.startswith(self.url) else self.url + path
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise Unreachable("L’adresse du service doit être en https.")
        request = urllib.request.Request(url, data=body, headers=headers or {})  # noqa: S310
        try:
            with self._opener().open(request, timeout=TIMEOUT) as answer:
                content = answer.read(LARGEST + 1)
                code, kind = answer.status, answer.headers.get("Content-Type", "")
        except urllib.error.HTTPError as error:
            raise Unreachable(f"Le service a refusé (code {error.code}).") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise Unreachable("Le service n’a pas répondu.") from None
        if code not in expected:
            raise Unreachable(f"Le service a refusé (code {code}).")
        if len(content) > LARGEST:
            raise Unreachable("La réponse du service est trop lourde.")
        return content, kind

    def json(self, path: str = "", *, body: Any = None) -> dict[str, Any]:
        """The same in FHIR JSON. Raises :class:`Unreachable`."""
        headers = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
        sent = json.dumps(body).encode() if body is not None else None
        content, _ = self.call(path, body=sent, headers=headers)
        try:
            found = json.loads(content)
        except ValueError:
            raise Unreachable("La réponse du service n’est pas lisible.") from None
        if not isinstance(found, dict):
            raise Unreachable("La réponse du service n’est pas celle attendue.")
        return found

    def _opener(self) -> urllib.request.OpenerDirector:
        context = tls(cafile=self.ca or None, certfile=self.cert or None, keyfile=self.key or None)
        return urllib.request.build_opener(
            _Stays(), urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({})
        )
