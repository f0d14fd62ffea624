"""Who signed in, told to an application: ``id_token`` and the key that signs it."""

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from liane.clients.models import Client, SigningKey
from liane.clients.scopes import Scopes

NEW_AFTER = dt.timedelta(days=180)
SHOWN_FOR = dt.timedelta(days=365)
"""A key signs for six months, and is shown for six more."""
KINDS = {"practice": "Practitioner", "person": "Patient", "contact": "RelatedPerson"}


def fhir_base() -> str:
    """The address of the FHIR server: ``aud`` and ``iss`` of a launch."""
    return f"{settings.LIANE_PUBLIC_URL}/fhir"


def fhir_user(seat: str, professional_id: object) -> str:
    """The resource that a user is, in one of their seats."""
    kind, _, pk = seat.partition(":")
    return f"{fhir_base()}/{KINDS[kind]}/{professional_id or pk}"


def id_token(client: Client, scopes: Scopes, claims: dict[str, Any], name: str, user: str) -> str:
    """A signed ``id_token`` (OpenID Connect Core): an hour, for this application alone."""
    key = signing_key()
    now = int(time.time())
    body = {
        "iss": settings.LIANE_PUBLIC_URL,
        "aud": str(client.pk),
        "iat": now,
        "exp": now + 3600,
        **{name: value for name, value in claims.items() if value is not None},
    }
    if "fhirUser" in scopes.plain or "profile" in scopes.plain:
        body |= {"fhirUser": user, "profile": user}
    if "profile" in scopes.plain:
        body["name"] = name
    return jwt.encode({"alg": "RS256", "kid": key.kid, "typ": "JWT"}, body, key)


def signing_key() -> RSAKey:
    """The key that signs now; made at first use, and again every six months."""
    row = SigningKey.objects.order_by("-created_at").first()
    if row is None or row.created_at < timezone.now() - NEW_AFTER:
        made = RSAKey.generate_key(2048, private=True, auto_kid=True)
        row = SigningKey.objects.create(secret=made.as_pem(private=True).decode())
    return RSAKey.import_key(row.secret, {"kid": str(row.pk)})


def public_keys() -> dict[str, Any]:
    """``/oauth/jwks``: the keys whose signatures may still be met."""
    rows = SigningKey.objects.filter(created_at__gt=timezone.now() - SHOWN_FOR)
    keys: list[Any] = [RSAKey.import_key(row.secret, {"kid": str(row.pk)}) for row in rows]
    shown = KeySet(keys).as_dict(private=False)["keys"]
    return {"keys": [{**key, "use": "sig", "alg": "RS256"} for key in shown]}
