"""A bearer token: who it makes of its bearer, and when it is good no more."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from liane.circle.compile import compile_grants
from liane.circle.models import Opposition
from liane.circle.reach import Reach
from liane.clients import services
from liane.clients.access import Forbidden, Unauthorized
from liane.clients.models import Token
from liane.clients.tests.conftest import House, registered, token
from liane.core import acting, journal, ledger
from liane.core.acting import owner
from liane.core.areas import Area
from liane.core.models import AccessRow, Entry
from tests import factories as make

pytestmark = pytest.mark.django_db
Call = Any


def seen(caller: Any) -> set[str]:
    with acting.acting(caller.actor, read_only=True):
        return {one.given_names for one in Reach.of(caller.actor).patients()}


def test_a_machine_reaches_what_its_organisation_reaches(house: House, call: Call) -> None:
    colleague = make.practice("claire", of=house.place)
    simon = make.patient("SIMON", "Pierre")
    make.member(simon, colleague)
    caller = call(token(house.client))
    assert seen(caller) == {"Odette"}
    assert caller.actor.role == "api_client"
    assert caller.client_id == house.client.pk


def test_the_token_of_another_house_sees_nobody(house: House, call: Call) -> None:
    elsewhere = registered(make.organisation("Ailleurs", "msp"))
    assert seen(call(token(elsewhere))) == set()


def test_an_opposition_takes_effect_on_the_next_call(house: House, call: Call) -> None:
    text = token(house.client)
    assert seen(call(text)) == {"Odette"}
    with owner():
        Opposition.objects.create(person=house.odette, organisation=house.place)
        compile_grants(house.odette.pk)
    assert seen(call(text)) == set()


def test_working_files_and_the_ledger_are_never_a_machine_s(house: House, call: Call) -> None:
    reach = Reach.of(call(token(house.client)).actor)
    assert reach.may_read(Area.CLINICAL_NOTE, house.odette.pk)
    assert reach.may_write(Area.CARE_PLAN, house.odette.pk)
    for area in (Area.WORKING_FILE, Area.ACCESS_LEDGER):
        assert not reach.may_read(area, house.odette.pk)


def test_outside_the_care_team_it_has_the_share_of_home_help(call: Call) -> None:
    saad = make.organisation("Aide à domicile", "saad")
    odette = make.patient()
    make.member(odette, saad, outside_team=True)
    reach = Reach.of(call(token(registered(saad))).actor)
    assert reach.may_read(Area.AGENDA, odette.pk)
    assert not reach.may_read(Area.CLINICAL_NOTE, odette.pk)
    assert not reach.may_read(Area.WORKING_FILE, odette.pk)


@pytest.mark.parametrize("text", ["", "x", "liane_token_" + "x" * 43])
def test_no_token_or_a_made_up_one_is_refused(house: House, call: Call, text: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        call(text)
    assert refused.value.status == 401
    assert refused.value.challenge.startswith("Bearer")


def test_it_ends(house: House, call: Call) -> None:
    text = token(house.client)
    later = timezone.now() + dt.timedelta(minutes=5, seconds=1)
    with time_machine.travel(later), pytest.raises(Unauthorized):
        call(text)


@pytest.mark.parametrize("after", ["suspended", "revoked"])
def test_suspended_or_revoked_the_application_stops_at_once(
    house: House, call: Call, after: str
) -> None:
    text = token(house.client)
    with acting.acting(acting.system("test")):
        services.move(house.client, after, "clé perdue")
    with pytest.raises(Unauthorized):
        call(text)


def test_an_organisation_that_closed_lets_nobody_in(house: House, call: Call) -> None:
    text = token(house.client)
    house.place.active = False
    house.place.save()
    with pytest.raises(Unauthorized):
        call(text)


def test_limited_scopes_hold_for_tokens_made_before(house: House, call: Call) -> None:
    text = token(house.client)
    with acting.acting(acting.system("test")):
        services.grant(house.client, "system/Patient.r")
    caller = call(text)
    caller.require("Patient", "r")
    for kind, letter in (("Patient", "s"), ("Observation", "r")):
        with pytest.raises(Forbidden) as refused:
            caller.require(kind, letter)
        assert refused.value.status == 403


def test_a_token_is_never_wider_than_what_was_granted(house: House, call: Call) -> None:
    narrow = registered(house.place, "Étroit", "system/Patient.rs")
    scopes = call(token(narrow, "system/*.cruds user/*.cruds openid")).scopes
    assert str(scopes) == "system/Patient.rs"


def test_only_a_digest_is_kept(house: House) -> None:
    text = token(house.client)
    assert not Token.objects.filter(digest=text).exists()
    assert text not in str(list(Token.objects.values()))


def test_a_user_s_token_acts_in_the_seat_they_chose(house: House, call: Call) -> None:
    claire = make.practice("claire", of=house.place, name="Claire Duval")
    app = registered(house.place, "Carnet", "user/*.rs patient/*.rs", kind="public")
    who = {"user": claire.professional.user, "seat": f"practice:{claire.pk}"}
    text = token(app, "user/*.rs", **who)
    caller = call(text)
    assert (caller.actor.role, caller.actor.label) == ("care", "Claire Duval · Carnet")
    assert seen(caller) == {"Odette"}
    claire.ended_on = timezone.localdate() - dt.timedelta(days=1)
    claire.save()
    with pytest.raises(Unauthorized):
        call(text)


def test_a_closed_account_takes_its_tokens_with_it(house: House, call: Call) -> None:
    claire = make.practice("claire", of=house.place)
    app = registered(house.place, "Carnet", "user/*.rs", kind="public")
    text = token(app, "user/*.rs", user=claire.professional.user, seat=f"practice:{claire.pk}")
    claire.professional.user.is_active = False
    claire.professional.user.save()
    with pytest.raises(Unauthorized):
        call(text)


def test_the_ledger_names_the_application(house: House, call: Call) -> None:
    with acting.acting(call(token(house.client)).actor), ledger.recording():
        ledger.read([house.odette.pk], "identity")
    row = AccessRow.objects.get(person_id=house.odette.pk)
    assert (row.actor_label, row.channel, row.role) == ("Logiciel", "api", "api_client")
    assert row.organisation_id == house.place.pk


def test_a_machine_may_write_what_its_rights_allow(house: House, call: Call) -> None:
    with acting.acting(call(token(house.client)).actor):
        journal.append("test.kind", person_id=house.odette.pk)
    with owner():
        assert Entry.objects.get(kind="test.kind").actor_label == "Logiciel"
