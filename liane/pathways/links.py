"""« Vos séances » of the month: a signed link, and a code, for a professional without an account.

The mechanism is that of conversations (`messaging.links`): the link travels by health mail, the
code by text message or spoken by the structure, the professional's own reach decides at each
request. It shows the acts entered in their name and the slots that wait for a word, nothing else.
"""

import datetime as dt
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from liane.core import acting, keys, ledger, registry
from liane.core.acting import system
from liane.core.errors import Refused
from liane.core.ids import parse
from liane.core.jobs import TRIES, backoff
from liane.directory.models import Practice
from liane.messaging import links as doors
from liane.pathways import rules
from liane.pathways.models import Confirmation, SessionLink, SlotPart
from liane.pathways.states import ConfirmationStatus, SlotAnswer, SlotStatus

log = structlog.get_logger(__name__)
PURPOSE = "sessions-link"
LEASE = dt.timedelta(minutes=5)
LIFE = dt.timedelta(days=35)
"""A month to answer, and a few days."""


def path_of(link: SessionLink) -> str:
    """The address of a link: its number, signed."""
    return f"/seances/lien/{link.pk.hex}.{keys.sign(_signed(link), purpose=PURPOSE)}/"


def _signed(link: SessionLink) -> str:
    return f"{link.pk}:{link.holder_id}:{link.month.isoformat()}"


def open_month(now: dt.datetime | None = None) -> int:
    """Periodic: a link of this month for each professional outside who is waited for: acts to
    confirm, slots to answer, payments to confirm.

    Those who have an account find them there. Returns how many links were made.
    """
    month = timezone.localdate(now).replace(day=1)
    made = 0
    with acting.acting(system("vos séances du mois")):
        waiting = Confirmation.objects.filter(
            status=ConfirmationStatus.PENDING, intervention__undo=None,
            practice__professional__user=None,
        ).values_list("practice_id", flat=True)  # fmt: skip
        asked = SlotPart.objects.filter(
            answer=SlotAnswer.WAITING, proposal__status=SlotStatus.OPEN,
            practice__professional__user=None,
        ).values_list("practice_id", flat=True)  # fmt: skip
        have = set(SessionLink.objects.filter(month=month).values_list("holder_id", flat=True))
        others = {pk for part in registry.link_parts for pk in part.waiting()}
        for practice_id in {*waiting.order_by(), *asked.order_by(), *others} - have:
            made += _open(practice_id, month)
    return made


def _open(practice_id: UUID, month: dt.date) -> bool:
    practice = doors.practice_of(practice_id)
    if practice is None:
        return False
    try:
        with transaction.atomic():
            SessionLink.objects.create(
                holder_id=practice.pk, month=month, label=practice.professional.name,
                expires_at=timezone.now() + LIFE,
            )  # fmt: skip
    except IntegrityError:
        return False
    return True


def resolve(token: str) -> tuple[SessionLink, Practice] | None:
    """The living link of ``token`` and its professional, still practising. Else None."""
    number, _, signature = token.partition(".")
    pk = parse(number)
    if pk is None:
        return None
    with acting.acting(system("lien signé")):
        link = SessionLink.objects.filter(pk=pk).first()
        if link is None or not keys.signature_holds(_signed(link), signature, purpose=PURPOSE):
            return None
        practice = doors.practice_of(link.holder_id)
    return (link, practice) if practice is not None and link.living else None


def spoken_code(practice_id: UUID) -> tuple[SessionLink, str]:
    """The month's link of a professional and a code to say on the telephone: the structure that
    runs a project with them may ask for it."""
    from liane.pathways.models import Signatory

    actor = acting.current()
    signed = Signatory.objects.filter(practice_id=practice_id).select_related("project")
    if not any(rules.runs(actor, one.project.organisation_id) for one in signed):
        raise Http404
    with acting.acting(system("vos séances du mois")):
        link = (
            SessionLink.objects.filter(holder_id=practice_id, revoked_at=None)
            .order_by("-month")
            .first()
        )
    if link is None or not link.living:
        raise Refused("Aucun lien du mois pour ce professionnel : il n’a rien à confirmer.")
    with transaction.atomic():
        ledger.wrote(None, "link", object_id=link.pk, purpose="code donné de vive voix")
    return link, doors.new_code(link)


# ------------------------------------------------------------------ the mail
def send_waiting(most: int = 50) -> int:
    """Send the mails that wait (periodic work): tried again with a growing pause, eight times."""
    if not settings.LIANE_MSS_URL:
        return 0
    now = timezone.now()
    with acting.acting(system("envoi des séances à confirmer")):
        due = SessionLink.objects.filter(
            mailed_at=None, revoked_at=None, next_at__lte=now, mail_tries__lt=TRIES
        )
        waiting = list(due.order_by("next_at").values_list("pk", flat=True)[:most])
        return sum(_send_one(pk, now) for pk in waiting)


def _send_one(pk: UUID, now: dt.datetime) -> bool:
    mine = SessionLink.objects.filter(pk=pk, mailed_at=None, next_at__lte=now)
    if not mine.update(next_at=now + LEASE):
        return False
    link = SessionLink.objects.get(pk=pk)
    practice = doors.practice_of(link.holder_id)
    if practice is None or not (practice.email or practice.organisation.email):
        return False
    try:
        _mail(link, practice).send(using="mss")
    except Exception as error:
        log.warning("sessions_mail_failed", error=type(error).__name__, tries=link.mail_tries + 1)
        SessionLink.objects.filter(pk=pk).update(
            mail_tries=link.mail_tries + 1, next_at=now + backoff(link.mail_tries + 1),
            mail_why=type(error).__name__[:100],
        )  # fmt: skip
        return False
    SessionLink.objects.filter(pk=pk).update(mailed_at=timezone.now(), mail_why="")
    return True


def _mail(link: SessionLink, practice: Practice) -> EmailMessage:
    """No name of a person, no act: only the link."""
    body = (
        "Bonjour,\n\nUn parcours coordonné attend votre réponse : des séances notées en votre nom "
        "ou un créneau proposé. Répondez, ou dites ce qui ne va pas, sans compte ni mot de "
        "passe :\n"
        f"{settings.LIANE_PUBLIC_URL}{path_of(link)}\n\n"
        "Le lien vous est personnel. Un code vous sera demandé : il arrive par SMS, ou la "
        "structure vous le donne au téléphone. Tant qu’une séance n’est pas confirmée, elle "
        "n’est pas payée.\n"
    )
    return EmailMessage(
        subject="Vos séances du mois sur Liane",
        body=body,
        from_email=f"Liane <{settings.LIANE_MSS_FROM}>",
        to=[practice.email or practice.organisation.email],
        headers={"Auto-Submitted": "auto-generated", "X-Liane": "1"},
    )
