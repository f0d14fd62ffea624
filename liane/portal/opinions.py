"""The supports about which a person may say what they think: which ones, and which are left."""

import datetime as dt
from uuid import UUID

from django.utils import timezone

from liane.assessments import giving
from liane.core import acting
from liane.followups.models import Accompaniment
from liane.patients.models import Patient
from liane.patients.queries import cluster_ids

OPEN_SINCE = dt.timedelta(days=30)
"""A support is judged once it has lasted this long, or once it has ended…"""
ENDED_WITHIN = dt.timedelta(days=180)
"""… and no later than this after its end."""


def asked(person: Patient) -> list[Accompaniment]:
    """The supports that wait for the person's opinion, the oldest first. Three queries at most.

    Read by a machine: the file of a support is its organisation's; that it follows her, and its
    name, are told to the person.
    """
    if giving.questionnaire() is None:
        return []
    now = timezone.now()
    with acting.acting(acting.system("avis attendus")):
        rows = Accompaniment.objects.filter(person_id__in=cluster_ids(person.pk)).select_related(
            "organisation"
        )
        found = [
            one
            for one in rows.order_by("opened_at")
            if (one.closed_at is None and one.opened_at < now - OPEN_SINCE)
            or (one.closed_at is not None and one.closed_at > now - ENDED_WITHIN)
        ]
    done = giving.answered([one.pk for one in found])
    return [one for one in found if one.pk not in done]


def one(person: Patient, accompaniment_id: UUID) -> Accompaniment | None:
    """One of them."""
    return next((found for found in asked(person) if found.pk == accompaniment_id), None)
