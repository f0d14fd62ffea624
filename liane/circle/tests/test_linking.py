"""Identity vigilance finds the second record, compares trait by trait, links, and separates."""

import datetime as dt

import pytest

from liane.core.acting import owner
from liane.patients import search
from liane.patients.models import Patient, PersonLink
from tests import factories as make

pytestmark = pytest.mark.django_db


def known(birth_name: str, given: str, **more) -> Patient:
    person = make.patient(birth_name, given, **more)
    with owner():
        person.search = search.searchable(person)
        person.save(update_fields=["search"])
        search.index([person])
    return person


@pytest.fixture
def dac():
    place = make.organisation("DAC des Landes", "dac")
    make.practice("marc", role="identity", of=place)
    return place


def followed(dac, *args, **more) -> Patient:
    person = known(*args, **more)
    make.member(person, dac)
    return person


def text(answer) -> str:
    return answer.content.decode()


def test_a_look_alike_is_offered_compared_linked_then_separated(dac, sign_in) -> None:
    odette = followed(dac, "LABORDE", "Odette Marie", city="Dax")
    twice = followed(dac, "LABORDE", "Odette", city="Tartas")
    marc, url = sign_in("marc"), f"/personnes/{odette.pk}/identite/rapprocher"
    assert f"?autre={twice.pk}" in text(marc.get(url))
    compared = text(marc.get(f"{url}?autre={twice.pk}"))
    assert "Tartas" in compared
    assert "différent" in compared
    assert "pareil" in compared
    assert marc.post(url, {"other": twice.pk, "reason": ""}).status_code == 400
    answer = marc.post(url, {"other": twice.pk, "reason": "Même carte d’identité"})
    assert answer["Location"] == f"/personnes/{odette.pk}/identite/"
    assert str(twice.pk) not in text(marc.get(url))
    with owner():
        link = PersonLink.objects.get(survivor=odette, duplicate=twice, ended_at=None)
    marc.post(f"/personnes/{odette.pk}/identite/liens/{link.pk}/defaire", {"reason": "Erreur"})
    with owner():
        link.refresh_from_db()
    assert link.ended_at is not None


def test_the_second_record_is_found_by_its_name(dac, sign_in) -> None:
    odette = followed(dac, "LABORDE", "Odette")
    other = followed(dac, "BARRERE", "Odile", used_name="", birth_date=dt.date(1950, 5, 5))
    elsewhere = known("BARRERE", "Jean", used_name="", birth_date=dt.date(1950, 5, 6))
    found = text(
        sign_in("marc").post(f"/personnes/{odette.pk}/identite/rapprocher", {"q": "barrère"})
    )
    assert f"?autre={other.pk}" in found
    assert str(elsewhere.pk) not in found


def test_with_a_known_twin_the_proof_is_said_twice(dac, sign_in) -> None:
    odette = followed(dac, "LABORDE", "Odette", twin_warning=True)
    twin = followed(dac, "LABORDE", "Odile")
    marc, url = sign_in("marc"), f"/personnes/{odette.pk}/identite/rapprocher"
    assert "Jumeau ou homonyme connu" in text(marc.get(f"{url}?autre={twin.pk}"))
    sent = {"other": twin.pk, "reason": "Même adresse"}
    assert marc.post(url, sent).status_code == 400
    with owner():
        assert not PersonLink.objects.exists()
    assert marc.post(url, sent | {"sure": "on"}).status_code == 302


def test_a_record_out_of_reach_is_not_compared(dac, sign_in) -> None:
    odette, stranger = followed(dac, "LABORDE", "Odette"), known("LABORDE", "Odette")
    marc, url = sign_in("marc"), f"/personnes/{odette.pk}/identite/rapprocher"
    assert marc.get(f"{url}?autre={stranger.pk}").status_code == 404
    assert marc.post(url, {"other": stranger.pk, "reason": "X"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("technical_admin", ["Annuaire"], ["Messages", "Agenda", "Personnes"]),
        ("dpo", ["Protection des données"], ["Messages", "Agenda"]),
        ("identity", ["Personnes", "Identités"], ["Messages", "Agenda"]),
        ("care", ["Messages", "Agenda", "Personnes"], []),
    ],
)
def test_the_navigation_has_no_entry_with_nothing_behind_it(role, shown, hidden, sign_in) -> None:
    make.practice("someone", role=role)
    page = text(sign_in("someone").get("/"))
    start = page.index("<nav")
    bar = page[start : page.index("</nav>", start)]
    assert [label for label in shown if label not in bar] == []
    assert [label for label in hidden if label in bar] == []


def test_the_timeline_of_both_says_once_that_they_were_brought_together(dac, sign_in) -> None:
    odette = followed(dac, "LABORDE", "Odette Marie", city="Dax")
    twice = followed(dac, "LABORDE", "Odette", city="Tartas")
    make.practice("isabelle", role="case_manager", of=dac)
    url = f"/personnes/{odette.pk}/identite/rapprocher"
    sign_in("marc").post(url, {"other": twice.pk, "reason": "Même carte d’identité"})
    for person in (odette, twice):
        page = text(sign_in("isabelle").get(f"/personnes/{person.pk}/fil/"))
        assert page.count("Dossiers rapprochés") == 1
