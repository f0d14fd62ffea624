"""The list, its choices, and who may not see them."""

import re

import pytest
from django.test import Client

from liane.core.acting import owner
from liane.notifications.models import KindChoice, Preference
from liane.notifications.tests.test_telling import circle, notes, rows, tell, unread

pytestmark = pytest.mark.django_db
__all__ = ["circle", "notes"]


def test_the_list_groups_by_person_and_opening_one_reads_it(circle, sign_in) -> None:
    person, _, paul = circle
    tell(person, by=paul)
    client = sign_in("claire")
    page = client.get("/notifications/").content.decode()
    assert "Mme Odette Dupont" in page
    assert 'data-badge="notifications">1<' in page
    (row,) = rows("claire")
    answer = client.post(f"/notifications/{row.pk}/ouvrir")
    assert answer.headers["Location"] == f"/personnes/{person.pk}/"
    assert unread("claire") == 0


def test_the_same_sentence_is_said_once_with_how_often(circle, sign_in) -> None:
    person, _, paul = circle
    for _ in range(3):
        tell(person, by=paul)
    client = sign_in("claire")
    page = client.get("/notifications/").content.decode()
    assert page.count("/ouvrir") == 1
    assert "· 3 fois" in page
    groups = re.findall(r'name="group" value="([^"]+)"', page)
    client.post("/notifications/lues", {"group": groups})
    assert unread("claire") == 0


def test_reading_the_list_changes_nothing(circle, sign_in) -> None:
    tell(circle[0], by=circle[2])
    sign_in("claire").get("/notifications/")
    assert unread("claire") == 1


def test_everything_can_be_marked_as_read(circle, sign_in) -> None:
    tell(circle[0], by=circle[2])
    sign_in("claire").post("/notifications/lues", {"all": "1"})
    assert unread("claire") == 0


def test_the_name_of_a_person_out_of_reach_is_not_shown(circle, sign_in) -> None:
    person, claire, paul = circle
    tell(person, by=paul)
    with owner():
        person.memberships.filter(practice=claire).update(status="removed")
        from liane.circle.compile import compile_grants

        compile_grants(person.pk)
    assert "Dupont" not in sign_in("claire").get("/notifications/").content.decode()


def test_the_notification_of_another_is_not_there(circle, sign_in) -> None:
    tell(circle[0], by=circle[2])
    (row,) = rows("claire")
    assert sign_in("bruno").post(f"/notifications/{row.pk}/ouvrir").status_code == 404


@pytest.mark.parametrize("path", ["/notifications/", "/notifications/lues"])
def test_one_signs_in_first(path: str) -> None:
    answer = Client().post(path) if path.endswith("lues") else Client().get(path)
    assert answer.headers["Location"].startswith("/connexion")


def test_choices_are_kept_and_shown_again(circle, sign_in) -> None:
    client = sign_in("claire")
    client.post(
        "/notifications/choix",
        {
            "quiet_from": "20:00",
            "quiet_until": "07:00",
            "push": "on",
            "digest_hour": "9",
            "kind:test.note": "inside",
            "kind:unknown": "none",
        },
    )
    with owner():
        row = Preference.objects.get(user__username="claire")
        kinds = list(KindChoice.objects.values_list("kind", "level"))
    assert (row.push, row.digest, row.urgent_anytime, row.digest_hour) == (True, False, False, 9)
    assert kinds == [("test.note", "inside")]
    assert 'value="20:00"' in client.get("/parametres/").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_from": "20:00", "digest_hour": "8"},
        {"digest_hour": "31"},
        {"digest_hour": "8", "kind:test.note": "loud"},
    ],
)
def test_wrong_choices_are_not_kept(circle, sign_in, wrong: dict[str, str]) -> None:
    sign_in("claire").post("/notifications/choix", wrong)
    with owner():
        assert not Preference.objects.exists()


def test_the_circle_of_a_person_out_of_reach_cannot_be_chosen(circle, sign_in) -> None:
    person = circle[0]
    wanted = {"person": str(person.pk), "level": "urgent"}
    assert sign_in("bruno").post("/notifications/cercle", wanted).status_code == 404
    assert sign_in("claire").post("/notifications/cercle", wanted).status_code == 302


def test_the_browser_worker_is_served_from_the_root(client) -> None:
    answer = client.get("/sw.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"showNotification" in b"".join(answer.streaming_content)
