"""Short words for the stories that tests of the agenda tell."""

import datetime as dt
from contextlib import AbstractContextManager
from typing import Any

from django.utils import timezone

from liane.agenda import services
from liane.agenda.models import Appointment
from liane.agenda.visit import Visit
from liane.core import acting
from liane.core.acting import Actor
from liane.directory.models import Practice
from liane.patients.models import Patient
from tests import factories as make


def as_(who: Practice | str) -> AbstractContextManager[Actor]:
    """Act as somebody."""
    return acting.acting(make.actor(who))


def tomorrow(hour: int = 9, days: int = 1) -> dt.datetime:
    """A local hour, tomorrow unless told otherwise."""
    local = timezone.localtime() + dt.timedelta(days=days)
    return local.replace(hour=hour, minute=0, second=0, microsecond=0)


def ago(minutes: int = 5) -> dt.datetime:
    """A moment of today, just past (midnight at the earliest)."""
    now = timezone.localtime()
    return max(now - dt.timedelta(minutes=minutes), now.replace(hour=0, minute=0, second=0))


def planned(
    by: Practice, person: Patient, at: dt.datetime | None = None, **more: Any
) -> Appointment:
    """A visit that ``by`` planned for themselves."""
    values: dict[str, Any] = {"practice_id": by.pk, **more}
    with as_(by):
        return services.plan_visit(Visit(person.pk, at or tomorrow(), **values))


def status(visit: Appointment) -> str:
    """The status as it is now."""
    with acting.acting(acting.system("test")):
        return str(Appointment.objects.get(pk=visit.pk).status)


def statuses() -> dict[Any, str]:
    """Every appointment's status."""
    with acting.acting(acting.system("test")):
        return dict(Appointment.objects.values_list("pk", "status"))
