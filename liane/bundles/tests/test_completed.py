"""The bill of what ran without an amount, once the project takes the version that gives it."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.bundles.models import Invoice, Sequence, Settled, SettledLine
from liane.bundles.states import Stage
from liane.bundles.tests.conftest import as_, built, machine
from liane.bundles.tests.samples import ESSAI
from liane.bundles.tests.test_invoicing import issued
from liane.core import acting
from liane.interventions.models import Undo
from liane.pathways import catalogue
from liane.pathways.models import ProtocolVersion
from liane.pathways.services import completed

pytestmark = pytest.mark.django_db
FIRST, SECOND = '{"*": "301.01"}', '{"*": "100.00"}'
OPEN = '{"*": {to_be_completed: montant de la séquence, who: la structure}}'


def lacking(amounts: str):
    """The house, whose version leaves these amounts to be completed; and the version that its
    structure published since, which gives them."""
    house = built()
    with acting.owner():
        ProtocolVersion.objects.filter(organisation=house.msp, number="2026-01").update(
            text=ESSAI.replace(amounts, OPEN)
        )
    house.complete()
    house.entitled()
    return house


def publish(house) -> None:
    with acting.owner():
        ProtocolVersion.objects.create(
            organisation=house.msp, key="essai", number="2026-02", status="published",
            text=ESSAI.replace("version: 2026-01", "version: 2026-02"),
            published_at=timezone.now(),
        )  # fmt: skip


def take(house) -> None:
    with as_(house.coordinator):
        completed.take(house.project.pk, "2026-02")


def test_the_block_leads_to_the_version_and_the_bill_goes(sign_in):
    house = lacking(FIRST)
    house.settle()
    assert (house.sequence().status, house.sequence().codes) == (Stage.CHECK, ["amount"])
    client, one = sign_in("sonia"), f"/forfaits/{house.enrolment.pk}/"
    for path in ("/forfaits/", one):
        page = client.get(path).content.decode()
        assert "/parcours/protocoles/essai/?version=2026-01" in page
        assert catalogue.TAKE not in page
    publish(house)
    url = catalogue.taking(house.project.pk, "2026-02")
    for path in ("/forfaits/", one):
        page = client.get(path).content.decode()
        assert f'href="{url}">{catalogue.TAKE}</a>' in page
    assert client.post(url, {"version": "2026-02"}).status_code == 302
    house.settle()
    assert house.sequence().status == Stage.READY
    made = issued(house)
    assert (made.cents, made.version) == (30101, "2026-02")


def test_an_ended_pathway_is_billed_too():
    house = lacking(FIRST)
    with acting.owner():
        type(house.enrolment).objects.update(status="ended", ended_on=dt.date(2026, 3, 31))
    house.settle()
    publish(house)
    take(house)
    house.settle()
    assert house.sequence().status == Stage.READY


def test_what_was_issued_keeps_its_version_and_shows_no_difference():
    house = lacking(SECOND)
    house.settle()
    made = issued(house)
    publish(house)
    take(house)
    house.settle()
    with machine():
        assert Invoice.objects.get(pk=made.pk).version == "2026-01"
        kept = Settled.objects.order_by("number").values_list("number", "version")
        assert list(kept) == [(1, "2026-01"), (2, "2026-02")]
        assert not SettledLine.objects.filter(difference=True).exists()
        versions = dict(Sequence.objects.values_list("key", "version"))
    assert versions == {"s1": "2026-01", "s2": "2026-02"}
    assert house.sequence().status == Stage.ISSUED


def test_a_later_correction_is_a_difference_said_under_the_version_that_governs():
    house = lacking(SECOND)
    house.settle()
    made = issued(house)
    publish(house)
    take(house)
    with acting.owner():
        Undo.objects.create(intervention=house.made[2], reason="erreur de personne")
    house.act(house.psy, "psy", dt.date(2026, 3, 2))
    house.settle()
    assert (house.sequence().status, house.sequence().version) == (Stage.CHANGED, "2026-02")
    more = issued(house)
    assert (more.kind, more.version, more.corrects_id) == ("difference", "2026-02", made.pk)
    with machine():
        assert Invoice.objects.get(pk=made.pk).version == "2026-01"
