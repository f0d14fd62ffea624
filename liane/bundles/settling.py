"""The settlement run: facts to lines, kept for good.

For each enrolment the engine answers under the version that governs it; the answer is kept whole,
and what it changes is added as lines. Nothing is edited: the lines of an enrolment sum to what is
due today, and a correction is a line of difference. One chunk of enrolments is one transaction, so
that a run killed at any moment leaves whole enrolments, and running again finishes the rest.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from liane.bundles import changes, facts, standing, stored
from liane.bundles.engine.difference import Change, difference
from liane.bundles.engine.results import Settlement
from liane.bundles.engine.settling import settle
from liane.bundles.facts import Facts
from liane.bundles.models import Mark, Settled, SettledLine, SettlementRun
from liane.bundles.payees import names_of
from liane.core import acting
from liane.core.models import author_of

CHUNK = 200
"""Enrolments of one transaction."""
RUNNING = frozenset({"waiting", "open", "to_complete"})


@dataclass
class Report:
    """What a run did."""

    until: dt.date
    examined: int = 0
    written: int = 0
    unchanged: int = 0
    run_id: UUID | None = None


def run(until: dt.date, *, organisation_id: UUID | None = None, whole: bool = False) -> Report:
    """Settle the enrolments whose facts, or whose time, changed since they were settled last.

    ``whole`` looks at every enrolment again; one whose answer is the same writes nothing.
    """
    machine = acting.system("liquidation", organisation_id=organisation_id)
    with acting.acting(machine):
        kept = SettlementRun.objects.create(
            organisation_id=organisation_id, until=until, **author_of(machine)
        )
        ids = changes.due(until, organisation_id=organisation_id, whole=whole)
    report = Report(until, run_id=kept.pk)
    for chunk in batched(ids, CHUNK):  # noqa: B911
        # Acting is a transaction on PostgreSQL: one for each chunk, so that each commits.
        with acting.acting(machine):
            settle_chunk(kept, chunk, until, report)
    with acting.acting(machine):
        SettlementRun.objects.filter(pk=kept.pk).update(
            finished_at=timezone.now(), examined=report.examined, written=report.written,
            unchanged=report.unchanged,
        )  # fmt: skip
    return report


def settle_chunk(run: SettlementRun, ids: Collection[UUID], until: dt.date, report: Report) -> None:
    """Settle these enrolments in one transaction."""
    with transaction.atomic():
        started = timezone.now()
        marks = {
            one.enrolment_id: one
            for one in Mark.objects.select_for_update().filter(enrolment_id__in=list(ids))
        }
        found = list(facts.read(ids, until))
        changed = [
            _Change(one, settle(one.plan, one.case, until), marks.get(one.enrolment.pk))
            for one in found
        ]
        report.examined += len(changed)
        written = [one for one in changed if one.is_new]
        _read_before(written)
        _write(run, written, until)
        _mark(changed, started, until)
        standing.follow({one.facts.enrolment.pk: (one.facts, one.answer) for one in written})
        report.written += len(written)
        report.unchanged += len(changed) - len(written)


@dataclass
class _Change:
    facts: Facts
    answer: Settlement
    mark: Mark | None
    before: Settlement | None = None

    def __post_init__(self) -> None:
        self.text = json.dumps(document(self.answer), ensure_ascii=False, separators=(",", ":"))
        self.digest = hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def is_new(self) -> bool:
        """True when the answer is not the one that was kept last."""
        return self.mark is None or self.mark.answer_digest != self.digest

    @property
    def number(self) -> int:
        """The number of this answer among those of the enrolment."""
        return (self.mark.number if self.mark else 0) + 1


def _read_before(changed: Sequence[_Change]) -> None:
    """The answer that each of these had before. One query."""
    known = [one.facts.enrolment.pk for one in changed if one.mark is not None]
    last = Settled.objects.filter(enrolment_id=OuterRef("enrolment_id")).order_by("-number")
    rows = Settled.objects.filter(
        enrolment_id__in=known, number=Subquery(last.values("number")[:1])
    )
    texts = dict(rows.values_list("enrolment_id", "answer"))
    for one in changed:
        text = texts.get(one.facts.enrolment.pk)
        one.before = stored.settlement(one.facts.enrolment.pk, text) if text else None


def document(answer: Settlement) -> dict[str, Any]:
    """The whole answer of the engine as JSON: what pages and files explain from."""
    return {
        "version": answer.version,
        "sequences": [_plain(one._asdict()) for one in answer.sequences],
        "lines": [_plain(one._asdict()) for one in answer.lines],
        "refusals": [_plain(one._asdict()) for one in answer.refusals],
        "missing": [_plain(one._asdict()) for one in answer.missing],
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return str(value) if isinstance(value, UUID) else value


def _write(run: SettlementRun, changes: Sequence[_Change], until: dt.date) -> None:
    if not changes:
        return
    moved = [(one, difference(one.before, one.answer)) for one in changes]
    names = names_of({UUID(line.payee) for _, found in moved for line in found})
    heads, lines = [], []
    for one, found in moved:
        row = one.facts.enrolment
        head = Settled(
            enrolment_id=row.pk, person_id=row.person_id, organisation_id=row.organisation_id,
            run=run, number=one.number, protocol=one.facts.protocol.key,
            version=one.answer.version, until=until, fingerprint=one.facts.fingerprint,
            answer=one.text,
        )  # fmt: skip
        heads.append(head)
        lines += _lines(head, found, names)
    Settled.objects.bulk_create(heads, batch_size=500)
    SettledLine.objects.bulk_create(lines, batch_size=500)


def _lines(head: Settled, found: Sequence[Change], names: dict[UUID, str]) -> list[SettledLine]:
    """What an answer adds: the whole the first time, then what changed."""
    return [
        SettledLine(
            settled=head,
            enrolment_id=head.enrolment_id,
            person_id=head.person_id,
            organisation_id=head.organisation_id,
            sequence=line.sequence,
            difference=head.number > 1,
            payee_holder_id=UUID(line.payee),
            payee_label=names.get(UUID(line.payee), ""),
            role=line.role,
            rule=line.rule,
            article=line.article,
            cents=line.cents,
            amo_cents=line.amo_cents,
            amc_cents=line.amc_cents,
            patient_cents=line.patient_cents,
            acts=" ".join(str(act) for act in dict.fromkeys([*line.added, *line.removed])),
        )
        for line in found
    ]


def _mark(changes: Sequence[_Change], at: dt.datetime, until: dt.date) -> None:
    rows = [
        Mark(
            enrolment_id=one.facts.enrolment.pk,
            number=one.number - (not one.is_new),
            fingerprint=one.facts.fingerprint,
            answer_digest=one.digest,
            at=at,
            again_on=_again(one.answer, until),
        )
        for one in changes
    ]
    Mark.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["enrolment"],
        update_fields=["number", "fingerprint", "answer_digest", "at", "again_on"],
    )  # fmt: skip


def _again(answer: Settlement, until: dt.date) -> dt.date | None:
    """From when time alone may change the answer; None when every sequence is closed."""
    running = any(one.state in RUNNING for one in answer.sequences)
    return until + dt.timedelta(days=1) if running else None
