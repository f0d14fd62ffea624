"""Orders of payment: shares collected and bundles paid to the structure, once, by two people."""

import datetime as dt
from xml.etree import ElementTree

import pytest

from liane.bundles import accounting, paying, payments, sepa
from liane.bundles.models import Payout
from liane.bundles.tests.conftest import IBANS, as_, machine
from liane.bundles.tests.test_invoicing import issued, ready  # noqa: F401
from liane.bundles.tests.test_returns import HEAD, received
from liane.core import acting
from liane.core.errors import Refused
from liane.pathways.models import Signatory
from tests import factories as make

pytestmark = pytest.mark.django_db
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"}


@pytest.fixture
def collected(ready):  # noqa: F811
    """The person paid her whole share to the structure."""
    made = issued(ready)
    with as_(ready.biller):
        payments.collect(made.pk, 6020, "transfer", dt.date(2026, 6, 1))
    return ready


def test_a_collected_share_is_paid_to_each_by_an_order_that_another_releases(collected):
    with as_(collected.coordinator):
        order = paying.prepare(collected.project.pk)
        with pytest.raises(Refused, match="collègue"):
            paying.release(order.pk)
    with as_(collected.biller):
        order = paying.release(order.pk)
        with machine():
            tree = ElementTree.fromstring(sepa.pain_001(order))
    amounts = [one.text for one in tree.iterfind(".//p:InstdAmt", NS)]
    assert sorted(amounts) == ["16.73", "16.73", "16.74"]
    assert tree.find(".//p:GrpHdr/p:CtrlSum", NS).text == "50.20"
    accounts = {one.text for one in tree.iterfind(".//p:CdtrAcct/p:Id/p:IBAN", NS)}
    assert accounts == set(IBANS[1:])
    assert tree.find(".//p:DbtrAcct/p:Id/p:IBAN", NS).text == IBANS[0]
    assert b"SARRADE" not in ElementTree.tostring(tree)


def test_what_was_ordered_is_not_ordered_again_unless_given_up(collected):
    with as_(collected.coordinator):
        order = paying.prepare(collected.project.pk)
        with pytest.raises(Refused, match="Rien n’est à reverser"):
            paying.prepare(collected.project.pk)
        paying.withdraw(order.pk)
        assert paying.prepare(collected.project.pk).cents == order.cents


def test_nothing_is_owed_before_the_share_is_whole_or_where_the_fund_pays(ready):  # noqa: F811
    made = issued(ready)
    received(ready, HEAD + f"{made.number};;paye;;2026-07-10;;;VIR1\n")
    with as_(ready.biller):
        payments.collect(made.pk, 100, "cash", dt.date(2026, 6, 1))
    with as_(ready.coordinator), pytest.raises(Refused, match="Rien n’est à reverser"):
        paying.prepare(ready.project.pk)


def test_no_file_before_the_order_is_released(collected):
    with as_(collected.coordinator):
        order = paying.prepare(collected.project.pk)
        with pytest.raises(Refused, match="une fois émis"):
            sepa.pain_001(Payout.objects.get(pk=order.pk))


def test_the_books_balance_piece_by_piece(collected):
    with as_(collected.coordinator):
        order = paying.prepare(collected.project.pk)
    with as_(collected.biller):
        paying.release(order.pk)
        found = accounting.entries(collected.msp.pk, dt.date(2026, 1, 1), dt.date(2030, 12, 31))
    sums: dict[str, int] = {}
    for one in found:
        sums[one.piece] = sums.get(one.piece, 0) + one.cents
    assert set(sums.values()) == {0}
    held = sum(one.cents for one in found if one.account == "467100")
    assert held == 0
    income = sum(one.cents for one in found if one.account == "706100")
    assert income == -5000


def test_an_account_that_lacks_is_named(house):
    new = make.practice("ugo", name="Ugo Pons", profession="93")
    with acting.owner():
        Signatory.objects.create(
            project=house.project, practice=new, profession="psychologue", am_number="409000009",
            starts_on=dt.date(2026, 1, 1),
        )  # fmt: skip
    house.act(new, "psy", dt.date(2026, 3, 1))
    house.complete()
    house.entitled()
    house.settle()
    made = issued(house)
    with as_(house.biller):
        payments.collect(made.pk, 6020, "transfer", dt.date(2026, 6, 1))
    with as_(house.coordinator), pytest.raises(Refused, match="Sans compte bancaire : Ugo Pons"):
        paying.prepare(house.project.pk)
