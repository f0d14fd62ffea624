"""Who a provider says is there: its ``id_token``, its level of assurance, its user information."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from liane.federation.providers import Provider, app

SIGNED = ["RS256", "ES256", "PS256"]


class Unsure(Exception):
    """The provider's answer is not enough; ``message`` says why, in French."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def expected(one: Provider) -> dict[str, Any]:
    """What an ``id_token`` must say, besides its nonce and its life: by whom, and for whom."""
    return {
        "iss": {"essential": True, "values": [app(one).load_server_metadata()["issuer"]]},
        "aud": {"essential": True, "values": [one.client_id]},
    }


def told(one: Provider, token: dict[str, Any]) -> dict[str, Any]:
    """The claims of a user, once the level of assurance and the subject are right.

    Raises :class:`Unsure`, or what the library raises.
    """
    identity = token.get("userinfo")
    if not identity or not identity.get("sub"):
        raise Unsure(f"{one.label} n’a pas dit qui vous êtes.")
    if not one.vouches(identity.get("acr")):
        raise Unsure(
            f"{one.label} vous a reconnu à un niveau trop faible : il faut ici deux preuves. "
            "Recommencez avec une carte, un code ou une application de plus."
        )
    claims = _userinfo(one, token)
    if claims.get("sub") != identity["sub"]:
        raise Unsure(f"{one.label} a répondu pour quelqu’un d’autre.")
    return claims


def _userinfo(one: Provider, token: dict[str, Any]) -> dict[str, Any]:
    """In JSON, or signed (FranceConnect)."""
    client = app(one)
    address = client.load_server_metadata()["userinfo_endpoint"]
    answer = client.get(address, token=token, allow_redirects=False)
    answer.raise_for_status()
    if answer.headers.get("Content-Type", "").split(";")[0].strip() != "application/jwt":
        return dict(answer.json())
    keys = KeySet.import_key_set(client.fetch_jwk_set())
    claims = jwt.decode(answer.text, keys, algorithms=SIGNED).claims
    if claims.get("aud") not in (one.client_id, [one.client_id]):
        raise Unsure(f"{one.label} a répondu à un autre service.")
    return dict(claims)
