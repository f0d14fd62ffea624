"""AGGIR: the annex of the code, over every combination of its eight letters."""

from collections import Counter
from itertools import product

import pytest

from liane.assessments import catalogue, queries
from liane.assessments.engine import aggir
from liane.assessments.models import Questionnaire
from liane.core import acting
from tests import factories as make

ALL = ["".join(letters) for letters in product("ABC", repeat=8)]


def test_every_combination_has_its_group() -> None:
    assert len(ALL) == 6_561
    counts = Counter(aggir.gir(letters) for letters in ALL)
    assert counts == {1: 8, 2: 3_208, 3: 2_400, 4: 760, 5: 157, 6: 28}
    assert {str(group): count for group, count in counts.items()} == aggir.table()["counts"]


@pytest.mark.parametrize("example", aggir.table()["examples"], ids=lambda one: one["letters"])
def test_the_examples_of_the_table_hold(example) -> None:
    assert aggir.gir(example["letters"]) == example["gir"]


def test_all_c_is_the_heaviest_and_all_a_the_lightest() -> None:
    assert min(aggir.gir(letters) for letters in ALL) == aggir.gir("C" * 8) == 1
    assert max(aggir.gir(letters) for letters in ALL) == aggir.gir("A" * 8) == 6


@pytest.mark.parametrize("wrong", ["", "AAAAAAA", "AAAAAAAD", "aaaaaaaa"])
def test_anything_else_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="eight letters"):
        aggir.gir(wrong)


@pytest.mark.django_db
def test_it_is_offered_only_behind_its_setting(settings) -> None:
    make.member(make.patient(), nurse := make.practice("claire"))
    grid = Questionnaire.objects.get(url="urn:liane:questionnaire:aggir")
    for on in (False, True):
        settings.LIANE_AGGIR = on
        with acting.acting(make.actor(nurse)):
            assert (grid in queries.offered()) is on
    assert "Syndicat national de gérontologie clinique" in grid.licence
    assert catalogue.definition_of(grid).scores[0].score.code == "gir"
