"""Participants without an account: a signed link to one meeting, and a code that travels apart.

The mechanism is that of conversations (`messaging.links`). The link leaves by mail without a name
of a person nor a word of health; the code by text message, or spoken by whoever convenes. It opens
this meeting and nothing else; it dies when the participant is taken off, leaves the circle, is
opposed by the person, or when the next mail brings another one.
"""

import datetime as dt
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, keys, ledger, sms
from liane.core.acting import Actor, system
from liane.core.errors import Refused
from liane.core.ids import parse
from liane.core.jobs import TRIES, backoff
from liane.directory.models import Practice
from liane.meetings import calendars, rules
from liane.meetings.models import Meeting, MeetingLink, Participant
from liane.messaging import links as doors

log = structlog.get_logger(__name__)
PURPOSE = "meeting-link"
LEASE = dt.timedelta(minutes=5)
Occasion = MeetingLink.Occasion


def path_of(link: MeetingLink) -> str:
    """The address of a link: its number, signed."""
    return f"/concertations/lien/{link.pk.hex}.{keys.sign(_signed(link), purpose=PURPOSE)}/"


def _signed(link: MeetingLink) -> str:
    return f"{link.pk}:{link.meeting_id}:{link.participant_id}"


def open_for(one: Participant, occasion: str) -> MeetingLink | None:
    """A link for a participant without an account, who has an address; the former ones die.

    Inside the caller's transaction.
    """
    if not one.is_outside or not _address(one):
        return None
    close(one, by="nouveau lien")
    made: MeetingLink = MeetingLink.objects.create(
        meeting_id=one.meeting_id,
        person_id=one.person_id,
        participant=one,
        holder_id=one.practice_id or one.pk,
        label=one.label,
        occasion=occasion,
        expires_at=_until(one.meeting, occasion),
    )
    return made


def open_all(meeting: Meeting, occasion: str) -> None:
    """The same for every participant outside (those who read the minutes, when these are sent)."""
    rows = Participant.objects.filter(meeting=meeting, dropped_at=None)
    reading = occasion in {Occasion.MINUTES, Occasion.SENT}
    for one in rows.select_related("meeting", "practice__professional", "practice__organisation"):
        if reading and not rules.approves(one.practice, one.person_id):
            continue
        open_for(one, occasion)


def _address(one: Participant) -> str:
    if one.practice is None:
        return one.email
    return one.practice.email or one.practice.organisation.email


def _until(meeting: Meeting, occasion: str) -> dt.datetime:
    """A week after what it is about: the last moment proposed, the meeting, the silence."""
    now = timezone.now()
    if occasion == Occasion.MINUTES:
        now += dt.timedelta(days=settings.LIANE_MINUTES_SILENCE_DAYS)
    elif occasion in {Occasion.POLL, Occasion.DATED}:
        last = meeting.slots.order_by("-starts_at").values_list("starts_at", flat=True).first()
        now = max(now, meeting.starts_at or last or now)
    return now + MeetingLink.LIFE


def close(one: Participant, *, by: str = "") -> None:
    """Close every link of a participant, at once."""
    MeetingLink.objects.filter(participant=one, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=(by or acting.current().label)[:200]
    )


def resolve(token: str) -> MeetingLink | None:
    """The living link of ``token``, whose participant still takes part and still may. Else None."""
    number, _, signature = token.partition(".")
    pk = parse(number)
    if pk is None:
        return None
    with acting.acting(system("lien signé")):
        rows = MeetingLink.objects.select_related(
            "meeting__person", "meeting__convener__professional", "meeting__convener__organisation",
            "participant__practice__professional", "participant__practice__organisation",
        )  # fmt: skip
        link = rows.filter(pk=pk).first()
        if link is None or not keys.signature_holds(_signed(link), signature, purpose=PURPOSE):
            return None
        if not link.living or link.participant.dropped_at is not None:
            return None
        one = link.participant
        if one.practice is None:
            return None if rules.opposed(one.person_id, one.email) else link
    return link if _still_takes_part(one.practice, link.meeting_id) else None


def _still_takes_part(practice: Practice, meeting_id: UUID) -> bool:
    if doors.practice_of(practice.pk) is None or practice.professional.user_id is not None:
        return False
    actor = doors.reader(practice)
    with acting.acting(actor):
        return bool(Meeting.objects.within(Reach.of(actor)).filter(pk=meeting_id).exists())


def actor_of(link: MeetingLink) -> Actor:
    """Who reads and writes behind a link, once :func:`resolve` let it in: this meeting alone."""
    practice = link.participant.practice
    if practice is not None:
        return doors.writer(practice)
    return Actor(kind="system", label=f"{link.label} (lien signé)", channel="link")


def mobile_of(link: MeetingLink) -> str:
    """The mobile number known for a participant."""
    one = link.participant
    if one.practice is not None:
        return doors.mobile_of(one.practice)
    return sms.mobile(one.phone)


def spoken_code(link: MeetingLink) -> str:
    """A code for whoever keeps the meeting to say on the telephone."""
    rules.require_convener(link.meeting)
    if not link.living:
        raise Refused("Ce lien n’est plus valable.")
    with transaction.atomic():
        ledger.wrote(link.person_id, "link", object_id=link.pk, purpose="code donné de vive voix")
    return doors.new_code(link)


# ------------------------------------------------------------------ the mail


def send_waiting(most: int = 50) -> int:
    """Send the mails that wait (periodic work): tried again with a growing pause, eight times."""
    if not settings.LIANE_MSS_URL:
        return 0
    now = timezone.now()
    with acting.acting(system("convocations par mail")):
        due = MeetingLink.objects.filter(
            mailed_at=None, revoked_at=None, next_at__lte=now, mail_tries__lt=TRIES
        )
        waiting = list(due.order_by("next_at").values_list("pk", flat=True)[:most])
        return sum(_send_one(pk, now) for pk in waiting)


def _send_one(pk: UUID, now: dt.datetime) -> bool:
    mine = MeetingLink.objects.filter(pk=pk, mailed_at=None, next_at__lte=now)
    if not mine.update(next_at=now + LEASE):
        return False
    link = MeetingLink.objects.select_related(
        "meeting", "participant__practice__professional", "participant__practice__organisation"
    ).get(pk=pk)
    try:
        _mail(link).send(using="mss")
    except Exception as error:
        log.warning("meeting_mail_failed", error=type(error).__name__, tries=link.mail_tries + 1)
        MeetingLink.objects.filter(pk=pk).update(
            mail_tries=link.mail_tries + 1,
            next_at=now + backoff(link.mail_tries + 1),
            mail_why=type(error).__name__[:100],
        )
        return False
    MeetingLink.objects.filter(pk=pk).update(mailed_at=timezone.now(), mail_why="")
    return True


WORDS = {
    Occasion.POLL: (
        "Une réunion de concertation : quand êtes-vous libre ?",
        "vous convie à une réunion de concertation. Dites quelles dates vous conviennent",
    ),
    Occasion.DATED: (
        "La date de la réunion de concertation est fixée",
        "a fixé la date de la réunion de concertation. Pour la connaître",
    ),
    Occasion.CANCELLED: (
        "La réunion de concertation est annulée",
        "annule la réunion de concertation. Pour savoir pourquoi",
    ),
    Occasion.MINUTES: (
        "Un compte rendu de réunion à approuver",
        "vous soumet le compte rendu de la réunion de concertation. Pour le lire et l’approuver",
    ),
    Occasion.SENT: (
        "Le compte rendu de la réunion de concertation",
        "vous envoie le compte rendu approuvé de la réunion de concertation. Pour le lire",
    ),
}


def _mail(link: MeetingLink) -> EmailMessage:
    """No name of a person, no word of health: who writes, what about, the link."""
    subject, what = WORDS[Occasion(link.occasion)]
    body = (
        f"Bonjour,\n\nL’équipe qui suit avec vous l’un de vos patients {what}, "
        "sans compte ni mot de passe :\n"
        f"{settings.LIANE_PUBLIC_URL}{path_of(link)}\n\n"
        "Le lien vous est personnel. Un code vous sera demandé : il arrive par SMS, ou l’équipe "
        "vous le donne au téléphone.\n\nUrgence vitale : appelez le 15.\n"
    )
    mail = EmailMessage(
        subject=f"{subject} · Liane",
        body=body,
        from_email=f"Liane <{settings.LIANE_MSS_FROM}>",
        to=[_address(link.participant)],
        headers={"Auto-Submitted": "auto-generated", "X-Liane": "1"},
    )
    if link.occasion == Occasion.DATED:
        mail.attach("reunion.ics", calendars.render(link.meeting), "text/calendar")
    return mail
