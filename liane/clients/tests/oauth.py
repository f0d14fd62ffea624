"""What an outside application does, in tests: keys, assertions, PKCE, exchanges."""

import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from django.conf import settings
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

BACK = "https://app.example/retour"
VERIFIER = "v" * 64
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def pair(kind: str = "EC") -> tuple[Any, dict[str, Any]]:
    """A private key, and its public JWK set."""
    key: Any = (
        RSAKey.generate_key(2048, auto_kid=True) if kind == "RSA"
        else ECKey.generate_key("P-384", auto_kid=True)
    )  # fmt: skip
    return key, dict(KeySet([key]).as_dict(private=False))


def assertion(key: Any, client_id: object, **changed: Any) -> str:
    """A signed assertion, right unless ``changed``; a claim changed to None is left out."""
    alg = changed.pop("alg", "RS384" if key.key_type == "RSA" else "ES384")
    claims = {
        "iss": str(client_id), "sub": str(client_id), "jti": uuid4().hex,
        "aud": f"{settings.LIANE_PUBLIC_URL}/oauth/token", "exp": int(time.time()) + 240,
    } | changed  # fmt: skip
    header = {"alg": alg, "kid": key.kid, "typ": "JWT"}
    body = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, body, key, algorithms=[alg])


def machine(text: str, scope: str = "system/*.rs", **more: str) -> Any:
    """A backend service asks for a token."""
    body = {
        "grant_type": "client_credentials", "scope": scope, "client_assertion_type": TYPE,
        "client_assertion": text,
    } | more  # fmt: skip
    return Browser().post("/oauth/token", body)


def question(client_id: object, scope: str, /, **changed: str) -> str:
    """The address to which an application sends its user."""
    said = {
        "response_type": "code", "client_id": str(client_id), "redirect_uri": BACK, "scope": scope,
        "state": "s-123", "aud": f"{settings.LIANE_PUBLIC_URL}/fhir", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changed  # fmt: skip
    return "/oauth/authorize?" + urlencode({k: v for k, v in said.items() if v})


def came_back(answer: Any) -> dict[str, str]:
    """What an answer carries back to the application."""
    assert answer.status_code == 302, answer.content
    assert answer["Location"].startswith(BACK), answer["Location"]
    return {
        name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()
    }


def exchange(client_id: object, code: str, /, **changed: str) -> Any:
    """A public application exchanges its code."""
    body = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
        "client_id": str(client_id), "code_verifier": VERIFIER,
    } | changed  # fmt: skip
    return Browser().post("/oauth/token", {k: v for k, v in body.items() if v})
