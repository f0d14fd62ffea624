"""A compiled query rewritten for PostgreSQL says the same thing."""

from uuid import uuid4

from liane.core.numbered import Numbered


def same(value: object) -> object:
    return value


def test_constants_are_written_and_values_numbered_once() -> None:
    made = Numbered(
        "a = %s AND b IN (%s, %s) OR c = %s", [(0, same), (-1, "l'un"), (-1, 2), (0, same)], set()
    )
    assert made.text == "a = $1 AND b IN ('l''un', 2) OR c = $1"
    one = uuid4()
    assert made.bound([one]) == [one]


def test_texts_share_no_number_and_doubled_signs_are_single_again() -> None:
    made = Numbered("a = %s OR b LIKE '%%x' OR b = %s", [(0, same), (0, same)], {0})
    assert made.text == "a = $1 OR b LIKE '%x' OR b = $2"
    assert made.bound(["z"]) == ["z", "z"]


def test_a_list_is_one_value() -> None:
    made = Numbered("a = ANY (%s) OR b = ANY (%s)", [[(0, same), (1, same)]] * 2, set())
    assert made.text == "a = ANY ($1) OR b = ANY ($1)"
    assert made.bound([7, 8]) == [[7, 8]]
