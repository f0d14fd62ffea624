"""The pages: a minute from a record, twenty seconds for a call, the desk's list, its cost."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.core import acting
from liane.core.errors import NotAllowed
from liane.core.models import AccessRow
from liane.directory.models import Absence
from liane.patients.models import Patient
from liane.referrals import sending, services
from liane.referrals.models import Offer, OptIn, Quest, Referral, ReferralFile, ReturnTo
from liane.referrals.sending import Wanted
from liane.referrals.states import Status
from liane.referrals.tests.conftest import as_
from tests import factories as make

pytestmark = pytest.mark.django_db
ASK = {"motive": "staying_home", "consent": "agrees", "urgency": "normal"}


def only() -> Referral:
    with acting.owner():
        return Referral.objects.get()


def moved(referral, who, after) -> None:
    with as_(who):
        services.take(referral.pk)
        services.qualify(referral.pk, after, reason="vu")


def test_a_nurse_asks_from_the_record_with_two_choices(
    simon, claire, roussel, isabelle, dac, sign_in
) -> None:
    nurse, case = sign_in("claire"), sign_in("isabelle")
    url = f"/personnes/{simon.pk}/demandes/nouvelle/"
    assert url in nurse.get(f"/personnes/{simon.pk}/").content.decode()
    page = nurse.get(url).content.decode()
    assert "DAC des Landes, pour Narrosse" in page
    assert nurse.post(url, {**ASK, "motive": ""}).status_code == 422
    paper = SimpleUploadedFile("bilan.txt", b"Poids 58 kg", content_type="text/plain")
    answer = nurse.post(
        url, {**ASK, "organisation": str(dac.pk), "text": "Frigo vide.", "files": [paper]}
    )
    referral = only()
    assert answer.url == f"/demandes/{referral.pk}/"
    assert "Maintien à domicile difficile" in nurse.get(f"/personnes/{simon.pk}/").content.decode()
    shown = case.get(answer.url).content.decode()
    assert "Frigo vide." in shown
    assert "27 chemin de Lestrilles" in shown
    assert f'href="/personnes/{simon.pk}/"' not in shown
    with acting.owner():
        file = ReferralFile.objects.get()
        assert AccessRow.objects.filter(resource="referral", person_id=simon.pk).exists()
    path = f"/demandes/documents/{file.pk}/"
    assert case.get(path).status_code == 200
    make.practice("bruno")
    assert sign_in("bruno").get(path).status_code == 404
    assert sign_in("bruno").get(answer.url).status_code == 404


def test_the_desk_goes_from_the_list_to_the_end(asked, isabelle, claire, simon, sign_in) -> None:
    referral, case = asked(), sign_in("isabelle")
    url = f"/demandes/{referral.pk}/"
    assert "M. Pierre Simon" in case.get("/demandes/").content.decode()
    assert "M. Pierre Simon" in case.get("/").content.decode()
    assert case.post(f"{url}prendre/").status_code == 302
    version = only().version
    qualify = {"after": "out_of_scope", "version": version}
    assert case.post(f"{url}qualifier/", qualify).status_code == 422
    assert case.post(f"{url}qualifier/", {**qualify, "after": "in_scope"}).status_code == 302
    assert "Liront ce retour" in case.get(f"{url}repondre/").content.decode()
    reply = {"outcome": "intensive", "text": "Visite vendredi.", "version": only().version}
    assert case.post(f"{url}repondre/", {**reply, "text": ""}).status_code == 422
    assert case.post(f"{url}repondre/", reply).status_code == 302
    nurse = sign_in("claire")
    assert "Visite vendredi." in nurse.get(url).content.decode()
    assert f'href="/personnes/{simon.pk}/"' in case.get(url).content.decode()
    assert "accompagnement intensif" in case.get(f"/personnes/{simon.pk}/").content.decode()
    close = {"text": "Tout est en place.", "version": only().version}
    assert case.post(f"{url}terminer/", close).status_code == 422
    (leaving,) = re.findall(
        r'href="(/file-active/[^"]+/sortie/)">Terminer', case.get(url).content.decode()
    )
    exit_ = {"exit_reason": "relay", "text": "Tout est en place.", "version": 1}
    assert case.post(leaving, exit_).status_code == 302
    assert "Rouvrir" in nurse.get(url).content.decode()
    again = {"reason": "Nouvelle chute", "version": only().version}
    assert nurse.post(f"{url}rouvrir/", {**again, "reason": ""}).status_code == 422
    assert nurse.post(f"{url}rouvrir/", again).status_code == 302
    assert nurse.get(f"{url}repondre/").status_code == 404
    assert only().status == Status.REOPENED


def test_a_conflict_keeps_what_was_typed_and_shows_the_request_as_it_is(
    asked, isabelle, lise, sign_in
) -> None:
    referral, browser = asked(), sign_in("lise")
    version = only().version
    moved(referral, isabelle, Status.IN_SCOPE)
    typed = {"reason": "Hors de notre secteur", "version": version}
    answer = browser.post(f"/demandes/{referral.pk}/refuser/", typed)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Hors de notre secteur" in page
    assert "Un collègue a agi entre-temps" in page
    assert only().status == Status.IN_SCOPE


def test_a_call_takes_one_choice_and_its_record_comes_later(dac, isabelle, landes, sign_in) -> None:
    browser = sign_in("isabelle")
    call = {"motive": "carer", "urgency": "normal", "words": "la dame du 12, Tartas",
            "caller_phone": "0558010203", "mine": "on"}  # fmt: skip
    answer = browser.post("/demandes/appel/", call)
    referral = only()
    assert (referral.status, referral.assigned_id) == (Status.RECEIVED, isabelle.pk)
    assert "la dame du 12, Tartas" in browser.get(answer.url).content.decode()
    assert browser.post("/demandes/appel/", {**call, "motive": ""}).status_code == 422
    traits = {"birth_name": "GARAT", "given_names": "Jeanne", "sex": "F",
              "birth_date": "1940-02-01", "answer": "agrees"}  # fmt: skip
    path = f"{answer.url}dossier/"
    assert "GARAT" not in browser.get(path).content.decode()
    assert browser.post(path, traits).url == answer.url
    with acting.owner():
        assert Referral.objects.get().person == Patient.objects.get(birth_name="GARAT")
    moved(referral, isabelle, Status.IN_SCOPE)
    reply = {"outcome": "sustained", "text": "Je viens lundi.", "version": only().version}
    assert browser.post(f"{answer.url}repondre/", reply).status_code == 422
    assert browser.post(f"{answer.url}repondre/", {**reply, "consent": "agrees"}).status_code == 302
    assert "À prévenir" in browser.get(answer.url).content.decode()
    with acting.owner():
        owed = ReturnTo.objects.get(settled_at=None)
    assert browser.post(f"/demandes/retours/{owed.pk}/fait/").status_code == 302
    assert "À prévenir" not in browser.get(answer.url).content.decode()


def test_a_call_about_somebody_known_is_attached_without_opening_her_record(
    simon, roussel, isabelle, sign_in
) -> None:
    browser = sign_in("isabelle")
    browser.post("/demandes/appel/", {"motive": "carer", "urgency": "normal"})
    url = f"/demandes/{only().pk}/"
    traits = {"birth_name": "SIMON", "given_names": "Pierre", "sex": "M",
              "birth_date": "1938-01-22", "answer": "agrees"}  # fmt: skip
    page = browser.post(f"{url}dossier/", traits)
    (one,) = page.context["lookalikes"]
    assert one.person is None
    assert browser.post(f"{url}rattacher/", {"token": one.token}).url == url
    assert only().person_id == simon.pk
    assert browser.get(f"/personnes/{simon.pk}/").status_code == 404
    assert browser.post(f"{url}rattacher/", {"token": "x"}).status_code == 302


def test_a_desk_is_shown_to_those_who_keep_one(asked, dac, claire, isabelle, sign_in) -> None:
    sent = asked()
    nurse = sign_in("claire")
    page = nurse.get("/demandes/").content.decode()
    assert "Pierre Simon" in page
    for word in ("Noter un appel", "Reprendre un portefeuille", "À prendre"):
        assert word not in page
    assert nurse.get("/demandes/appel/").status_code == 404
    with as_(claire), pytest.raises(NotAllowed):
        sending.log_call(Wanted("advice"))

    make.practice("ines", of=dac, name="Inès Harispe")
    page = sign_in("ines").get("/demandes/").content.decode()
    assert "Noter un appel" in page
    assert "Reprendre un portefeuille" in page

    with as_(isabelle):
        services.take(sent.pk)
        sending.onward(sent, claire.organisation_id, "Pansement à refaire")
    page = nurse.get("/demandes/").content.decode()
    assert "À prendre" in page
    assert "Noter un appel" not in page


def test_an_absent_colleague_is_shown_and_taken_over(asked, isabelle, lise, sign_in) -> None:
    referral, browser = asked(), sign_in("lise")
    with as_(isabelle):
        services.take(referral.pk)
    today = timezone.localdate()
    Absence.objects.create(practice=isabelle, starts_on=today, ends_on=today + dt.timedelta(9))
    page = browser.get("/demandes/").content.decode()
    assert "Isabelle Lafitte" in page
    assert "1\xa0demande ouverte" in page
    form = {"absent": str(isabelle.pk), "practice": str(lise.pk), "reason": ""}
    assert browser.post("/demandes/reprendre/", form).status_code == 422
    assert browser.post("/demandes/reprendre/", {**form, "reason": "Congé"}).status_code == 302
    assert only().assigned_id == lise.pk


def test_a_carer_asks_from_her_own_door_and_reads_the_answer(
    simon, dac, isabelle, roussel, sign_in
) -> None:
    make.contact(simon, "julie")
    julie = sign_in("julie")
    page = julie.get("/demandes/nouvelle/").content.decode()
    assert "Demander de l’aide" in page
    sent = julie.post(
        "/demandes/nouvelle/", {**ASK, "motive": "carer", "organisation": str(dac.pk)}
    )
    moved(only(), isabelle, Status.IN_SCOPE)
    assert "à traiter" in julie.get(sent.url).content.decode().lower()
    assert julie.get("/demandes/").status_code == 200
    assert julie.get("/demandes/appel/").status_code == 403


def test_the_person_is_not_asked_whether_she_agrees_with_herself(simon, dac, sign_in) -> None:
    with acting.owner():
        Patient.objects.filter(pk=simon.pk).update(user=make.user("pierre"))
        compile_grants(simon.pk)
    pierre = sign_in("pierre")
    assert "d’accord ?" not in pierre.get("/demandes/nouvelle/").content.decode()
    said = {"motive": "carer", "urgency": "normal", "organisation": str(dac.pk)}
    sent = pierre.post("/demandes/nouvelle/", said | {"consent": "override"})
    assert only().consent == Referral.Consent.AGREES
    assert "Pierre Simon" in pierre.get(sent.url).content.decode()


def test_a_search_from_the_record_to_the_acceptance(simon, roussel, dac, sign_in) -> None:
    house = make.organisation("Cabinet zoe", "practice", insee="40202")
    make.practice("zoe", of=house)
    doctor, zoe = sign_in("roussel"), sign_in("zoe")
    assert "Recevoir ces recherches" in zoe.get("/parametres/").content.decode()
    assert zoe.post("/demandes/offres/recevoir/", {"wants": "oui"}).status_code == 302
    url = f"/personnes/{simon.pk}/chercher/"
    need = {"profession": "60", "care": "pansement", "rhythm": "chaque jour",
            "starts_on": str(timezone.localdate()), "proof": "accord oral"}  # fmt: skip
    assert doctor.post(url, {**need, "care": ""}).status_code == 422
    answer = doctor.post(url, need)
    assert "1\xa0cabinet sollicité" in doctor.get(answer.url).content.decode()
    offer = Offer.objects.get()
    assert zoe.get(answer.url).status_code == 404
    assert zoe.post(f"/demandes/offres/{offer.pk}/accepter/").url == f"/personnes/{simon.pk}/"
    assert zoe.get(f"/personnes/{simon.pk}/").status_code == 200
    assert "a accepté" in doctor.get(answer.url).content.decode()
    assert OptIn.objects.get().wants
    make.practice("bruno")
    assert sign_in("bruno").post(f"/demandes/offres/{offer.pk}/decliner/").status_code == 404
    with acting.owner():
        assert Quest.objects.get().status == "accepted"


def test_the_list_costs_the_same_whatever_it_holds(asked, isabelle, sign_in) -> None:
    browser = sign_in("isabelle")

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        return len(captured)

    asked()
    few = {path: cost(path) for path in ("/demandes/", "/", "/demandes/?vue=attente")}
    for _ in range(6):
        asked()
    assert {path: cost(path) for path in few} == few


def test_the_reads_of_the_desk_have_a_known_number_of_queries(
    asked, isabelle, django_assert_num_queries
) -> None:
    from liane.referrals import queries

    for _ in range(3):
        asked()
    with as_(isabelle):
        with django_assert_num_queries(2):  # the rows, their reads in the ledger
            queries.page("a-prendre")
        with django_assert_num_queries(1):
            queries.counts()
        with django_assert_num_queries(1):
            queries.to_take()
        referral = queries.one(only_one().pk)
        with django_assert_num_queries(6):
            queries.detail(referral)


def only_one() -> Referral:
    return Referral.objects.order_by("pk").first()
