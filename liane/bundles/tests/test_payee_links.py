"""Who has no account reads and confirms what they were paid, behind the month's signed link."""

import pytest
from django.test import Client

from liane.bundles.models import InvoiceLine, PayeeWord
from liane.bundles.tests.conftest import as_, machine
from liane.bundles.tests.test_invoicing import issued, ready  # noqa: F401
from liane.pathways import links

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(ready):  # noqa: F811
    """Tess has no account; an invoice pays her a part; the coordinator tells her the code."""
    tess = ready.outside.professional
    tess.user = None
    tess.save(update_fields=["user"])
    issued(ready)
    assert links.open_month() == 1
    with as_(ready.coordinator):
        link, code = links.spoken_code(ready.outside.pk)
    client, path = Client(), links.path_of(link)
    client.post(f"{path}code/", {"code": code})
    return client, path


def line_of(name):
    with machine():
        return InvoiceLine.objects.select_related("invoice").get(payee_label=name)


def words():
    with machine():
        return list(PayeeWord.objects.values_list("payee_label", "answer", "via", "cents"))


def test_she_reads_her_own_part_and_says_that_she_received_it(door):
    client, path = door
    line, page = line_of("Tess Faure"), client.get(path).content.decode()
    assert "Vos versements" in page
    assert line.invoice.number in page
    assert client.post(path, {"line": str(line.pk), "answer": "received"}).status_code == 302
    assert words() == [("Tess Faure", "received", "link", line.cents - line.patient_cents)]
    assert "Vos versements" not in client.get(path).content.decode()


def test_another_amount_is_typed_as_people_write_it(door):
    client, path = door
    line = line_of("Tess Faure")
    wrong = client.post(path, {"line": str(line.pk), "answer": "other", "amount": "beaucoup"})
    assert wrong.status_code == 422
    assert "67,50" in wrong.content.decode()
    client.post(path, {"line": str(line.pk), "answer": "other", "amount": "12,34"})
    assert words() == [("Tess Faure", "other", "link", 1234)]


def test_the_line_of_another_is_not_hers_to_answer(door):
    client, path = door
    other = line_of("Léa Moreau")
    assert other.payee_label not in client.get(path).content.decode()
    assert client.post(path, {"line": str(other.pk), "answer": "received"}).status_code == 404
    assert words() == []
