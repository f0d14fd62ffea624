"""Confirming an imported round: each line stands alone, and saying it again changes nothing."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from liane.agenda.importing import discard
from liane.agenda.models import Appointment, ImportBatch, ImportLine, Series
from liane.agenda.repeating import end_series, plan_series
from liane.agenda.services import cancel, move, plan_visit
from liane.agenda.visit import Visit
from liane.circle.reach import Reach
from liane.core import acting, registry
from liane.core.clock import day_bounds
from liane.core.errors import Refused
from liane.core.text import normalise
from liane.interventions.services import Act

Times = tuple[dt.datetime, dt.datetime]
OPEN = frozenset({Appointment.Status.PLANNED, Appointment.Status.SUSPENDED})
ELSEWHERE = "changée dans l’autre agenda"


@dataclass
class Report:
    """What an import did, and which lines it could not take, with the reason."""

    planned: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


def confirm(batch: ImportBatch, chosen: Mapping[int, UUID | None]) -> Report:
    """Plan the lines whose person is known or chosen, series first. Removes the batch.

    ``chosen`` gives a person by line number; None leaves the line out.
    """
    report = Report()
    for line in sorted(batch.lines.all(), key=lambda line: (not line.rule, line.number)):
        person_id = chosen.get(line.number, line.person_id)
        if line.error or line.times is None or person_id is None:
            report.left_out += 1
            continue
        try:
            with transaction.atomic():
                _carry_out(batch, line, line.times, person_id, report)
        except Refused as error:
            report.errors.append((line.number, error.message))
        except Http404:
            report.errors.append((line.number, "Personne inconnue ici."))
        except IntegrityError:
            report.errors.append((line.number, "Déjà importée par quelqu’un d’autre."))
    discard(batch)
    return report


def _carry_out(
    batch: ImportBatch, line: ImportLine, times: Times, person_id: UUID, report: Report
) -> None:
    organisation_id = batch.practice.organisation_id
    known = _known(line, organisation_id)
    if known is not None:
        _again(known, line, times, report)
        return
    if line.original_start is not None:
        raise Refused("Cette visite modifie une série qui n’est pas importée ici.")
    visit = Visit(
        person_id,
        times[0],
        minutes=_minutes(times),
        practice_id=batch.practice_id,
        title=_named(line, batch, times, person_id),
    )
    if line.rule:
        _series(visit, line, organisation_id, report)
    elif line.cancelled:
        report.unchanged += 1
    else:
        made = plan_visit(visit, announce=times[0] >= timezone.now())
        Appointment.objects.filter(pk=made.pk).update(
            source_uid=line.uid, source_organisation_id=organisation_id
        )
        report.planned += 1


def _named(line: ImportLine, batch: ImportBatch, times: Times, person_id: UUID) -> str:
    """What the visit is for. The act of the person's pathway gives its name, by which the visit is
    counted once done; any other is said beside the motive. Raises Refused for one that a bundle
    pays and that is billed by itself."""
    if not line.code:
        return line.title
    wanted = normalise(line.code)
    for desk in registry.act_desks:
        for code, label in desk.codes(person_id, {batch.practice_id}):
            if wanted in {normalise(code), normalise(label)}:
                return label[:120]
        desk.barred(Act(
            person_id, times[0], batch.practice_id, billed=(line.code.upper()[:20],)
        ))  # fmt: skip
    return " · ".join(part for part in (line.title, line.code) if part)[:120]


def _known(line: ImportLine, organisation_id: UUID) -> Appointment | None:
    """The visit that this line already is, alone or as an occurrence of its series."""
    rows = Appointment.objects.within(Reach.of(acting.current()))
    if line.original_start is None:
        rows = rows.filter(source_uid=line.uid, source_organisation_id=organisation_id)
    else:
        rows = rows.filter(
            series__source_uid=line.uid,
            series__practice__organisation_id=organisation_id,
            series__ended_at=None,
            original_start=line.original_start,
        )
    found: Appointment | None = rows.first()
    return found


def _series(visit: Visit, line: ImportLine, organisation_id: UUID, report: Report) -> None:
    """A series new, the same as before, changed (what is to come is planned anew) or cancelled."""
    known: Series | None = (
        Series.objects.within(Reach.of(acting.current()))
        .filter(source_uid=line.uid, practice__organisation_id=organisation_id, ended_at=None)
        .first()
    )
    if known is not None and not line.cancelled and _same(known, visit, line):
        report.unchanged += 1
        return
    if known is not None:
        end_series(known.pk, after=timezone.now(), reason=ELSEWHERE)
        report.changed += 1
    elif line.cancelled:
        report.unchanged += 1
    if line.cancelled:
        return
    today, _ = day_bounds(timezone.localdate())
    plan_series(
        visit,
        line.rule,
        source_uid=line.uid,
        excluded=line.excluded,
        since=max(today, visit.starts_at),
    )
    report.planned += known is None


def _same(series: Series, visit: Visit, line: ImportLine) -> bool:
    there = (series.rule, series.starts_at, series.minutes, series.excluded)
    return there == (line.rule, visit.starts_at, visit.minutes, line.excluded)


def _again(known: Appointment, line: ImportLine, times: Times, report: Report) -> None:
    if known.status in OPEN and line.cancelled:
        cancel(known.pk, reason=ELSEWHERE)
        report.changed += 1
    elif known.status in OPEN and (known.starts_at, known.ends_at) != times:
        move(known.pk, starts_at=times[0], minutes=_minutes(times))
        report.changed += 1
    else:
        report.unchanged += 1


def _minutes(times: Times) -> int:
    return int((times[1] - times[0]).total_seconds() // 60)
