"""Web push: says that something waits, never what nor about whom.

The key that names this installation to push services is derived from the oldest HMAC key of the
keys file: subscriptions made with it stay good when keys are rotated.
"""

import base64
import hashlib
import json
from functools import lru_cache
from urllib.parse import urlsplit
from uuid import UUID

import requests
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction

from liane.core import keys
from liane.core.acting import acting, system
from liane.core.errors import Refused
from liane.notifications.models import Subscription

log = structlog.get_logger(__name__)
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the curve P-256 (FIPS 186-5)."""
SERVICES = (
    "fcm.googleapis.com",
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
"""Push services of the browsers: an address elsewhere is refused (it would make us call it)."""
GONE = frozenset({404, 410})
SECONDS = 10
KEPT = 12 * 3600
"""Seconds a push service keeps a word for a device that is off."""


class PushFailed(RuntimeError):
    """The push service did not take the word: to be tried again."""


@lru_cache(maxsize=1)
def _key() -> ec.EllipticCurvePrivateKey:
    seed = bytes.fromhex(keys.digests("web push", purpose="vapid")[-1])
    return ec.derive_private_key(int.from_bytes(seed) % (ORDER - 1) + 1, ec.SECP256R1())


def public_key() -> str:
    """What the browser is given to subscribe (base64url, uncompressed point)."""
    point = _key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _host() -> str:
    return urlsplit(settings.LIANE_PUBLIC_URL).hostname or "localhost"


def allowed(endpoint: str) -> bool:
    """True for an address of a known push service, over HTTPS."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    known = any(host == name or host.endswith("." + name) for name in SERVICES)
    return parts.scheme == "https" and port in {None, 443} and known and not parts.username


def _bytes(text: str, size: int) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) == size
    except ValueError:
        return False


def subscribe(user_id: UUID, endpoint: str, p256dh: str, auth: str, device: str) -> None:
    """Keep a browser's address. Raises :class:`Refused` when it is none of a push service."""
    if len(endpoint) > 1000 or not allowed(endpoint) or not _bytes(p256dh, 65):
        raise Refused("Ce navigateur n’a pas donné d’adresse utilisable.", field="endpoint")
    if not _bytes(auth, 16):
        raise Refused("Ce navigateur n’a pas donné de clé utilisable.", field="auth")
    digest = hashlib.sha256(endpoint.encode()).hexdigest()
    with transaction.atomic(), acting(system("abonnement d’un navigateur")):
        Subscription.objects.update_or_create(
            endpoint_digest=digest,
            defaults={
                "user_id": user_id, "endpoint": endpoint, "p256dh": p256dh, "auth": auth,
                "device": device[:120],
            },
        )  # fmt: skip


def send(subscription: Subscription, *, urgent: bool) -> bool:
    """Send the word to one browser. False when it is gone for good.

    Raises :class:`PushFailed` when it may be tried again.
    """
    # Here, not above: it brings aiohttp along, a quarter of the time of every start of Liane.
    from py_vapid import Vapid02
    from pywebpush import WebPushException, webpush

    body = "Un message urgent vous attend dans Liane." if urgent else "Du nouveau dans Liane."
    session = requests.Session()
    session.max_redirects = 0
    try:
        webpush(
            {
                "endpoint": subscription.endpoint,
                "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
            },
            json.dumps({"title": "Liane", "body": body, "urgent": urgent}),
            vapid_private_key=Vapid02(_key()),
            vapid_claims={"sub": f"mailto:postmaster@{_host()}"},
            ttl=KEPT,
            timeout=SECONDS,
            headers={"Urgency": "high" if urgent else "normal", "Topic": "liane"},
            requests_session=session,
        )
    except WebPushException as error:
        status = getattr(error.response, "status_code", None)
        if status in GONE:
            return False
        raise PushFailed(f"the push service answered {status}") from None
    except requests.RequestException as error:
        raise PushFailed(type(error).__name__) from None
    return True
