"""The first page of a record: what every room offers, in a known number of queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from liane.core.acting import acting
from liane.messaging import services as messaging
from liane.timeline import services as timeline
from tests import factories as make

pytestmark = pytest.mark.django_db

ANNOUNCING = 4 if connection.vendor == "postgresql" else 0
"""PostgreSQL is told who acts, in a savepoint: four statements each time somebody else does."""


@pytest.mark.parametrize("count", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_circle(
    sign_in: Callable[..., Client], count: int, django_assert_max_num_queries: Any
) -> None:
    claire, person = make.practice("claire"), make.patient()
    make.member(person, claire)
    for number in range(count):
        make.member(person, make.practice(f"member{number}"))
    with acting(make.actor(claire)):
        for _ in range(count):
            timeline.write_note(person.pk, kind="follow_up", text="Tension stable.")
        thread = messaging.default_thread(person.pk)
        messaging.send_message(thread, "Bonjour")
    client, address = sign_in("claire"), f"/personnes/{person.pk}/"
    client.get(address)
    with django_assert_max_num_queries(37 + 2 * ANNOUNCING):  # one read is a machine’s
        client.get(address)


def test_identity_vigilance_opens_a_record_on_what_it_is_there_for(
    sign_in: Callable[..., Client],
) -> None:
    person, marc = make.patient(), make.practice("marc", role="identity")
    make.member(person, marc.organisation)
    client = sign_in("marc")
    answer = client.get(f"/personnes/{person.pk}/", follow=True)
    assert answer.redirect_chain == [(f"/personnes/{person.pk}/identite/", 302)]
    assert "Résumé" not in answer.content.decode()
