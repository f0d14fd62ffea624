"""Verbs of accounts: invite, enter by invitation, end a session."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from liane.accounts.adapter import has_second_factor
from liane.accounts.models import Invitation, User
from liane.core import journal, keys
from liane.core.errors import NotAllowed, Refused

LINK = "invitation"


@dataclass(frozen=True)
class Invited:
    """What the one who invites passes on: the link by mail, the code by voice or SMS."""

    invitation: Invitation
    path: str
    code: str


def invite(user: User, *, invited_by: str, on_behalf_of: str = "") -> Invited:
    """Make a link and a code by which ``user`` sets up their account; earlier ones stop working.

    The caller has checked that the actor may invite. Raises Refused when the account already has
    a second factor: whoever lost theirs uses a recovery code.
    """
    if has_second_factor(user):
        raise Refused("Cette personne a déjà ouvert son compte.")
    code = f"{secrets.randbelow(10**6):06d}"
    with transaction.atomic():
        now = timezone.now()
        Invitation.objects.filter(user=user, accepted_at=None, revoked_at=None).update(
            revoked_at=now
        )
        invitation = Invitation(
            user=user,
            invited_by=invited_by,
            on_behalf_of=on_behalf_of,
            expires_at=now + Invitation.LIFE,
        )
        invitation.code_digest = _digest(invitation, code)
        invitation.save(force_insert=True)
    signature = keys.sign(str(invitation.pk), purpose=LINK)
    return Invited(invitation, f"/invitation/{invitation.pk}/{signature}/", code)


def _digest(invitation: Invitation, code: str) -> str:
    return keys.digest(f"{invitation.pk}:{code}", purpose="invitation-code")


def check_code(invitation: Invitation, code: str) -> None:
    """Spend one try; raises Refused unless ``code`` is the one that travelled apart."""
    spent = Invitation.objects.filter(
        pk=invitation.pk,
        tries__lt=Invitation.TRIES,
        accepted_at=None,
        revoked_at=None,
        expires_at__gt=timezone.now(),
    ).update(tries=F("tries") + 1)
    if not spent:
        raise Refused("Cette invitation ne peut plus servir. Demandez-en une nouvelle.")
    plain = "".join(char for char in code if char.isdigit())
    if plain and invitation.code_digest in keys.digests(
        f"{invitation.pk}:{plain}", purpose="invitation-code"
    ):
        Invitation.objects.filter(pk=invitation.pk).update(tries=0)
        return
    left = Invitation.TRIES - invitation.tries - 1
    if left <= 0:
        raise Refused("Trop d’essais : cette invitation est fermée. Demandez-en une nouvelle.")
    raise Refused(
        "Ce n’est pas le bon code. Vérifiez-le auprès de la personne qui vous invite.",
        field="code",
    )


def accept(invitation: Invitation) -> None:
    """Mark the invitation used; raises Refused when it no longer can be, even a moment ago."""
    done = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    ).update(accepted_at=timezone.now())
    if not done:
        raise Refused("Cette invitation ne peut plus servir. Demandez-en une nouvelle.")


def end_session(user: User, session_id: int) -> None:
    """End one of the user's own sessions: its next request, and its open stream, are out."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        raise NotAllowed
    with transaction.atomic():
        session.end()
        journal.signal("revoked", user_id=user.pk)


def end_other_sessions(user: User, current_key: str) -> int:
    """End every session of the user but the one in hand; returns how many ended."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=current_key))
    with transaction.atomic():
        for session in others:
            session.end()
        journal.signal("revoked", user_id=user.pk)
    return len(others)


def deactivate(user_id: UUID) -> None:
    """Close an account: out at the next request, on every device."""
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(is_active=False)
        for session in UserSession.objects.filter(user_id=user_id):
            session.end()
        journal.signal("revoked", user_id=user_id)
