"""Prepared situations: files that follow their schema, lines that are then edited."""

import pytest

from liane.careplans import queries, situations
from liane.careplans.tests.conftest import as_
from liane.core.errors import Refused


@pytest.mark.parametrize("template", situations.known().values(), ids=lambda one: one.key)
def test_each_file_says_its_source_and_goes_from_prevention_on(template) -> None:
    assert "HAS" in template.source
    for problem in template.problems:
        for goal in problem.objectives:
            recourses = [action.recourse for action in goal.actions]
            assert recourses == sorted(recourses), goal.text


def test_the_situations_of_the_field_are_there() -> None:
    assert {one.key for one in situations.offered()} >= {
        "retour-a-domicile", "neurodegeneratif-aidant", "diabete-precarite", "fin-de-vie", "chutes",
    }  # fmt: skip


def test_the_published_schema_is_that_of_the_code() -> None:
    published = (situations.FOLDER / "template.schema.json").read_text(encoding="utf-8")
    assert published == situations.schema_text()


def test_a_situation_is_offered_within_its_validity_only(monkeypatch) -> None:
    import datetime as dt

    assert situations.offered(dt.date(2025, 12, 31)) == []


@pytest.mark.django_db
def test_a_situation_prefills_a_plan_once(plan, isabelle) -> None:
    with as_(isabelle):
        made = situations.apply(plan.pk, "chutes")
        screen = queries.screen(queries.current(plan.person_id))
        with pytest.raises(Refused, match="déjà"):
            situations.apply(plan.pk, "chutes")
        with pytest.raises(Refused):
            situations.apply(plan.pk, "inconnue")
    assert len(screen.rows) == len(made) == 3
    assert all(row.problem.origin.startswith("Modèle « Chutes") for row in screen.rows)
    assert screen.plan.alert_procedure
