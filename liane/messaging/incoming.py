"""Answers by mail: each one lands in its thread, or waits with the reason why it does not.

Nothing is guessed: a mail belongs to a thread by our signed reply address or by the number of the
mail it answers, and it must come from the address that was written to. Automatic answers and
loops are set aside; bounces are told in the thread.
"""

import hashlib
import re
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from liane.core import acting, keys, registry
from liane.core.acting import system
from liane.core.errors import Refused
from liane.core.files import store
from liane.core.models import StoredFile
from liane.messaging import links, outside, services
from liane.messaging.models import IncomingMail, OutgoingMail, Thread
from liane.messaging.models import Message as Written

log = structlog.get_logger(__name__)
Status = IncomingMail.Status
LARGEST = 30_000_000
"""Bytes of one mail; beyond it only its head is kept."""
MOST_FILES = 10
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
QUOTED = re.compile(
    r"^\s*(?:>|_{10,}$|-{2,}\s*(?:message|original|forwarded|transf)|(?:le|on)\b.{5,160}"
    r"(?:a écrit|wrote)\s*:\s*$|de\s*:\s.+|from\s*:\s.+)",
    re.I,
)


class SetAside(Exception):
    """The mail goes no further: its status and the reason, without any of its content."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass
class Answer:
    """What an answer says: its own words, its files, and what was refused of it."""

    text: str
    files: list[StoredFile] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is said of attachments that were opened (`registry.mail_openers`)."""


def take_in(raw: bytes, *, size: int | None = None) -> IncomingMail:
    """Keep a received mail and deliver it to its thread. The same mail again: the same row.

    ``size`` is the true length where ``raw`` holds only the head of a mail too large.
    """
    digest = keys.digest(hashlib.sha256(raw).hexdigest(), purpose="incoming-mail")
    with acting.acting(system("réception du courrier", channel="mail")):
        known: IncomingMail | None = IncomingMail.objects.filter(digest=digest).first()
        if known is not None:
            return known
        row = IncomingMail(digest=digest, status=Status.QUEUED, received_at=timezone.now())
        row.raw = raw
        mail = BytesParser(policy=policy.default).parsebytes(raw)
        try:
            _bounce(mail)
            _not_automatic(mail)
            with transaction.atomic():
                row.message = _deliver(mail, _key(mail, raw), size or len(raw))
                row.status = Status.DELIVERED
                row.save(force_insert=True)
        except SetAside as aside:
            row.status, row.reason = aside.status, aside.reason[:150]
            if aside.status == Status.QUEUED:
                row.sender = parseaddr(str(mail.get("From", "")))[1][:254]
                answered = _answered(mail)
                row.thread = answered.thread if answered is not None else None
            row.save(force_insert=True)
        except IntegrityError:  # another worker took the same mail in meanwhile
            found: IncomingMail = IncomingMail.objects.get(digest=digest)
            return found
    log.info("mail_received", status=row.status, reason=row.reason)
    return row


def _deliver(mail: Message, key: UUID, size: int) -> Written:
    sent = _answered(mail)
    if sent is None:
        raise SetAside(Status.QUEUED, "ne répond à aucune conversation connue")
    if parseaddr(str(mail.get("From", "")))[1].lower() != sent.address.lower():
        raise SetAside(Status.QUEUED, "vient d’une autre adresse que celle à qui l’on a écrit")
    if size > LARGEST:
        raise SetAside(Status.QUEUED, "trop lourd pour être remis")
    practice = links.practice_of(sent.holder_id)
    if practice is None or not links.still_writes(practice, sent.thread):
        raise SetAside(Status.QUEUED, "son auteur n’a plus accès à la conversation")
    if not links.still_reads(practice, sent.thread_id):
        raise SetAside(Status.QUEUED, "son auteur n’a plus accès à la conversation")
    assert isinstance(mail, EmailMessage)  # noqa: S101  (the parser's policy)
    answer = answer_of(mail, sent.thread)
    text = with_refusals(answer)
    if not text and not answer.files:
        raise SetAside(Status.QUEUED, "sans texte ni pièce jointe")
    with acting.acting(links.writer(practice, channel="mail")):
        try:
            message, _ = services.send_message(
                sent.thread, text, key=key, files=answer.files,
                reply_to_id=sent.message_id, via=Written.Via.MAIL,
            )  # fmt: skip
        except Refused as refusal:
            raise SetAside(Status.QUEUED, refusal.message) from None
    return message


def _key(mail: Message, raw: bytes) -> UUID:
    name = str(mail.get("Message-ID", "")) or hashlib.sha256(raw).hexdigest()
    return uuid5(NAMESPACE_URL, f"mail:{name}")


# ------------------------------------------------------------------ what is no answer


def _bounce(mail: Message) -> None:
    """A report of non-delivery marks the mail it is about."""
    if mail.get_content_type() != "multipart/report":
        return
    text = "\n".join(
        str(value)
        for part in mail.walk()
        for name, value in part.items()
        if name.lower() in {"message-id", "in-reply-to", "references", "original-message-id"}
    )
    numbers = re.findall(r"<[^<>\s]+>", text)
    failed = OutgoingMail.objects.filter(mail_id__in=numbers)
    if failed.update(status=OutgoingMail.Status.BOUNCED, why="non remis"):
        raise SetAside(Status.IGNORED, "avis de non-remise, signalé dans la conversation")
    raise SetAside(Status.IGNORED, "avis de remise ou de non-remise")


def _not_automatic(mail: Message) -> None:
    automatic = (
        str(mail.get("Auto-Submitted", "no")).strip().lower().split(";")[0] not in {"", "no"}
        or any(mail.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Liane", "List-Id"))
        or str(mail.get("Precedence", "")).lower() in {"bulk", "junk", "list", "auto_reply"}
        or str(mail.get("Return-Path", "")).strip() == "<>"
    )
    if automatic:
        raise SetAside(Status.IGNORED, "réponse automatique ou envoi en nombre")


# ------------------------------------------------------------------ whose answer


def _answered(mail: Message) -> OutgoingMail | None:
    addresses = [
        address
        for name in ADDRESSED
        for _, address in getaddresses([str(v) for v in mail.get_all(name, [])])
    ]
    rows = OutgoingMail.objects.select_related("thread__person")
    pk = outside.answered(addresses)
    if pk is not None:
        found: OutgoingMail | None = rows.filter(pk=pk).first()
        return found
    numbers = re.findall(
        r"<[^<>\s]+>", f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}"
    )
    return rows.filter(mail_id__in=numbers).order_by("-created_at").first() if numbers else None


# ------------------------------------------------------------------ what it says


def answer_of(mail: EmailMessage, thread: Thread) -> Answer:
    """What a mail says, its files received for ``thread``."""
    answer = Answer(own_words(text_of(mail)))
    for part in list(mail.iter_attachments())[:MOST_FILES]:
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content:
            continue
        name = part.get_filename() or "piece-jointe"
        opened = _opened(content, name, thread)
        if opened is not None:
            answer.files += opened.files
            answer.notes += opened.words
            continue
        try:
            answer.files.append(
                store.receive_bytes(
                    content,
                    name=name,
                    declared=part.get_content_type(),
                    person_id=thread.person_id,
                    organisation_id=thread.author_organisation_id,
                )
            )
        except Refused as refusal:
            answer.refused.append(refusal.message)
    return answer


def _opened(content: bytes, name: str, thread: Thread) -> registry.OpenedPart | None:
    found = (read(content, name, thread) for read in registry.mail_openers)
    return next((one for one in found if one is not None), None)


def with_refusals(answer: Answer) -> str:
    """The text of an answer, and what of it was refused."""
    notes = [*answer.notes, *(f"[Pièce jointe refusée : {one}]" for one in answer.refused)]
    return "\n".join(part for part in [answer.text, *notes] if part)


def text_of(mail: EmailMessage) -> str:
    """The readable text of a mail."""
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, UnicodeError):
        payload = body.get_payload(decode=True)
        content = payload.decode("latin-1") if isinstance(payload, bytes) else ""
    return _plain(content) if body.get_content_type() == "text/html" else content


def own_words(text: str) -> str:
    """The answer without what it quotes, nor the signature after ``-- ``."""
    kept: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if QUOTED.match(line) or line.rstrip("\n") == "-- ":
            break
        kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:9000]


class _Words(HTMLParser):
    """The visible text of a page, one line for each block."""

    HIDDEN = frozenset({"script", "style", "head", "title", "blockquote"})
    BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Blocks begin a line; quoted and hidden parts are left out."""
        if tag in self.HIDDEN:
            self.hidden += 1
        elif tag in self.BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Come out of a hidden part."""
        if tag in self.HIDDEN:
            self.hidden = max(self.hidden - 1, 0)

    def handle_data(self, data: str) -> None:
        """Keep what can be read."""
        if not self.hidden:
            self.found.append(" ".join(data.split()) + (" " if data.endswith(" ") else ""))


def _plain(markup: str) -> str:
    words = _Words()
    words.feed(markup)
    return "".join(words.found)
