"""The shared sheet loses nothing; decisions become tasks and actions, whose state comes back."""

import contextlib
import uuid

import pytest
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liane.careplans import editing
from liane.careplans import services as plans
from liane.core.errors import NotAllowed, Refused
from liane.meetings import queries, services, sheet
from liane.meetings.models import Decision, Section, SectionChange
from liane.meetings.tests.conftest import again, as_, machine, section_of, slots
from liane.tasks import services as tasks
from liane.tasks.models import Task

pytestmark = pytest.mark.django_db


def test_the_session_opens_on_its_day(meeting, isabelle, claire) -> None:
    with as_(isabelle):
        with pytest.raises(Refused):
            sheet.hold(meeting.pk)
        services.fix(meeting.pk, slots(meeting)[1].pk)
        with pytest.raises(Refused, match="pas encore"):
            sheet.hold(meeting.pk)
        services.fix(meeting.pk, slots(meeting)[0].pk)
    with as_(claire):
        assert sheet.hold(meeting.pk).status == "held"
        assert sheet.hold(meeting.pk).status == "held"


def test_the_second_writer_is_shown_both_and_loses_nothing(held, isabelle, claire) -> None:
    one = section_of(held)
    with as_(isabelle):
        sheet.write(one.pk, version=1, text="Trois chutes")
    with as_(claire), pytest.raises(sheet.Stale) as late:
        sheet.write(one.pk, version=1, text="Deux chutes")
    assert (late.value.section.text, late.value.mine) == ("Trois chutes", "Deux chutes")
    with as_(claire):
        sheet.write(one.pk, version=2, text="Trois chutes, dont deux la nuit")
        said = [(row.what, row.text) for row in queries.changes(one)]
    assert ("set_aside", "Deux chutes") in said


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.tuples(st.sampled_from("ic"), st.booleans()), max_size=10))
def test_any_interleaving_of_two_writers_loses_no_text(held, isabelle, claire, moves) -> None:
    people = {"i": isabelle, "c": claire}
    one = section_of(held)
    seen, typed = {"i": one.version, "c": one.version}, []
    for number, (who, looks) in enumerate(moves):
        with as_(people[who]):
            if looks:
                seen[who] = Section.objects.get(pk=one.pk).version
            typed.append(f"{who} {number} {uuid.uuid4()}")
            with contextlib.suppress(sheet.Stale):
                seen[who] = sheet.write(one.pk, version=seen[who], text=typed[-1]).version
    with machine():
        kept = {row.text for row in SectionChange.objects.filter(section=one)}
    assert set(typed) <= kept


def test_two_headings_do_not_meet(held, isabelle, claire) -> None:
    with as_(isabelle):
        sheet.write(section_of(held).pk, version=1, text="Chutes")
    with as_(claire):
        sheet.write(section_of(held, "views").pk, version=1, text="Il minimise")
    assert section_of(held).text == "Chutes"


def test_home_help_neither_reads_nor_writes_the_sheet(held, maite) -> None:
    one = section_of(held)
    with as_(maite):
        with pytest.raises(Http404):
            sheet.write(one.pk, version=1, text="x")
        screen = queries.screen(again(held))
    assert (screen.content, screen.sections, screen.history) == (False, [], [])
    assert len(screen.people) == 4


@pytest.fixture
def decision(held, isabelle, claire) -> Decision:
    with as_(isabelle):
        return sheet.decide(
            held.pk, text="Revoir les barres d’appui", assignee=f"practice:{claire.pk}"
        )


def test_a_decision_becomes_a_task_whose_state_comes_back(held, decision, isabelle, claire) -> None:
    key = uuid.uuid4()
    with as_(isabelle):
        task = sheet.give_task(decision.pk, key=key)
        assert sheet.give_task(decision.pk, key=key).pk == task.pk
        with pytest.raises(Refused, match="déjà confiée"):
            sheet.give_task(decision.pk)
        (row,) = queries.decisions(held)
        assert (row.state, row.done, row.link) == ("à faire", False, f"/taches/{task.pk}/")
    assert task.details.startswith("Décidé en concertation le")
    with as_(claire):
        tasks.complete(task.pk)
        (row,) = queries.decisions(held)
    assert (row.state, row.done) == ("faite", True)
    with machine():
        assert Task.objects.count() == 1


def test_a_decision_becomes_an_action_of_the_plan(held, decision, isabelle, simon) -> None:
    with as_(isabelle):
        with pytest.raises(Refused, match="Aucun plan"):
            sheet.make_action(decision.pk, uuid.uuid4())
        plan = plans.open_plan(simon.pk, referent_id=isabelle.pk)
        problem = editing.add_line(
            plan.pk, "problem", {"domain": "autonomy", "statement": "Chutes", "priority": 1}
        )
        goal = editing.add_line(
            plan.pk, "objective", {"text": "Ne plus tomber"}, parent_id=problem.pk
        )
        with pytest.raises(Http404):
            sheet.make_action(decision.pk, uuid.uuid4())
        assert queries.objectives(simon.pk) == [(str(goal.pk), "Ne plus tomber")]
        made = sheet.make_action(decision.pk, goal.pk)
        (row,) = queries.decisions(held)
        action = editing.locked_line(made.action_id)
    assert (action.text, action.practice_id) == (decision.text, decision.practice_id)
    assert row.state == "à faire"
    assert str(made.action_id) in row.link


def test_a_decision_for_nobody_known_is_no_task(held, isabelle) -> None:
    with as_(isabelle):
        one = sheet.decide(held.pk, text="Appeler le fils", who_else="la voisine")
        with pytest.raises(Refused, match="à qui"):
            sheet.give_task(one.pk)


def test_home_help_reads_the_decisions_entrusted_to_her_alone(
    held, decision, isabelle, maite
) -> None:
    with as_(isabelle):
        hers = sheet.decide(held.pk, text="Passer le soir", assignee=f"practice:{maite.pk}")
    with as_(maite):
        assert [row.decision.pk for row in queries.decisions(held)] == [hers.pk]
        with pytest.raises(NotAllowed):
            sheet.give_task(hers.pk)


def test_a_decision_is_withdrawn_while_nothing_was_made_of_it(held, decision, isabelle) -> None:
    with as_(isabelle):
        sheet.withdraw(decision.pk)
        sheet.withdraw(decision.pk)
        assert queries.decisions(held) == []
        other = sheet.decide(held.pk, text="Autre", assignee=f"practice:{isabelle.pk}")
        sheet.give_task(other.pk)
        with pytest.raises(Refused):
            sheet.withdraw(other.pk)
