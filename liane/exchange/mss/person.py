"""A document sent to the person's own mailbox of Mon espace santé."""

from django.conf import settings
from django.core.mail import EmailMessage

from liane.core.errors import Refused
from liane.core.ids import uuid7
from liane.exchange.cda.making import Made
from liane.exchange.models import Sending
from liane.exchange.mss import headers
from liane.exchange.outside import Unreachable
from liane.exchange.xdm import writing
from liane.patients import ins
from liane.patients.models import Patient


def address(person: Patient) -> str:
    """``<matricule INS>@patient.mssante.fr``: a qualified identity alone has one.

    It holds the matricule: it is made when a mail leaves, and never kept, shown nor logged.
    """
    matricule = ins.of(person) if person.is_qualified else None
    if matricule is None:
        raise Refused("L’identité de la personne doit être qualifiée (INS) pour cet envoi.")
    return f"{matricule.value}@{headers.PATIENTS}"


def write_to_person(row: Sending, made: Made) -> str:
    """Send the mail now; the number of the mail. Raises `Refused`, `Unreachable`."""
    number = f"<{uuid7()}@{settings.LIANE_MSS_FROM.partition('@')[2] or 'localhost'}>"
    mail = EmailMessage(
        subject=headers.subject(made.head.title, made.head.subject),
        body=_words(row, made),
        from_email=f"Liane <{settings.LIANE_MSS_FROM}>",
        to=[address(row.person)],
        headers={"Message-ID": number, "X-Liane": "1", **headers.of([made], final=row.final)},
    )
    archive = writing.archive([made], title=made.head.title)
    mail.attach(writing.NAME, archive, "application/zip")
    try:
        mail.send(using="mss")
    except OSError:
        raise Unreachable("La messagerie MSSanté n’a pas pris le message.") from None
    return number


def _words(row: Sending, made: Made) -> str:
    who = made.head.author
    end = "" if not row.final else "\n\nVous ne pouvez pas répondre à ce message."
    text = row.text or "Un document vous est transmis."
    return (
        f"Bonjour,\n\n{text}\n\n{who.title} {who.given} {who.family}, {who.house.name}".replace(
            "\n\n ", "\n\n"
        )
        + end
        + "\n\nUrgence vitale : appelez le 15.\n"
    )
