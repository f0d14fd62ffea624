"""Sequences after a run: those that it names for the first time, and those that it changes.

Nothing was billed of a new one: where it stands follows from the answer alone, by the hundred
thousand, without a model for each.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from liane.bundles import checks, standing
from liane.bundles.engine.results import SequenceState, Settlement
from liane.bundles.facts import Facts
from liane.bundles.models import Sequence as Row
from liane.bundles.models import SequenceStep
from liane.bundles.payees import Names
from liane.bundles.states import Stage
from liane.core import acting
from liane.core import rows as plain
from liane.core.ids import fresh
from liane.core.models import author_of

type Answered = Mapping[UUID, tuple[Facts, Settlement]]
"""By enrolment: its facts and its answer."""


class New(NamedTuple):
    """A sequence that is not kept yet: the first fields of its row."""

    enrolment_id: UUID
    person_id: UUID
    organisation_id: UUID
    key: str
    position: int
    label: str
    protocol: str
    version: str
    payer: str
    paid_to: str
    state: str
    opened_on: dt.date | None
    closed_on: dt.date | None
    amount_cents: int | None
    billable: bool


ROW = ("id", *New._fields, "status", "blocks", "since")
WHO = ("author_user_id", "author_holder_id", "author_organisation_id", "author_label")
STEP = ("id", "sequence_id", "before", "after", "at", *WHO)


def follow(answers: Answered, names: Names, numbers: checks.Numbers) -> None:
    """Bring the sequences of these enrolments up to what the engine just answered.

    What was billed keeps the version it was billed under for as long as nothing of it changes.
    """
    known = {
        (one.enrolment_id, one.key): one
        for one in Row.objects.filter(enrolment_id__in=plain.among(answers))
    }
    new, changed = [], []
    versions = {one.pk: one.version for one in known.values()}
    labels: dict[tuple[int, str], str] = {}
    for pk, (facts, answer) in answers.items():
        for position, state in enumerate(answer.sequences):
            row = known.get((pk, state.id))
            if row is None:
                new.append(_new(facts, position, state, labels))
            else:
                changed.append(row)
                standing.take(row, position, state, facts.protocol)
    _add(new, _blocked(new, answers, names, numbers))
    steps = standing.compute(changed)[1]
    for row in changed:
        if row.billed_cents and row.status != Stage.CHANGED:
            row.version = versions[row.pk]
    standing.store(changed, [*standing.TAKEN, *standing.FIELDS], steps)


def _new(
    facts: Facts, position: int, state: SequenceState, labels: dict[tuple[int, str], str]
) -> New:
    row, protocol = facts.enrolment, facts.protocol
    label = labels.get((id(protocol), state.id))
    if label is None:
        label = standing.label_of(state.id, state.phase, protocol)
        labels[id(protocol), state.id] = label
    return New(
        row.pk, row.person_id, row.organisation_id, state.id, position, label, protocol.key,
        protocol.version, protocol.payer, protocol.paid_to, state.state, state.opened_on,
        state.closed_on, state.amount_cents, state.billable,
    )  # fmt: skip


def _add(new: Sequence[New], blocked: Mapping[tuple[UUID, str], str]) -> None:
    """Write them, and the first step of those that do not wait."""
    now = plain.moment(timezone.now())
    said = author_of(acting.current())
    who = [said[name] for name in WHO]
    author = [one.hex if isinstance(one, UUID) else one for one in who]
    rows, steps = [], []
    for one in new:
        blocks = blocked.get((one.enrolment_id, one.key), "")
        pk, status = fresh(), standing.unbilled(one, blocks)
        rows.append((
            pk, *(whose.hex for whose in one[:3]), *one[3:11], *map(_iso, one[11:13]), *one[13:],
            status, blocks, now,
        ))  # fmt: skip
        if status != Stage.WAITING:
            steps.append((fresh(), pk, Stage.WAITING.value, status, now, *author))
    plain.write(Row, ROW, rows)
    plain.write(SequenceStep, STEP, steps)


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


def _blocked(
    new: Sequence[New], answers: Answered, names: Names, numbers: checks.Numbers
) -> dict[tuple[UUID, str], str]:
    """The codes of what stands in the way of each that is closed."""
    closed = [one for one in new if one.state in standing.BILLED or one.state == "to_complete"]
    if not closed:
        return {}
    wanted = {one.enrolment_id for one in closed}
    seen = checks.ground_of_run(
        {pk: answers[pk][0].protocol for pk in wanted},
        {one.person_id for one in closed},
        {pk: answers[pk][1] for pk in wanted},
        _payees(wanted, answers, names),
        numbers,
    )
    return {(one.enrolment_id, one.key): checks.codes(one, seen) for one in closed}


def _payees(enrolments: Iterable[UUID], answers: Answered, names: Names) -> checks.Payees:
    """The professionals that each sequence pays."""
    found: dict[tuple[UUID, str], dict[UUID, str]] = defaultdict(dict)
    for pk in enrolments:
        sequence, mine = "", dict[UUID, str]()
        for key, payee, role, *_ in answers[pk][1].lines:
            if role == "professional":
                if key != sequence:
                    sequence, mine = key, found[pk, key]
                holder, name = names[payee]
                mine[holder] = name
    return found
