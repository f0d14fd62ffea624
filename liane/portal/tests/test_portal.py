"""The portal, as Odette (85), her daughter, her son and her guardian use it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from liane.agenda import services as agenda
from liane.agenda.models import Appointment
from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.core.acting import acting, owner
from liane.core.audience import EVERYONE, TEAM
from liane.patients.models import Contact, Patient, Wish
from liane.stays.movement import Kind
from liane.stays.tests import world
from liane.timeline.services import write_note
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]

PAGES = {
    "": "all",
    "rendez-vous/": "all",
    "cercle/": "all",
    "partage/": "all",
    "plan/": "all",
    "reunions/": "all",
    "evaluations/": "all",
    "avis/": "own",
    "acces/": "own",
    "coordonnees/": "own",
    "souhaits/": "own",
    "proches/": "own",
}


def text(response: Any) -> str:
    return str(response.content.decode())


def story() -> Patient:
    odette = make.patient(user=make.user("odette", "Odette Dupont"), city="Dax")
    make.member(odette, make.practice("claire", name="Claire Aubert", phone="0558123456"))
    make.contact(odette, "julie", access="carer_read", relationship="fille")
    make.contact(odette, "marc", access="carer_write", relationship="fils")
    make.contact(odette, "tuteur", access="legal", measure="tutelle")
    return odette


@pytest.mark.parametrize("username", ["odette", "julie", "marc", "tuteur"])
@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_page_opens_to_those_it_is_for(sign_in: SignIn, username: str, page: str) -> None:
    story()
    expected = 200 if PAGES[page] == "all" or username in {"odette", "tuteur"} else 404
    assert sign_in(username).get(f"/portail/{page}").status_code == expected


def test_a_professional_has_no_portal_and_nobody_sees_another_s(sign_in: SignIn) -> None:
    story()
    assert sign_in("claire").get("/portail/").status_code == 403
    other = make.patient("SIMON", "Paul", used_name="", sex="M", user=make.user("paul"))
    page = text(sign_in("paul").get("/portail/cercle/"))
    assert "Claire Aubert" not in page
    assert other.usual_name in text(sign_in("paul").get("/portail/"))


def test_home_is_where_one_lands_and_says_what_comes_next(sign_in: SignIn) -> None:
    odette = story()
    with owner():
        Appointment.objects.create(
            person=odette,
            practice=Membership.objects.get(person=odette, contact=None).practice,
            starts_at=timezone.now() + dt.timedelta(hours=2),
            ends_at=timezone.now() + dt.timedelta(hours=3),
            for_outside=True,
            for_person=True,
            for_carers=True,
        )
    client = sign_in("odette")
    assert client.get("/").headers["Location"] == "/portail/"
    page = text(client.get("/portail/"))
    for told in ("Bonjour Mme Odette Dupont", "Claire Aubert", "Je ne serai pas à la maison"):
        assert told in page, told
    for other in ('/personnes/"', "/taches/", "/annuaire/"):
        assert other not in page, other


@pytest.mark.parametrize(
    ("username", "offered"), [("odette", True), ("marc", True), ("julie", False)]
)
def test_an_absence_is_two_taps_for_those_who_may_write(
    sign_in: SignIn, username: str, offered: bool
) -> None:
    odette = story()
    client, address = sign_in(username), f"/personnes/{odette.pk}/absence/"
    assert (address in text(client.get("/portail/"))) is offered
    response = client.post(address, {"kind": "hospital"})
    assert (response.status_code == 302) is offered
    if offered:
        assert response.headers["Location"] == "/portail/"
        assert "Les visites sont suspendues" in text(client.get("/portail/"))


def with_account(person: Patient) -> None:
    with owner():
        Patient.objects.filter(pk=person.pk).update(user=make.user("odette"))
        compile_grants(person.pk)


def test_an_absence_is_told_until_every_visit_is_taken_up_again_and_no_longer(
    sign_in: SignIn,
) -> None:
    who = world.circle()
    coming = world.visit(who, who.claire, 20)
    with owner():
        Appointment.objects.filter(pk=coming.pk).update(for_person=True, for_carers=True)
    with_account(who.odette)
    carer, herself = sign_in("julie"), sign_in("odette")

    def told() -> tuple[str, str]:
        return tuple(text(client.get("/portail/")) for client in (carer, herself))  # type: ignore[return-value]

    world.hear(who, world.admission())
    assert "Mme Dupont n’est pas à la maison." in told()[0]
    assert "Vous êtes notée absente de la maison." in told()[1]
    stay = world.hear(who, world.say(Kind.DISCHARGE, 0, event="A03"))
    assert "Mme Dupont est de retour à la maison." in told()[0]
    assert "Vous êtes de retour." in told()[1]
    for page in told():
        assert "Chacun confirme la reprise" in page
        assert "Les visites sont suspendues" not in page
    with world.as_(who.claire):
        agenda.accept_resumption(cause_id=stay.pk)
    for page in told():
        assert "de retour" not in page
        assert f"/sejours/{stay.pk}/" not in page


def test_a_passage_that_suspends_nothing_is_told_to_the_person_alone(sign_in: SignIn) -> None:
    who = world.circle()
    with_account(who.odette)
    stay = world.hear(who, world.admission(class_code="E", event="A04"))
    assert "Vos visites sont maintenues" in text(sign_in("odette").get("/portail/"))
    assert f"/sejours/{stay.pk}/" not in text(sign_in("julie").get("/portail/"))


def test_she_closes_her_record_to_somebody_and_changes_her_mind(sign_in: SignIn) -> None:
    odette = story()
    claire = sign_in("claire")
    assert claire.get(f"/personnes/{odette.pk}/identite/").status_code == 200
    with owner():
        member = Membership.objects.get(person=odette, contact=None)
    client, address = sign_in("odette"), f"/portail/cercle/{member.pk}/opposition"
    assert "Claire Aubert" in text(client.get(address))
    client.post(address)
    assert claire.get(f"/personnes/{odette.pk}/identite/").status_code == 404
    with owner():
        kept_out = Opposition.objects.get()
    assert "Claire Aubert" in text(client.get("/portail/cercle/"))
    client.post(f"/portail/oppositions/{kept_out.pk}/lever")
    with owner():
        kept_out.refresh_from_db()
    assert kept_out.ended_at is not None


def test_she_answers_who_asks_to_join(sign_in: SignIn) -> None:
    odette = story()
    asked = make.member(
        odette, make.practice("bruno", name="Bruno Kessler"), status="requested", proof="soins"
    )
    client = sign_in("odette")
    assert "Bruno Kessler" in text(client.get("/portail/cercle/"))
    client.post(f"/portail/cercle/{asked.pk}/reponse", {"reply": "accept"})
    assert sign_in("bruno").get(f"/personnes/{odette.pk}/cercle/").status_code == 200


@pytest.mark.parametrize("username", ["julie", "marc"])
def test_a_carer_decides_nothing_of_the_record(sign_in: SignIn, username: str) -> None:
    odette = story()
    with owner():
        member = Membership.objects.get(person=odette, contact=None)
        contact = Contact.objects.get(name="Julie")
    client = sign_in(username)
    for address in (
        f"/portail/cercle/{member.pk}/opposition",
        f"/portail/cercle/{member.pk}/reponse",
        f"/portail/proches/{contact.pk}/",
        "/portail/souhaits/",
        "/portail/coordonnees/",
    ):
        assert client.post(address, {"answer": "refuses", "version": 1}).status_code == 404
    with owner():
        assert not Opposition.objects.exists()
        assert not Wish.objects.exists()


def test_she_reads_what_is_shared_with_her_and_nothing_else(sign_in: SignIn) -> None:
    odette = story()
    with acting(make.actor("claire")):
        write_note(odette.pk, kind="follow_up", text="Note de l’équipe seule", to=TEAM)
        write_note(odette.pk, kind="follow_up", text="Note partagée avec elle", to=EVERYONE)
    for username in ("odette", "julie"):
        page = text(sign_in(username).get("/portail/partage/"))
        assert "Note partagée avec elle" in page
        assert "Note de l’équipe seule" not in page


def test_she_sees_who_opened_her_record_and_why_they_could(sign_in: SignIn) -> None:
    odette = story()
    sign_in("claire").get(f"/personnes/{odette.pk}/identite/")
    page = text(sign_in("odette").get("/portail/acces/"))
    assert "Claire Aubert" in page
    assert "même équipe de soins" in page


def test_she_corrects_her_phone_and_two_changes_do_not_erase_one(sign_in: SignIn) -> None:
    odette = story()
    client = sign_in("odette")
    form = {"version": 1, "phone": "0558000000", "city": "Dax"}
    assert client.post("/portail/coordonnees/", form).status_code == 302
    late = client.post("/portail/coordonnees/", {**form, "phone": "0558999999"})
    assert late.status_code == 409
    assert "0558000000" in text(late)
    with owner():
        odette.refresh_from_db()
    assert odette.phone == "0558000000"


def test_a_refusal_is_confirmed_in_the_same_gesture_and_closes_the_circle(
    sign_in: SignIn,
) -> None:
    odette = story()
    client = sign_in("odette")
    client.post("/portail/souhaits/", {"answer": "refuses"})
    with owner():
        assert not Wish.objects.exists()
    client.post("/portail/souhaits/", {"answer": "refuses", "sure": "on"})
    assert sign_in("claire").get(f"/personnes/{odette.pk}/identite/").status_code == 404
    assert client.get("/portail/").status_code == 200


def test_she_takes_back_a_right_at_once(sign_in: SignIn) -> None:
    story()
    with owner():
        julie = Contact.objects.get(name="Julie")
        guardian = Contact.objects.get(name="Tuteur")
    daughter = sign_in("julie")
    assert daughter.get("/portail/").status_code == 200
    client = sign_in("odette")
    client.post(f"/portail/proches/{julie.pk}/", {"access": ""})
    assert daughter.get("/portail/").status_code in {403, 404}
    assert client.get(f"/portail/proches/{guardian.pk}/").status_code == 404
    future = timezone.localdate() + dt.timedelta(days=30)
    client.post(f"/portail/proches/{julie.pk}/", {"access": "carer_read", "until": future})
    assert daughter.get("/portail/").status_code == 200
