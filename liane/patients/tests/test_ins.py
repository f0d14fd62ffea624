"""The matricule's key, its kinds, and the steps of an identity's status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.core.acting import acting
from liane.core.errors import NotAllowed, Refused
from liane.patients import ins
from liane.patients import services as patients
from liane.patients.models import IdentityEvent, Patient
from tests import factories as make

MAINLAND = "255081416802538"
CORSICA = "275022A001001" + ins.key_of("275022A001001")


@pytest.mark.parametrize("text", ["255081416802538", "2 55 08 14 168 025 38", CORSICA])
def test_a_true_matricule_is_read_with_or_without_blanks(text: str) -> None:
    assert ins.parse(text).value == text.replace(" ", "")


def test_corsica_counts_as_19_and_18() -> None:
    assert ins.key_of("275022A001001") == ins.key_of("2750219001001")
    assert ins.key_of("275022B001001") == ins.key_of("2750218001001")


@pytest.mark.parametrize(
    ("text", "oid"),
    [
        ("255081416802539", ins.NIR),
        ("25508141680253", ins.NIR),
        ("955081416802538", ins.NIR),
        ("2550814168025X8", ins.NIR),
        (MAINLAND, "1.2.3"),
        ("", ins.NIR),
    ],
)
def test_a_false_matricule_is_refused(text: str, oid: str) -> None:
    with pytest.raises(Refused):
        ins.parse(text, oid)


@given(st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(place: int, shift: int) -> None:
    digit = (int(MAINLAND[place]) + shift) % 10
    with pytest.raises(Refused):
        ins.parse(MAINLAND[:place] + str(digit) + MAINLAND[place + 1 :])


def provisional() -> tuple[Patient, object]:
    claire = make.practice("claire")
    person = make.patient()
    make.member(person, claire)
    return person, make.actor(claire)


@pytest.mark.django_db
def test_retrieved_then_qualified_keeps_the_sealed_matricule_and_its_history() -> None:
    person, claire = provisional()
    number = ins.parse(MAINLAND, ins.NIR_TEST)
    with acting(claire):
        patients.set_ins(
            person.pk,
            "retrieved",
            matricule=number,
            strict={"birth_name": "LABORDE"},
            reason="téléservice INSi",
        )
        known = patients.set_ins(person.pk, "qualified", reason="carte d’identité")
        assert known.is_qualified
        assert ins.of(known) == number
        assert MAINLAND.encode() not in bytes(known.ins_sealed or b"")
        steps = list(IdentityEvent.objects.order_by("id").values_list("before", "after"))
    assert steps == [("provisional", "retrieved"), ("retrieved", "qualified")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "matricule"), [("qualified", MAINLAND), ("retrieved", ""), ("provisional", "")]
)
def test_a_step_that_does_not_exist_or_lacks_its_proof_is_refused(
    after: str, matricule: str
) -> None:
    person, claire = provisional()
    number = ins.parse(matricule) if matricule else None
    with acting(claire), pytest.raises(Refused):
        patients.set_ins(person.pk, after, matricule=number, reason="essai")


@pytest.mark.django_db
def test_correcting_a_strict_trait_makes_the_identity_provisional_and_drops_the_matricule() -> None:
    person, claire = provisional()
    with acting(claire):
        patients.set_ins(person.pk, "retrieved", matricule=ins.parse(MAINLAND), reason="INSi")
        version = Patient.objects.get(pk=person.pk).version
        corrected = patients.correct_traits(
            person.pk,
            version=version,
            values={"birth_name": "LABORDES"},
            reason="acte de naissance",
        )
        assert corrected.ins_status == "provisional"
        assert ins.of(corrected) is None
        assert corrected.ins_digest == ""


@pytest.mark.django_db
def test_a_matricule_of_another_record_goes_to_identity_vigilance() -> None:
    person, claire = provisional()
    other = make.patient("SIMON", "Paul")
    make.member(other, make.practice("bruno"))
    with acting(make.actor("bruno")):
        patients.set_ins(other.pk, "retrieved", matricule=ins.parse(MAINLAND), reason="INSi")
    with acting(claire), pytest.raises(Refused) as refusal:
        patients.set_ins(person.pk, "retrieved", matricule=ins.parse(MAINLAND), reason="INSi")
    assert refusal.value.code == "matricule-elsewhere"


@pytest.mark.django_db
def test_the_person_does_not_change_the_status_of_their_identity() -> None:
    person = make.patient(user=make.user("odette"))
    with acting(make.actor("odette")), pytest.raises(NotAllowed):
        patients.set_ins(person.pk, "validated", reason="moi")
