"""Questionnaires that a protocol asks for, of many enrolments at once: due, and not answered."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from liane.assessments.models import Questionnaire, Response
from liane.assessments.queries import offered
from liane.circle.reach import Reach
from liane.core import acting
from liane.pathways import progress, queries
from liane.pathways.cases import cases_of
from liane.pathways.models import Enrolment
from liane.pathways.protocols.format import Protocol

ANSWERED = (Response.Status.COMPLETED, Response.Status.AMENDED)


def code_of(url: str) -> str:
    """How a protocol names a questionnaire: the last word of its address."""
    return url.replace("/", ":").rpartition(":")[2]


def startable() -> dict[str, UUID]:
    """The questionnaires that the actor may start, by their codes. One query."""
    return {code_of(one.url): one.pk for one in offered()}


def there(codes: Collection[str]) -> set[str]:
    """Those of these codes of which there is a questionnaire here, whoever may answer it. One
    query."""
    mine = Q(organisation=None) | Q(organisation__in=acting.current().holders)
    urls = Questionnaire.objects.filter(mine, _named("url", codes)).values_list("url", flat=True)
    return {code_of(url) for url in urls}


def answers(
    person_ids: Collection[UUID], codes: Collection[str]
) -> dict[tuple[UUID, str], list[dt.date]]:
    """The days on which persons answered questionnaires of these codes, in any version, soonest
    first, within reach. One query."""
    rows = Response.objects.within(Reach.of(acting.current())).filter(
        _named("questionnaire__url", codes), person_id__in=list(person_ids), status__in=ANSWERED,
    ).order_by("at")  # fmt: skip
    found: dict[tuple[UUID, str], list[dt.date]] = defaultdict(list)
    for person_id, url, at in rows.values_list("person_id", "questionnaire__url", "at"):
        found[person_id, code_of(url)].append(timezone.localdate(at))
    return found


def _named(column: str, codes: Collection[str]) -> Q:
    """Addresses that end with one of these codes."""
    found = Q(pk__in=[])
    for code in sorted(codes):
        found |= Q(**{f"{column}__endswith": f":{code}"}) | Q(**{f"{column}__endswith": f"/{code}"})
    return found


def waited(
    rows: Collection[Enrolment], protocols: Mapping[UUID, Protocol]
) -> dict[UUID, list[str]]:
    """The questionnaires due and not answered, by enrolment. None is asked of the database where no
    protocol asks for one, else as many queries at any number of rows."""
    asking = {
        row.pk: row
        for row in rows
        if row.running and row.pk in protocols and protocols[row.pk].questionnaires
    }
    if not asking:
        return {}
    today = timezone.localdate()
    codes = {one.code for pk in asking for one in protocols[pk].questionnaires}
    said = answers({row.person_id for row in asking.values()}, codes)
    found: dict[UUID, list[str]] = {}
    for read in cases_of(list(asking), today, queries.reached):
        row, anchors = asking[read.enrolment.pk], progress.anchors_of(read, today)
        for one in read.protocol.questionnaires:
            since = anchors.get(one.anchor)
            if since is None or (one.due.after(since) if one.due else since) > today:
                continue
            if not any(day >= since for day in said.get((row.person_id, one.code), [])):
                found.setdefault(row.pk, []).append(one.label)
    return found
