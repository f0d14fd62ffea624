"""Reads of accounts: open invitations, factors and sessions of one's own."""

from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from liane.accounts.adapter import MfaAdapter
from liane.accounts.models import Invitation, User
from liane.accounts.services import LINK
from liane.core import keys


def invitation_behind(invitation_id: UUID, signature: str) -> Invitation | None:
    """The invitation of a link whose signature is ours and which is still open."""
    if not keys.signature_holds(str(invitation_id), signature, purpose=LINK):
        return None
    return open_invitation(invitation_id)


def open_invitation(invitation_id: UUID) -> Invitation | None:
    """An invitation that can still be used."""
    found = Invitation.objects.filter(pk=invitation_id).select_related("user").first()
    return found if found is not None and found.is_open and found.user.is_active else None


@dataclass(frozen=True)
class Factors:
    """The second factors of an account."""

    passkeys: list[Authenticator]
    has_codes: bool
    recovery_left: int
    has_password: bool


def factors_of(user: User) -> Factors:
    """Passkeys, code application and recovery codes of an account. One query."""
    by_type: dict[str, list[Authenticator]] = {}
    for authenticator in Authenticator.objects.filter(user=user).order_by("created_at"):
        by_type.setdefault(authenticator.type, []).append(authenticator)
    recovery = by_type.get(Authenticator.Type.RECOVERY_CODES, [])
    return Factors(
        passkeys=by_type.get(Authenticator.Type.WEBAUTHN, []),
        has_codes=bool(by_type.get(Authenticator.Type.TOTP)),
        recovery_left=len(recovery[0].wrap().get_unused_codes()) if recovery else 0,
        has_password=user.has_usable_password(),
    )


@dataclass(frozen=True)
class Device:
    """A session, in words: « Firefox sur Android »."""

    id: int
    name: str
    since: object
    is_current: bool


def devices_of(user: User, current_key: str | None) -> list[Device]:
    """The living sessions of an account, the present one first. Two queries."""
    sessions = list(UserSession.objects.filter(user=user).order_by("-created_at"))
    living = set(
        Session.objects.filter(
            session_key__in=[session.session_key for session in sessions],
            expire_date__gt=timezone.now(),
        ).values_list("session_key", flat=True)
    )
    found = [
        Device(
            session.pk,
            device_name(session.user_agent),
            session.created_at,
            session.session_key == current_key,
        )
        for session in sessions
        if session.session_key in living
    ]
    return sorted(found, key=lambda device: not device.is_current)


BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A browser's self-description in words."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "Navigateur")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return f"{browser} sur {system}" if system else browser


def recovery_codes_of(user: User) -> list[str]:
    """The recovery codes that still work. One query."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return list(found.wrap().get_unused_codes()) if found is not None else []


def can_remove(user: User, authenticator_id: int) -> bool:
    """False when this passkey of the user is their last second factor. Two queries."""
    found = Authenticator.objects.filter(user=user, pk=authenticator_id).first()
    return found is None or MfaAdapter().can_delete_authenticator(found)
