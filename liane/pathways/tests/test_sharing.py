"""The sharing key that a team agrees on: written once, said in words, governing from its day."""

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone

from liane.core.errors import NotAllowed, Refused
from liane.pathways import catalogue, keys
from liane.pathways.models import Amendment, SharingAgreement
from liane.pathways.services import sharing
from liane.pathways.tests.conftest import as_, as_system, days_ago
from tests import factories as make

pytestmark = pytest.mark.django_db
KEY = {
    "label": "Clé convenue par l’équipe", "article": "annexe 2 du projet",
    "shares": [
        {"id": "structure", "kind": "fixed", "to": "structure", "amount": "50.00"},
        {"id": "acte-diet", "kind": "per_act", "to": "diet", "amount": "22.50"},
        {"id": "part-medecin", "kind": "percent", "to": "medecin", "percent": "12.5"},
    ],
    "remainder": "acts", "weights": "acts",
}  # fmt: skip


def agreed(project, who, days=10, **more):
    with as_(who):
        return sharing.agree(
            project.pk, {**KEY, **more}, starts_on=days_ago(days), governs="start"
        )  # fmt: skip


def words(project):
    with as_system():
        return [one.steps for one in keys.of_project(project, catalogue.of_project(project))]


@pytest.fixture
def director(msp):
    return make.practice("dir", role="manager", of=msp, name="Directrice")


def test_a_key_is_agreed_said_in_words_and_makes_an_amendment(project, lea, director):
    made = agreed(project, lea)
    assert not Amendment.objects.exists(), "one person proposed it"
    with as_(director):
        sharing.confirm(made.pk)
    assert words(project) == [[
        "50,00 € : la structure", "22,50 € par « Séance diététique », à qui l’a fait",
        "12,5 % du montant : médecin", "le reste aux professionnels, selon leurs actes",
        "la part d’un métier se divise à parts égales par acte",
    ]]  # fmt: skip
    assert "Clé de répartition" in Amendment.objects.get().what


def test_another_key_follows_and_never_precedes(project, lea):
    agreed(project, lea, 10)
    agreed(project, lea, 5, remainder="structure")
    with pytest.raises(Refused) as refusal:
        agreed(project, lea, 20)
    assert refusal.value.field == "starts_on"
    assert [len(one) for one in words(project)] == [5], "the one that nobody confirmed is gone"
    assert SharingAgreement.objects.count() == 2


def test_two_persons_or_one_with_a_reason_that_is_kept(project, lea):
    made = agreed(project, lea)
    with as_(lea), pytest.raises(Refused) as refusal:
        sharing.confirm(made.pk)
    assert (refusal.value.code, refusal.value.field) == ("alone", "alone")
    with as_(lea):
        row = sharing.confirm(made.pk, alone="La direction est en congé jusqu’au 15.")
        assert row.alone.startswith("La direction")
        assert sharing.confirm(made.pk).pk == row.pk, "said again, nothing changes"
    another = agreed(project, lea, 5)
    make.practice("dir", role="manager", of=project.organisation, name="Directrice")
    with as_(lea), pytest.raises(Refused) as refusal:
        sharing.confirm(another.pk, alone="La direction est en congé jusqu’au 15.")
    assert refusal.value.code == "four-eyes"


def test_a_key_that_another_one_followed_is_confirmed_no_more(project, lea, director):
    first = agreed(project, lea, 10)
    agreed(project, lea, 5)
    with as_(director), pytest.raises(Refused, match="proposée depuis"):
        sharing.confirm(first.pk)


def test_nobody_of_elsewhere_confirms_it(project, lea, roussel):
    made = agreed(project, lea)
    stranger = make.practice("bob", role="coordinator", name="Bob")
    for who, error in ((roussel, NotAllowed), (stranger, Http404)):
        with as_(who), pytest.raises(error):
            sharing.confirm(made.pk)


@pytest.mark.parametrize(
    ("shares", "why"),
    [
        ([{"id": "a", "kind": "percent", "to": "structure", "percent": "101"}], "illisible"),
        ([{"id": "a", "kind": "percent", "to": "structure", "percent": "60"},
          {"id": "b", "kind": "percent", "to": "medecin", "percent": "60"}], "plus de 100"),
        ([{"id": "a", "kind": "percent", "to": "plombier", "percent": "10"}], "plombier"),
        ([{"id": "a", "kind": "tariff"}], "tariff"),
    ],
)  # fmt: skip
def test_a_key_that_does_not_share_the_whole_is_refused(project, lea, shares, why):
    with pytest.raises(Refused, match=why):
        agreed(project, lea, shares=shares)


def test_a_doctor_does_not_keep_the_project_s_key(project, roussel):
    with pytest.raises(NotAllowed):
        agreed(project, roussel)


def test_the_page_asks_in_euros_and_percent(project, lea, sign_in):
    client, place = sign_in("lea"), f"/parcours/projets/{project.pk}/"
    assert "l’équipe convient de la sienne" in client.get(place).content.decode()
    form = {
        "starts_on": timezone.localdate(), "article": "annexe 2", "fixed": "50,00",
        "percent-medecin": "20", "remainder": "acts", "weights": "acts", "governs": "act",
    }  # fmt: skip
    assert client.post(place + "cle/", form | {"percent-structure": "90"}).status_code == 422
    assert client.post(place + "cle/", form).status_code == 302
    shown = client.get(place).content.decode()
    assert "20 % du montant : médecin" in shown
    row = SharingAgreement.objects.get()
    assert (row.governs, row.starts_on) == ("act", dt.date.today())  # noqa: DTZ011
    assert "pourquoi confirmez-vous" in shown, "she is alone"
    make.practice("dir", role="manager", of=project.organisation, name="Directrice")
    assert "une deuxième personne" in client.get(place).content.decode()
    other = sign_in("dir")
    assert "Confirmer cette clé" in other.get(place).content.decode()
    assert other.post(f"/parcours/cles/{row.pk}/").status_code == 302
    shown = client.get(place).content.decode()
    assert "confirmée par Directrice" in shown
    assert "Rien ne se calcule encore" not in shown
