"""One process of the bundles drill: settles, issues or imports until nothing is left, or is killed.

``python -m bench.drills.bundle_work scene N | settle | issue | import | check``. What is done and
committed is printed at once, one JSON a line, so that the drill knows what was acknowledged.
"""

import csv
import datetime as dt
import io
import json
import random
import sys
from collections import Counter
from typing import Any

UNTIL = dt.date(2026, 6, 30)


def scene(count: int) -> dict[str, Any]:
    """A project with ``count`` persons whose first sequence is complete."""
    from liane.bundles.tests.conftest import built, crowd

    house = built()
    house.complete()
    house.entitled()
    return {"enrolments": 1 + len(crowd(house, count))}


def settle() -> None:
    """The settlement, by small chunks so that a kill falls inside."""
    from liane.bundles import settling

    settling.CHUNK = 3
    report = settling.run(UNTIL)
    print(json.dumps({"settled": report.written}), flush=True)


def issue(seed: int) -> None:
    """Prepare and issue whatever is ready, in any order: several of us at once."""
    from liane.bundles import invoicing
    from liane.bundles.models import Draft, Sequence
    from liane.core.errors import Refused

    chance = random.Random(seed)
    while True:
        with _as("sonia"):
            ready = list(Sequence.objects.filter(status="ready").values_list("pk", flat=True))
            open_ = list(Draft.objects.filter(closed_at=None).values_list("pk", flat=True))
        if not ready and not open_:
            return
        try:
            if ready and (not open_ or chance.random() < 0.6):
                with _as("sonia"):
                    invoicing.prepare(chance.choice(ready))
            elif open_:
                with _as("yves"):
                    made = invoicing.issue(chance.choice(open_))
                print(json.dumps({"issued": str(made.pk), "number": made.number}), flush=True)
        except Refused:
            continue


def bring() -> None:
    """Import the payer's answer to every line."""
    from liane.bundles.returns import importing

    importing.CHUNK = 5
    with _as("yves"):
        content = _answer()
        report = importing.receive(content, "retour.csv")
    print(json.dumps({"kept": report.kept, "known": report.known}), flush=True)


def _answer() -> bytes:
    from liane.bundles.models import InvoiceLine

    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["facture", "ligne", "statut", "montant", "date", "reference"])
    rows = InvoiceLine.objects.order_by("invoice__ordinal", "rank")
    for number, rank in rows.values_list("invoice__number", "rank"):
        writer.writerow([number, rank, "paye", "", "2026-07-10", "VIR1"])
    return out.getvalue().encode()


def check(issued: list[str]) -> dict[str, Any]:
    """Every invariant. ``issued``: invoices that were acknowledged."""
    from liane.bundles.models import Invoice, InvoiceLine, LineStep, ReturnLine, Sequence, Settled
    from liane.core.models import Counter as Numbers

    faults: list[str] = []
    with _machine():
        lines = Counter[Any]()
        for pk, cents in InvoiceLine.objects.values_list("invoice_id", "cents"):
            lines[pk] += cents
        invoices = list(Invoice.objects.order_by("ordinal"))
        ordinals = [one.ordinal for one in invoices]
        if ordinals != list(range(1, len(ordinals) + 1)):
            faults.append(f"numbers with a gap or a double: {ordinals}")
        counter = Numbers.objects.filter(name__startswith="invoice:").values_list(
            "value", flat=True
        )
        if list(counter) != [len(ordinals)]:
            faults.append(f"the counter says {list(counter)}, {len(ordinals)} were issued")
        faults += [
            f"invoice {one.number} is not the sum of its lines"
            for one in invoices if lines[one.pk] != one.cents
        ]  # fmt: skip
        billed = Counter(one.sequence_id for one in invoices)
        faults += [
            f"sequence {pk} billed {count} times" for pk, count in billed.items() if count > 1
        ]
        kept = {str(one.pk) for one in invoices}
        faults += [f"acknowledged and lost: {pk}" for pk in issued if pk not in kept]
        for status, count in Counter(
            Sequence.objects.filter(key="s1").values_list("status", flat=True)
        ).items():
            if status != "paid":
                faults.append(f"{count} first sequences are {status}")
        for pk, count in Counter(Settled.objects.values_list("enrolment_id", flat=True)).items():
            if count != 1:
                faults.append(f"enrolment {pk} settled {count} times")
        _settled_whole(faults)
        answers = Counter(ReturnLine.objects.values_list("line_id", flat=True))
        steps = Counter(LineStep.objects.values_list("line_id", flat=True))
        for pk in InvoiceLine.objects.values_list("pk", flat=True):
            if answers[pk] != 1 or steps[pk] != 1:
                faults.append(f"line {pk}: {answers[pk]} answers, {steps[pk]} steps")
    return {"invoices": len(ordinals), "faults": faults}


def _settled_whole(faults: list[str]) -> None:
    from liane.bundles.models import Sequence, SettledLine

    sums = Counter[Any]()
    for pk, key, cents in SettledLine.objects.values_list("enrolment_id", "sequence", "cents"):
        sums[pk, key] += cents
    faults += [
        f"half a settlement: {one.enrolment_id}"
        for one in Sequence.objects.filter(key="s1")
        if sums[one.enrolment_id, one.key] != one.amount_cents
    ]


def _as(name: str) -> Any:
    from liane.core.acting import acting
    from tests.factories import actor

    return acting(actor(name))


def _machine() -> Any:
    from liane.core.acting import acting, system

    return acting(system("drill"))


def main() -> None:
    """One word and its argument."""
    import django

    django.setup()
    word, *rest = sys.argv[1:]
    if word == "scene":
        print(json.dumps(scene(int(rest[0]))))
    elif word == "settle":
        settle()
    elif word == "issue":
        issue(int(rest[0]))
    elif word == "import":
        bring()
    else:
        print(json.dumps(check(json.loads(sys.stdin.read() or "[]"))))


if __name__ == "__main__":
    main()
