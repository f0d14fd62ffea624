"""The contact log and the reminders: what was said to whom, and when to come back to it."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.audience import only_organisation
from liane.core.errors import NotAllowed, Refused
from liane.core.idempotency import once
from liane.core.models import author_of
from liane.directory.models import Organisation
from liane.followups import rules, steps
from liane.followups.models import Accompaniment, Contact, Reminder

LONGEST = 4_000
DAY = 24 * 60
"""Minutes of the longest contact."""


@dataclass(frozen=True)
class Said:
    """One contact: about a person, with a partner organisation, or both.

    ``minutes`` is its length. ``again_on`` and ``again``: when to come back to it, and for what.
    """

    channel: str
    person_id: UUID | None = None
    partner_id: UUID | None = None
    direction: str = Contact.Direction.OUT
    at: dt.datetime | None = None
    minutes: int | None = None
    note: str = ""
    again_on: dt.date | None = None
    again: str = ""


def log(said: Said, *, key: UUID | None = None) -> Contact:
    """Write a contact in the organisation's own log. The same ``key`` writes it once.

    Raises Http404 for a person out of reach, Refused for a contact with nobody or in the future.
    """
    house = _house(said.person_id)
    _check(said)

    def do() -> Contact:
        who = author_of(acting.current())
        made = Contact(
            organisation_id=house, person_id=said.person_id, partner_id=said.partner_id,
            channel=said.channel, direction=said.direction, at=said.at or timezone.now(),
            minutes=said.minutes, **who,
        )  # fmt: skip
        made.note = said.note.strip()
        made.save(force_insert=True)
        if said.person_id is not None:
            journal.append(
                "followup.contact", person_id=said.person_id, object_id=made.pk,
                occurred_at=made.at, announce=False, to=only_organisation(house),
            )  # fmt: skip
        ledger.wrote(said.person_id, "working_file", object_id=made.pk, purpose="contact")
        if said.again_on is not None and said.person_id is not None:
            _remind(_open(said.person_id, house), said.again_on, said.again)
        return made

    content = [said.channel, said.person_id, said.partner_id, said.direction, said.minutes,
               said.note, said.again_on, said.again]  # fmt: skip
    return once(key, "followups.contact", content, Contact, do)[0]


def remind(person_id: UUID, on: dt.date, text: str, *, key: UUID | None = None) -> Reminder:
    """« Y revenir le … » about a person whom the organisation supports."""
    house = _house(person_id)
    if not text.strip():
        raise Refused("Dites ce qu’il faudra faire.", field="again")
    _check_day(on)

    def do() -> Reminder:
        return _remind(_open(person_id, house), on, text)

    return once(key, "followups.remind", [person_id, on, text], Reminder, do)[0]


def settle(reminder_id: UUID) -> Reminder:
    """« C’est fait ». Saying it twice changes nothing."""
    actor = acting.current()
    with transaction.atomic():
        rows = Reminder.objects.within(Reach.of(actor)).filter(pk=reminder_id)
        found: Reminder | None = rows.select_for_update(of=("self",)).first()
        if found is None:
            raise Http404
        if not rules.keeps(actor, found.organisation_id, found.person_id):
            raise NotAllowed
        if found.settled_at is None:
            found.settled_at, found.settled_by = timezone.now(), actor.label
            found.save(update_fields=["settled_at", "settled_by"])
            ledger.wrote(found.person_id, "working_file", object_id=found.pk, purpose="rappel fait")
            steps.refresh([found.person_id])
    return found


def _remind(row: Accompaniment, on: dt.date, text: str) -> Reminder:
    made = Reminder(
        accompaniment=row, organisation_id=row.organisation_id, person_id=row.person_id,
        due_on=on, **author_of(acting.current()),
    )  # fmt: skip
    made.text = text.strip()[:300] or "Reprendre contact"
    made.save(force_insert=True)
    ledger.wrote(row.person_id, "working_file", object_id=made.pk, purpose="rappel")
    steps.refresh([row.person_id])
    return made


def _open(person_id: UUID, house: UUID) -> Accompaniment:
    rows = Accompaniment.objects.within(Reach.of(acting.current()))
    found: Accompaniment | None = rows.filter(
        person_id=person_id, organisation_id=house, closed_at=None
    ).first()
    if found is None:
        raise Refused(
            "Un rappel se pose sur un accompagnement ouvert : ouvrez-le d’abord.", field="again_on"
        )
    return found


def _house(person_id: UUID | None) -> UUID:
    """The organisation in whose log the actor writes. Raises NotAllowed, Http404."""
    actor = acting.current()
    house = actor.organisation_id
    if house is None or not rules.has_file(actor):
        raise NotAllowed
    if person_id is None or rules.keeps(actor, house, person_id):
        return house
    if Reach.of(actor).patients().filter(pk=person_id).exists():
        raise NotAllowed
    raise Http404


def _check(said: Said) -> None:
    if said.channel not in Contact.Channel.values:
        raise Refused("Choisissez le moyen : appel, message, visite ou réunion.", field="channel")
    if said.direction not in Contact.Direction.values:
        raise Refused("Dites qui a pris contact.", field="direction")
    if said.person_id is None and said.partner_id is None:
        raise Refused("Dites avec qui.", field="partner")
    known = Organisation.objects.filter(pk__in=[said.partner_id], active=True)
    if said.partner_id is not None and not known.exists():
        raise Refused("Cette structure n’est pas connue ici.", field="partner")
    if said.at is not None and said.at > timezone.now() + dt.timedelta(minutes=5):
        raise Refused("Ce moment est à venir : posez plutôt un rappel.", field="at")
    if said.minutes is not None and not 0 < said.minutes <= DAY:
        raise Refused("La durée va de 1 à 1 440 minutes.", field="minutes")
    if len(said.note) > LONGEST:
        raise Refused("4 000 signes au plus : gardez l’essentiel.", field="note")
    if said.again_on is not None:
        _check_day(said.again_on)


def _check_day(on: dt.date) -> None:
    today = timezone.localdate()
    if not today <= on <= today + dt.timedelta(days=3 * 366):
        raise Refused("Choisissez un jour à venir, dans les trois ans.", field="again_on")
