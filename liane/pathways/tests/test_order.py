"""The list of a structure walks its index in order: no row is read to be sorted."""

import pytest
from django.db import connection

from liane.pathways import listing
from liane.pathways.tests.conftest import as_

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan that SQLite makes of values")
def test_the_first_page_sorts_nothing(included, roussel):
    with as_(roussel):
        rows = listing.listed(included.organisation_id, listing.Filters())
        assert [row.pk for row in rows] == [included.pk]
        plan = rows.explain()
    assert "USING INDEX pathway_list " in plan
    assert "TEMP B-TREE" not in plan
