"""Who is no longer in the national directory: ended with a date, never deleted.

A file that names far fewer professionals than the one before is taken for a part of the directory
(one department, a file cut short): then nothing ends, unless whoever imports says that it is whole.
Somebody with an account here, and places that their structure made, are left to humans.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from liane.core import acting
from liane.core.models import author_of
from liane.directory.models import (
    Change,
    DirectoryImport,
    NationalLine,
    Organisation,
    Practice,
    Professional,
)

USUAL = 0.05
"""Share of known professionals that may leave from one file to the next."""
BATCH = 1_000
GONE = "annuaire national"


@dataclass
class Left:
    """Professionals not in the file: how many ``ended``, or ``absent`` where nothing was ended;
    ``accounts`` of them work with Liane and were left alone."""

    ended: int = 0
    absent: int = 0
    accounts: int = 0


def depart(run: DirectoryImport, *, complete: bool) -> Left:
    """End what only lines of earlier runs name."""
    lines = NationalLine.objects.exclude(run=run.pk)
    if not lines.exists():
        return Left()
    gone = _only_there(lines, run, "professional_id")
    count = gone.count()
    known = NationalLine.objects.values("professional_id").distinct().count()
    if count > USUAL * known and not complete:
        return Left(absent=count)
    people = list(gone)
    places = _only_there(lines, run, "practice_id", made=True)
    _end_practices(places.iterator())
    left = _end_people(people)
    _end_organisations(_only_there(lines, run, "organisation_id").iterator())
    NationalLine.objects.exclude(run=run.pk).delete()
    return left


def _only_there(
    lines: QuerySet[NationalLine], run: DirectoryImport, name: str, **more: bool
) -> QuerySet[NationalLine, UUID]:
    here = NationalLine.objects.filter(run=run.pk, **{f"{name}__isnull": False}).values(name)
    found = lines.filter(**{f"{name}__isnull": False}, **more).exclude(**{f"{name}__in": here})
    return found.values_list(name, flat=True).order_by(name).distinct()


def _end_practices(ids: Iterator[UUID]) -> None:
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    for batch in batched(ids, BATCH):  # noqa: B911
        with transaction.atomic():
            rows = Practice.objects.filter(pk__in=batch, ended_on=None, professional__user=None)
            found = list(rows.values_list("pk", flat=True))
            Practice.objects.filter(pk__in=found).update(ended_on=yesterday)
            _note(found, "n’y exerce plus")


def _end_people(ids: list[UUID]) -> Left:
    left = Left()
    for batch in batched(ids, BATCH):  # noqa: B911
        with transaction.atomic():
            rows = Professional.objects.filter(pk__in=batch, active=True)
            left.accounts += rows.exclude(user=None).count()
            found = list(rows.filter(user=None).values_list("pk", flat=True))
            Professional.objects.filter(pk__in=found).update(active=False)
            _note(found, "n’y figure plus")
            left.ended += len(found)
    return left


def _end_organisations(ids: Iterator[UUID]) -> None:
    """Places where nobody works any more, and that nobody made here."""
    today = timezone.localdate()
    for batch in batched(ids, BATCH):  # noqa: B911
        with transaction.atomic():
            staffed = Practice.objects.filter(
                Q(ended_on=None) | Q(ended_on__gte=today), organisation_id__in=batch
            ).values("organisation_id")
            rows = Organisation.objects.filter(pk__in=batch, active=True)
            rows = rows.exclude(external_id="").exclude(pk__in=staffed)
            found = list(rows.filter(services=None).values_list("pk", flat=True))
            Organisation.objects.filter(pk__in=found).update(active=False)
            _note(found, "n’y figure plus")


def _note(ids: list[UUID], after: str) -> None:
    author = author_of(acting.current())
    Change.objects.bulk_create(
        [Change(object_id=one, what=GONE, after=after, **author) for one in ids], batch_size=BATCH
    )
