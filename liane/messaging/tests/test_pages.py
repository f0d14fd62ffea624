"""Conversations as people use them: list, page, answer, read, search, files."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from liane.circle.compile import compile_grants
from liane.circle.models import Membership
from liane.core.acting import acting, owner
from liane.core.ids import uuid7
from liane.core.models import AccessRow, Signal
from liane.directory.index import index_all
from liane.directory.models import Absence, Duty
from liane.messaging import inbox, services
from liane.messaging.models import Claim, Draft, Message, ReadMark, Thread
from liane.messaging.services import Named
from liane.patients.models import Patient
from tests import factories as make

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def odette() -> Patient:
    person = make.patient()
    for name in ("claire", "roussel"):
        make.member(person, make.practice(name, name=f"{name.title()} Martin"))
    return person


def team(person: Patient, *texts: str, by: str = "roussel", urgent: bool = False) -> Thread:
    with acting(make.actor(by)):
        thread = services.default_thread(person.pk)
        for text in texts:
            services.send_message(thread, text, urgent=urgent)
        return thread


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_from_the_record_two_fields_send_to_the_care_team(sign_in: SignIn, odette: Patient) -> None:
    client, url = sign_in("claire"), f"/personnes/{odette.pk}/messages/"
    assert "Liront : l’équipe de soins (2)." in page(client, url)
    response = client.post(url, {"key": uuid7(), "text": "Pansement refait", "kind": "team"})
    assert response.status_code == 302
    shown = page(sign_in("roussel"), response["Location"].partition("#")[0])
    assert "Pansement refait" in shown
    assert "Claire Martin" in shown
    assert "Pansement refait" in page(sign_in("roussel"), "/messages/")


def test_a_double_submit_shows_one_message_and_another_content_is_refused(
    sign_in: SignIn, odette: Patient
) -> None:
    url, key = f"/messages/{team(odette).pk}/", str(uuid7())
    client = sign_in("claire")
    for _ in range(2):
        assert client.post(url, {"key": key, "text": "Bonjour"}).status_code == 302
    assert client.post(url, {"key": key, "text": "Autre chose"}).status_code == 422
    with owner():
        assert [message.text for message in Message.objects.all()] == ["Bonjour"]


def test_the_answer_to_a_script_is_the_bubble_alone(sign_in: SignIn, odette: Patient) -> None:
    url = f"/messages/{team(odette).pk}/"
    response = sign_in("claire").post(
        url, {"key": uuid7(), "text": "Bonjour"}, headers={"HX-Request": "true"}
    )
    assert response.content.decode().lstrip().startswith('<li id="m-')
    empty = sign_in("claire").post(url, {"key": uuid7()}, headers={"HX-Request": "true"})
    assert empty.status_code == 422
    assert "Écrivez un message" in empty.content.decode()


@pytest.mark.parametrize(
    "address",
    ["/messages/{thread}/", "/messages/{thread}/lu/", "/messages/message/{message}/vu/",
     "/messages/message/{message}/retirer/", "/messages/fichier/{file}/",
     "/messages/{thread}/je-m-en-occupe/", "/personnes/{person}/messages/"],
)  # fmt: skip
def test_a_member_removed_finds_nothing_on_the_next_request(
    sign_in: SignIn, odette: Patient, address: str
) -> None:
    with acting(make.actor("roussel")):
        thread = services.default_thread(odette.pk)
        message, _ = services.send_message(thread, "Secret", urgent=True, uploads=[photo()])
        file = message.attachments.get()
    url = address.format(thread=thread.pk, message=message.pk, file=file.pk, person=odette.pk)
    client = sign_in("claire")
    with owner():
        Membership.objects.filter(practice__professional__given="Claire").update(status="removed")
        compile_grants(odette.pk)
    for answer in (client.get(url), client.post(url, {"text": "x", "key": uuid7()})):
        assert answer.status_code in {404, 405}
        assert "Secret" not in answer.content.decode()
    with owner():
        assert Message.objects.count() == 1


def test_unread_first_then_read_by_a_post_that_tells_the_author(
    sign_in: SignIn, odette: Patient
) -> None:
    thread = team(odette, "Tension à 18 ?")
    client = sign_in("claire")
    assert "1\u00a0message non lu" in page(client, "/messages/")
    page(client, f"/messages/{thread.pk}/")
    assert "1\u00a0message non lu" in page(client, "/messages/")
    assert client.post(f"/messages/{thread.pk}/lu/", {"upto": "1"}).status_code == 302
    assert "message non lu" not in page(client, "/messages/")
    with owner():
        assert Signal.objects.filter(kind="thread.read", thread_id=thread.pk).count() == 1
    assert "lu par tous" in page(sign_in("roussel"), f"/messages/{thread.pk}/")


def test_an_urgent_message_waits_for_its_acknowledgement(sign_in: SignIn, odette: Patient) -> None:
    thread = team(odette, "Reprenez-la à 11 h", urgent=True)
    client = sign_in("claire")
    assert "J’ai vu" in page(client, f"/messages/{thread.pk}/")
    with acting(make.actor("claire")):
        (message,) = inbox.urgent_for_me()
    client.post(f"/messages/message/{message.pk}/vu/")
    with acting(make.actor("claire")):
        assert inbox.urgent_for_me() == []
    assert "Vu par Claire Martin" in page(sign_in("roussel"), f"/messages/{thread.pk}/")


def test_who_is_away_is_said_before_sending(sign_in: SignIn, odette: Patient) -> None:
    with owner():
        absent = Membership.objects.get(practice__professional__given="Roussel").practice
    today = timezone.localdate()
    Absence.objects.create(
        practice=absent, starts_on=today, ends_on=today + timedelta(3),
        replaced_by=make.practice("nadia", name="Nadia Benali"),
    )  # fmt: skip
    shown = page(sign_in("claire"), f"/personnes/{odette.pk}/messages/")
    assert "remplacement : Nadia Benali" in shown


def test_words_are_found_without_accents_and_by_their_beginning(
    sign_in: SignIn, odette: Patient
) -> None:
    team(odette, "Œdème de la jambe gauche", "Pilulier prêt")
    client = sign_in("claire")
    for words, hits in (("oedeme JAMBE", 1), ("pilul", 1), ("jambe pilulier", 0), ("ambe", 0)):
        shown = client.post("/messages/", {"q": words}).content.decode()
        assert shown.count("/#m-") == hits, words
    make.practice("bruno")
    assert (
        "jambe gauche" not in sign_in("bruno").post("/messages/", {"q": "jambe"}).content.decode()
    )


def photo() -> SimpleUploadedFile:
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "JPEG")
    return SimpleUploadedFile("plaie.jpg", drawn.getvalue(), "image/jpeg")


def test_a_photo_is_sent_shown_and_kept_from_others(sign_in: SignIn, odette: Patient) -> None:
    thread = team(odette)
    url, key = f"/messages/{thread.pk}/", str(uuid7())
    for _ in range(2):
        answer = sign_in("claire").post(url, {"key": key, "text": "", "files": photo()})
        assert answer.status_code == 302
    with owner():
        (file,) = Message.objects.get().attachments.all()
    address = f"/messages/fichier/{file.pk}/"
    assert address in page(sign_in("roussel"), url)
    served = sign_in("roussel").get(address)
    assert (served.status_code, served["Content-Type"]) == (200, "image/jpeg")
    make.practice("bruno")
    assert sign_in("bruno").get(address).status_code == 404


def test_a_refused_file_keeps_what_was_typed(sign_in: SignIn, odette: Patient) -> None:
    url = f"/messages/{team(odette).pk}/"
    bad = SimpleUploadedFile("page.html", b"<html>", "text/html")
    answer = sign_in("claire").post(url, {"key": uuid7(), "text": "Voir", "files": bad})
    assert answer.status_code == 422
    assert "joignez plutôt" in answer.content.decode()
    with owner():
        assert not Message.objects.exists()


def test_a_draft_is_found_again_elsewhere_and_forgotten_once_sent(
    sign_in: SignIn, odette: Patient
) -> None:
    thread = team(odette)
    place = f"thread:{thread.pk}"
    client, url = sign_in("claire"), f"/messages/{thread.pk}/"
    assert (
        client.post("/messages/brouillon/", {"place": place, "text": "À moitié"}).status_code == 204
    )
    assert "À moitié" in page(sign_in("claire"), url)
    assert "À moitié" not in page(sign_in("roussel"), url)
    client.post(url, {"key": uuid7(), "text": "Entier"})
    with owner():
        assert not Draft.objects.exists()


def test_a_reply_quotes_and_a_withdrawn_message_is_shown_no_more(
    sign_in: SignIn, odette: Patient
) -> None:
    thread = team(odette, "Mauvais dossier")
    with owner():
        first = Message.objects.get()
    url = f"/messages/{thread.pk}/"
    client = sign_in("claire")
    assert "Mauvais dossier" in page(client, f"{url}?repondre={first.pk}")
    client.post(url, {"key": uuid7(), "text": "Vraiment ?", "reply_to": first.pk})
    assert sign_in("claire").post(f"/messages/message/{first.pk}/retirer/").status_code == 404
    sign_in("roussel").post(f"/messages/message/{first.pk}/retirer/")
    shown = page(client, url)
    assert "Message retiré par son auteur" in shown
    assert "Mauvais dossier" not in shown
    assert "Mauvais dossier" not in page(client, f"/personnes/{odette.pk}/fil/")


def test_a_colleague_called_by_name_is_noted(sign_in: SignIn, odette: Patient) -> None:
    url = f"/messages/{team(odette).pk}/"
    sign_in("claire").post(url, {"key": uuid7(), "text": "@roussel votre avis ? @inconnu"})
    with owner():
        assert [mention.label for mention in Message.objects.get().mentions.all()] == [
            "Roussel Martin"
        ]


def test_a_shared_inbox_is_taken_once(sign_in: SignIn) -> None:
    ssiad = make.organisation("SSIAD", "ssiad")
    for name in ("anna", "boris"):
        make.practice(name, of=ssiad)
    make.practice("claire")
    with acting(make.actor("claire")):
        thread = services.open_thread(kind="direct", named=[Named(ssiad.pk, "organisation")])
        services.send_message(thread, "Qui peut passer demain ?")
    url = f"/messages/{thread.pk}/je-m-en-occupe/"
    sign_in("anna").post(url)
    sign_in("boris").post(url)
    with owner():
        assert [claim.author_label for claim in Claim.objects.all()] == ["Anna"]
    assert "Anna s’en occupe" in page(sign_in("boris"), f"/messages/{thread.pk}/")
    sign_in("anna").post(url, {"release": "1"})
    sign_in("boris").post(url)
    with owner():
        assert Claim.objects.get(ended_at=None).author_label == "Boris"


def test_a_conversation_with_a_colleague_begins_by_a_search(sign_in: SignIn) -> None:
    make.practice("claire")
    paul = make.practice("paul", name="Paul Etcheverry")
    index_all()
    client = sign_in("claire")
    found = client.post("/messages/nouveau/", {"qui": "etchevery"}).content.decode()
    assert f"practice:{paul.pk}" in found
    answer = client.post(
        "/messages/nouveau/", {"begin": "1", "to": [f"practice:{paul.pk}"], "subject": "Garde"}
    )
    assert answer.status_code == 302
    assert client.post("/messages/nouveau/", {"begin": "1"}).status_code == 422
    assert "Garde" in page(sign_in("paul"), answer["Location"])


def test_about_a_person_only_the_circle_can_be_named(sign_in: SignIn, odette: Patient) -> None:
    bruno = make.practice("bruno")
    client = sign_in("claire")
    data: dict[str, Any] = {"begin": "1", "person": odette.pk, "to": [f"practice:{bruno.pk}"]}
    assert client.post("/messages/nouveau/", data).status_code == 422
    data["person"] = make.patient("SIMON").pk
    assert client.post("/messages/nouveau/", data).status_code == 404
    with owner():
        assert not Thread.objects.exists()


def test_older_messages_come_page_by_page(sign_in: SignIn, odette: Patient) -> None:
    thread = team(odette, *(f"message {number:03}" for number in range(1, 61)))
    url = f"/messages/{thread.pk}/"
    newest = page(sign_in("claire"), url)
    assert ("message 011" in newest, "message 010" in newest) == (True, False)
    older = page(sign_in("claire"), f"{url}?avant=11")
    assert ("message 010" in older, "message 011" in older.split("Conversations")[-1]) == (
        True, False,
    )  # fmt: skip


def test_each_person_shown_is_in_the_ledger(sign_in: SignIn, odette: Patient) -> None:
    thread = team(odette, "Bonjour")
    client = sign_in("claire")
    for url, resource in (("/messages/", "threads"), (f"/messages/{thread.pk}/", "thread")):
        client.get(url)
        read = AccessRow.objects.filter(
            action="read", person_id=odette.pk, resource=resource, actor_label="Claire Martin"
        )
        assert read.exists(), url


def test_a_page_costs_the_same_number_of_queries_whatever_it_shows(
    sign_in: SignIn, odette: Patient
) -> None:
    thread = team(odette, "un")
    client = sign_in("claire")
    few = {url: _count(client, url) for url in ("/messages/", f"/messages/{thread.pk}/")}
    for number in range(8):
        team(odette, f"encore {number}", by="claire")
        other = make.patient(f"P{number}")
        with owner():
            practice = (
                Membership.objects.filter(person=odette, practice__professional__given="Claire")
                .get()
                .practice
            )
            make.member(other, practice)
        team(other, "Bonjour", by="claire")
    many = {url: _count(client, url) for url in few}
    assert many == few
    assert max(many.values()) <= 45


def test_sending_takes_a_known_number_of_queries(sign_in: SignIn, odette: Patient) -> None:
    thread, client = team(odette, "un", by="claire"), sign_in("claire")
    with CaptureQueriesContext(connection) as captured:
        client.post(f"/messages/{thread.pk}/", {"key": uuid7(), "text": "Tension stable."})
    assert len(_told(captured)) == 16


def _told(captured: CaptureQueriesContext) -> list[str]:
    said = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in said if "SAVEPOINT" not in sql and "set_config" not in sql]


def _count(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
    return len(_told(captured))


def test_the_portal_reads_the_family_thread_and_not_the_team_s(
    sign_in: SignIn, odette: Patient
) -> None:
    hidden = team(odette, "Entre soignants")
    make.contact(odette, "julie", access="carer_write")
    with acting(make.actor("claire")):
        family = services.default_thread(odette.pk, "family")
        services.send_message(family, "Bonjour Julie")
    julie = sign_in("julie")
    shown = page(julie, "/messages/")
    assert ("Bonjour Julie" in shown, "Entre soignants" in shown) == (True, False)
    assert julie.get(f"/messages/{hidden.pk}/").status_code == 404
    url = f"/messages/{family.pk}/"
    assert julie.post(url, {"key": uuid7(), "text": "Merci"}).status_code == 302
    with owner():
        assert ReadMark.objects.filter(label="Julie").count() == 1


def test_a_post_is_found_by_its_name_or_its_structure_and_shares_its_inbox(sign_in: SignIn) -> None:
    make.practice("claire", name="Claire Martin")
    dac = make.organisation("DAC des Landes", "dac")
    isabelle = make.practice("isabelle", role="case_manager", of=dac, name="Isabelle Lafitte")
    post = make.post("Accueil", of=dac)
    make.post("Infirmière de garde")
    index_all()
    with owner():
        Duty.objects.create(post=post, practice=isabelle, starts_at=timezone.now())
    client = sign_in("claire")
    for words in ("accueil", "accueil du DAC", "DAC des Landes"):
        found = client.post("/messages/nouveau/", {"qui": words}).content.decode()
        assert f"post:{post.pk}" in found
    page = client.post("/messages/nouveau/", {"qui": "infirmiere garde"}).content.decode()
    assert "Infirmière de garde" in page
    assert f"post:{post.pk}" not in page
    begun = client.post(
        "/messages/nouveau/", {"begin": "1", "to": [f"post:{post.pk}"], "subject": "Question"}
    )
    thread = begun.headers["Location"]
    client.post(thread, {"text": "Qui la suit ?", "key": str(uuid7())})
    assert "Liront : Accueil." in client.get(thread).content.decode()
    page = sign_in("isabelle").get(thread).content.decode()
    assert "m’en occupe" in page
    assert "Liront : Claire Martin, Accueil." in page
