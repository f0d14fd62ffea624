"""What a message to a professional outside carries when it stays within MSSanté.

Elsewhere the mail holds a link and nothing more; inside the space of trust it holds the words of
the message, and its files about the person as CDA documents in an ``IHE_XDM.ZIP``.
"""

from typing import Any

from django.core.mail import EmailMessage

from liane.core.errors import Refused
from liane.exchange.cda import making, names
from liane.exchange.cda.making import Made
from liane.exchange.handing.services import mss_ready
from liane.exchange.mss import headers
from liane.exchange.xdm import writing
from liane.messaging.models import Message, Withdrawal

LARGEST = 10_000_000
"""Bytes of an archive; operators refuse heavier mail. The files then stay behind the link."""
BEHIND = "[Des pièces jointes sont à lire par le lien ci-dessous.]"


def dress(mail: EmailMessage, row: Any) -> None:
    """Add to a mail what MSSanté lets it carry. ``row``: the `messaging.OutgoingMail`."""
    if not mss_ready():
        return
    mail.extra_headers |= headers.of([])
    if not headers.within(row.address):
        return
    message: Message = row.message
    if Withdrawal.objects.filter(message=message).exists():
        return
    documents, archive = _documents(message)
    behind = "" if documents or not message.attachments.exists() else f"{BEHIND}\n\n"
    words = f"« {message.text} »\n\n" if message.text else ""
    place = "Pour lire et répondre,"
    mail.body = mail.body.replace(place, f"{words}{behind}{place}", 1)
    if not documents:
        return
    mail.subject = headers.subject(
        f"Message de {message.author_label or 'Liane'}", documents[0].head.subject
    )
    mail.extra_headers |= headers.of(documents)
    mail.attach(writing.NAME, archive, "application/zip")


def _documents(message: Message) -> tuple[list[Made], bytes]:
    """The files of a message as CDA documents and their archive; none when one cannot be made."""
    person = message.thread.person
    held = list(message.attachments.select_related("file"))
    if person is None or not held:
        return [], b""
    try:
        documents = [
            making.of_file(
                one.file, person, one.file.name.rpartition(".")[0][:120] or "Document",
                names.DOCUMENTS["letter"], message.sent_at, message.author_holder_id,
            )
            for one in held
        ]  # fmt: skip
    except Refused:
        return [], b""
    archive = writing.archive(documents, title=f"Message de {message.author_label}")
    return (documents, archive) if len(archive) <= LARGEST else ([], b"")
