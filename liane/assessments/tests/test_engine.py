"""Properties of the engine on random questionnaires and random answers."""

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.assessments.engine import posting, reading, showing, values
from liane.assessments.engine.answers import (
    Answers,
    from_items,
    name_of,
    normalised,
    places,
    to_items,
)  # fmt: skip
from liane.assessments.engine.behaviour import Settled, missing, settle

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SIMPLE = ["string", "text", "integer", "decimal", "boolean", "date", "time", "url", "quantity"]
OPTIONS = [{"valueCoding": {"code": code, "display": code.upper()}} for code in "abc"]


@st.composite
def questionnaires(draw: Any) -> dict[str, Any]:
    """A valid questionnaire: groups, repeats, choices, conditions on earlier questions."""
    made: list[tuple[str, str]] = []

    def condition() -> dict[str, Any] | None:
        usable = [one for one in made if one[1] in {"boolean", "choice", "integer", "string"}]
        if not usable or not draw(st.booleans()):
            return None
        link, kind = draw(st.sampled_from(usable))
        operator = draw(st.sampled_from(["exists", "=", "!="]))
        if operator == "exists":
            return {"question": link, "operator": operator, "answerBoolean": draw(st.booleans())}
        answer = {
            "boolean": {"answerBoolean": draw(st.booleans())},
            "choice": {"answerCoding": {"code": draw(st.sampled_from("abc"))}},
            "integer": {"answerInteger": draw(st.integers(0, 3))},
            "string": {"answerString": draw(st.sampled_from(["x", "y"]))},
        }[kind]
        return {"question": link, "operator": operator, **answer}

    def items(depth: int) -> list[dict[str, Any]]:
        rows = []
        for _ in range(draw(st.integers(1, 3))):
            link = f"q{len(made)}-{depth}"
            kind = draw(st.sampled_from([*SIMPLE, "choice", "open-choice", "group", "display"]))
            if kind == "group" and depth > 2:
                kind = "string"
            row: dict[str, Any] = {"linkId": link, "text": f"Question {link}", "type": kind}
            when = condition()
            made.append((link, kind))
            if when:
                row["enableWhen"] = [when]
            if kind != "display":
                row["repeats"] = draw(st.booleans())
                row["required"] = draw(st.booleans())
            if kind in {"choice", "open-choice"}:
                row["answerOption"] = OPTIONS
            if kind == "group":
                row["item"] = items(depth + 1)
            elif kind != "display" and depth < 2 and draw(st.integers(0, 4)) == 0:
                row["item"] = items(depth + 2)
            rows.append(row)
        return rows

    return {"resourceType": "Questionnaire", "status": "active", "item": items(0)}


TYPED = st.one_of(
    st.sampled_from(["", "0", "1", "2", "true", "false", "x", "y", "autre", "2026-03-12", "14:30",
                     "12,5", "1e9", "https://a.fr", "-3", "NaN", "9" * 30]),
    st.text(max_size=12),
)  # fmt: skip


@st.composite
def answered(draw: Any) -> tuple[Any, Answers]:
    """A definition and answers given through forms, in three rounds, with repetitions."""
    definition = reading.read(draw(questionnaires()))
    answers = Answers()
    for _ in range(3):
        form = QueryDict(mutable=True)
        for item, index in places(definition, answers):
            if item.is_question and draw(st.booleans()):
                name = name_of((item.n, index))
                form.appendlist("q", name)
                form.appendlist(f"a-{name}", draw(TYPED))
                form.appendlist(f"a-{name}-autre", draw(st.sampled_from(["", "libre"])))
        answers = posting.apply(answers, posting.read(definition, form))
        for item, index in list(places(definition, answers)):
            if item.repeated and index[-1] == 0 and draw(st.integers(0, 3)) == 0:
                answers.add(item, index[:-1])
    return definition, answers


@QUICK
@given(answered())
def test_saving_and_resuming_is_the_identity(case) -> None:
    definition, answers = case
    kept = normalised(definition, answers)
    assert from_items(definition, to_items(definition, kept)) == kept
    assert sorted(map(str, kept.values.values())) == sorted(map(str, answers.values.values()))


@QUICK
@given(answered())
def test_what_is_disabled_is_neither_kept_nor_required_nor_shown(case) -> None:
    definition, answers = case
    settled = settle(definition, answers)
    for item, index in places(definition, settled.answers):
        place = (item.n, index)
        if item.parent is not None:
            depth = len(definition.chains[item.parent])
            assert not settled.on(place) or settled.on((item.parent, index[:depth]))
    off = {place for place, on in settled.enabled.items() if not on}
    assert not off & {one.place for one in missing(definition, settled)}
    shown = {line.place for line in showing.lines(definition, settled)}
    assert not shown & {name_of(place) for place in off}
    kept = from_items(definition, to_items(definition, settled.answers, keep=settled.on))
    assert len(kept.values) <= len([place for place in settled.answers.values if settled.on(place)])


@QUICK
@given(answered())
def test_a_required_question_is_missing_exactly_when_enabled_and_empty(case) -> None:
    definition, answers = case
    settled = settle(definition, answers)
    told = {one.place for one in missing(definition, settled)}
    for item, index in places(definition, settled.answers):
        place = (item.n, index)
        if item.is_question and item.required and not item.repeated and settled.on(place):
            assert (place in told) == (not settled.answers.at(place))


@QUICK
@given(answered())
def test_a_condition_holds_as_fhir_says(case) -> None:
    """Against a plain reading of the specification, for conditions outside repetitions."""
    definition, answers = case
    settled = settle(definition, answers)
    for item in definition.items:
        if len(item.rules) != 1 or definition.chains[item.n]:
            continue
        (rule,) = item.rules
        target = definition.by_link[rule.question]
        parent_on = item.parent is None or settled.on((item.parent, ()))
        given_there = [
            value
            for other, index in places(definition, settled.answers)
            if other is target and settled.on((other.n, index))
            for value in settled.answers.at((other.n, index))
        ]
        equal = any(values.same(value, rule.answer) for value in given_there)
        expected = {
            "exists": bool(given_there) is values.bare(rule.answer), "=": equal, "!=": not equal,
        }[rule.operator]  # fmt: skip
        assert settled.on((item.n, ())) == (parent_on and expected)


@QUICK
@given(answered())
def test_every_screen_can_be_prepared(case) -> None:
    definition, answers = case
    settled = settle(definition, answers)
    for section in showing.sections(definition):
        showing.nodes(section.items, settled)
    assert isinstance(settled, Settled)


def test_a_group_repeated_keeps_its_answers_apart_and_conditions_look_at_their_own() -> None:
    definition = reading.read(
        {"resourceType": "Questionnaire", "status": "active", "item": [
            {"linkId": "g", "type": "group", "text": "Aidant", "repeats": True, "item": [
                {"linkId": "n", "type": "string", "text": "Nom"},
                {"linkId": "d", "type": "string", "text": "Détail",
                 "enableWhen": [{"question": "n", "operator": "=", "answerString": "Julie"}]},
            ]},
        ]}
    )  # fmt: skip
    answers = Answers()
    answers.add(definition.by_link["g"], ())
    answers.put((1, (0,)), [{"valueString": "Julie"}])
    answers.put((1, (1,)), [{"valueString": "Paul"}])
    settled = settle(definition, answers)
    assert (settled.on((2, (0,))), settled.on((2, (1,)))) == (True, False)


def circle(first: str, second: str) -> dict[str, Any]:
    def asks(link: str, other: str) -> dict[str, Any]:
        rule = {"question": other, "operator": "exists", "answerBoolean": True}
        return {"linkId": link, "type": "string", "text": link, "enableWhen": [rule]}

    return {
        "resourceType": "Questionnaire", "status": "active",
        "item": [asks(first, second), asks(second, first)],
    }  # fmt: skip


def test_conditions_in_a_circle_are_refused() -> None:
    with pytest.raises(reading.Invalid, match="elle-même"):
        reading.read(circle("a", "b"))
