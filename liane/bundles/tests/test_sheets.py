"""The statement of a year: what counted, what was paid, what was refused and why, as a PDF."""

import datetime as dt
import io

import pikepdf
import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from liane.bundles import sheets
from liane.bundles.models import InvoiceLine
from liane.bundles.tests.conftest import as_, machine
from liane.bundles.tests.test_invoicing import issued, ready  # noqa: F401
from liane.bundles.tests.test_payee_links import door, line_of  # noqa: F401
from liane.core import pdf
from liane.core.models import AccessRow

pytestmark = pytest.mark.django_db
needs_pango = pytest.mark.skipif(not pdf.available(), reason=pdf.MISSING)


def year() -> int:
    return timezone.localdate().year


def said(of: int = 0) -> str:
    """The statement of whoever acts, in words."""
    sheet = sheets.of_year(of or year())
    markup = render_to_string("bundles/pdf_statement.html", {"sheet": sheet})
    return " ".join(markup.replace("\u00a0", " ").split())


def test_it_says_what_counted_under_which_rule_and_article(ready):  # noqa: F811
    issued(ready)
    with as_(ready.diet):
        sheet, words = sheets.of_year(year()), said()
    (one,) = sheet.entries
    assert [label for _, label in one.acts] == ["Consultation diététique"]
    assert one.why[0].article == "art. 5"
    assert sheet.asked + sheet.shares == one.view.line.cents
    for text in ("Léa Moreau", "Règle reste (art. 5)", "Arrêté d’essai", "2 février 2026",
                 "Aucun de vos actes n’a été refusé"):  # fmt: skip
        assert text in words
    assert "Sami Ibarra" not in words, "the parts of others are theirs"
    with machine():
        assert AccessRow.objects.filter(action=AccessRow.Action.EXPORT, resource="money").exists()


def test_a_refused_act_is_said_with_why_to_who_did_it(ready):  # noqa: F811
    ready.act(ready.outside, "psy", dt.date(2026, 4, 1))
    ready.settle(whole=True)
    with as_(ready.outside):
        sheet, words = sheets.of_year(2026), said(2026)
    assert [one.on for one in sheet.refused] == [dt.date(2026, 4, 1)]
    assert "Séance de psychologue (1er avril 2026) : refusé" in words
    with as_(ready.psy):
        assert not sheets.of_year(2026).refused


def test_its_cost_does_not_grow_with_the_lines(ready, django_assert_max_num_queries):  # noqa: F811
    issued(ready)
    with as_(ready.diet), django_assert_max_num_queries(40):
        sheets.of_year(year())


@needs_pango
def test_the_page_gives_it_as_a_tagged_pdf(ready, sign_in):  # noqa: F811
    issued(ready)
    client = sign_in("lea")
    here = f"/forfaits/versements/{year()}/releve.pdf"
    assert here in client.get("/forfaits/versements/").content.decode()
    with pikepdf.open(io.BytesIO(client.get(here).content)) as document:
        assert document.Root.MarkInfo.Marked
        assert str(year()) in str(document.docinfo["/Title"])
    assert client.get("/forfaits/versements/2021/releve.pdf").status_code == 404
    assert client.get("/forfaits/versements/99999/releve.pdf").status_code == 404


@needs_pango
def test_behind_the_link_it_stays_when_nothing_is_left_to_answer(door):  # noqa: F811
    client, path = door
    here = f"{path}releve/{year()}/"
    assert here in client.get(path).content.decode()
    client.post(path, {"line": str(line_of("Tess Faure").pk), "answer": "received"})
    page = client.get(path).content.decode()
    assert "Vos versements" not in page
    assert "tout est à jour" in page
    assert here in page
    with pikepdf.open(io.BytesIO(client.get(here).content)) as document:
        assert len(document.pages) == 1


def test_without_the_code_of_the_link_nothing_is_given(door):  # noqa: F811
    _, path = door
    answer = Client().get(f"{path}releve/{year()}/")
    assert (answer.status_code, answer["Location"]) == (302, path)
    assert Client().get(f"/seances/lien/nothing/releve/{year()}/").status_code == 404


def test_nobody_else_takes_it(ready, sign_in):  # noqa: F811
    issued(ready)
    with machine():
        assert InvoiceLine.objects.exists()
    with as_(ready.psy):
        names = {one.view.line.payee_label for one in sheets.of_year(year()).entries}
    assert names == {"Sami Ibarra"}
