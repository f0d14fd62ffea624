"""Verbs of campaigns: a selection of organisations, reached one by one or by mail, and what they
answered. A call is noted once: in the campaign, and from there in the contact log."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.core import acting
from liane.core.errors import Refused
from liane.core.idempotency import once
from liane.core.jobs import TRIES, backoff
from liane.core.models import author_of
from liane.core.states import transition
from liane.directory.models import Correspondent, Organisation
from liane.followups import contacts
from liane.followups.models import Contact
from liane.partners import rules
from liane.partners.models import Attempt, Campaign, CampaignStep, Target
from liane.partners.states import BY_HAND, CAMPAIGN, Outcome
from liane.partners.states import Campaign as Status

log = structlog.get_logger(__name__)
MOST = 500
"""Organisations of one campaign."""
LEASE = dt.timedelta(minutes=5)


def prepare(
    title: str, way: str, message: str, *, due_on: dt.date | None = None, key: UUID | None = None
) -> Campaign:
    """A new campaign, without anybody yet. The same ``key`` prepares it once."""
    house = rules.house(acting.current())
    if not title.strip():
        raise Refused("Donnez un titre à la campagne.", field="title")
    if way not in Campaign.Way.values:
        raise Refused("Choisissez : appels ou courriels.", field="way")
    if way == Campaign.Way.MAIL and not settings.LIANE_EMAIL_URL:
        raise Refused("Aucune messagerie n’est réglée ici : faites-la par appels.", field="way")
    if not message.strip():
        raise Refused("Écrivez ce qu’il faut dire.", field="message")

    def do() -> Campaign:
        who = author_of(acting.current())
        made = Campaign.objects.create(
            organisation_id=house, title=title.strip()[:150], way=way,
            message=message.strip()[:2000], due_on=due_on, **who,
        )  # fmt: skip
        CampaignStep.objects.create(campaign=made, after=Status.DRAFT, **who)
        return made

    return once(key, "partners.campaign", [title, way, message], Campaign, do)[0]


def select(campaign_id: UUID, organisations: Collection[UUID]) -> int:
    """Add organisations to a campaign, each once. Returns how many are new."""
    with transaction.atomic():
        row = _campaign(campaign_id)
        if row.status == Status.CLOSED:
            raise Refused("Cette campagne est terminée : rouvrez-la d’abord.")
        there = set(row.targets.values_list("partner_id", flat=True))
        known = Organisation.objects.filter(pk__in=organisations, active=True)
        wanted = [pk for pk in known.values_list("pk", flat=True)
                  if pk not in there and pk != row.organisation_id]  # fmt: skip
        if len(there) + len(wanted) > MOST:
            raise Refused(f"{MOST} structures au plus dans une campagne : faites-en deux.")
        now = timezone.now()
        mailing = row.way == Campaign.Way.MAIL and row.status == Status.RUNNING
        Target.objects.bulk_create(
            Target(campaign=row, partner_id=pk, mail_at=now if mailing else None) for pk in wanted
        )
    return len(wanted)


def run(campaign_id: UUID) -> Campaign:
    """Begin, or begin again. Mails not yet sent are due from now on."""
    with transaction.atomic():
        row = _campaign(campaign_id)
        if not row.targets.exists():
            raise Refused("Choisissez d’abord les structures.")
        transition(row, CAMPAIGN, Status.RUNNING)
        if row.way == Campaign.Way.MAIL:
            row.targets.filter(outcome=Outcome.TO_REACH).update(mail_at=timezone.now())
    return row


def close(campaign_id: UUID) -> Campaign:
    """It is over; what was not sent never leaves."""
    with transaction.atomic():
        row = _campaign(campaign_id)
        transition(row, CAMPAIGN, Status.CLOSED)
        row.targets.update(mail_at=None)
    return row


def note(
    target_id: UUID, outcome: str, answer: str = "", *, minutes: int | None = None,
    key: UUID | None = None,
) -> Attempt:  # fmt: skip
    """Somebody reached (or did not reach) an organisation of the campaign, and what it answered.

    Enters the contact log in the same act where the actor keeps it.
    """
    rules.house(acting.current())
    if outcome not in BY_HAND:
        raise Refused("Dites ce qu’il en est.", field="outcome")

    def do() -> Attempt:
        target = _target(target_id)
        contact_id = None
        if rules.logs(acting.current()):
            said = f"{target.campaign.title} : {Outcome(outcome).label}. {answer}".strip()
            contact_id = contacts.log(
                contacts.Said(
                    Contact.Channel.CALL, None, target.partner_id, minutes=minutes, note=said
                )
            ).pk
        return _attempt(target, outcome, answer, contact_id)

    content = [str(target_id), outcome, answer, minutes]
    return once(key, "partners.attempt", content, Attempt, do)[0]


def _attempt(target: Target, outcome: str, answer: str, contact_id: UUID | None) -> Attempt:
    made = Attempt.objects.create(
        target=target, outcome=outcome, answer=answer.strip()[:300], contact_id=contact_id,
        **author_of(acting.current()),
    )  # fmt: skip
    target.outcome, target.mail_at = outcome, None
    target.save(update_fields=["outcome", "mail_at"])
    return made


def _campaign(campaign_id: UUID) -> Campaign:
    house = rules.house(acting.current())
    rows = Campaign.objects.select_for_update().filter(pk=campaign_id, organisation_id=house)
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _target(target_id: UUID) -> Target:
    house = rules.house(acting.current())
    rows = Target.objects.select_for_update(of=("self",)).filter(
        pk=target_id, campaign__organisation_id=house
    )
    found = rows.select_related("campaign").first()
    if found is None:
        raise Http404
    if found.campaign.status != Status.RUNNING:
        raise Refused("La campagne n’est pas en cours : lancez-la d’abord.")
    return found


# ------------------------------------------------------------------ the mails
def send_waiting(most: int = 50) -> int:
    """Send the mails that wait (periodic work): tried again with a growing pause, eight times.

    Nothing where the installation has no mail server (``LIANE_EMAIL_URL``).
    """
    if not settings.LIANE_EMAIL_URL:
        return 0
    now = timezone.now()
    with acting.acting(acting.system("courriels de campagne")):
        due = Target.objects.filter(mail_at__lte=now, campaign__status=Status.RUNNING)
        waiting = list(due.order_by("mail_at").values_list("pk", flat=True)[:most])
        return sum(_send(pk, now) for pk in waiting)


def _send(pk: UUID, now: dt.datetime) -> bool:
    """Send one, under a lease. True when it left."""
    if not Target.objects.filter(pk=pk, mail_at__lte=now).update(mail_at=now + LEASE):
        return False
    target = Target.objects.select_related("campaign__organisation", "partner").get(pk=pk)
    address = address_of(target.partner)
    if not address:
        _attempt(target, Outcome.FAILED, "Aucune adresse connue : appelez.", None)
        return False
    try:
        _mail(target.campaign, address).send()
    except Exception as error:
        log.warning("campaign_mail_failed", error=type(error).__name__, tries=target.mail_tries + 1)
        target.mail_tries += 1
        if target.mail_tries >= TRIES:
            _attempt(target, Outcome.FAILED, "Le serveur de messagerie refuse : appelez.", None)
        else:
            target.mail_at = now + backoff(target.mail_tries)
        target.save(update_fields=["mail_at", "mail_tries"])
        return False
    _attempt(target, Outcome.MAILED, "", None)
    return True


def address_of(partner: Organisation) -> str:
    """Where a mail reaches an organisation: its own address, else that of somebody to call."""
    if partner.email:
        return partner.email
    rows = Correspondent.objects.filter(organisation=partner, ended_at=None).exclude(email="")
    return rows.order_by("-confirmed_at").values_list("email", flat=True).first() or ""


def _mail(campaign: Campaign, address: str) -> EmailMessage:
    house = campaign.organisation
    phone = f"\nTéléphone : {house.phone}" if house.phone else ""
    return EmailMessage(
        campaign.title,
        f"{campaign.message}\n\n{campaign.author_label}, {house.name}{phone}\n",
        settings.DEFAULT_FROM_EMAIL,
        [address],
        reply_to=[house.email] if house.email else None,
    )
