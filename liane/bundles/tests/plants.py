"""Money in the access matrix, of the enrolments that the pathways planted.

What a professional may read is what pays them: the doctor has a line, the nurse has none. A line
comes with its sequence (CSS, R.162-140: the part of each, sequence by sequence), so that whoever it
pays can hold it against what they did; the rest of the invoice is not theirs.
"""

import datetime as dt
import json
from typing import Any

from django.utils import timezone

from liane.bundles.models import (
    Coverage,
    Draft,
    Invoice,
    InvoiceLine,
    LineStep,
    Mark,
    PayeeWord,
    Payout,
    PayoutItem,
    Return,
    ReturnLine,
    Sequence,
    SequenceStep,
    Settled,
    SettledLine,
    SettlementRun,
    ShareReceipt,
)
from liane.pathways.models import Enrolment
from tests.access.world import World, planter

PERSON = frozenset({"person"})
HOUSE: frozenset[str] = frozenset()
"""Nobody but the structure's accounts."""


@planter
def plant(world: World) -> None:
    """One enrolment settled, issued, answered, paid out, for each person."""
    for name, place, payee in (("A", "msp", "doctor"), ("B", "hospital", "zoe")):
        _money(world, name, place, payee)


def _money(world: World, name: str, place: str, payee: str) -> None:
    person, house = world.persons[name], world.organisations[place]
    holder = world.practices[payee]
    own: dict[str, Any] = {"person": person, "organisation": house}

    def canary(groups: frozenset[str] = HOUSE, *, paid: bool = False) -> str:
        read_by = frozenset({payee}) if paid else frozenset()
        return world.canary("money", name, organisation=place, groups=groups, participants=read_by)

    row = Enrolment.objects.get(pk=world.objects["enrolment_id"][name])
    _coverage(person, canary(PERSON))
    run = SettlementRun.objects.create(until=dt.date(2026, 6, 30), finished_at=timezone.now())
    settled = Settled.objects.create(
        **own, enrolment=row, run=run, number=1, protocol="essai", version="2026-01",
        until=dt.date(2026, 6, 30), fingerprint="0" * 64, answer=_answer(canary(PERSON)),
    )  # fmt: skip
    Mark.objects.create(
        enrolment=row, number=1, fingerprint="0" * 64, answer_digest="0" * 64, at=timezone.now()
    )
    sequence = Sequence.objects.create(
        **own, enrolment=row, key="s1", position=0, label=canary(PERSON), protocol="essai",
        version="2026-01", payer="cpam", state="complete", opened_on=dt.date(2026, 1, 5),
        closed_on=dt.date(2026, 3, 2), amount_cents=30101, billable=True, status="issued",
    )  # fmt: skip
    SequenceStep.objects.create(sequence=sequence, after="issued", reason=canary())
    world.add("sequence_id", name, sequence.pk)
    paid = {"payee_holder_id": holder.pk, "cents": 30101, "amo_cents": 24081,
            "patient_cents": 6020}  # fmt: skip
    SettledLine.objects.create(
        **own, **paid, payee_label=canary(paid=True), settled=settled, enrolment=row,
        sequence="s1", role="professional", rule="coordination", article="art. 5",
    )  # fmt: skip
    draft = Draft.objects.create(
        **own, sequence=sequence, digest="0" * 64, cents=30101, reason=canary()
    )
    world.add("draft_id", name, draft.pk)
    _billed(world, name, own, row, sequence, paid, canary)


def _billed(
    world: World, name: str, own: Any, row: Enrolment, sequence: Sequence, paid: Any, canary: Any
) -> None:
    person = own["person"]
    invoice = Invoice(
        **own, sequence=sequence, enrolment=row, kind="invoice", year=2026, ordinal=1,
        number=f"2026-00000{1 if name == 'A' else 2}", payer="cpam", payer_label="CPAM",
        protocol="essai", version="2026-01", title=canary(PERSON, paid=True), cents=30101,
        amo_cents=24081,
        amc_cents=0, patient_cents=6020, structure=json.dumps({"name": "x", "finess": ""}),
        settled_number=1, prepared_by_label="x", reason=canary(PERSON),
    )  # fmt: skip
    invoice.insured = json.dumps(
        {"family": canary(PERSON), "given": "x", "called": "x", "born_on": None, "sex": "F",
         "ins": None, "ins_oid": None}
    )  # fmt: skip
    invoice.save(force_insert=True)
    world.add("invoice_id", name, invoice.pk)
    line = InvoiceLine.objects.create(
        **own, **paid, payee_label=canary(paid=True), invoice=invoice, rank=1, role="professional"
    )
    world.add("invoice_line_id", name, line.pk)
    LineStep.objects.create(line=line, before="sent", after="paid", reason=canary(paid=True))
    file = Return(organisation=own["organisation"], digest=name * 64, form="csv", name="x")
    file.content = b"x"
    file.save(force_insert=True)
    world.add("return_id", name, file.pk)
    ReturnLine.objects.create(
        **own, **paid, payee_label="x", file=file, position=1, line=line, outcome="paid",
        on=dt.date(2026, 7, 1), text=canary(), key=name * 64,
    )  # fmt: skip
    PayeeWord.objects.create(
        **own, **paid, payee_label="x", line=line, answer="received", text=canary(paid=True)
    )
    ShareReceipt.objects.create(
        **own, invoice=invoice, cents=6020, means="card", on=dt.date(2026, 7, 1),
        author_label=canary(),
    )  # fmt: skip
    order = Payout(
        organisation=own["organisation"], project=row.project, number=f"LIANE-{name}",
        execute_on=dt.date(2026, 7, 2), cents=6020, debtor_name="x",
    )  # fmt: skip
    order.debtor_iban = "FR1420041010050500013M02606"
    order.save(force_insert=True)
    world.add("payout_id", name, order.pk)
    item = PayoutItem(
        **own, **paid | {"cents": 6020}, payee_label=canary(paid=True), payout=order, line=line,
        source="share",
    )  # fmt: skip
    item.iban = "FR1420041010050500013M02606"
    item.save(force_insert=True)
    assert person.pk == invoice.person_id


def _coverage(person: Any, fund: str) -> None:
    row = Coverage(
        person=person, quality="self", rank=1, amo="010401001", amo_name=fund,
        starts_on=dt.date(2026, 1, 1), seen="card", seen_on=dt.date(2026, 1, 1),
    )  # fmt: skip
    row.number = "241034020200100"
    row.save(force_insert=True)


def _answer(said: str) -> str:
    return json.dumps(
        {"version": "2026-01", "sequences": [], "lines": [], "refusals": [],
         "missing": [{"path": "amounts", "what": said, "who": "x", "sequence": "s1"}]}
    )  # fmt: skip
