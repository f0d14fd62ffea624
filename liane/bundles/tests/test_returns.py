"""Returns of the payer: read line by line, kept once, differences explained."""

import datetime as dt
import json

import pytest

from liane.bundles import payments
from liane.bundles.models import InvoiceLine, Return, ReturnLine
from liane.bundles.returns import importing, reading
from liane.bundles.states import LineState, Stage
from liane.bundles.tests.conftest import as_, machine
from liane.bundles.tests.test_invoicing import issued, ready  # noqa: F401
from liane.core.errors import NotAllowed, Refused

pytestmark = pytest.mark.django_db
HEAD = "facture;ligne;statut;montant;date;code;motif;reference\n"


def row(number, rank, outcome, amount="", reference="VIR1", code="") -> str:
    return f"{number};{rank};{outcome};{amount};2026-07-10;{code};;{reference}\n"


def received(house, text: str):
    with as_(house.biller):
        return importing.receive(text.encode(), "retour.csv")


def state(made, rank):
    with machine():
        line = InvoiceLine.objects.get(invoice=made, rank=rank)
        last = line.history.order_by("-at", "-id").first()
        return last.after if last else LineState.SENT


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1 126,50", 112650), ("1126.5", 112650), ("66,94 €", 6694), ("0", 0), ("-3", -300)],
)
def test_amounts_are_read_as_people_write_them(text, cents):
    assert reading.cents_of(text) == cents


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("F1;1;paye;12,345;2026-07-10;;;", "deux décimales"),
        ("F1;1;peut-être;1;2026-07-10;;;", "statut « peut-être »"),
        ("F1;1;paye;1;hier;;;", "date « hier » illisible"),
        ("F1;un;paye;1;2026-07-10;;;", "numéro de ligne « un »"),
        ("F1;1;partiel;;2026-07-10;;;", "demande un montant"),
        ("F1;1;paye;NaN;2026-07-10;;;", "deux décimales"),
    ],
)
def test_a_line_that_cannot_be_read_says_where_and_what(line, problem):
    found = reading.read((HEAD + line + "\n").encode())
    assert found.said == []
    [(place, text)] = found.problems
    assert place == "ligne 2"
    assert problem in text


@pytest.mark.parametrize("content", [b"bonjour", b"{", b"[1]", b"a;b;c\n1;2;3"])
def test_a_file_that_is_none_of_ours_is_refused_with_what_was_expected(content):
    with pytest.raises(Refused, match=r"colonne|illisible|FHIR"):
        reading.read(content)


def test_all_paid_settles_the_sequence(ready):  # noqa: F811
    made = issued(ready)
    report = received(ready, HEAD + f"{made.number};;paye;;2026-07-10;;;VIR1\n")
    assert (report.kept, report.problems) == (4, [])
    assert ready.sequence().status == Stage.PAID
    assert ready.sequence().paid_cents == 30101 - 6020


def test_the_same_file_twice_changes_nothing(ready):  # noqa: F811
    made = issued(ready)
    text = HEAD + row(made.number, 1, "paye") + row(made.number, 2, "rejete", code="R12")
    first, again = received(ready, text), received(ready, text)
    assert (first.kept, again.kept, again.known, again.again) == (2, 0, 2, True)
    with machine():
        assert (Return.objects.count(), ReturnLine.objects.count()) == (1, 2)
    assert state(made, 1) == LineState.PAID
    assert state(made, 2) == LineState.REJECTED


def test_the_same_statement_in_another_file_is_kept_once(ready):  # noqa: F811
    made = issued(ready)
    received(ready, HEAD + row(made.number, 1, "paye"))
    report = received(ready, HEAD + row(made.number, 1, "paye") + row(made.number, 3, "paye"))
    assert (report.kept, report.known) == (1, 1)


def test_an_unknown_invoice_is_said_by_its_line_and_the_others_are_kept(ready):  # noqa: F811
    made = issued(ready)
    report = received(ready, HEAD + row("2020-000999", 1, "paye") + row(made.number, 1, "paye"))
    assert report.kept == 1
    assert report.problems == [("ligne 2", "facture « 2020-000999 » inconnue ici")]


def test_another_structure_s_invoice_is_unknown(ready):  # noqa: F811
    from tests import factories as make

    made = issued(ready)
    other = make.practice("zoe", role="billing", of=make.organisation("Ailleurs", "msp"))
    with as_(other):
        report = importing.receive((HEAD + row(made.number, 1, "paye")).encode())
    assert report.kept == 0
    assert "inconnue" in report.problems[0][1]


def test_partial_payments_add_up_then_the_difference_is_explained(ready):  # noqa: F811
    made = issued(ready)
    received(ready, HEAD + row(made.number, 1, "partiel", "40,00", "V1"))
    assert state(made, 1) == LineState.PARTLY
    with machine():
        line = InvoiceLine.objects.get(invoice=made, rank=1)
    with as_(ready.coordinator):
        payments.explain(line.pk, "Franchise retenue par la caisse, notifiée le 3 juillet")
    assert state(made, 1) == LineState.SETTLED


def test_two_equal_payments_in_one_file_are_two(ready):  # noqa: F811
    made = issued(ready)
    line = row(made.number, 1, "partiel", "20,00", "V1")
    report = received(ready, HEAD + line + line)
    assert report.kept == 2


def test_fhir_claim_response_and_payment_reconciliation_are_read(ready):  # noqa: F811
    made = issued(ready)
    benefit = {"coding": [{"code": "benefit"}]}
    response = {
        "resourceType": "ClaimResponse",
        "request": {"identifier": {"value": made.number}},
        "created": "2026-07-10",
        "item": [
            {"itemSequence": 1, "adjudication": [
                {"category": benefit, "amount": {"value": 66.93, "currency": "EUR"}}]},
            {"itemSequence": 2, "adjudication": [
                {"category": {"coding": [{"code": "submitted"}]},
                 "reason": {"coding": [{"code": "R12"}], "text": "Numéro inconnu"}}]},
        ],
    }  # fmt: skip
    advice = {
        "resourceType": "PaymentReconciliation",
        "paymentDate": "2026-07-11",
        "paymentIdentifier": {"value": "VIR9"},
        "detail": [{"request": {"identifier": {"value": f"{made.number}/3"}},
                    "amount": {"value": 66.93, "currency": "EUR"}}],
    }  # fmt: skip
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": response},
            {"resource": advice},
            {"resource": {"resourceType": "X"}},
        ],
    }
    report = received(ready, json.dumps(bundle))
    assert report.kept == 3
    assert report.problems == [("entry[2]", "ressource « X » non lue")]
    assert state(made, 2) == LineState.REJECTED


def test_the_payee_says_what_they_received_and_nobody_else(ready):  # noqa: F811
    made = issued(ready)
    with machine():
        line = InvoiceLine.objects.get(invoice=made, payee_label="Tess Faure")
    with as_(ready.outside):
        payments.say(line.pk, "received")
    assert state(made, line.rank) == LineState.PAID
    with as_(ready.coordinator), pytest.raises(NotAllowed):
        payments.say(line.pk, "received")
    assert ready.sequence().status == Stage.PARTLY


def test_a_share_is_collected_up_to_what_is_owed_and_never_beyond(ready):  # noqa: F811
    made = issued(ready)
    with as_(ready.biller):
        payments.collect(made.pk, 5000, "card", dt.date(2026, 7, 1))
        with pytest.raises(Refused, match="10,20"):
            payments.collect(made.pk, 1021, "card", dt.date(2026, 7, 1))
        payments.collect(made.pk, 1020, "cash", dt.date(2026, 7, 2))
