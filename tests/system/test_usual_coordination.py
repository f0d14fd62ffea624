"""Mme Michelle, usual coordination: her doctor writes to her nurse, who visits her and answers.

Two browsers at once: what one sends appears in the other without reloading.
"""

import io

import pikepdf
import pytest
from playwright.sync_api import expect

from tests.system.people import DESK, PHONE


@pytest.fixture
def prescription() -> dict[str, object]:
    """A one-page PDF."""
    page = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(page)
    return {"name": "ordonnance.pdf", "mimeType": "application/pdf", "buffer": page.getvalue()}


@pytest.fixture
def doctor(visitor):
    return visitor("helene.roussel", DESK)


@pytest.fixture
def nurse(visitor):
    return visitor("claire.aubert", PHONE)


def opens_record(someone) -> None:
    """Mme Michelle's record, through the list of persons."""
    someone.opens("/personnes/").follows("Michelle").sees("GARDÈRES")


def opens_conversation(someone) -> None:
    """The care team's conversation about her."""
    opens_record(someone)
    someone.follows("Messages").sees("Liront")


def test_a_message_with_a_prescription_shows_on_the_nurses_open_phone(doctor, nurse, prescription):
    # Given the nurse's phone open on the conversation about Mme Michelle
    opens_conversation(nurse)

    # When her doctor opens the record and writes to the team with a prescription
    opens_record(doctor)
    doctor.follows("Joindre, marquer urgent, choisir qui lit")
    doctor.page.locator('input[type=file][name="files"]').first.set_input_files(prescription)
    doctor.writes("Écrire à l’équipe de Mme Michelle", "Nouveau traitement : voici l’ordonnance.")
    doctor.presses("Envoyer")

    # Then the nurse sees both without touching anything, and can open the prescription
    nurse.sees("Nouveau traitement : voici l’ordonnance.").sees("ordonnance.pdf")
    nurse.finds_it_accessible()
    file = nurse.main.get_by_role("link", name="ordonnance.pdf").get_attribute("href")
    answer = nurse.page.request.get(nurse.url + file)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]


def test_the_nurse_answers_and_the_doctor_reads_it_at_once(doctor, nurse):
    opens_conversation(doctor)
    opens_conversation(nurse)

    nurse.writes("Écrire à l’équipe de Mme Michelle", "Tension 18/9 ce matin, pas de vertige.")
    nurse.presses("Envoyer")

    doctor.sees("Tension 18/9 ce matin, pas de vertige.")
    nurse.sees("Tension 18/9 ce matin, pas de vertige.")


def test_an_urgent_message_asks_for_an_answer_that_its_author_sees(doctor, nurse):
    opens_conversation(nurse)
    opens_conversation(doctor)

    doctor.page.get_by_label("Urgent : demander un « J’ai vu »").check()
    doctor.writes("Écrire à l’équipe de Mme Michelle", "Reprenez-la à 11 h et dites-moi.")
    doctor.presses("Envoyer")

    nurse.sees("Reprenez-la à 11 h et dites-moi.").finds_it_accessible()
    nurse.presses("J’ai vu")
    doctor.sees("Vu par Claire Aubert")


def test_a_visit_is_marked_done_in_one_tap_and_can_be_undone(nurse):
    nurse.opens("/").sees("Ma tournée")
    row = nurse.main.locator(".row-item", has_text="Mme Michelle").first
    row.get_by_role("button", name="Marquer faite").click()
    expect(row.get_by_text("Faite", exact=True)).to_be_visible()
    nurse.finds_it_accessible()
    row.get_by_role("button", name="Annuler").click()
    expect(row.get_by_role("button", name="Marquer faite")).to_be_visible()


def test_a_message_written_without_network_leaves_when_it_comes_back(doctor, nurse):
    opens_conversation(doctor)
    opens_conversation(nurse)

    nurse.page.context.set_offline(True)
    nurse.writes("Écrire à l’équipe de Mme Michelle", "Je monte l’escalier, sans réseau.")
    nurse.presses("Envoyer")
    nurse.sees("votre message partira dès que possible")
    nurse.page.context.set_offline(False)

    doctor.sees("Je monte l’escalier, sans réseau.")
    doctor.page.reload()
    expect(doctor.main.locator(".bubble", has_text="Je monte l’escalier")).to_have_count(1)


def test_an_outsider_sees_nothing_of_her(visitor, nurse):
    opens_record(nurse)
    record = nurse.page.url.removeprefix(nurse.url)

    stranger = visitor("sophie.lagarde", PHONE)
    answer = stranger.page.goto(stranger.url + record)
    assert answer.status == 404
    assert "Michelle" not in stranger.page.content()


def test_the_doctor_calls_her_nurse_by_name_from_the_keyboard(doctor, nurse):
    opens_conversation(doctor)
    nurse.opens("/notifications/").does_not_see("vous interpelle")
    box = doctor.main.get_by_label("Écrire à l’équipe de Mme Michelle")
    box.press_sequentially("Votre avis, @cla")
    expect(doctor.main.get_by_role("option", name="Claire Aubert")).to_be_visible()
    doctor.finds_it_accessible()
    box.press("Enter")
    expect(box).to_have_value("Votre avis, @Claire Aubert ")
    box.press_sequentially("?")
    doctor.presses("Envoyer")
    doctor.sees("Votre avis, @Claire Aubert ?")

    nurse.sees("vous interpelle")


def test_what_was_attached_is_named_and_taken_back_before_sending(doctor):
    opens_conversation(doctor)
    form = doctor.main.locator("#ecrire")
    pick, photo = form.locator("input[type=file][multiple]"), form.locator("input[capture]")
    pick.set_input_files(
        [{"name": "lettre.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}]
    )
    photo.set_input_files([{"name": "plaie.png", "mimeType": "image/png", "buffer": b"PNG"}])
    doctor.sees("lettre.pdf").sees("plaie.png").finds_it_accessible()
    doctor.presses("Retirer plaie.png")
    doctor.does_not_see("plaie.png").sees("lettre.pdf")
    assert photo.evaluate("field => field.files.length") == 0
    doctor.presses("Retirer lettre.pdf")
    doctor.does_not_see("lettre.pdf")


def test_a_draft_left_at_once_is_found_on_another_device(visitor, doctor):
    opens_conversation(doctor)
    box = doctor.main.get_by_label("Écrire à l’équipe de Mme Michelle")
    box.fill("À relire ce soir")
    doctor.opens("/")
    other = visitor("helene.roussel", PHONE)
    opens_conversation(other)
    expect(other.main.get_by_label("Écrire à l’équipe de Mme Michelle")).to_have_value(
        "À relire ce soir"
    )


def test_the_last_message_has_a_whole_menu_and_a_quote_can_be_dropped(nurse):
    opens_conversation(nurse)
    last = nurse.main.locator(".bubble").last
    last.locator("summary").click()
    expect(last.locator(".menu-item").last).to_be_in_viewport(ratio=1)
    last.get_by_role("link", name="Répondre").click()
    quote = nurse.main.locator("[data-reply-quote]")
    expect(quote).to_be_visible()
    nurse.finds_it_accessible()
    nurse.presses("Ne plus répondre à ce message")
    expect(quote).to_be_hidden()
    assert nurse.main.locator("[name=reply_to]").input_value() == ""


def test_every_tab_of_a_record_is_in_sight_at_a_desk(visitor):
    isabelle = visitor("isabelle.lafitte", DESK)
    isabelle.opens("/personnes/").follows("M. Pierre Simon").sees("Résumé")
    last = isabelle.main.get_by_role("link", name="Accès", exact=True)
    expect(last).to_be_in_viewport(ratio=1)


def test_the_whole_calendar_link_is_copied_in_one_tap(nurse):
    nurse.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    nurse.opens("/agenda/abonnement/").presses("Créer le lien").sees("Votre lien est prêt")
    nurse.finds_it_accessible().presses("Copier le lien").page.get_by_text("Copié.").wait_for()
    link = nurse.main.get_by_label("Lien du calendrier").input_value()
    assert nurse.page.evaluate("navigator.clipboard.readText()") == link


def test_a_first_message_to_a_post_takes_the_place_of_the_empty_words(nurse):
    nurse.opens("/messages/nouveau/").writes("Nom d’un collègue", "Accueil du DAC")
    nurse.presses("Chercher")
    nurse.main.get_by_role("checkbox", name="Accueil du DAC").first.check()
    nurse.presses("Écrire").sees("Rien d’écrit pour l’instant").sees("Liront : Accueil du DAC")
    nurse.writes("Écrire un message", "Qui suit M. Simon chez vous ?").presses("Envoyer")
    nurse.sees("Qui suit M. Simon chez vous ?").does_not_see("Rien d’écrit pour l’instant")
