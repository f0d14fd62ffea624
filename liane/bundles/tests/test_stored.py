"""An answer of the engine is read back as it was given, whichever form it was kept in."""

import orjson
import pytest

from liane.bundles import stored
from liane.bundles.engine import settle
from liane.bundles.engine.tests.test_properties import situation


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_an_answer_is_read_back_as_it_was_given(first):
    for seed in range(first, first + 100):
        answer = settle(*situation(seed))
        text = stored.text(answer).decode()
        assert stored.settlement("c", text, int) == answer
        assert stored.text(stored.settlement("c", text, int)).decode() == text


def test_an_answer_kept_with_the_names_of_its_fields_is_read_as_well():
    for seed in range(100):
        answer = settle(*situation(seed))
        named = orjson.dumps(stored.document(answer)).decode()
        assert stored.settlement("c", named, int) == answer


def test_the_identifier_of_an_act_is_kept_once():
    answer = next(one for one in (settle(*situation(n)) for n in range(99)) if one.lines)
    acts = orjson.loads(stored.text(answer))[2]
    assert len(acts) == len(set(acts)) > 0
