"""Invoices: prepared by one and issued by another, numbered without a gap, never changed."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404

from liane.bundles import invoicing, papers
from liane.bundles.models import Invoice, InvoiceLine
from liane.bundles.outputs import content
from liane.bundles.states import LineState, Stage
from liane.bundles.tests.conftest import as_, machine
from liane.core import acting
from liane.core.errors import Conflict, Refused
from liane.core.models import AccessRow
from liane.interventions.models import Undo

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(house):
    """A complete sequence of somebody whose rights are known."""
    house.complete()
    house.entitled()
    house.settle()
    return house


def issued(house, by=None, then=None) -> Invoice:
    """Prepared by the coordinator, issued by the billing officer."""
    with as_(by or house.coordinator):
        draft = invoicing.prepare(house.sequence().pk)
    with as_(then or house.biller):
        return invoicing.issue(draft.pk)


def test_what_blocks_is_named_and_nothing_is_prepared(house):
    house.complete()
    house.settle()
    assert house.sequence().status == Stage.CHECK
    assert house.sequence().codes == ["rights"]
    with as_(house.coordinator), pytest.raises(Refused, match="bloquée"):
        invoicing.prepare(house.sequence().pk)


def test_rights_entered_once_unblock_it_and_a_non_qualified_identity_never_blocks(ready):
    assert not ready.person.is_qualified
    assert ready.sequence().status == Stage.READY


def test_one_prepares_and_another_issues(ready):
    made = issued(ready)
    assert made.number == f"{made.year}-000001"
    assert made.cents == 30101
    with machine():
        lines = list(InvoiceLine.objects.filter(invoice=made).order_by("rank"))
        assert sum(line.cents for line in lines) == 30101
        assert [line.role for line in lines] == ["professional"] * 3 + ["structure"]
        assert {line.payee_number for line in lines[:3]} == {"409000001", "409000002", "409000003"}
    assert ready.sequence().status == Stage.ISSUED


def test_the_same_person_does_not_issue_what_a_colleague_could(ready):
    with as_(ready.coordinator):
        draft = invoicing.prepare(ready.sequence().pk)
        with pytest.raises(Refused, match="collègue"):
            invoicing.issue(draft.pk, alone="Je suis pressée aujourd’hui")


def test_alone_in_the_structure_one_says_why_and_it_is_kept(ready):
    type(ready.biller).objects.filter(pk=ready.biller.pk).update(ended_on=dt.date(2026, 1, 31))
    with as_(ready.coordinator):
        draft = invoicing.prepare(ready.sequence().pk)
        with pytest.raises(Refused, match="dites pourquoi"):
            invoicing.issue(draft.pk)
        made = invoicing.issue(draft.pk, alone="Seule coordinatrice, Yves est parti")
    assert made.alone == "Seule coordinatrice, Yves est parti"
    assert AccessRow.objects.filter(purpose__endswith="(seul)").exists()


def test_amounts_that_moved_since_are_not_issued_unseen(ready):
    with as_(ready.coordinator):
        draft = invoicing.prepare(ready.sequence().pk)
    with acting.owner():
        Undo.objects.create(intervention=ready.made[0], reason="saisi deux fois")
    ready.act(ready.diet, "diet", dt.date(2026, 2, 3))
    ready.act(ready.psy, "psy", dt.date(2026, 2, 16))
    ready.settle()
    with as_(ready.biller), pytest.raises(Conflict, match="ont changé"):
        invoicing.issue(draft.pk)
    with as_(ready.biller):
        invoicing.withdraw(draft.pk)
    assert ready.sequence().status == Stage.READY


@pytest.mark.parametrize("model", [Invoice, InvoiceLine])
def test_an_issued_row_refuses_update_and_delete_in_the_database(ready, model):
    made = issued(ready)
    filters = {"pk": made.pk} if model is Invoice else {"invoice": made}
    with acting.owner(), pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(**filters).update(cents=1)
    with acting.owner(), pytest.raises(DatabaseError), transaction.atomic():
        model.objects.filter(**filters)._raw_delete(using="default")
    with machine():
        assert model.objects.filter(**filters).exists()


def test_a_credit_note_cancels_and_the_sequence_may_be_billed_again(ready):
    made = issued(ready)
    with as_(ready.coordinator):
        draft = invoicing.cancel(made.pk, "Mauvais organisme")
    with as_(ready.biller):
        note = invoicing.issue(draft.pk)
    assert (note.cents, note.ordinal, note.corrects_id) == (-30101, 2, made.pk)
    assert ready.sequence().status == Stage.READY
    again = issued(ready)
    assert (again.cents, again.ordinal) == (30101, 3)


def test_a_correction_after_issue_is_a_difference_invoice(ready):
    made = issued(ready)
    with acting.owner():
        Undo.objects.create(intervention=ready.made[2], reason="erreur de personne")
    ready.act(ready.psy, "psy", dt.date(2026, 3, 2))
    ready.settle()
    assert ready.sequence().status == Stage.CHANGED
    more = issued(ready)
    assert more.kind == "difference"
    assert more.corrects_id == made.pk
    with machine():
        cents = dict(InvoiceLine.objects.filter(invoice=more).values_list("payee_label", "cents"))
        assert InvoiceLine.objects.get(invoice=made, payee_label="Tess Faure").cents == 8367
    assert cents["Tess Faure"] == -8367
    assert sum(cents.values()) == 0


def test_somebody_of_another_structure_finds_nothing(ready):
    from tests import factories as make

    stranger = make.practice("zoe", role="coordinator", of=make.organisation("Ailleurs", "msp"))
    with as_(stranger), pytest.raises(Http404):
        invoicing.prepare(ready.sequence().pk)


def test_a_rejected_line_is_presented_again_alone(ready):
    from liane.bundles.returns import importing

    made = issued(ready)
    head = "facture;ligne;statut;montant;date;code;motif"
    file = f"{head}\n{made.number};2;rejete;;2026-07-10;R12;Numéro inconnu\n"
    with as_(ready.biller):
        importing.receive(file.encode(), "retour.csv")
    assert ready.sequence().status == Stage.REJECTED
    with machine():
        line = InvoiceLine.objects.get(invoice=made, rank=2)
    with as_(ready.coordinator):
        draft = invoicing.present_again(line.pk, "Numéro corrigé")
    with as_(ready.biller):
        again = invoicing.issue(draft.pk)
    with machine():
        new = InvoiceLine.objects.get(invoice=again)
        assert (new.cents, new.replaces_id) == (line.cents, line.pk)
        assert line.history.order_by("-at").first().after == LineState.REISSUED
    assert ready.sequence().status == Stage.ISSUED
    assert ready.sequence().billed_cents == 30101


def test_each_part_lists_the_acts_it_pays(ready):
    made = issued(ready)
    with machine():
        found = content.of(Invoice.objects.get(pk=made.pk))
        acts = papers.acts_of(found)
        by_payee = {line.payee_label: acts[line.pk] for line in found.lines}
    assert by_payee["Léa Moreau"] == [(dt.date(2026, 2, 2), "Consultation diététique")]
    assert by_payee["Tess Faure"] == [(dt.date(2026, 3, 2), "Séance de psychologue")]
    assert by_payee["Maison de santé des Tilleuls"] == []
