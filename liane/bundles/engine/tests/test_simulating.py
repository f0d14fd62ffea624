"""A draft priced on the same cases: who gains, who loses, what it blocks."""

from liane.bundles.engine import compile_protocol
from liane.bundles.engine.simulating import compare
from liane.bundles.engine.tests.made import TEXT, case, day, full, plan
from liane.pathways.protocols.library import read

UNTIL = day(900)
CASES = [case(*full())._replace(id=name) for name in ("a", "b")]


def draft(old, new):
    assert old in TEXT
    return compile_protocol(read(TEXT.replace(old, new, 1)))


def test_the_same_definition_changes_nothing():
    effect = compare(plan(), plan(), CASES, UNTIL)
    assert (effect.cases, effect.before, effect.after) == (2, 120000, 120000)
    assert (effect.gain, effect.lose, effect.same) == (0, 0, 3)
    assert effect.blocked == effect.freed == []
    assert (effect.refused, effect.accepted, effect.acts) == ({}, {}, 8)


def test_a_key_that_moves_money_says_to_whom():
    effect = compare(plan(), draft('amount: "40.00"', 'amount: "50.00"'), CASES, UNTIL)
    assert effect.payees == {"bilan-1": 0, "diet-1": 6000, "structure": -6000}
    assert (effect.gain, effect.lose, effect.same) == (1, 1, 1)
    assert effect.before == effect.after


def test_a_harder_sequence_blocks_and_an_easier_one_frees():
    harder = draft("min: 3, max: 5", "min: 4, max: 5")
    assert compare(plan(), harder, CASES, UNTIL).blocked == ["a", "b"]
    assert compare(harder, plan(), CASES, UNTIL).freed == ["a", "b"]
    assert compare(plan(), harder, CASES, UNTIL).after == 0


def test_what_the_draft_leaves_open_is_counted():
    open_amount = draft('A: "600.00"', "A: {to_be_completed: montant A, who: structure}")
    effect = compare(plan(), open_amount, CASES, UNTIL)
    assert effect.missing == {"phases[0].amounts.A": 2}
    assert effect.blocked == ["a", "b"]


def test_acts_that_a_draft_refuses_are_counted_by_reason():
    fewer = draft("min: 3, max: 5", "min: 1, max: 1")
    effect = compare(plan(), fewer, CASES, UNTIL)
    assert effect.refused == {"closed": 4}
    assert compare(fewer, plan(), CASES, UNTIL).accepted == {"closed": 4}


def test_parts_add_up_to_the_whole():
    harder = draft("min: 3, max: 5", "min: 4, max: 5")
    parts = compare(plan(), harder, CASES[:1], UNTIL)
    parts.add(compare(plan(), harder, CASES[1:], UNTIL))
    assert parts == compare(plan(), harder, CASES, UNTIL)
