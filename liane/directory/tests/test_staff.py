"""Direction brings its staff in; without RPPS the house vouches; contact data is common."""

import pytest

from liane.core.acting import acting
from liane.core.errors import NotAllowed, Refused
from liane.directory import services
from liane.directory.identifiers import luhn_key
from liane.directory.models import Change, Practice
from tests import factories as make

pytestmark = pytest.mark.django_db
RPPS = "1000345678" + luhn_key("1000345678")
MARIE = {"given": "Marie", "family": "Pons", "email": "marie@saad.example", "role": "social"}


@pytest.fixture
def saad():
    return make.organisation("SAAD des Pins", kind="saad")


@pytest.fixture
def direction(saad) -> Practice:
    return make.practice("helene", role="manager", of=saad)


def invite(direction: Practice, **change: str):
    with acting(make.actor(direction)):
        return services.invite_staff(
            direction.organisation, **{**MARIE, "profession": "AD", **change}
        )


def test_without_rpps_the_house_vouches(direction, saad):
    practice, invited = invite(direction)
    assert practice.professional.vouched_by == saad
    assert invited is not None
    assert invited.invitation.on_behalf_of == "SAAD des Pins"


def test_a_registered_profession_gives_its_number(direction):
    with pytest.raises(Refused):
        invite(direction, role="care", profession="60")
    practice, _ = invite(direction, role="care", profession="60", rpps=RPPS)
    assert practice.professional.vouched_by is None


def test_somebody_known_by_rpps_is_not_made_twice(direction):
    known = make.practice("marie", name="Marie Pons").professional
    known.rpps = RPPS
    known.save()
    practice, _ = invite(direction, role="care", profession="60", rpps=RPPS)
    assert practice.professional == known


def test_the_number_of_somebody_else_is_refused(direction):
    known = make.practice("paul", name="Paul Durand").professional
    known.rpps = RPPS
    known.save()
    with pytest.raises(Refused):
        invite(direction, role="care", profession="60", rpps=RPPS)


def test_nobody_comes_in_twice_in_the_same_role(direction):
    invite(direction)
    with pytest.raises(Refused):
        invite(direction)


@pytest.mark.parametrize("role", ["care", "secretary", "coordinator", "billing", "dpo"])
def test_only_direction_invites(saad, role):
    with pytest.raises(NotAllowed):
        invite(make.practice("quelquun", role=role, of=saad))


def test_direction_of_another_house_invites_nobody_here(saad):
    other = make.practice("autre", role="manager", of=make.organisation("Autre"))
    with acting(make.actor(other)), pytest.raises(NotAllowed):
        services.invite_staff(saad, **MARIE)


def test_who_leaves_is_out_at_once(direction, sign_in):
    practice, _ = invite(direction)
    user = practice.professional.user
    assert user is not None
    assert sign_in(user.username).get("/annuaire/absences/").status_code == 200
    with acting(make.actor(direction)):
        services.end_practice(practice)
    assert sign_in(user.username).get("/annuaire/absences/").status_code == 403


def test_direction_does_not_take_itself_out_by_one_tap(direction, sign_in):
    practice, _ = invite(direction)
    client = sign_in(direction.professional.user.username)
    page = client.get(f"/annuaire/structures/{direction.organisation_id}/").content.decode()
    assert "Confirmer le départ" in page
    assert f"/annuaire/lieux/{practice.pk}/fin" in page
    assert f"/annuaire/lieux/{direction.pk}/fin" not in page
    client.post(f"/annuaire/lieux/{direction.pk}/fin")
    direction.refresh_from_db()
    assert direction.ended_on is None


def test_two_posts_of_a_structure_do_not_bear_one_name(direction):
    with acting(make.actor(direction)):
        services.create_post(direction.organisation, "Accueil")
        with pytest.raises(Refused):
            services.create_post(direction.organisation, "accueil")


def test_any_professional_corrects_a_telephone_and_signs_it(direction):
    claire = make.practice("claire", name="Claire Aubert")
    with acting(make.actor(claire)):
        changed = services.correct_contact(direction.organisation, {"phone": "05 58 00 11 22"})
    assert changed == ["phone"]
    trace = Change.objects.get(object_id=direction.organisation_id)
    assert (trace.what, trace.after, trace.author_label) == (
        "téléphone", "0558001122", "Claire Aubert",
    )  # fmt: skip


@pytest.mark.parametrize("values", [{"phone": "12"}, {"email": "pas une adresse"}])
def test_what_cannot_be_right_is_refused(direction, values):
    with acting(make.actor(direction)), pytest.raises(Refused):
        services.correct_contact(direction.organisation, values)


def test_a_carer_corrects_nothing(direction):
    make.contact(make.patient(), "julie")
    with acting(make.actor("julie")), pytest.raises(NotAllowed):
        services.correct_contact(direction.organisation, {"phone": "0558001122"})
