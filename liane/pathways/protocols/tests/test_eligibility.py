"""Each criterion is met, not met or unknown, and says from what."""

import datetime as dt

import pytest

from liane.pathways.protocols import library
from liane.pathways.protocols.criteria import Criterion, Cumulation, Exclusion, Renewal, Test
from liane.pathways.protocols.eligibility import Given, age, conflicts, evaluate
from liane.pathways.protocols.values import Length

DAY = dt.date(2026, 6, 1)
BASE = library.shipped().version("apres-cancer", "2020-12")


def outcome(test, given=None, **more):
    protocol = BASE.model_copy(
        update={
            "renewal": None,
            "eligibility": (Criterion(id="c", label="C", article="A", test=Test(**test)),),
        }
    )
    return evaluate(protocol, Given(DAY, given or {}, **more)).answers[0].outcome


@pytest.mark.parametrize(
    ("test", "given", "expected"),
    [
        ({"fact": "imc", "min": 35, "max": 50}, {"imc": 35}, "met"),
        ({"fact": "imc", "min": 35, "max": 50}, {"imc": 50.1}, "not_met"),
        ({"fact": "imc", "min": 35}, {}, "unknown"),
        ({"fact": "imc", "min": 35}, {"imc": "beaucoup"}, "unknown"),
        ({"fact": "ald", "equals": True}, {"ald": False}, "not_met"),
        ({"fact": "who", "one_of": ("gp", "other")}, {"who": "gp"}, "met"),
        ({"fact": "had", "includes": ("a", "b")}, {"had": ("a", "b", "c")}, "met"),
        ({"fact": "had", "includes": ("a", "b")}, {"had": ("a",)}, "not_met"),
        ({"any": [{"fact": "x", "equals": True}, {"fact": "y", "equals": True}]},
         {"x": True}, "met"),
        ({"any": [{"fact": "x", "equals": True}, {"fact": "y", "equals": True}]},
         {"x": False}, "unknown"),
        ({"all": [{"fact": "x", "equals": True}, {"fact": "y", "equals": True}]},
         {"x": False}, "not_met"),
        ({"none": [{"fact": "x", "equals": True}]}, {"x": False}, "met"),
        ({"none": [{"fact": "x", "equals": True}]}, {}, "unknown"),
    ],
)  # fmt: skip
def test_outcomes(test, given, expected):
    assert outcome(test, given) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [("2026-01-01", "met"), ("2026-12-31", "met"), ("2027-01-01", "not_met"),
     ("2025-12-30", "not_met")],
)  # fmt: skip
def test_a_delay_runs_forward_and_includes_its_last_day(second, expected):
    test = {"delay": ("end", "asked"), "within": Length(months=12)}
    given = {"end": dt.date(2025, 12, 31), "asked": dt.date.fromisoformat(second)}
    assert outcome(test, given) == expected


def test_a_document_counts_from_the_day_it_is_there():
    assert outcome({"document": "letter"}, documents={"letter": DAY}) == "met"
    assert outcome({"document": "letter"}) == "not_met"
    assert outcome({"document": "letter"}, documents={"letter": dt.date(2026, 6, 2)}) == "not_met"


def test_age_is_in_whole_years_on_the_day():
    assert outcome({"fact": "age", "min": 18}, born_on=dt.date(2008, 6, 1)) == "met"
    assert outcome({"fact": "age", "min": 18}, born_on=dt.date(2008, 6, 2)) == "not_met"
    assert age(dt.date(2008, 2, 29), dt.date(2026, 2, 28)) == 17


def test_not_knowing_blocks_unless_the_rule_only_warns():
    rule = Criterion(id="c", label="C", article="A", test=Test(fact="x", equals=True))
    for unknown, verdict in (("block", "unknown"), ("warn", "yes")):
        soft = rule.model_copy(update={"unknown": unknown})
        protocol = BASE.model_copy(update={"eligibility": (soft,), "renewal": None})
        assert evaluate(protocol, Given(DAY)).verdict == verdict


def test_the_answer_shows_the_fact_and_the_article():
    answer = evaluate(BASE, Given(DAY, {"ald-cancer": False})).answers[0]
    assert answer.facts == (("ald-cancer", False),)
    assert answer.article == "CSP R. 1415-1-11"
    assert answer.blocks


@pytest.mark.parametrize(
    ("kind", "months", "last", "outcome"),
    [
        ("never", None, None, "met"),
        ("never", None, "2010-01-01", "not_met"),
        ("after", 12, "2025-06-01", "met"),
        ("after", 12, "2025-06-02", "not_met"),
    ],
)
def test_renewal(kind, months, last, outcome):
    length = Length(months=months) if months else None
    renewal = Renewal(kind=kind, length=length, article="A")
    protocol = BASE.model_copy(update={"renewal": renewal, "eligibility": ()})
    given = Given(DAY, previous_end=last and dt.date.fromisoformat(last))
    (answer,) = evaluate(protocol, given).answers
    assert (answer.id, answer.outcome) == ("renewal", outcome)


def test_an_exclusion_counts_from_either_side():
    excluding = Cumulation(excludes=(Exclusion(protocol="b", article="A"),))
    first = BASE.model_copy(update={"key": "a", "cumulation": excluding})
    second = BASE.model_copy(update={"key": "b"})
    assert [one.protocol for one in conflicts(first, {"b": second})] == ["b"]
    assert [one.protocol for one in conflicts(second, {"a": first})] == ["a"]
    assert conflicts(first, {"c": second}) == ()
