"""The settlement run: facts to lines, kept for good.

For each enrolment the engine answers under the version that governs it; the answer is kept whole,
and what it changes is added as lines. Nothing is edited: the lines of an enrolment sum to what is
due today, and a correction is a line of difference. One chunk of enrolments is one transaction, so
that a run killed at any moment leaves whole enrolments, and running again finishes the rest.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from liane.bundles import changes, checks, following, helping, stored
from liane.bundles.engine.difference import Change, difference
from liane.bundles.engine.results import Settlement
from liane.bundles.engine.settling import settle
from liane.bundles.facts import Facts, Reader
from liane.bundles.models import Mark, Settled, SettledLine, SettlementRun
from liane.bundles.payees import Names
from liane.core import acting
from liane.core import rows as plain
from liane.core.ids import fresh
from liane.core.models import author_of

CHUNK = 1_000
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


def machine(organisation_id: UUID | None = None) -> acting.Actor:
    """Who settles."""
    return acting.system("liquidation", organisation_id=organisation_id)


def run(until: dt.date, *, organisation_id: UUID | None = None, whole: bool = False) -> Report:
    """Settle the enrolments whose facts, or whose time, changed since they were settled last.

    ``whole`` looks at every enrolment again; one whose answer is the same writes nothing. A large
    run uses every processor.
    """
    who = machine(organisation_id)
    with acting.acting(who):
        kept = SettlementRun.objects.create(
            organisation_id=organisation_id, until=until, **author_of(who)
        )
        ids = changes.due(until, organisation_id=organisation_id, whole=whole)
    report, worker = Report(until, run_id=kept.pk), Worker(kept.pk, until)

    def here(chunk: helping.Chunk) -> tuple[int, int, int]:
        # Acting is a transaction on PostgreSQL: one for each chunk, so that each commits.
        with acting.acting(who):
            return worker.settle(chunk)

    helpers = 0 if connection.in_atomic_block else helping.helpers(len(ids))
    chunks = list(batched(ids, CHUNK))  # noqa: B911
    there = partial(helping.settled, kept.pk, until, organisation_id)
    for examined, written, unchanged in helping.share(chunks, here, there, helpers):
        report.examined += examined
        report.written += written
        report.unchanged += unchanged
    with acting.acting(who):
        SettlementRun.objects.filter(pk=kept.pk).update(
            finished_at=timezone.now(), examined=report.examined, written=report.written,
            unchanged=report.unchanged,
        )  # fmt: skip
    return report


class Marked(NamedTuple):
    """How far an enrolment was settled, as it was read."""

    number: int
    digest: str
    at: Any


class _Change:
    """One enrolment's facts and the answer they give."""

    __slots__ = ("answer", "before", "digest", "facts", "fingerprint", "mark", "text")

    def __init__(self, facts: Facts, until: dt.date, mark: Marked | None) -> None:
        self.facts, self.mark = facts, mark
        self.answer = settle(facts.plan, facts.case, until)
        self.text = stored.text(self.answer)
        self.fingerprint = facts.fingerprint
        self.digest = hashlib.sha256(self.text).hexdigest()
        self.before: Settlement | None = None

    @property
    def is_new(self) -> bool:
        """True when the answer is not the one that was kept last."""
        return self.mark is None or self.mark.digest != self.digest

    @property
    def number(self) -> int:
        """The number of the answer among those of the enrolment."""
        return (self.mark.number if self.mark else 0) + self.is_new


class Worker:
    """Settles chunk after chunk for one run; what seldom changes is read once."""

    def __init__(self, run_id: UUID, until: dt.date) -> None:
        self.run_id, self.until = run_id, until
        self.reader, self.names, self.numbers = Reader(), Names(), checks.Numbers()

    def settle(self, ids: Collection[UUID]) -> tuple[int, int, int]:
        """Settle these enrolments; what it changes is written in one transaction. Gives how many
        were examined, written, unchanged.

        Facts are read before it. An enrolment that another run marked in between is left to that
        run: its facts are as fresh, and the next run looks again at what was written since.
        """
        with plain.uncollected():
            return self._settle(ids)

    def _settle(self, ids: Collection[UUID]) -> tuple[int, int, int]:
        started = timezone.now()
        seen = _marks(ids)
        found = [
            _Change(one, self.until, seen.get(one.enrolment.pk))
            for one in self.reader.read(ids, self.until)
        ]
        with transaction.atomic():
            marks = _marks(ids, lock=True)
            changed = [one for one in found if marks.get(one.facts.enrolment.pk) == one.mark]
            written = [one for one in changed if one.is_new]
            _read_before(written)
            self._write(written)
            _mark(changed, started, self.until)
            following.follow(
                {one.facts.enrolment.pk: (one.facts, one.answer) for one in written},
                self.names, self.numbers,
            )  # fmt: skip
        return len(found), len(written), len(found) - len(written)

    def _write(self, changes: Sequence[_Change]) -> None:
        moved = [(one, difference(one.before, one.answer)) for one in changes]
        self.names.learn({line.payee for _, found in moved for line in found})
        self.names.learn({line.payee for one in changes for line in one.answer.lines})
        heads: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        run, until = self.run_id.hex, self.until.isoformat()
        for one, found in moved:
            row, head = one.facts.enrolment, fresh()
            whose = (head, row.pk.hex, row.person_id.hex, row.organisation_id.hex)
            heads.append((
                *whose, run, one.number, one.facts.protocol.key, one.answer.version, until,
                one.fingerprint, one.text.decode(),
            ))  # fmt: skip
            self._add(lines, whose, found, again=one.number > 1)
        plain.write(Settled, HEAD, heads)
        plain.write(SettledLine, LINE, lines)

    def _add(
        self,
        lines: list[tuple[Any, ...]],
        whose: tuple[str, ...],
        found: Sequence[Change],
        *,
        again: bool,
    ) -> None:
        """Add what an answer gives: the whole the first time, then what changed."""
        names = self.names
        for line in found:
            sequence, payee, role, cents, amo, amc, patient, _, rule, article, more, less = line
            acts = dict.fromkeys(more + less) if less else more
            lines.append((
                fresh(), *whose, sequence, again, *names.written(payee), role, rule, article,
                cents, amo, amc, patient, " ".join(acts),
            ))  # fmt: skip


HEAD = ("id", "enrolment_id", "person_id", "organisation_id", "run_id", "number", "protocol",
        "version", "until", "fingerprint", "answer")  # fmt: skip
LINE = ("id", "settled_id", "enrolment_id", "person_id", "organisation_id", "sequence",
        "difference", "payee_holder_id", "payee_label", "role", "rule", "article", "cents",
        "amo_cents", "amc_cents", "patient_cents", "acts")  # fmt: skip
MARK = ("id", "enrolment_id", "number", "fingerprint", "answer_digest", "at", "again_on")


def _marks(ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Marked]:
    """How far these were settled. One query."""
    rows = Mark.objects.filter(enrolment_id__in=plain.among(ids))
    if lock:
        rows = rows.select_for_update()
    found = rows.values_list("enrolment_id", "number", "answer_digest", "at")
    return {plain.uuid(pk): Marked(*said) for pk, *said in plain.read(found)}


def _read_before(changed: Sequence[_Change]) -> None:
    """The answer that each of these had before. One query."""
    known = [one.facts.enrolment.pk for one in changed if one.mark is not None]
    if not known:
        return
    last = Settled.objects.filter(enrolment_id=OuterRef("enrolment_id")).order_by("-number")
    rows = Settled.objects.filter(
        enrolment_id__in=plain.among(known), number=Subquery(last.values("number")[:1])
    )
    texts = dict(rows.values_list("enrolment_id", "answer"))
    for one in changed:
        text = texts.get(one.facts.enrolment.pk)
        one.before = stored.settlement(one.facts.enrolment.pk, text, str) if text else None


def _mark(changes: Sequence[_Change], at: dt.datetime, until: dt.date) -> None:
    moment = plain.moment(at)
    rows = [
        (fresh(), one.facts.enrolment.pk.hex, one.number, one.fingerprint, one.digest,
         moment, _again(one.answer, until))
        for one in changes
    ]  # fmt: skip
    plain.write(Mark, MARK, rows, unique=["enrolment_id"])


def _again(answer: Settlement, until: dt.date) -> str | None:
    """From when time alone may change the answer; None when every sequence is closed."""
    running = any(one.state in RUNNING for one in answer.sequences)
    return (until + dt.timedelta(days=1)).isoformat() if running else None
