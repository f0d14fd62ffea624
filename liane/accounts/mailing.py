"""The mail of an invitation: who invites and the link, never the code, no health data."""

import smtplib

import structlog
from django.conf import settings
from django.core.mail import send_mail

from liane.accounts.services import Invited

log = structlog.get_logger(__name__)


def send_invitation(invited: Invited) -> bool:
    """Send the link to the invited account's own address. True when the mail was handed over.

    False without an address, or when the mail server refuses: the link is then passed on by hand.
    """
    invitation = invited.invitation
    address = invitation.user.email
    if not address:
        return False
    place = f" pour {invitation.on_behalf_of}" if invitation.on_behalf_of else ""
    try:
        send_mail(
            subject="Votre compte Liane",
            message=(
                f"Bonjour {invitation.user.name},\n\n"
                f"{invitation.invited_by} vous invite dans Liane{place}.\n"
                f"Ouvrez votre compte ici, dans les sept jours :\n"
                f"{settings.LIANE_PUBLIC_URL}{invited.path}\n\n"
                "Un code vous sera demandé : la personne qui vous invite vous le donne de vive "
                "voix ou par SMS. Il ne vous sera jamais demandé par courriel.\n\n"
                "Si cette invitation ne vous dit rien, ne faites rien : sans le code, elle "
                "n’ouvre rien.\n"
            ),
            from_email=None,
            recipient_list=[address],
        )
    except (OSError, smtplib.SMTPException) as error:
        log.warning("invitation_not_mailed", error=type(error).__name__)
        return False
    return True
