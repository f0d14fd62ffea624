"""Keeping what the payer said: each statement once, by chunks that commit whole.

The same file again, or the same statement in another file, changes nothing. Killed in the middle,
the import is finished by sending the file again.
"""

import hashlib
import json
from collections import Counter as Counted
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import transaction

from liane.bundles import rules, standing
from liane.bundles.models import InvoiceLine, LineStep, Return, ReturnLine
from liane.bundles.returns import reading
from liane.bundles.returns.reading import Said
from liane.bundles.states import LINE, LineState
from liane.core import acting, journal, ledger
from liane.core.audience import only_organisation
from liane.core.errors import NotAllowed
from liane.core.models import Counter, author_of

CHUNK = 200
Where = tuple[str, str]


@dataclass
class Report:
    """What an import did. ``again``: this very file had been received before."""

    file: Return
    again: bool
    read: int = 0
    kept: int = 0
    known: int = 0
    problems: list[Where] = field(default_factory=list)
    seen: "Counted[str]" = field(default_factory=Counted)
    """How often a statement stood in this file: two equal payments of one day are two."""


def receive(content: bytes, name: str = "") -> Report:
    """Take a file of the payer in. Raises Refused when it is none we can read."""
    actor = acting.current()
    house = actor.organisation_id
    if house is None or not (actor.is_system or rules.keeps_accounts(actor)):
        raise NotAllowed
    found = reading.read(content)
    who = author_of(actor)
    with acting.acting(acting.system("retour du payeur", organisation_id=house)):
        report = _kept(house, content, name, found, who)
        report.problems += found.problems
        for chunk in batched(found.said, CHUNK):
            _keep(report, house, chunk, who)
        _told(report)
    return report


def _kept(
    house: UUID, content: bytes, name: str, found: reading.Read, who: dict[str, Any]
) -> Report:
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        _one_at_a_time(house)
        file = Return.objects.filter(organisation_id=house, digest=digest).first()
        if file is not None:
            return Report(file, again=True)
        file = Return(organisation_id=house, digest=digest, form=found.form, name=name[:120], **who)
        file.content = content
        file.save(force_insert=True)
        journal.append(
            "bundle.returned", object_id=file.pk, to=only_organisation(house), announce=False
        )
    return Report(file, again=False)


def _one_at_a_time(house: UUID) -> None:
    """Two imports of one structure wait for one another."""
    name = f"returns:{house}"
    Counter.objects.get_or_create(name=name)
    Counter.objects.select_for_update().get(pk=name)


def _keep(report: Report, house: UUID, chunk: Rows[Said], who: dict[str, Any]) -> None:
    with transaction.atomic():
        _one_at_a_time(house)
        lines = _lines(house, {one.number for one in chunk})
        states = standing.states_of([line.pk for line in lines.values()])
        paid = standing.paid_of([line.pk for line in lines.values()])
        about = [pair for one in chunk for pair in _about(report, one, lines)]
        keyed = [(_key(report, *pair), *pair) for pair in about]
        known = set(
            ReturnLine.objects.filter(key__in=[one[0] for one in keyed]).values_list(
                "key", flat=True
            )
        )
        rows: list[ReturnLine] = []
        steps: list[LineStep] = []
        for key, line, one, cents in keyed:
            report.read += 1
            if key in known:
                report.known += 1
                continue
            paid[line.pk] += cents
            rows.append(_row(report.file, len(rows) + report.kept, line, one, cents, key))
            step = _step(line, states[line.pk], one, paid[line.pk])
            if step is None:
                report.problems.append(
                    (one.place, f"{one.number} ligne {line.rank} : « "
                     f"{LineState(states[line.pk]).label} », le paiement est noté sans la changer")
                )  # fmt: skip
            else:
                states[line.pk] = step.after
                steps.append(step)
        for step in steps:
            for name, value in who.items():
                setattr(step, name, value)
        ReturnLine.objects.bulk_create(rows)
        LineStep.objects.bulk_create(steps)
        report.kept += len(rows)
        _follow(rows)


def _lines(house: UUID, numbers: set[str]) -> dict[tuple[str, int], InvoiceLine]:
    rows = InvoiceLine.objects.filter(organisation_id=house, invoice__number__in=sorted(numbers))
    return {(line.invoice.number, line.rank): line for line in rows.select_related("invoice")}


def _about(
    report: Report, one: Said, lines: dict[tuple[str, int], InvoiceLine]
) -> list[tuple[InvoiceLine, Said, int]]:
    """The lines that a statement is about, with the cents of each; none is a problem."""
    mine = [line for (number, _), line in sorted(lines.items()) if number == one.number]
    if not mine:
        report.problems.append((one.place, f"facture « {one.number} » inconnue ici"))
        return []
    if one.rank is None:
        whole = sum(asked(line) for line in mine)
        if one.cents not in {None, 0, whole}:
            report.problems.append(
                (one.place, f"facture {one.number} payée en partie : il faut le détail par ligne")
            )
            return []
        none = one.outcome is LineState.REJECTED
        return [(line, one, 0 if none else asked(line)) for line in mine]
    line = lines.get((one.number, one.rank))
    if line is None:
        report.problems.append((one.place, f"facture {one.number} : pas de ligne {one.rank}"))
        return []
    return [(line, one, asked(line) if one.cents is None else one.cents)]


def asked(line: InvoiceLine) -> int:
    """What the payer is asked for a line: all but the person's share."""
    return int(line.amo_cents + line.amc_cents)


def _key(report: Report, line: InvoiceLine, one: Said, cents: int) -> str:
    about = [str(line.pk), one.outcome.value, cents, one.on.isoformat(), one.code, one.reference]
    text = json.dumps(about)
    report.seen[text] += 1
    return hashlib.sha256(f"{text}{report.seen[text]}".encode()).hexdigest()


def _row(
    file: Return, position: int, line: InvoiceLine, one: Said, cents: int, key: str
) -> ReturnLine:
    return ReturnLine(
        file=file, position=position, line=line, person_id=line.person_id,
        organisation_id=line.organisation_id, payee_holder_id=line.payee_holder_id,
        payee_label=line.payee_label, cents=cents, outcome=one.outcome, on=one.on, code=one.code,
        text=one.text, reference=one.reference, key=key,
    )  # fmt: skip


def _step(line: InvoiceLine, before: str, one: Said, paid: int) -> LineStep | None:
    """The step that a statement makes; None when the line moves no more."""
    if one.outcome is LineState.REJECTED:
        after = LineState.REJECTED
    else:
        after = LineState.PAID if paid >= asked(line) else LineState.PARTLY
    if after != before and not LINE.allows(before, after):
        return None
    reason = " ".join(part for part in (one.code, one.text) if part)
    if paid > asked(line):
        reason = f"payé plus que demandé {reason}".strip()
    return LineStep(line=line, before=before, after=after, reason=reason[:500])


def _follow(rows: Rows[ReturnLine]) -> None:
    for person in {row.person_id for row in rows}:
        ledger.wrote(person, "money", purpose="retour du payeur")
    invoices = {row.line.invoice_id for row in rows}
    pks = InvoiceLine.objects.filter(invoice_id__in=invoices)
    standing.refresh(set(pks.values_list("invoice__enrolment_id", flat=True)))


def _told(report: Report) -> None:
    problems = "\n".join(f"{where} : {what}" for where, what in report.problems[:500])
    Return.objects.filter(pk=report.file.pk).update(
        read=report.read, kept=report.file.kept + report.kept, problems=problems
    )
