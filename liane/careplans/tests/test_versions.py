"""A version is frozen; two of them stand side by side, line by line."""

import pytest

from liane.careplans import editing, queries, services
from liane.careplans.models import PlanVersion
from liane.careplans.tests.conftest import as_

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(plan, problem, goal, action, isabelle):
    with as_(isabelle):
        first = services.send(plan.pk)
        editing.edit_line(goal.pk, version=1, values={"text": "Sortir au marché"})
        editing.drop_line(action.pk, version=1)
        editing.add_line(plan.pk, "problem", {"domain": "social", "statement": "Isolement"})
        return first, services.send(plan.pk, reason="deuxième temps")


def test_what_changed_is_told_by_the_identity_of_lines(both, isabelle) -> None:
    with as_(isabelle):
        told = queries.differences(*both)
    assert [(one.kind, one.title, one.what) for one in told] == [
        ("frame", "Cadre du plan", "same"),
        ("problem", "Chutes à répétition", "same"),
        ("problem", "Isolement", "added"),
        ("objective", "Sortir au marché", "changed"),
        ("action", "Revoir le traitement", "removed"),
    ]
    assert told[3].moved == {"text"}


def test_a_version_is_not_changed_by_what_comes_after(both, isabelle, problem) -> None:
    with as_(isabelle):
        before = queries.shown(both[0])
        editing.edit_line(problem.pk, version=1, values={"statement": "Autre chose"})
        after = queries.shown(both[0])
    assert [one.title for one in after.problems] == [one.title for one in before.problems]
    assert before.problems[0].below[0].below[0].title == "Revoir le traitement"


def test_the_database_refuses_to_change_a_version(both) -> None:
    from django.db import DatabaseError, transaction

    from liane.core.acting import owner

    with owner(), pytest.raises(DatabaseError), transaction.atomic():
        PlanVersion.objects.update(number=9)


def test_the_same_key_sends_once(plan, problem, isabelle) -> None:
    from uuid import uuid4

    key = uuid4()
    with as_(isabelle):
        assert services.send(plan.pk, key=key).pk == services.send(plan.pk, key=key).pk


def test_what_moved_since_the_last_version_is_known(both, plan, isabelle) -> None:
    with as_(isabelle):
        assert not queries.standing(plan).changed_since
        editing.edit_frame(plan.pk, version=1, values={"medical": "Diabète"})
        assert queries.standing(plan).changed_since
