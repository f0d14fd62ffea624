"""Who hears of an accompaniment, and the periodic reminders. Everything is addressed by name."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from liane.core import acting, journal
from liane.core.audience import Audience
from liane.core.models import Entry
from liane.followups import ending, steps
from liane.followups.models import Accompaniment, Reminder
from liane.referrals.models import Referral

NAMED = Audience(team=False)
MORNING = dt.time(7)
"""From then on, local time, the reminders of the day are told."""
GRACE = dt.timedelta(days=1)
"""An accompaniment opened less than this ago may have nothing planned yet."""
AGAIN = dt.timedelta(days=7)
"""After so long without anything planned, its case manager is reminded again."""
MANY = 500


def told_of(entry: Entry) -> Collection[UUID]:
    """The case manager, else the organisation; at an exit, the requester and the doctor."""
    with acting.acting(acting.system("file active : destinataires")):
        row = Accompaniment.objects.filter(pk__in=[entry.object_id]).first()
        if row is None:
            return []
        if entry.kind != "followup.ended":
            return [row.case_manager_id or row.organisation_id]
        doctor = ending.doctor_of(row)
        asked = Referral.objects.filter(pk__in=[row.request_id]).values_list(
            "requester_id", flat=True
        )
        holders = [*asked, doctor.pk if doctor is not None else None]
        return [holder for holder in holders if holder is not None]


def remind(now: dt.datetime | None = None) -> int:
    """Periodic: on the morning of its day, whoever follows the person is reminded, once."""
    now = timezone.localtime(now)
    if now.time() < MORNING:
        return 0
    told = 0
    with acting.acting(acting.system("rappels de la file active")):
        due = Reminder.objects.filter(due_on__lte=now.date(), told_on=None, settled_at=None)
        for pk in list(due.values_list("pk", flat=True)[:MANY]):
            with transaction.atomic():
                row = due.select_for_update().filter(pk=pk).first()
                if row is None:
                    continue
                row.told_on = now.date()
                row.save(update_fields=["told_on"])
                journal.append(
                    "followup.reminder", person_id=row.person_id, object_id=row.accompaniment_id,
                    to=NAMED,
                )  # fmt: skip
                told += 1
    return told


def watch(now: dt.datetime | None = None) -> int:
    """Periodic: put in order what time alone moved, and remind of persons with nothing planned.

    Returns how many case managers' reminders were written.
    """
    now = timezone.localtime(now)
    told = 0
    with acting.acting(acting.system("file active : rien de prévu")):
        open_rows = Accompaniment.objects.filter(closed_at=None)
        past = open_rows.filter(next_kind="visit", next_at__lt=now)
        steps.refresh(list(past.values_list("person_id", flat=True)[:MANY]))
        idle = open_rows.filter(
            Q(nothing_told=None) | Q(nothing_told__lte=now.date() - AGAIN),
            next_kind="",
            opened_at__lt=now - GRACE,
        )
        persons = list(idle.values_list("person_id", flat=True)[:MANY])
        steps.refresh(persons)
        for pk in list(idle.filter(person_id__in=persons).values_list("pk", flat=True)):
            with transaction.atomic():
                row = idle.select_for_update().filter(pk=pk).first()
                if row is None:
                    continue
                row.nothing_told = now.date()
                row.save(update_fields=["nothing_told"])
                journal.append(
                    "followup.nothing", person_id=row.person_id, object_id=row.pk, to=NAMED
                )
                told += 1
    return told


SAID = {
    "followup.opened": "Un accompagnement s’ouvre pour {name}",
    "followup.assigned": "{who} vous confie {name}",
    "followup.reminder": "Un rappel du jour pour {name}",
    "followup.nothing": "Rien n’est prévu pour {name} : que reste-t-il à faire ?",
    "followup.ended": "{who} termine l’accompagnement de {name}",
}


def sentence(entry: Any, person: Any) -> str:
    """A notification inside the application."""
    name = person.short_name if person is not None else "quelqu’un"
    return SAID[entry.kind].format(who=entry.actor_label, name=name)


def link(entry: Any) -> str:
    """Where it leads."""
    return f"/personnes/{entry.person_id}/accompagnement/"
