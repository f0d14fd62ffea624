"""Pages of money: the work list, one bundle, an invoice, returns, one's own lines."""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from liane.bundles.models import Coverage, Invoice, InvoiceFile, InvoiceLine
from liane.bundles.papers import make_papers
from liane.bundles.tests.conftest import machine, number_of
from liane.bundles.tests.test_invoicing import issued, ready  # noqa: F401
from liane.core.models import AccessRow

pytestmark = pytest.mark.django_db


def text_of(response) -> str:
    return response.content.decode()


def test_the_list_shows_what_blocks_with_the_button_that_settles_it(house, sign_in):
    house.complete()
    house.settle()
    page = text_of(sign_in("sonia").get("/forfaits/"))
    assert "Numéro de l’assuré et droits non saisis" in page
    assert f"/forfaits/{house.enrolment.pk}/droits/" in page
    assert "Identité non qualifiée" in page
    assert "Jeanne Sarrade" in page


@pytest.mark.parametrize("view", ["pretes", "verifier", "facturees", "payees", "encours", "?"])
def test_every_filter_answers(ready, sign_in, view):  # noqa: F811
    assert sign_in("sonia").get(f"/forfaits/?vue={view}&page=2").status_code == 200


def test_rights_are_typed_once_with_the_insured_s_number_checked(house, sign_in):
    house.complete()
    house.settle()
    client, url = sign_in("yves"), f"/forfaits/{house.enrolment.pk}/droits/"
    form = {"number": number_of()[:-2] + "00", "quality": "child", "rank": "2", "amo": "010401001",
            "starts_on": "2026-01-01", "seen": "card"}  # fmt: skip
    refused = client.post(url, form)
    assert refused.status_code == 422
    assert "La clé ne correspond pas" in text_of(refused)
    done = client.post(url, form | {"number": number_of()})
    assert done.status_code == 302
    with machine():
        row = Coverage.objects.get()
        assert (row.number, row.quality, row.rank) == (number_of(), "child", 2)
    page = text_of(client.get(f"/forfaits/{house.enrolment.pk}/"))
    assert number_of() not in page
    assert "Prête" in text_of(client.get("/forfaits/"))


def test_one_bundle_explains_every_cent_and_a_professional_reads_their_line_only(ready, sign_in):  # noqa: F811
    url = f"/forfaits/{ready.enrolment.pk}/"
    page = text_of(sign_in("sonia").get(url))
    assert "somme exacte" in page
    assert "Léa Moreau : 83,67" in page
    assert "Consultation diététique (2 février 2026)" in page
    own = text_of(sign_in("tess").get(url))
    assert "Tess Faure : 83,67" in own
    assert "Léa Moreau" not in own
    assert "301,01" not in own


def test_prepare_issue_and_every_file(ready, sign_in):  # noqa: F811
    sonia, yves = sign_in("sonia"), sign_in("yves")
    made = sonia.post(f"/forfaits/sequences/{ready.sequence().pk}/preparer/")
    page = text_of(sonia.get(made.url))
    assert "un ou une collègue l’émet" in page
    assert text_of(sonia.get("/forfaits/")).count("Relire et émettre") == 1
    issued_at = yves.post(f"{made.url}emettre/")
    assert text_of(yves.get(issued_at.url)).count("Tess Faure")
    with machine():
        invoice = Invoice.objects.get()
    for form in ("json", "csv", "fhir"):
        answer = yves.get(f"/forfaits/factures/{invoice.pk}/fichier/{form}/")
        assert answer.status_code == 200
        assert invoice.number in answer.content.decode("utf-8-sig")
    said = json.loads(yves.get(f"/forfaits/factures/{invoice.pk}/fichier/json/").content)
    assert said["total"] == {"amount": "301.01", "amo": "240.81", "amc": "0.00", "patient": "60.20"}
    assert sum(round(float(line["amount"]) * 100) for line in said["lines"]) == 30101
    assert said["insured"]["insured_number"] == number_of()
    assert said["insured"]["ins"] is None
    exports = AccessRow.objects.filter(action="export", person_id=ready.person.pk)
    assert exports.exists()


def test_the_person_and_each_payee_have_their_pdf(ready, sign_in):  # noqa: F811
    made = issued(ready)
    make_papers.call(str(made.pk))
    make_papers.call(str(made.pk))
    with machine():
        assert InvoiceFile.objects.filter(invoice=made).count() == 5
        tess = InvoiceLine.objects.get(invoice=made, payee_label="Tess Faure")
        lea = InvoiceLine.objects.get(invoice=made, payee_label="Léa Moreau")
        InvoiceFile.objects.get(invoice=made, line=tess)
    client = sign_in("tess")
    assert client.get(f"/forfaits/lignes/{lea.pk}/pdf/").status_code == 404
    assert client.get(f"/forfaits/lignes/{tess.pk}/pdf/").status_code in {200, 409, 403, 503}


def test_a_payee_confirms_and_sees_no_other_line(ready, sign_in):  # noqa: F811
    made = issued(ready)
    with machine():
        line = InvoiceLine.objects.get(invoice=made, payee_label="Tess Faure")
        other = InvoiceLine.objects.get(invoice=made, payee_label="Léa Moreau")
    client = sign_in("tess")
    page = text_of(client.get("/forfaits/versements/"))
    assert "66,9" in page
    assert "Moreau" not in page
    assert (
        client.post(f"/forfaits/lignes/{other.pk}/recu/", {"answer": "received"}).status_code == 404
    )
    client.post(f"/forfaits/lignes/{line.pk}/recu/", {"answer": "other", "amount": "12,345"})
    client.post(f"/forfaits/lignes/{line.pk}/recu/", {"answer": "received"})
    assert "Vous avez dit : reçu" in text_of(client.get("/forfaits/versements/"))


def test_a_return_is_imported_and_its_rejection_treated(ready, sign_in):  # noqa: F811
    made, client = issued(ready), sign_in("yves")
    head = "facture;ligne;statut;montant;date;code;motif"
    text = f"{head}\n{made.number};1;rejete;;2026-07-10;R1;Nom\nX;1;paye;1;2026-07-10;;\n"
    answer = client.post("/forfaits/retours/", {"file": SimpleUploadedFile("r.csv", text.encode())})
    page = text_of(client.get(answer.url))
    assert "facture « X » inconnue ici" in page
    assert "R1 Nom" in page
    assert text_of(client.get("/forfaits/")).count("Traiter le rejet") == 1
    with machine():
        line = InvoiceLine.objects.get(invoice=made, rank=1)
    again = client.post(f"/forfaits/lignes/{line.pk}/representer/", {"reason": "Nom corrigé"})
    assert again.status_code == 302
    assert "nouvelle présentation" in text_of(client.get(again.url)).lower()


def test_a_bad_file_is_a_sentence_and_never_an_error(house, sign_in):
    answer = sign_in("yves").post(
        "/forfaits/retours/", {"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}
    )
    assert answer.status_code == 422
    assert "Colonnes" in text_of(answer)


def test_shares_collected_then_paid_out(ready, sign_in):  # noqa: F811
    made, yves, sonia = issued(ready), sign_in("yves"), sign_in("sonia")
    url = f"/forfaits/factures/{made.pk}/"
    form = {"amount": "60.20", "means": "card", "on": "2026-06-01"}
    assert yves.post(f"{url}participation/", form).status_code == 302
    assert "50,20" in text_of(sonia.get("/forfaits/reversements/"))
    order = sonia.post("/forfaits/reversements/", {"project": str(ready.project.pk)})
    assert yves.post(f"{order.url}emettre/").status_code == 302
    file = yves.get(f"{order.url}virements.xml")
    assert file.headers["Content-Type"] == "application/xml"
    books = yves.get(f"/forfaits/comptabilite.csv?annee={dt.date.today().year}")  # noqa: DTZ011
    assert "467100" in books.content.decode("utf-8-sig")


def test_a_manager_reads_figures_and_no_name(ready, sign_in):  # noqa: F811
    from tests import factories as make

    issued(ready)
    make.practice("marc", role="manager", of=ready.msp)
    client = sign_in("marc")
    page = text_of(client.get("/forfaits/"))
    assert "301,01" in page
    assert "Sarrade" not in page
    for form in ("csv", "xlsx"):
        assert client.get(f"/forfaits/chiffres/{form}/").status_code == 200
    assert client.get(f"/forfaits/{ready.enrolment.pk}/").status_code == 404


def test_the_command_explains_and_settles(ready, capsys):  # noqa: F811
    call_command("bundle_settle", "--until", "2026-06-30", "--all", "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["unchanged"] == 1
    call_command("bundle_explain", str(ready.enrolment.pk))
    out = capsys.readouterr().out
    assert "Léa Moreau : 83,67" in out
    assert "art. 5" in out
    call_command("bundle_explain", str(ready.enrolment.pk), "--json")
    whole = json.loads(capsys.readouterr().out)
    assert sum(round(float(line["amount"]) * 100) for line in whole["lines"]) == 30101
    assert "Sarrade" not in out


@pytest.mark.parametrize("who", ["yves", "sonia"])
def test_the_first_page_says_what_waits_to_be_billed_with_the_link_that_acts(ready, sign_in, who):  # noqa: F811
    client = sign_in(who)
    page = text_of(client.get("/"))
    assert "séquence à facturer" in page
    assert "Rien ne vous attend" not in page
    assert 'href="/forfaits/?vue=pretes#travail"' in page
    assert "Préparer la facture" in text_of(client.get("/forfaits/?vue=pretes"))
    client.post(f"/forfaits/sequences/{ready.sequence().pk}/preparer/")
    page = text_of(client.get("/"))
    assert "facture à relire et émettre" in page
    assert "séquence à facturer" not in page


def test_the_first_page_says_what_blocks(house, sign_in):
    house.complete()
    house.settle()
    page = text_of(sign_in("yves").get("/"))
    assert "séquence bloquée" in page
    assert 'href="/forfaits/?vue=verifier#travail"' in page


@pytest.mark.parametrize("who", ["lea", "tess"])
def test_a_payee_is_told_nothing_of_the_structure_s_accounts(ready, sign_in, who):  # noqa: F811
    assert "séquence à facturer" not in text_of(sign_in(who).get("/"))
