"""M. Simon, who declines at home, and those around him."""

from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.utils import timezone

from liane.careplans import editing, services
from liane.careplans.models import Action, Objective, Plan, Problem
from liane.core import acting
from liane.core.acting import owner
from liane.directory.models import Practice
from liane.patients.models import AttendingDoctor, Patient
from tests import factories as make


def as_(who: Any) -> AbstractContextManager[Any]:
    """Act as somebody."""
    return acting.acting(make.actor(who))


@pytest.fixture
def simon() -> Patient:
    account = make.user("simon", "Pierre Simon")
    return make.patient("SIMON", "Pierre", used_name="", sex="M", user=account)


@pytest.fixture
def isabelle(simon: Patient) -> Practice:
    """The case manager of the DAC."""
    one = make.practice(
        "isabelle", role="case_manager", of=make.organisation("DAC", "dac"), name="Isabelle Lafitte"
    )
    make.member(simon, one)
    return one


@pytest.fixture
def claire(simon: Patient) -> Practice:
    one = make.practice("claire", name="Claire Aubert")
    make.member(simon, one)
    return one


@pytest.fixture
def roussel(simon: Patient) -> Practice:
    """The attending doctor."""
    one = make.practice("roussel", profession="10", name="Hélène Roussel")
    make.member(simon, one)
    with owner():
        AttendingDoctor.objects.create(person=simon, practice=one, started_on=timezone.localdate())
    return one


@pytest.fixture
def plan(simon: Patient, isabelle: Practice) -> Plan:
    with as_(isabelle):
        return services.open_plan(simon.pk, referent_id=isabelle.pk)


@pytest.fixture
def problem(plan: Plan, isabelle: Practice) -> Problem:
    with as_(isabelle):
        return editing.add_line(
            plan.pk, "problem",
            {"domain": "medical", "statement": "Chutes à répétition", "priority": 1},
        )  # fmt: skip


@pytest.fixture
def goal(plan: Plan, problem: Problem, isabelle: Practice) -> Objective:
    with as_(isabelle):
        return editing.add_line(
            plan.pk, "objective", {"text": "Sortir chaque semaine"}, parent_id=problem.pk
        )


@pytest.fixture
def action(plan: Plan, goal: Objective, isabelle: Practice, claire: Practice) -> Action:
    with as_(isabelle):
        return editing.add_line(
            plan.pk, "action", {"text": "Revoir le traitement", "practice": claire.pk},
            parent_id=goal.pk,
        )  # fmt: skip
