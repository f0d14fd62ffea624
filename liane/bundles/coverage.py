"""Rights of the person to the health insurance: entered once, replaced by a later row.

The insured's number is checked by its key; the fund by its nine digits (régime 2, caisse 3,
centre 4).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from liane.bundles import standing
from liane.bundles.models import Coverage
from liane.circle.access import require_write
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core import rows as plain
from liane.core.areas import Area
from liane.core.audience import Audience
from liane.core.errors import Refused
from liane.core.models import author_of
from liane.pathways.models import Enrolment, Rights
from liane.pathways.states import LIVING, READ
from liane.patients import ins

QUIET = Audience(team=False)


@dataclass(frozen=True)
class Said:
    """What somebody read on a card, a paper or on line."""

    number: str
    quality: str
    rank: int
    amo: str
    starts_on: dt.date
    ends_on: dt.date | None = None
    amo_name: str = ""
    amc: str = ""
    amc_name: str = ""
    exemption: str = ""
    exemption_from: dt.date | None = None
    exemption_until: dt.date | None = None
    seen: str = Coverage.Seen.CARD


def enter(person_id: UUID, said: Said) -> Coverage:
    """Write the person's rights from a day on. Raises Refused with the field to mend."""
    require_write(person_id, Area.MONEY)
    number = _number(said.number)
    _checked(said)
    actor = acting.current()
    with transaction.atomic():
        row = Coverage(
            person_id=person_id, quality=said.quality, rank=said.rank, amo=said.amo,
            amo_name=said.amo_name.strip(), amc=said.amc.strip(), amc_name=said.amc_name.strip(),
            exemption=said.exemption, exemption_from=said.exemption_from,
            exemption_until=said.exemption_until, starts_on=said.starts_on, ends_on=said.ends_on,
            seen=said.seen, seen_on=timezone.localdate(), **author_of(actor),
        )  # fmt: skip
        row.number = number
        row.save(force_insert=True)
        _told_pathways(row)
        journal.append(
            "bundle.rights", person_id=person_id, object_id=row.pk, to=QUIET, announce=False
        )
        ledger.wrote(person_id, "money", object_id=row.pk, purpose="droits")
        standing.refresh_person(person_id)
    return row


def _told_pathways(row: Coverage) -> None:
    """The same cover for each enrolment that there is something to settle of, one that is over
    included, as the engine reads it: nothing is typed twice."""
    who = author_of(acting.current())
    with acting.acting(acting.system("droits : parcours")):
        for enrolment in Enrolment.objects.filter(
            person_id=row.person_id, status__in={*LIVING, *READ}
        ):
            for day, exemptions in _from_days(row):
                Rights.objects.create(
                    enrolment=enrolment, person_id=row.person_id, starts_on=day,
                    exemptions=exemptions, has_amc=bool(row.amc),
                    amc=row.amc_name or row.amc, **who,
                )  # fmt: skip


def _from_days(row: Coverage) -> list[tuple[dt.date, str]]:
    """From which day which exemption runs: before it, during it, after it."""
    if not row.exemption or row.exemption_from is None:
        return [(row.starts_on, "")]
    first = max(row.starts_on, row.exemption_from)
    days = [(row.starts_on, "")] if first > row.starts_on else []
    days.append((first, row.exemption))
    if row.exemption_until is not None:
        days.append((row.exemption_until + dt.timedelta(days=1), ""))
    return days


def current(person_ids: Collection[UUID]) -> dict[UUID, Coverage]:
    """The last row entered for each of these persons, under the current reach. One query."""
    rows = Coverage.objects.within(Reach.of(acting.current()))
    found: dict[UUID, Coverage] = {}
    for row in rows.filter(person_id__in=plain.among(person_ids)).order_by("created_at", "id"):
        found[row.person_id] = row
    return found


def _number(text: str) -> str:
    try:
        return ins.parse(text).value
    except Refused as error:
        message = error.message.replace("Le matricule", "Le numéro de l’assuré")
        raise Refused(message.replace("Ce matricule", "Ce numéro"), field="number") from None


def _checked(said: Said) -> None:
    if not (said.amo.isdecimal() and len(said.amo) == 9):
        raise Refused(
            "L’organisme s’écrit en neuf chiffres : régime (2), caisse (3), centre (4).",
            field="amo",
        )
    if said.ends_on and said.ends_on < said.starts_on:
        raise Refused("Les droits finissent avant de commencer : vérifiez.", field="ends_on")
    if not 1 <= said.rank <= 9:
        raise Refused("Le rang de naissance va de 1 à 9.", field="rank")
    if said.exemption and said.exemption_from is None:
        raise Refused("Dites depuis quand l’exonération est ouverte.", field="exemption_from")
