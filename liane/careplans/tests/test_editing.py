"""Lines keep their identity and history; two people on one plan lose nothing."""

import pytest
from django.http import Http404

from liane.careplans import contents, editing, queries, services
from liane.careplans.models import Change
from liane.careplans.tests.conftest import as_
from liane.core.errors import NotAllowed, Refused
from tests import factories as make

pytestmark = pytest.mark.django_db


def history_of(line, who) -> list[str]:
    with as_(who):
        return [step.what for step in reversed(queries.history(line))]


def test_a_line_changes_and_stays_the_same_line(problem, isabelle) -> None:
    with as_(isabelle):
        after = editing.edit_line(problem.pk, version=1, values={"statement": "Chutes la nuit"})
    assert (after.pk, after.version) == (problem.pk, 2)
    assert history_of(problem, isabelle) == ["ajoutée", "modifiée"]


def test_the_second_to_write_is_shown_both_and_loses_nothing(problem, isabelle, claire) -> None:
    with as_(isabelle):
        editing.edit_line(problem.pk, version=1, values={"statement": "Chutes la nuit"})
    with as_(claire), pytest.raises(editing.Stale) as caught:
        editing.edit_line(problem.pk, version=1, values={"statement": "Chutes au lever"})
    assert caught.value.line.statement == "Chutes la nuit"
    assert caught.value.mine == {"statement": "Chutes au lever"}
    with as_(claire):
        aside = [step for step in queries.history(problem) if step.aside]
    assert [one.text for step in aside for one in step.said if one.name == "statement"] == [
        "Chutes au lever"
    ]


def test_two_people_on_two_lines_never_meet(problem, goal, isabelle, claire) -> None:
    with as_(isabelle):
        editing.edit_line(problem.pk, version=1, values={"statement": "Chutes la nuit"})
    with as_(claire):
        assert editing.edit_line(goal.pk, version=1, values={"text": "Sortir"}).version == 2


def test_writing_the_same_thing_twice_is_no_conflict(problem, isabelle) -> None:
    for _ in range(2):
        with as_(isabelle):
            editing.edit_line(problem.pk, version=1, values={"statement": "Chutes la nuit"})
    assert history_of(problem, isabelle) == ["ajoutée", "modifiée"]


def test_the_frame_has_its_own_version(plan, isabelle, claire) -> None:
    with as_(isabelle):
        editing.edit_frame(plan.pk, version=1, values={"alert_procedure": "Appeler Isabelle"})
    with as_(claire), pytest.raises(editing.Stale):
        editing.edit_frame(plan.pk, version=1, values={"alert_procedure": "Appeler Claire"})


def test_a_withdrawn_line_takes_what_hangs_from_it_and_comes_back(problem, action, isabelle):
    with as_(isabelle):
        editing.drop_line(problem.pk, version=1, reason="réglé")
        assert queries.screen(queries.current(problem.person_id)).rows == []
        editing.restore_line(action.pk)
        (row,) = queries.screen(queries.current(problem.person_id)).rows
    assert [one.pk for one in row.goals[0].actions] == [action.pk]
    assert history_of(problem, isabelle) == ["ajoutée", "retirée", "remise"]


def test_texts_are_sealed_in_the_database(problem) -> None:
    from django.db import connection

    from liane.core.acting import owner

    with owner(), connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM careplans_problem")
        (stored,) = cursor.fetchone()
        cursor.execute("SELECT content FROM careplans_change")
        contents_ = [bytes(value) for (value,) in cursor.fetchall()]
    assert b"Chutes" not in bytes(stored)
    assert not any(b"Chutes" in value for value in contents_)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": "  "}, "quelques mots"),
        ({"text": "x" * 2001}, "2000"),
        ({"text": "Peser", "starts_on": "2026-03-02", "due_on": "2026-03-01"}, "avant le début"),
    ],
)
def test_what_cannot_be_is_refused_in_words(plan, goal, isabelle, values, words) -> None:
    import datetime as dt

    sent = {
        name: dt.date.fromisoformat(value) if name.endswith("_on") else value
        for name, value in values.items()
    }
    with as_(isabelle), pytest.raises(Refused, match=words):
        editing.add_line(plan.pk, "action", sent, parent_id=goal.pk)


def test_an_action_goes_to_somebody_of_the_circle(plan, goal, isabelle) -> None:
    stranger = make.practice("zoe")
    with as_(isabelle), pytest.raises(Refused, match="invitez-la"):
        editing.add_line(
            plan.pk, "action", {"text": "Peser", "practice": stranger.pk}, parent_id=goal.pk
        )


def test_the_same_key_adds_once(plan, isabelle) -> None:
    from uuid import uuid4

    key, values = uuid4(), {"domain": "social", "statement": "Isolement"}
    with as_(isabelle):
        first = editing.add_line(plan.pk, "problem", values, key=key)
        again = editing.add_line(plan.pk, "problem", values, key=key)
    assert first.pk == again.pk


def test_an_outsider_finds_no_plan_and_home_help_writes_none(plan, problem, simon) -> None:
    make.practice("zoe")
    with as_("zoe"), pytest.raises(Http404):
        editing.edit_line(problem.pk, version=1, values={"statement": "x"})
    helper = make.practice("maite", role="social", of=make.organisation("SAAD", "saad"))
    make.member(simon, helper, outside_team=True, ground="consent")
    with as_(helper), pytest.raises(Http404):
        editing.edit_line(problem.pk, version=1, values={"statement": "x"})


def test_the_person_writes_words_and_not_the_plan(plan, problem, simon, isabelle) -> None:
    with as_(isabelle):
        services.share(plan.pk, person=True, carers=False)
    with as_("simon"), pytest.raises(NotAllowed):
        editing.edit_line(problem.pk, version=1, values={"statement": "x"})
    with as_("simon"):
        services.give_words(simon.pk, text="Rester chez moi.", topic="matters")
    with as_(isabelle):
        assert [one.text for one in queries.words_of(simon.pk)] == ["Rester chez moi."]


def test_every_content_can_be_read_again(action, isabelle) -> None:
    with as_(isabelle):
        kept = Change.objects.filter(line_id=action.pk).get()
        said = contents.words("action", contents.read(kept.content))
    assert {one.name: one.text for one in said}["who"] == "Claire Aubert"
