"""The attending doctor without an account: a signed link to one version, and a code.

The mechanism is that of conversations (`messaging.links`): the link travels by health mail, the
code by text message or spoken by the team, the doctor's own reach decides at each request. It
opens this version and nothing else, and dies with the next one.
"""

import datetime as dt
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from liane.careplans import rules
from liane.careplans.models import PlanLink, PlanVersion
from liane.circle.reach import Reach
from liane.core import acting, keys, ledger
from liane.core.acting import system
from liane.core.areas import Area
from liane.core.errors import Refused
from liane.core.ids import parse
from liane.core.jobs import TRIES, backoff
from liane.directory.models import Practice
from liane.messaging import links as doors

log = structlog.get_logger(__name__)
PURPOSE = "plan-link"
LEASE = dt.timedelta(minutes=5)


def path_of(link: PlanLink) -> str:
    """The address of a link: its number, signed."""
    return f"/plan/lien/{link.pk.hex}.{keys.sign(_signed(link), purpose=PURPOSE)}/"


def _signed(link: PlanLink) -> str:
    return f"{link.pk}:{link.version_id}:{link.holder_id}"


def open_for(version: PlanVersion) -> PlanLink | None:
    """A link for the attending doctor, when they have no account but a mail address.

    The links of former versions die. Inside the caller's transaction.
    """
    now = timezone.now()
    PlanLink.objects.filter(plan_id=version.plan_id, revoked_at=None).update(
        revoked_at=now, revoked_by="nouvelle version"
    )
    doctor = rules.doctor_of(version.person_id)
    practice = doctor.practice if doctor is not None else None
    if practice is None or practice.professional.user_id is not None:
        return None
    if not (practice.email or practice.organisation.email) or not _reads(practice, version):
        return None
    made: PlanLink = PlanLink.objects.create(
        plan_id=version.plan_id,
        person_id=version.person_id,
        version=version,
        holder_id=practice.pk,
        label=practice.professional.name,
        expires_at=now + dt.timedelta(days=settings.LIANE_PLAN_SILENCE_DAYS) + PlanLink.LIFE,
    )
    return made


def resolve(token: str) -> tuple[PlanLink, Practice] | None:
    """The living link of ``token`` and its doctor, who still reads the plan. Else None."""
    number, _, signature = token.partition(".")
    pk = parse(number)
    if pk is None:
        return None
    with acting.acting(system("lien signé")):
        link = PlanLink.objects.select_related("version", "plan__person").filter(pk=pk).first()
        if link is None or not keys.signature_holds(_signed(link), signature, purpose=PURPOSE):
            return None
        practice = doors.practice_of(link.holder_id)
        doctor = rules.doctor_of(link.person_id)
    if practice is None or not link.living or doctor is None or doctor.practice_id != practice.pk:
        return None
    return (link, practice) if _reads(practice, link.version) else None


def _reads(practice: Practice, version: PlanVersion) -> bool:
    actor = doors.reader(practice)
    with acting.acting(actor):
        rows = PlanVersion.objects.within(Reach.of(actor)).filter(pk=version.pk)
        return bool(rows.exists()) and Reach.of(actor).may_write(Area.CARE_PLAN, version.person_id)


def spoken_code(link: PlanLink) -> str:
    """A code for the team to say on the telephone."""
    rules.require_team(link.person_id)
    if not link.living:
        raise Refused("Ce lien n’est plus valable : envoyez de nouveau le plan.")
    with transaction.atomic():
        ledger.wrote(link.person_id, "link", object_id=link.pk, purpose="code donné de vive voix")
    return doors.new_code(link)


# ------------------------------------------------------------------ the mail


def send_waiting(most: int = 50) -> int:
    """Send the mails that wait (periodic work): tried again with a growing pause, eight times."""
    if not settings.LIANE_MSS_URL:
        return 0
    now = timezone.now()
    with acting.acting(system("envoi des plans à valider")):
        due = PlanLink.objects.filter(
            mailed_at=None, revoked_at=None, next_at__lte=now, mail_tries__lt=TRIES
        )
        waiting = list(due.order_by("next_at").values_list("pk", flat=True)[:most])
        return sum(_send_one(pk, now) for pk in waiting)


def _send_one(pk: UUID, now: dt.datetime) -> bool:
    mine = PlanLink.objects.filter(pk=pk, mailed_at=None, next_at__lte=now)
    if not mine.update(next_at=now + LEASE):
        return False
    link = PlanLink.objects.get(pk=pk)
    practice = doors.practice_of(link.holder_id)
    if practice is None:
        return False
    try:
        _mail(link, practice).send(using="mss")
    except Exception as error:
        log.warning("plan_mail_failed", error=type(error).__name__, tries=link.mail_tries + 1)
        PlanLink.objects.filter(pk=pk).update(
            mail_tries=link.mail_tries + 1,
            next_at=now + backoff(link.mail_tries + 1),
            mail_why=type(error).__name__[:100],
        )
        return False
    PlanLink.objects.filter(pk=pk).update(mailed_at=timezone.now(), mail_why="")
    return True


def _mail(link: PlanLink, practice: Practice) -> EmailMessage:
    """No name of a person, no word of the plan: only the link."""
    days = settings.LIANE_PLAN_SILENCE_DAYS
    body = (
        "Bonjour,\n\nL’équipe qui suit avec vous l’un de vos patients vous soumet un plan "
        "personnalisé de coordination en santé.\n\n"
        "Pour le lire, le valider ou dire ce qui est à reprendre, sans compte ni mot de passe :\n"
        f"{settings.LIANE_PUBLIC_URL}{path_of(link)}\n\n"
        "Le lien vous est personnel. Un code vous sera demandé : il arrive par SMS, ou l’équipe "
        f"vous le donne au téléphone. Sans réponse de votre part dans les {days} jours, le plan "
        "s’applique avec la mention « transmis, sans réponse » ; vous pourrez encore répondre.\n\n"
        "Urgence vitale : appelez le 15.\n"
    )
    return EmailMessage(
        subject="Un plan de coordination à valider sur Liane",
        body=body,
        from_email=f"Liane <{settings.LIANE_MSS_FROM}>",
        to=[practice.email or practice.organisation.email],
        headers={"Auto-Submitted": "auto-generated", "X-Liane": "1"},
    )
