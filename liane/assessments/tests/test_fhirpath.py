"""FHIRPath expressions: what is evaluated, what is refused, and that nothing runs away."""

import contextlib
import time

import pytest

from liane.assessments.engine import fhirpath
from liane.assessments.engine.fhirpath import Budget, Failed, TooCostly, Unacceptable, check

RESPONSE = fhirpath.exact(
    {
        "resourceType": "QuestionnaireResponse",
        "item": [
            {"linkId": "a", "answer": [{"valueCoding": {"code": "x", "extension": [
                {"url": fhirpath.WEIGHTS[0], "valueDecimal": 2}]}}]},
            {"linkId": "b", "answer": [{"valueInteger": 3}, {"valueInteger": 4}]},
            {"linkId": "h", "answer": [{"valueDecimal": 1.75}]},
        ],
    }
)  # fmt: skip


def result(text: str) -> list:
    return fhirpath.evaluate(check(text, ()), RESPONSE, {"resource": RESPONSE}, Budget())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%resource.item.where(linkId='a').answer.value.ordinal().sum()", [2]),
        ("%resource.item.where(linkId='a').answer.value.weight()", [2]),
        ("%resource.repeat(item).where(linkId='b').answer.value.sum()", [7]),
        ("item.where(linkId='b').answer.value.aggregate($this + $total, 0)", [7]),
        ("item.where(linkId='b').answer.value.avg()", [3.5]),
        ("item.where(linkId='z').answer.value.sum()", [0]),
        ("item.where(linkId='z').answer.value + 1", []),
        ("iif(item.where(linkId='h').answer.value > 1.5, 'grand', 'petit')", ["grand"]),
        ("item.where(linkId='h').answer.value.hasValue()", [True]),
    ],
)
def test_what_questionnaires_use_is_evaluated(text, expected) -> None:
    assert result(text) == expected


def test_a_body_mass_index_is_right() -> None:
    text = "(70 / item.where(linkId='h').answer.value.power(2)).round(1)"
    assert [float(one) for one in result(text)] == [22.9]


REFUSED = [
    "trace('x')", "resolve()", "item.replaceMatches('a', 'b')", "memberOf('x')", "%secret.name",
    "foo(", "1 +", "repeat(%resource.item)", "repeat(iif(true, $this, $this))",
    "item.aggregate($total & $total, 'a')", "item.aggregate(item.select($total), 0)", "$total",
    "item.select(item.select(item.select(item.select(item.select(1)))))", "'" + "a" * 9000 + "'",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_on_the_list_is_refused_before_any_evaluation(text) -> None:
    with pytest.raises(Unacceptable):
        check(text, ())


MANY = "|".join(map(str, range(60)))
RUNAWAYS = [
    f"({MANY}).select(({MANY}).select(({MANY}).select(({MANY}).select(1))))",
    "9.power(99)",
    "'aaaaaaaaaa'.replace('a', '" + "b" * 3000 + "').replace('b', '" + "c" * 3000 + "')",
]  # fmt: skip


@pytest.mark.parametrize("text", RUNAWAYS, ids=["loops", "power", "replace"])
def test_nothing_runs_away(text) -> None:
    started = time.monotonic()
    with pytest.raises((TooCostly, Failed)):
        fhirpath.evaluate(check(text, ()), RESPONSE, {"resource": RESPONSE}, Budget())
    assert time.monotonic() - started < 10


def test_the_budget_is_shared_and_the_profiler_given_back() -> None:
    import sys

    before, budget = sys.getprofile(), Budget(calls=2_000)

    def spend() -> None:
        for _ in range(100):
            fhirpath.evaluate(check("item.answer.value", ()), RESPONSE, {}, budget)

    with pytest.raises(TooCostly):
        spend()
    assert sys.getprofile() is before


def test_a_pattern_that_backtracks_is_stopped_in_time() -> None:
    started = time.monotonic()
    text = "'" + "a" * 5000 + "!'.matches('^(a|aa|a?)+$')"
    with contextlib.suppress(TooCostly, Failed):
        assert result(text) == [False]
    assert time.monotonic() - started < 5
