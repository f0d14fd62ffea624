"""A doctor without an account: a signed link, a code that travels apart, one version only."""

import re

import pytest
from django.core import mail
from django.utils import timezone

from liane.careplans import links, queries, services
from liane.careplans.models import Plan, PlanLink
from liane.careplans.tests.conftest import as_
from liane.core import acting
from liane.core.acting import owner
from liane.directory.models import Practice, Professional
from liane.messaging import links as doors
from liane.patients.models import AttendingDoctor
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesbats(simon) -> Practice:
    """The attending doctor, who has no account."""
    one = Practice.objects.create(
        professional=Professional.objects.create(
            given="Étienne", family="Lesbats", profession="10"
        ),
        organisation=make.organisation("Cabinet de Tartas"),
        role="care",
        email="lesbats@mss.invalid",
    )
    make.member(simon, one)
    with owner():
        AttendingDoctor.objects.create(person=simon, practice=one, started_on=timezone.localdate())
    return one


@pytest.fixture
def version(plan, problem, lesbats, isabelle):
    with as_(isabelle):
        return services.send(plan.pk)


@pytest.fixture
def link(version) -> PlanLink:
    with acting.acting(acting.system("test")):
        return PlanLink.objects.get(version=version)


def entered(client, link, code: str = ""):
    path = links.path_of(link)
    return client.post(f"{path}code/", {"code": code or doors.new_code(link)})


def test_the_mail_carries_the_link_and_nothing_of_the_person(link, settings, mailoutbox) -> None:
    assert links.send_waiting() == 1
    assert links.send_waiting() == 0
    (sent,) = mail.outbox
    assert links.path_of(link) in sent.body
    assert sent.to == ["lesbats@mss.invalid"]
    assert not re.search("Simon|Chutes", sent.body + sent.subject, re.IGNORECASE)


def test_nothing_is_shown_before_the_code(client, link) -> None:
    page = client.get(links.path_of(link)).content.decode()
    assert "Code à six chiffres" in page
    assert "Chutes" not in page
    assert "Pierre" not in page


def test_with_the_code_the_doctor_reads_and_validates(client, link, plan) -> None:
    entered(client, link)
    assert "Chutes à répétition" in client.get(links.path_of(link)).content.decode()
    client.post(links.path_of(link), {"answer": "validated"})
    with acting.acting(acting.system("test")):
        found = Plan.objects.get(pk=plan.pk)
        verdict = queries.standing(found).verdict
    assert found.status == "validated"
    assert (verdict.author_label, verdict.via) == ("Étienne Lesbats", "link")


def test_a_wrong_code_opens_nothing(client, link) -> None:
    doors.new_code(link)
    assert entered(client, link, "000000x").status_code == 422
    assert "Chutes" not in client.get(links.path_of(link)).content.decode()


def test_a_forged_link_and_that_of_an_old_version_are_not_there(
    client, link, plan, isabelle
) -> None:
    assert client.get(links.path_of(link).replace(".", ".A")).status_code == 404
    with as_(isabelle):
        services.send(plan.pk)
    assert client.get(links.path_of(link)).status_code == 404


def test_it_closes_when_the_doctor_is_no_longer_hers(client, link, lesbats) -> None:
    entered(client, link)
    with owner():
        AttendingDoctor.objects.filter(practice=lesbats).update(ended_on=timezone.localdate())
    assert client.get(links.path_of(link)).status_code == 404


def test_it_expires(client, link, time_machine) -> None:
    time_machine.move_to(link.expires_at, tick=False)
    assert client.get(links.path_of(link)).status_code == 404


def test_it_opens_this_version_and_nothing_else(client, link, simon) -> None:
    entered(client, link)
    for path in (f"/personnes/{simon.pk}/plan/", f"/plan/versions/{link.version_id}/"):
        assert client.get(path).status_code == 302


def test_remarks_without_words_are_asked_for(client, link) -> None:
    entered(client, link)
    answer = client.post(links.path_of(link), {"answer": "remarks"})
    assert answer.status_code == 422
    assert "reprendre" in answer.content.decode()


def test_a_doctor_with_an_account_gets_no_link(plan, problem, roussel, isabelle) -> None:
    with as_(isabelle):
        version = services.send(plan.pk)
        assert not PlanLink.objects.filter(version=version).exists()


def test_the_team_says_the_code_aloud(link, isabelle, sign_in, client) -> None:
    page = sign_in("isabelle").post(f"/personnes/{link.person_id}/plan/code/").content.decode()
    digits = re.search(r'figure num">(\d{3}) (\d{3})', page)
    assert entered(client, link, digits[1] + digits[2]).status_code == 302
