"""The agendas of one's colleagues: whoever answers the telephone of a structure knows who is where.

Each visit is read under the reader's own reach: a colleague's visit to somebody whose record the
reader may not open is not shown, and the page says so.
"""

import datetime as dt
from uuid import UUID

from liane.agenda import queries
from liane.agenda.choices import at_work
from liane.agenda.queries import Day
from liane.core import acting
from liane.directory.models import Absence, Practice


def colleagues() -> list[Practice]:
    """Who works in the structure for which one acts, oneself aside, by name. One query."""
    actor = acting.current()
    if actor.organisation_id is None:
        return []
    others = at_work().filter(organisation_id=actor.organisation_id).exclude(pk__in=actor.holders)
    return list(others)


def colleague(practice_id: UUID) -> Practice | None:
    """One of them; None for anybody else. One query."""
    return next((one for one in colleagues() if one.pk == practice_id), None)


def week_of(practice: Practice, monday: dt.date) -> list[Day]:
    """The week of a colleague, as far as the actor reaches. Three queries."""
    absences = Absence.objects.filter(
        practice=practice, starts_on__lte=monday + dt.timedelta(days=6), ends_on__gte=monday
    ).select_related("practice__organisation", "replaced_by__professional")
    return queries.week(queries.reached().filter(practice=practice), monday, absences)
