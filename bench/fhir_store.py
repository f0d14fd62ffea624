"""The rows of the FHIR bench: one house that follows everybody, its teams, what they wrote.

Run in a scratch installation (``python -m bench.fhir_store 10000``): prints what the calls need, as
one line of JSON. Each person has a circle of three, an attending doctor and a conversation; some
have a long one.
"""

import datetime as dt
import json
import random
import sys
from itertools import batched, cycle
from typing import Any
from urllib.parse import quote

PRACTICES = 40
TALKED, LINES = 16, 200
"""Persons with a long conversation, and its messages."""
NAME = "DAC du banc"


def fill(count: int) -> dict[str, Any]:
    """Write the rows that are missing; what the bench asks about."""
    from liane.core.acting import owner

    with owner():
        house = _house()
        if not house["people"]:
            _write(house, count)
            _analysed()
        return _told(house)


def _analysed() -> None:
    """What a server does by itself within a minute of such an import."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _house() -> dict[str, Any]:
    from liane.directory.models import Organisation, Practice
    from liane.patients.models import Patient
    from tests import factories as make

    place = Organisation.objects.filter(name=NAME).first()
    if place is None:
        place = make.organisation(NAME, "dac")
        for number in range(PRACTICES):
            make.practice(f"banc{number}", name=f"Banc Professionnel{number}",
                          of=make.organisation(f"Cabinet {number}"))  # fmt: skip
    team = list(Practice.objects.filter(professional__user__username__startswith="banc"))
    people = Patient.objects.filter(memberships__organisation=place).exists()
    return {"place": place, "team": team, "people": people}


def _write(house: dict[str, Any], count: int) -> None:
    from django.db import transaction

    from liane.circle.compile import compile_many
    from liane.demo.chronicle import Chronicle, at, voice
    from liane.demo.names import chance, traits
    from liane.patients import search
    from liane.patients.models import Patient, PatientTrigram

    pairs = cycle(list(batched(house["team"], 2)))  # noqa: B911
    for numbers in batched(range(count), 500):  # noqa: B911
        book, people = Chronicle(), []
        for number in numbers:
            rng, team = chance(f"bench {number}"), next(pairs)
            one = Patient(**vars(traits(rng, number)))
            one.search = search.searchable(one)
            people.append(one)
            doctor = voice(team[0])
            book.opened(one, doctor, at(30))
            book.member(one, house["place"], doctor, at(30), ground="source", responsible=True)
            for practice in team:
                book.member(one, practice, doctor, at(30))
            book.doctor(one, team[0], doctor, at(30))
            book.thread(one, _said(rng, [voice(two) for two in team], number))
        with transaction.atomic():
            Patient.objects.bulk_create(people)
            rows = [row for one in people for row in search.rows(one)]
            PatientTrigram.objects.bulk_create(rows, batch_size=5_000)
            book.save()
            compile_many([one.pk for one in people])


def _said(rng: random.Random, voices: list[Any], number: int) -> list[Any]:
    from liane.demo.chronicle import at
    from liane.demo.crowd import FOLLOW_UPS

    lines = LINES if number < TALKED else 2
    start = at(25, 8, 0)
    return [
        (voices[line % 2], start + dt.timedelta(hours=line), rng.choice(FOLLOW_UPS))
        for line in range(lines)
    ]


def _told(house: dict[str, Any]) -> dict[str, Any]:
    from liane.messaging.models import Thread
    from liane.patients.models import Patient

    known = Patient.objects.filter(memberships__organisation=house["place"])
    named = list(known.order_by("pk").values_list("birth_name", flat=True))
    long = Thread.objects.filter(last_number__gte=LINES).values_list("person_id", flat=True)
    return {
        "organisation": str(house["place"].pk),
        "persons": [str(key) for key in known.values_list("pk", flat=True)[:2_000]],
        "count": known.count(),
        "talked": [str(key) for key in long],
        "names": [quote(name) for name in named[:: len(named) // 1_000 + 1]],
    }


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    print(json.dumps(fill(int(sys.argv[1]))))  # noqa: T201
