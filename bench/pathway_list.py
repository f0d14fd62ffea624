"""The file active of coordinated pathways: p95 of its views at each number of enrolments.

The demo's health centre follows some fifteen persons at every stage of a pathway. They are copied,
with their places in the circle, their sessions, acts and papers, until the centre has as many
enrolments as asked; then its coordinator asks each view. Goal: p95 ≤ 150 ms, ratio ≤ 1.5.
"""

import asyncio
import datetime as dt
import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence, Set
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import connection

from bench import territory
from bench.harness import ROOT, Figure, Options, free_port, main, percentile, served

WORK = "bench.pathway_list"
TERRITORY = 1_000
COPY = "banc"
OWN = frozenset({"user_id", "ins_sealed"})
"""Columns of a person that nobody shares: emptied in a copy."""
STEP = 200
LIST = "/file-active/parcours/"
VIEWS = ("", "miennes", "retard", "risque", "a-decider", "a-valider", "hospitalisees",
         "suspendues", "sorties")  # fmt: skip


def run(options: Options) -> list[Figure]:
    """Copy up to each size, serve, ask each view and the second page of the first."""
    found: list[Figure] = []
    first: dict[str, float] = {}
    engine = "PostgreSQL" if options.postgres else "SQLite"
    alone = Options(postgres=options.postgres, persons=[TERRITORY])
    with territory.territory(TERRITORY, alone) as installation:
        for size in sorted(options.persons):
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-m", WORK, "fill", str(size)], env=installation.environment,
                cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            username, second = json.loads(done.stdout.splitlines()[-1])
            pages = {view or "first": f"{LIST}?vue={view}" for view in VIEWS}
            pages["second"] = f"{LIST}?apres={second}"
            port = free_port()
            command = [sys.executable, "-c", "from liane.cli import main; main()", "serve"]
            with served([*command, "--port", str(port)], installation.environment, port):
                url = f"http://127.0.0.1:{port}"

                async def addresses(client: Any, asked: Any = pages) -> Any:
                    return asked

                times = asyncio.run(territory.measure(url, username, addresses, options.seconds))
            for page, taken in times.items():
                p95 = percentile(taken, 0.95)
                said = f"{size} enrolments, {len(taken)} requests, {engine}"
                found.append(Figure(
                    f"pathways, {page} p95", p95, "ms", said, first.get(page),
                    f"{min(options.persons)} enrolments", "≤ 150 ms, ratio ≤ 1.5",
                ))  # fmt: skip
                first.setdefault(page, p95)
    return found


# ------------------------------------------------------------------ in the installation
def fill(size: int) -> tuple[str, str]:
    """Copy those followed until there are ``size``: who coordinates them, and a second page."""
    from liane.core import planner
    from liane.pathways.models import Enrolment

    made = Enrolment.objects.exclude(coordinator=None).exclude(author_label=COPY)
    one = made.order_by("pk").select_related("coordinator__professional__user").first()
    if one is None:
        raise RuntimeError("the demo follows nobody in a pathway")
    here = Enrolment.objects.filter(organisation_id=one.organisation_id)
    people = list(here.exclude(author_label=COPY).values_list("person_id", flat=True).distinct())
    held = here.count()
    each = here.filter(person_id__in=people).count()
    numbers = range(held, held + -(-max(0, size - held) // each))
    for chunk in batched(numbers, STEP):
        _copy(people, chunk)
    planner.analyse()
    living = here.filter(status="included").order_by("next_on", "pk")
    *_, (day, pk) = living.values_list("next_on", "pk")[:51]
    return one.coordinator.professional.user.username, f"{day}_{pk}"


def _copy(people: list[Any], numbers: Sequence[int]) -> None:
    """These persons again, once for each number, with what the list reads of them."""
    from django.db import transaction
    from django.db.models import Max

    from liane.circle.models import Grant, Membership
    from liane.core import rows as plain
    from liane.interventions.models import Intervention
    from liane.pathways.models import Confirmation, Counted, DocumentGiven, Enrolment, Session
    from liane.patients.models import Patient

    of_person = {"person_id__in": people}
    of_pathway = {"enrolment__person_id__in": people}
    counted = Counted.objects.filter(**of_pathway).values("intervention_id")
    sources = [
        Patient.objects.filter(pk__in=people),
        Membership.objects.filter(**of_person),
        Grant.objects.filter(**of_person),
        Enrolment.objects.filter(**of_person),
        Intervention.objects.filter(pk__in=counted),
        Counted.objects.filter(**of_pathway),
        Confirmation.objects.filter(**of_pathway),
        DocumentGiven.objects.filter(**of_pathway),
        Session.objects.filter(**of_person),
    ]
    read = [(one.model, _names(one.model), plain.read(one.order_by().values_list(
        *_names(one.model)))) for one in sources]  # fmt: skip
    known = {_text(row[names.index("id")]) for _, names, rows in read for row in rows}
    last = Grant.objects.aggregate(last=Max("pk"))["last"]
    with transaction.atomic():
        for model, names, rows in read:
            made = [
                [_again(name, value, number, known) for name, value in zip(names, row, strict=True)]
                for number in numbers for row in rows
            ]  # fmt: skip
            if model is Grant:
                for place, row in enumerate(made, 1):
                    row[names.index("id")] = last + place
            plain.write(model, names, made)


def _names(model: Any) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.local_concrete_fields)


def _text(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value


def _again(name: str, value: Any, number: int, known: Set[Any]) -> Any:
    """A value of a copy: identifiers of copied rows become others, what is one's own is emptied."""
    value = _text(value)
    if name in OWN:
        return None
    if name == "author_label":
        return COPY
    if isinstance(value, str) and value in known:
        return hashlib.md5(f"{value}{number}".encode(), usedforsecurity=False).hexdigest()
    if isinstance(value, dt.datetime | dt.date) and connection.vendor != "postgresql":
        return str(value)
    return value


def _inside(size: int) -> None:
    import django

    django.setup()
    from liane.core import acting

    with acting.owner(), acting.acting(acting.system("banc")):
        print(json.dumps(fill(size)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["fill"]:
        _inside(int(sys.argv[2]))
    else:
        main(run)
