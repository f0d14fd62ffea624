"""The pages of the directory, as people meet them."""

import pytest
from django.test import Client

from liane.directory.index import index_organisations, index_professionals
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def claire():
    practice = make.practice("claire", name="Claire Aubert", of=make.organisation(city="Dax"))
    practice.professional.rpps = "10000000011"
    practice.professional.save()
    index_professionals([practice.professional_id])
    index_organisations([practice.organisation_id])
    return practice


def test_the_directory_asks_to_sign_in():
    assert Client().get("/annuaire/").url.startswith("/connexion")


def test_search_shows_people_and_structures(claire, sign_in):
    page = sign_in("claire").get("/annuaire/", {"q": "obert dax"}).content.decode()
    assert "Claire Aubert" in page
    assert "<html" in page


def test_htmx_gets_the_results_alone(claire, sign_in):
    answer = sign_in("claire").get("/annuaire/", {"q": "aubert"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()


def test_a_carer_sees_registered_professionals_only(claire, sign_in):
    aid = make.practice("maite", name="Maïté Pons", profession="AD")
    index_professionals([aid.professional_id])
    make.contact(make.patient(), "julie")
    carer = sign_in("julie")
    assert "Claire Aubert" in carer.get("/annuaire/", {"q": "aubert"}).content.decode()
    assert "Maïté Pons" not in carer.get("/annuaire/", {"q": "pons"}).content.decode()
    assert carer.get(f"/annuaire/professionnels/{aid.professional_id}/").status_code == 404
    assert "Maïté" not in carer.get(f"/annuaire/structures/{aid.organisation_id}/").content.decode()


def test_the_pages_open(claire, sign_in):
    office = make.practice("sarah", role="manager", of=claire.organisation)
    post = make.post("Garde", claire.organisation)
    for client in (sign_in("claire"), sign_in("sarah")):
        for path in (
            f"/annuaire/professionnels/{claire.professional_id}/",
            f"/annuaire/structures/{claire.organisation_id}/",
            f"/annuaire/coordonnees/lieu/{claire.pk}/",
            f"/annuaire/coordonnees/structure/{claire.organisation_id}/",
            f"/annuaire/postes/{post.pk}/",
            "/annuaire/absences/",
            "/annuaire/remplacements/",
        ):
            assert client.get(path).status_code == 200, path
    assert office.organisation == claire.organisation


def test_a_correction_by_form(claire, sign_in):
    path = f"/annuaire/coordonnees/structure/{claire.organisation_id}/"
    client = sign_in("claire")
    assert client.post(path, {"phone": "05 58 00 11 22", "city": "Dax"}).status_code == 302
    page = client.get(f"/annuaire/structures/{claire.organisation_id}/").content.decode()
    assert "tel:+33558001122" in page


def test_a_wrong_correction_comes_back_with_its_reason(claire, sign_in):
    path = f"/annuaire/coordonnees/structure/{claire.organisation_id}/"
    answer = sign_in("claire").post(path, {"phone": "12", "city": "Dax"})
    assert answer.status_code == 422
    assert "incomplet" in answer.content.decode()


def test_an_invitation_by_form_shows_link_and_code(claire, sign_in):
    make.practice("sarah", role="manager", of=claire.organisation)
    path = f"/annuaire/structures/{claire.organisation_id}/inviter/"
    assert sign_in("claire").get(path).status_code == 404
    answer = sign_in("sarah").post(
        path,
        {
            "given": "Paul", "family": "Duhart", "email": "paul@cabinet.example",
            "role": "secretary", "profession": "", "rpps": "", "function": "",
        },
    )  # fmt: skip
    assert answer.status_code == 200
    assert f"/invitation/{answer.context['invited'].invitation.pk}/" in answer.content.decode()


def invite_by_form(client, organisation):
    return client.post(
        f"/annuaire/structures/{organisation.pk}/inviter/",
        {
            "given": "Paul", "family": "Duhart", "email": "paul@cabinet.example",
            "role": "secretary", "profession": "", "rpps": "", "function": "",
        },
    )  # fmt: skip


def test_the_invitation_is_mailed_without_its_code(claire, sign_in, mailoutbox):
    make.practice("sarah", role="manager", of=claire.organisation, name="Sarah Dumora")
    answer = invite_by_form(sign_in("sarah"), claire.organisation)
    invited = answer.context["invited"]
    (mail,) = mailoutbox
    assert mail.to == ["paul@cabinet.example"]
    assert invited.path in mail.body
    assert "Sarah Dumora vous invite" in mail.body
    assert invited.code not in mail.body
    assert "Lien envoyé" in answer.content.decode()


def test_when_the_mail_does_not_leave_the_link_is_passed_on_by_hand(claire, sign_in, monkeypatch):
    def refused(**_):
        raise ConnectionRefusedError

    monkeypatch.setattr("liane.accounts.mailing.send_mail", refused)
    make.practice("sarah", role="manager", of=claire.organisation)
    html = invite_by_form(sign_in("sarah"), claire.organisation).content.decode()
    assert "n’est pas parti" in html
    assert "/invitation/" in html


def test_an_absence_by_form(claire, sign_in):
    client = sign_in("claire")
    answer = client.post(
        "/annuaire/absences/",
        {"practice": str(claire.pk), "starts_on": "2099-01-01", "ends_on": "2099-01-03"},
    )
    assert answer.status_code == 302
    assert "3 janvier 2099" in client.get("/annuaire/absences/").content.decode()


def test_nobody_notes_the_absence_of_a_colleague_by_form(claire, sign_in):
    make.practice("anne", of=claire.organisation)
    client = sign_in("anne")
    client.post(
        "/annuaire/absences/",
        {"practice": str(claire.pk), "starts_on": "2099-01-01", "ends_on": "2099-01-03"},
    )
    assert not claire.absences.exists()
