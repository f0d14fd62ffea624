"""A signed link opens one thread to one professional, after a code, and closes at once."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import Membership, Opposition
from liane.core.acting import acting, owner, system
from liane.core.errors import Refused
from liane.core.ids import uuid7
from liane.core.models import AccessRow
from liane.directory.models import Practice
from liane.messaging import links, services
from liane.messaging.models import Message, ReadMark, SignedLink, Validation
from liane.messaging.tests.outside import story
from liane.messaging.tests.test_pages import photo
from tests import factories as make

pytestmark = pytest.mark.django_db


class Case:
    """Dr Garat holds a link to the team's thread about Mme Dupont."""

    def __init__(self) -> None:
        self.person, self.garat, self.thread = story()
        with acting(make.actor("claire")):
            services.send_message(self.thread, "Escarre au talon", uploads=[photo()])
        with acting(system("test")):
            self.link = links.link_for(self.thread, self.garat)
        self.path = links.path_of(self.link)

    def code(self) -> str:
        return links.new_code(self.link)

    def inside(self) -> Client:
        client = Client()
        assert client.post(f"{self.path}code/", {"code": self.code()}).status_code == 302
        return client


def test_nothing_shows_before_the_code_then_the_one_thread() -> None:
    case, client = Case(), Client()
    door = client.get(case.path).content.decode()
    for canary in ("Escarre", "Dupont", "LABORDE", "Garat", "Claire"):
        assert canary not in door
    assert client.post(f"{case.path}code/", {"code": case.code()}).status_code == 302
    shown = client.get(case.path).content.decode()
    assert "Escarre au talon" in shown
    assert "Mme Odette Dupont" in shown


def test_the_session_opens_nothing_else() -> None:
    case = Case()
    client = case.inside()
    for url in (f"/messages/{case.thread.pk}/", "/messages/", f"/personnes/{case.person.pk}/"):
        assert client.get(url).status_code == 302, url
    with acting(make.actor("claire")):
        other = services.open_thread(person_id=case.person.pk, kind="topic")
        message, _ = services.send_message(other, "Autre", uploads=[photo()])
        secret = message.attachments.get()
    assert client.get(f"{case.path}fichier/{secret.pk}/").status_code == 404
    with owner():
        own = Message.objects.get(thread=case.thread).attachments.get()
    assert client.get(f"{case.path}fichier/{own.pk}/").status_code == 200
    assert Client().get(f"{case.path}fichier/{own.pk}/").status_code == 404


def test_one_tap_answers_and_a_written_one_land_in_the_thread_once() -> None:
    case = Case()
    client, key = case.inside(), str(uuid7())
    for _ in range(2):
        assert client.post(case.path, {"quick": "accord", "key": key}).status_code == 302
    client.post(case.path, {"text": "Je passe à 15 h", "key": str(uuid7())})
    with owner():
        found = Message.objects.filter(via="link").order_by("number")
        assert [(m.author_label, m.text) for m in found] == [
            ("Hélène Garat", "D’accord."), ("Hélène Garat", "Je passe à 15 h"),
        ]  # fmt: skip
        assert ReadMark.objects.filter(label="Hélène Garat").count() == 1


def test_seen_by_the_link_is_an_acknowledgement() -> None:
    case = Case()
    with acting(make.actor("claire")):
        urgent, _ = services.send_message(case.thread, "Fièvre à 40", urgent=True)
    case.inside().post(case.path, {"quick": "vu", "key": str(uuid7())})
    with owner():
        assert [seen.label for seen in urgent.acknowledgements.all()] == ["Hélène Garat"]


def test_a_document_is_validated_once() -> None:
    case = Case()
    client = case.inside()
    with owner():
        file = Message.objects.get().attachments.get()
    for _ in range(2):
        client.post(case.path, {"validate": str(file.pk)})
    with owner():
        assert [one.label for one in Validation.objects.all()] == ["Hélène Garat"]
    assert "Validé par Hélène Garat" in client.get(case.path).content.decode()


def revoked(case: Case) -> None:
    with acting(make.actor("claire")):
        links.revoke(case.link)


def expired(case: Case) -> None:
    with owner():
        SignedLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))


def removed(case: Case) -> None:
    with owner():
        Membership.objects.filter(practice=case.garat).update(status="removed")
        compile_grants(case.person.pk)


def opposed(case: Case) -> None:
    with owner():
        Opposition.objects.create(person=case.person, practice=case.garat)
        compile_grants(case.person.pk)


def gone(case: Case) -> None:
    Practice.objects.filter(pk=case.garat.pk).update(ended_on=timezone.localdate())


@pytest.mark.parametrize("ending", [revoked, expired, removed, opposed, gone])
def test_the_link_closes_on_the_next_request(ending: Any) -> None:
    case = Case()
    client = case.inside()
    ending(case)
    answers = [
        client.get(case.path),
        client.post(case.path, {"text": "x", "key": uuid7()}),
        client.post(f"{case.path}code/", {"code": "123456"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    with owner():
        assert Message.objects.count() == 1


@pytest.mark.parametrize("change", ["signature", "number", "other link"])
def test_a_forged_address_is_not_found(change: str) -> None:
    case = Case()
    number, _, signature = case.path.split("/")[2].partition(".")
    forged = {
        "signature": f"{number}.{signature[:-2]}AA",
        "number": f"{uuid7().hex}.{signature}",
        "other link": f"{number}.",
    }[change]
    assert Client().get(f"/lien/{forged}/").status_code == 404


def test_five_wrong_codes_spend_the_code_and_ten_the_link() -> None:
    case, client = Case(), Client()
    good = case.code()
    wrong = "000000" if good != "000000" else "111111"
    for _ in range(5):
        assert client.post(f"{case.path}code/", {"code": wrong}).status_code == 422
    assert client.post(f"{case.path}code/", {"code": good}).status_code == 422
    case.code()
    for _ in range(5):
        client.post(f"{case.path}code/", {"code": wrong})
    assert client.get(case.path).status_code == 404


def test_a_code_serves_once_and_dies_after_fifteen_minutes() -> None:
    case = Case()
    code = case.code()
    links.check_code(case.link, f" {code[:3]} {code[3:]} ")
    with pytest.raises(Refused):
        links.check_code(case.link, code)
    code = case.code()
    with owner():
        SignedLink.objects.update(code_until=timezone.now())
    with pytest.raises(Refused):
        links.check_code(case.link, code)


def test_the_code_travels_by_text_message_without_health_data(
    settings: Any, tmp_path: Path
) -> None:
    case, client = Case(), Client()
    settings.LIANE_SMS_URL = f"file://{tmp_path}/sms"
    said = client.post(f"{case.path}code/", {"send": "1"}).content.decode()
    assert "06 •• •• •• 44" in said
    assert "11 22 33" not in said
    line = json.loads((tmp_path / "sms").read_text())
    assert line["to"] == "+33611223344"
    code = "".join(char for char in line["text"] if char.isdigit())[:6]
    assert "Dupont" not in line["text"]
    assert client.post(f"{case.path}code/", {"code": code}).status_code == 302
    for _ in range(5):
        client.post(f"{case.path}code/", {"send": "1"})
    assert len((tmp_path / "sms").read_text().splitlines()) == SignedLink.SENDS


def test_a_colleague_says_the_code_and_cuts_the_link(sign_in: Any) -> None:
    case = Case()
    claire = sign_in("claire")
    assert "lit par lien signé" in claire.get(f"/messages/{case.thread.pk}/").content.decode()
    shown = claire.post(f"/messages/lien/{case.link.pk}/code/")
    assert shown.status_code == 200
    make.practice("bruno")
    for verb in ("code", "couper"):
        assert sign_in("bruno").post(f"/messages/lien/{case.link.pk}/{verb}/").status_code == 404
    client = case.inside()
    assert claire.post(f"/messages/lien/{case.link.pk}/couper/").status_code == 302
    assert client.get(case.path).status_code == 404


def test_every_access_is_in_the_ledger_under_their_name() -> None:
    case = Case()
    case.inside().get(case.path)
    row = AccessRow.objects.get(action="read", channel="link", resource="thread")
    assert (row.person_id, row.actor_label, row.object_id, row.ground) == (
        case.person.pk, "Hélène Garat (lien signé)", case.thread.pk, "même équipe de soins",
    )  # fmt: skip
