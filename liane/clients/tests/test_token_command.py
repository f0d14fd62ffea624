"""``liane token``: a bearer token alone on stdout."""

import io

import pytest
from django.core.management import CommandError, call_command

from liane.clients import services
from liane.clients.models import Client, ClientStep
from liane.clients.tests.conftest import House
from liane.core import acting
from tests import factories as make

pytestmark = pytest.mark.django_db


def token(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_registers_then_reuses(house: House, call) -> None:
    here = ["--organisation", str(house.place.pk)]
    first, said = token("HIS", "--scope", "system/*.rs", *here)
    second, _ = token("HIS", "--scope", "system/Patient.r")
    assert first.count("\n") == 1
    assert house.place.name in said
    assert first != second
    assert Client.objects.filter(name="HIS").count() == 1
    assert call(first.strip()).scopes.allows("Observation", "s")
    assert not call(second.strip()).scopes.allows("Observation", "s")


def test_without_an_organisation_it_takes_the_one_that_follows_most(house: House) -> None:
    _, said = token("HIS", "--scope", "system/*.rs")
    assert str(house.place.pk) in said


def test_it_widens_what_it_gave_and_never_what_a_manager_decided(house: House, call) -> None:
    token("HIS", "--scope", "system/Patient.r")
    wider, _ = token("HIS", "--scope", "system/*.cruds")
    assert call(wider.strip()).scopes.allows("Task", "c")
    client = Client.objects.get(name="HIS")
    manager = make.practice("marie", role="manager", of=house.place)
    with acting.acting(make.actor(manager)):
        services.grant(client, "system/Patient.rs")
    with pytest.raises(CommandError, match="manager"):
        token("HIS", "--scope", "system/*.rs")
    narrow, _ = token("HIS", "--scope", "system/Patient.r")
    assert call(narrow.strip()).scopes.allows("Patient", "r")
    assert ClientStep.objects.filter(client=client).count() == 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["HIS", "--scope", "all"], "all"),
        (["HIS", "--scope", "user/*.rs"], "system/"),
        (["HIS", "--scope", " "], "scope"),
        (["HIS", "--scope", "system/*.rs", "--organisation", "x"], "organisation"),
        (["HIS", "--scope", "system/*.rs", "--hours", "9999"], "hours"),
    ],
)
def test_what_is_wrong_is_said(house: House, arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        token(*arguments)


def test_a_revoked_application_is_not_taken_up_again(house: House) -> None:
    token("HIS", "--scope", "system/*.rs")
    client = Client.objects.get(name="HIS")
    with acting.acting(acting.system("test")):
        services.move(client, "revoked", "remplacée")
    token("HIS", "--scope", "system/*.rs")
    assert Client.objects.filter(name="HIS").count() == 2
