"""What a scope gives, and that intersections only ever narrow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.clients.scopes import LETTERS, Scope, Scopes, read
from liane.core.errors import Refused


@pytest.mark.parametrize(
    ("text", "kind", "letters"),
    [
        ("system/*.rs", "Patient", "rs"),
        ("system/*.cruds", "Patient", "cruds"),
        ("user/Patient.read", "Patient", "rs"),
        ("user/Patient.write", "Patient", "cud"),
        ("patient/*.*", "Observation", "cruds"),
        ("patient/Observation.r", "Observation", "r"),
        ("patient/Observation.r", "Patient", ""),
        ("system/Patient.sr system/patient.rs system/Patient. admin/*.rs", "Patient", ""),
        ("", "Patient", ""),
    ],
)
def test_what_a_scope_gives(text: str, kind: str, letters: str) -> None:
    scopes = Scopes.parse(text)
    assert "".join(one for one in LETTERS if scopes.allows(kind, one)) == letters


def test_a_granular_scope_restricts_unless_a_wider_one_stands_beside_it() -> None:
    lab, vital = "system/Observation.rs?category=laboratory", "system/Observation.r?category=vital"
    scopes = Scopes.parse(f"{lab} {vital}")
    assert sorted(scopes.restrictions("Observation")) == ["category=laboratory", "category=vital"]
    assert scopes.restrictions("Observation", "s") == ["category=laboratory"]
    assert Scopes.parse(f"{lab} system/*.rs").restrictions("Observation") == []
    assert scopes.restrictions("Patient") == []


def test_patient_scopes_hold_to_one_person_unless_a_user_scope_goes_further() -> None:
    assert Scopes.parse("patient/*.rs").only_patient("Observation")
    mixed = Scopes.parse("patient/*.rs user/Practitioner.rs")
    assert mixed.only_patient("Observation")
    assert not mixed.only_patient("Practitioner")
    assert not Scopes.parse("user/*.rs").only_patient("Observation")


def test_a_word_that_is_no_scope_is_named_when_somebody_grants() -> None:
    with pytest.raises(Refused, match="all"):
        Scopes.strict("system/Patient.all")
    with pytest.raises(Refused):
        Scopes.strict("user/Observation.rs?category")


kinds = st.sampled_from(["*", "Patient", "Observation"])
words = st.builds(
    Scope,
    level=st.sampled_from(["patient", "user", "system"]),
    type=kinds,
    letters=st.sampled_from(["r", "rs", "cud", "cruds", "u"]),
    query=st.sampled_from(["", "category=laboratory", "status=final"]),
)
several = st.lists(words, max_size=4).map(lambda all_: Scopes.parse(" ".join(map(str, all_))))


@given(several, several)
def test_what_two_give_together_is_never_more_than_either(one: Scopes, two: Scopes) -> None:
    both = one.within(two)
    assert str(Scopes.parse(str(both))) == str(both)
    for kind in ("Patient", "Observation"):
        for letter in LETTERS:
            if both.allows(kind, letter):
                assert one.allows(kind, letter)
                assert two.allows(kind, letter)
    for scope in both:
        assert any(scope.meet(wider) == scope or scope.query for wider in one)


@given(several)
def test_narrowing_by_itself_changes_nothing(one: Scopes) -> None:
    for kind in ("Patient", "Observation"):
        for letter in LETTERS:
            assert one.within(one).allows(kind, letter) == one.allows(kind, letter)
            assert one.within(one).only_patient(kind, letter) == one.only_patient(kind, letter)
            same = set(one.within(one).restrictions(kind, letter))
            assert set(one.restrictions(kind, letter)) <= same


def test_a_scope_reads_back_as_it_is_written() -> None:
    text = "patient/Observation.rs?category=http://x.org/cs|laboratory"
    assert str(read(text)) == text
