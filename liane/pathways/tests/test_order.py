"""The list of a structure walks its index in order: no row is read to be sorted."""

import pytest
from django.db import connection

from liane.core import acting
from liane.pathways import listing
from liane.pathways.models import Enrolment
from liane.pathways.models.enrolments import RISKY
from liane.pathways.tests.conftest import as_

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan that SQLite makes of values")
@pytest.mark.parametrize(
    ("view", "index"),
    [
        ("", "pathway_list"), ("retard", "pathway_list_late"), ("risque", "pathway_list_risk"),
        ("a-valider", "pathway_list_unprescribed"), ("a-decider", "pathway_status"),
        ("suspendues", "pathway_status"),
    ],
)  # fmt: skip
def test_the_first_page_sorts_nothing(included, roussel, view, index):
    with as_(roussel):
        rows = listing.listed(included.organisation_id, listing.Filters(view))
        assert view or [row.pk for row in rows] == [included.pk]
        plan = rows.explain()
    assert f"USING INDEX {index} " in plan
    assert "TEMP B-TREE" not in plan


def test_what_presses_is_counted_as_it_is_listed(included, roussel):
    house = included.organisation_id
    with acting.owner():
        Enrolment.objects.filter(pk=included.pk).update(late=1, risk=RISKY)
    with as_(roussel):
        assert listing.counts(house) == {"retard": 1, "risque": 1, "a-decider": 0}
        for view in ("retard", "risque"):
            assert [row.pk for row in listing.listed(house, listing.Filters(view))] == [included.pk]
