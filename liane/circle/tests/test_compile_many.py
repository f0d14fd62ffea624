"""Compiled together or one by one, the grants are the same."""

import pytest
from django.utils import timezone

from liane.circle.compile import compile_grants, compile_many
from liane.circle.models import Grant, Opposition
from liane.core.acting import owner
from liane.patients.models import PersonLink
from tests import factories as make

pytestmark = pytest.mark.django_db


def grants() -> list[tuple[object, ...]]:
    rows = Grant.objects.values_list("person_id", "holder_id", "scope", "deny", "ground", "ends_at")
    return sorted(rows, key=str)


def test_the_same_grants_as_one_by_one():
    claire, paul = make.practice("claire"), make.practice("paul")
    odette, jeanne = make.patient(), make.patient("GARDÈRES", "Jeanne", user=make.user("jeanne"))
    twin, double = make.patient("SIMON", "Pierre"), make.patient("SIMON", "Pierre")
    for person in (odette, jeanne, twin):
        make.member(person, claire)
    make.member(odette, paul, outside_team=True)
    ended = {"starts_at": timezone.now(), "ends_at": timezone.now()}
    for person in (odette, jeanne, twin):
        make.member(person, make.practice(f"ex{person.pk.hex[-9:]}"), status="left", **ended)
    make.contact(odette, "julie")
    with owner():
        PersonLink.objects.create(survivor=twin, duplicate=double, reason="même INS")
        Opposition.objects.create(person=jeanne, practice=paul)
        people = [odette.pk, jeanne.pk, twin.pk, double.pk]
        for person_id in people:
            compile_grants(person_id)
        one_by_one = grants()
        Grant.objects.all().delete()
        assert compile_many(people) >= len(one_by_one)
        assert grants() == one_by_one
        assert sum(scope == "past" for _, _, scope, *_ in one_by_one) == 6
