"""Mail that found no conversation: who may look at it, attach it, or dismiss it with a reason.

A mail may be about anybody: it is shown only to somebody who reads every conversation it could
belong to, which are the one it answers, or those in which its sender was written to. Technical
administrators see that mail waits (address, date, reason), never what it says.
"""

from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format

from liane.core import acting, ledger
from liane.core.acting import Actor, system
from liane.core.errors import Refused
from liane.messaging import inbox, incoming, queries, rules, services
from liane.messaging.models import IncomingMail, Message, OutgoingMail, Thread

Status = IncomingMail.Status
MOST = 200


@dataclass(frozen=True)
class Waiting:
    """A mail that waits, as the current actor may see it: ``threads`` empty hides its words."""

    mail: IncomingMail
    threads: tuple[Thread, ...] = ()
    text: str = ""
    files: tuple[str, ...] = ()

    @property
    def choices(self) -> list[tuple[UUID, str]]:
        """The conversations it may go to, by name."""
        names = inbox.direct_names(list(self.threads), acting.current())
        return [(one.pk, inbox.title(one, names)) for one in self.threads]


def waiting() -> list[Waiting]:
    """The mails that the current actor may settle, oldest first."""
    actor = acting.current()
    with acting.acting(system("courrier à rattacher")):
        queued = list(_queued()[:MOST])
    found = [_seen(mail, actor) for mail in queued]
    return [one for one in found if one is not None]


def one(mail_id: UUID) -> Waiting:
    """One of them, with its words for who may read them. Raises Http404."""
    with acting.acting(system("courrier à rattacher")):
        mail = _queued().filter(pk=mail_id).first()
    found = _seen(mail, acting.current()) if mail is not None else None
    if found is None or mail is None:
        raise Http404
    if not found.threads:
        return found
    ledger.read({thread.person_id for thread in found.threads if thread.person_id}, "mail")
    parsed = _parsed(mail)
    names = tuple(part.get_filename() or "pièce jointe" for part in parsed.iter_attachments())
    return Waiting(mail, found.threads, incoming.own_words(incoming.text_of(parsed)), names)


def attach(mail_id: UUID, thread_id: UUID) -> Message:
    """Put the mail in a conversation, said to be attached by hand. Raises Refused, Http404."""
    found = one(mail_id)
    thread = next((one for one in found.threads if one.pk == thread_id), None)
    if thread is None:
        raise Http404
    actor = acting.current()
    with transaction.atomic():
        mail = _claimed(mail_id)
        answer = incoming.answer_of(_parsed(mail), thread)
        words = incoming.with_refusals(answer)
        if not words and not answer.files:
            raise Refused("Ce courriel n’a pas de texte qui puisse être repris : classez-le.")
        day = date_format(timezone.localtime(mail.received_at), "j F")
        head = f"[Courriel de {mail.sender} reçu le {day}, rattaché par {actor.label}]"
        message, _ = services.send_message(
            thread, f"{head}\n{words}", key=mail.pk, files=answer.files, via=Message.Via.MAIL
        )
        _settle(mail, Status.DELIVERED, "rattaché à la main", message)
    return message


def dismiss(mail_id: UUID, reason: str) -> None:
    """File a mail without delivering it, and say why. Raises Refused, Http404."""
    found = one(mail_id)
    why = " ".join(reason.split())[:150]
    if not why:
        raise Refused("Dites pourquoi ce courriel est classé.", field="reason")
    with transaction.atomic():
        _settle(_claimed(mail_id), Status.IGNORED, why, None)
        for thread in found.threads[:1]:
            ledger.wrote(thread.person_id, "mail", object_id=mail_id, purpose=why)


def _seen(mail: IncomingMail, actor: Actor) -> Waiting | None:
    with acting.acting(system("courrier à rattacher")):
        possible = _possible(mail)
    mine = list(queries.threads().filter(pk__in=possible).select_related("person"))
    writable = [thread for thread in mine if rules.may_write(thread, actor)]
    if possible and len(writable) == len(possible):
        return Waiting(mail, tuple(writable))
    return Waiting(mail) if actor.role == "technical_admin" else None


def _possible(mail: IncomingMail) -> set[UUID]:
    """Every conversation that the mail could belong to."""
    if mail.thread_id is not None:
        return {mail.thread_id}
    if not mail.sender:
        return set()
    sent = OutgoingMail.objects.filter(address__iexact=mail.sender)
    return set(sent.values_list("thread_id", flat=True))


def _queued() -> QuerySet[IncomingMail]:
    return IncomingMail.objects.filter(status=Status.QUEUED).order_by("received_at", "pk")


def _claimed(mail_id: UUID) -> IncomingMail:
    with acting.acting(system("courrier à rattacher")):
        mail = _queued().select_for_update().filter(pk=mail_id).first()
    if mail is None:
        raise Refused("Quelqu’un a déjà réglé ce courriel.")
    return mail


def _settle(mail: IncomingMail, status: str, why: str, message: Message | None) -> None:
    actor = acting.current()
    with acting.acting(system("courrier à rattacher")):
        IncomingMail.objects.filter(pk=mail.pk).update(
            status=status,
            reason=why,
            message=message,
            settled_at=timezone.now(),
            settled_by=actor.label[:200],
        )


def _parsed(mail: IncomingMail) -> EmailMessage:
    parsed = BytesParser(policy=policy.default).parsebytes(bytes(mail.raw))
    assert isinstance(parsed, EmailMessage)  # noqa: S101  (the parser's policy)
    return parsed
