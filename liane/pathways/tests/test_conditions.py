"""Eligibility in words: what each test says to whoever reads a protocol without its file."""

import pytest

from liane.pathways import conditions, picture
from liane.pathways.protocols import library
from liane.pathways.protocols.checking import check

PROTOCOL = library.shipped().version("pcr-obesite", "2026-02")


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("Adulte", "âge au moins 18 ans"),
        ("Prescrit par un médecin spécialiste de l’obésité référencé",
         "Prescription d’un médecin spécialiste de l’obésité référencé : oui"),
    ],
)  # fmt: skip
def test_a_shipped_criterion_in_words(label, says):
    assert conditions.words(PROTOCOL, next(
        one.test for one in PROTOCOL.eligibility if one.label == label
    )) == says  # fmt: skip


def test_bounds_alternatives_and_lengths():
    complex_ = next(one.test for one in PROTOCOL.eligibility if one.test.any)
    said = conditions.words(PROTOCOL, complex_)
    assert "de 35 à 50 kg/m²" in said
    assert " ou (" in said
    cancer = library.shipped().version("apres-cancer", "2020-12")
    text = " ; ".join(conditions.words(cancer, one.test) for one in cancer.eligibility)
    assert "12 mois au plus" in text


@pytest.mark.parametrize("protocol", list(library.shipped()), ids=lambda one: one.key)
def test_every_shipped_criterion_says_something(protocol):
    group = next(one for one in picture.groups(protocol) if one.title == "Éligibilité")
    assert all(rule.says for rule in group.rules)


def test_a_list_is_not_said_empty_when_what_is_in_it_is_refused():
    text = library.text_of("apres-cancer", "2020-12").replace("max: 6", "max: -6", 1)
    assert [(one.field, one.message) for one in check(text).errors] == [
        ("phases[0].requires[3].max", "au moins 1.")
    ]
