"""The technical administrator sees what runs and what waits; never a person."""

import datetime as dt

import pytest
from django.utils import timezone

from liane.core import acting, backup, jobs, service, signs
from liane.core.models import DueJob, Outbox, Sign
from liane.core.registry import ServiceLine
from liane.exchange.models import RawMessage
from liane.exchange.tests.world import hospital, message, odette, send
from liane.messaging.models import IncomingMail
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/parametres/service/"


def line(label: str) -> ServiceLine:
    [found] = [one for one in service.lines() if one.label == label]
    return found


@pytest.fixture
def leo(sign_in):
    factories.practice("leo", role="technical_admin", name="Léo Fontaine")
    return sign_in("leo")


def test_the_page_shows_every_part_and_is_linked_from_the_navigation(leo):
    text = leo.get(PAGE).content.decode()
    for title in (
        "Base de données", "Travaux", "Sauvegarde et disque", "Pages en direct",
        "Courriels et SMS", "Messages d’hôpitaux", "Services nationaux", "Travaux périodiques",
    ):  # fmt: skip
        assert title in text
    assert f'href="{PAGE}"' in leo.get("/").content.decode()


@pytest.mark.parametrize("role", ["care", "coordinator", "manager", "dpo", "identity"])
def test_nobody_else_opens_it(sign_in, role):
    factories.practice("claire", role=role, name="Claire Aubert")
    client = sign_in("claire")
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/").content.decode()


def test_no_person_is_named(leo):
    hospital()
    person = odette()
    factories.member(person, factories.practice("claire", name="Claire Aubert"))
    send(message(ins="", ipp="777"))
    text = leo.get(PAGE).content.decode()
    assert "Identités que personne ne peut vérifier" in text
    assert "Cabinet des Tilleuls" in text
    assert not any(name in text for name in ("LABORDE", "DUPONT", "Odette", "000123"))


def test_a_worker_that_stopped_is_to_mend():
    assert line("Exécuteur").state == "bad"
    DueJob.objects.create(pk="heartbeat", due_at=timezone.now())
    assert line("Exécuteur").state == "ok"


def test_the_age_of_what_waits_to_be_published(settings):
    assert line("Journal à publier").value == "rien en attente"
    Outbox.objects.create(entry_id="01890000-0000-7000-8000-000000000001")
    assert line("Journal à publier").state == "ok"
    old = Outbox(
        id="01890000-0000-7000-8000-000000000000", entry_id="01890000-0000-7000-8000-00000000000a"
    )
    old.save(force_insert=True)
    found = line("Journal à publier")
    assert (found.state, found.value) == ("late", "2 en attente")
    assert found.at is not None
    assert found.at.year == 2023


def test_a_job_that_fails_is_named_in_french_with_its_error(leo):
    jobs.ensure()
    DueJob.objects.filter(pk="mail.fetch").update(failures=jobs.TRIES, last_error="ConnectionError")
    first = service.work()[0]
    assert (first.label, first.state) == ("Relève des réponses", "bad")
    assert "ConnectionError" in leo.get("/").content.decode()


def test_every_job_has_its_words():
    assert [one.name for one in service.work() if one.label == one.name] == []


def test_a_backup_is_dated(tmp_path, settings, leo):
    settings.LIANE_STORAGE_DIR = tmp_path / "files"
    settings.LIANE_KEYS_FILE = tmp_path / "keys.json"
    settings.LIANE_ANCHORS_FILE = tmp_path / "anchors.jsonl"
    settings.LIANE_DEMO = True
    assert line("Dernière sauvegarde").state == "off"
    settings.LIANE_DEMO = False
    assert line("Dernière sauvegarde").value == "jamais faite"
    signs.leave(service.BACKUP, 12)
    assert (line("Dernière sauvegarde").state, line("Dernière sauvegarde").value) == (
        "ok", "12 fichiers",
    )  # fmt: skip
    Sign.objects.update(at=timezone.now() - dt.timedelta(days=3))
    assert line("Dernière sauvegarde").state == "late"


def test_the_backup_command_leaves_its_sign(tmp_path, settings, monkeypatch):
    settings.LIANE_STORAGE_DIR = tmp_path / "files"
    settings.LIANE_KEYS_FILE = tmp_path / "keys.json"
    settings.LIANE_ANCHORS_FILE = tmp_path / "anchors.jsonl"
    monkeypatch.setattr(backup, "_dump", lambda target: target.write_bytes(b"database"))
    backup.backup(tmp_path / "saved", "secret")
    assert line("Dernière sauvegarde").value == "1 fichier"


def test_streams_are_those_of_the_processes_that_are_alive():
    assert line("Serveur de flux").state == "bad"
    signs.leave("live:a:1", 3)
    signs.leave("live:b:2", 4)
    Sign.objects.create(name="live:c:3", at=timezone.now() - dt.timedelta(hours=1), value=50)
    assert line("Flux ouverts").value == "7 ouverts"


def test_a_listener_that_stopped_is_to_mend():
    assert line("Écoute MLLP").state == "off"
    signs.leave("adt:a:1", words="127.0.0.1:2575")
    assert line("Écoute MLLP").value == "en marche sur 127.0.0.1:2575"
    Sign.objects.update(at=timezone.now() - dt.timedelta(minutes=5))
    assert line("Écoute MLLP").state == "bad"


def test_signs_of_processes_are_forgotten_and_the_last_backup_is_not():
    for name in ("live:a:1", service.BACKUP):
        Sign.objects.create(name=name, at=timezone.now() - dt.timedelta(days=40))
    signs.forget()
    assert list(Sign.objects.values_list("name", flat=True)) == [service.BACKUP]


def test_failed_hospital_messages_and_lost_answers_are_counted():
    with acting.acting(acting.system("test")):
        RawMessage.objects.create(
            control_id="1", status=RawMessage.Status.FAILED, channel="file", person_id=None
        )
        IncomingMail.objects.create(digest="d", raw=b"", status=IncomingMail.Status.QUEUED)
    assert line("Mis de côté après des échecs").value == "1 en attente"
    assert line("Réponses sans conversation").path == "/messages/courrier/"


def test_a_mail_server_is_named_without_who_signs_in_there(settings, leo):
    settings.LIANE_MSS_URL = "smtp+starttls://secretuser:secretword@mss.example.org:587"
    settings.LIANE_MSS_IMAP_URL = "imaps://secretuser:secretword@mss.example.org:993/INBOX"
    text = leo.get(PAGE).content.decode()
    assert "mss.example.org" in text
    assert "secret" not in text
