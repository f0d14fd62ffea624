"""Settlement of a whole installation, reading and storing included, beside a DuckDB query.

As many enrolments as asked, twenty acts each, half of them after-cancer as shipped, half of a made
definition (`bench.settlement`), are written to a scratch database. Measured: the first whole run
(every fact read, every answer and line kept), the same run when nothing changed, a run after one
enrolment in a hundred had an act undone, and a draft priced on all of it. The baseline is the same
rules as DuckDB queries over as many rows, in the same run. Filling is not measured.
"""

import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import duckdb

from bench.harness import ROOT, Figure, Options, Scratch, main, scratch
from bench.settlement import ACTS, CANCER, DATA, MADE, SEQUENCE, UNTIL, _query

WORK = "bench.settlement_store"
PRACTICES = 200
STEP = 2_000


def run(options: Options) -> list[Figure]:
    """Fill, settle, settle again, change, settle, simulate."""
    count = options.persons[-1]
    baseline, processor = _baseline(count)
    with scratch("settlement", options.postgres) as place:
        _work(place, "fill", str(count))
        first = _work(place, "settle", "whole")
        still = _work(place, "settle")
        changed = _work(place, "change")
        part = _work(place, "settle")
        priced = _work(place, "simulate")
    base = "PostgreSQL" if options.postgres else "SQLite"
    size = f"{count} enrolments, {count * ACTS} acts, {base}, {first['written']} answers"
    return [
        Figure("the same rules as DuckDB queries", baseline, "s", size),
        Figure("whole run, read and stored", first["seconds"], "s", size, baseline, "DuckDB",
               "≤ ×15"),
        Figure("the same, seconds of processor", first["processor"], "s",
               f"{first['memory']:.0f} MB at most", processor, "DuckDB"),
        Figure("run again, nothing changed", still["seconds"], "s", f"{still['examined']} examined",
               first["seconds"], "the whole run"),
        Figure("run after a change of 1 %", part["seconds"], "s",
               f"{changed['changed']} changed, {part['examined']} examined, {part['written']} written",
               first["seconds"], "the whole run", "≤ ×0.05"),
        Figure("simulate, read and priced twice", priced["seconds"], "s",
               f"{priced['acts']} acts, {priced['memory']:.0f} MB at most", goal="≤ 5"),
        Figure("the same, seconds of processor", priced["processor"], "s", f"{priced['acts']} acts"),
    ]  # fmt: skip


def _baseline(count: int) -> tuple[float, float]:
    """Seconds of the DuckDB queries, and of processor."""
    with duckdb.connect() as base:
        base.execute(DATA.format(cases=count, acts=count * ACTS, each=ACTS))
        times, used = [], []
        for _ in range(2):
            start, before = time.perf_counter(), time.process_time()
            _query(base)
            times.append(time.perf_counter() - start)
            used.append(time.process_time() - before)
    return min(times), min(used)


def _work(place: Scratch, *words: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", WORK, *words], env=place.environment, cwd=ROOT, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


# ------------------------------------------------------------------ in the installation
def fill(count: int) -> dict[str, Any]:
    """The rows of `bench.settlement.DATA`, as an installation holds them."""
    from django.db import transaction

    base = duckdb.connect()
    base.execute(DATA.format(cases=count, acts=count * ACTS, each=ACTS))
    projects, practices = _team()
    rows = base.execute(
        "SELECT c.id, c.kind, c.included, list({'n': a.id, 'position': a.position, 'day': a.day,"
        " 'standing': a.standing, 'who': hash(a.id, 3)} ORDER BY a.id)"
        " FROM cases c JOIN acts a ON a.case_id = c.id GROUP BY ALL ORDER BY c.id"
    )
    while page := rows.fetchmany(STEP):
        with transaction.atomic():
            _write(page, projects, practices)
    return {"enrolments": count}


def _team() -> tuple[list[Any], list[Any]]:
    from django.utils import timezone

    from liane.directory.models import Practice, Professional
    from liane.pathways.models import Project, ProtocolVersion, Signatory
    from tests import factories as make

    house = make.organisation("Centre de santé du banc", "cds")
    people = Professional.objects.bulk_create(
        Professional(family=f"Banc {n:03}", given="Professionnel") for n in range(PRACTICES)
    )
    practices = Practice.objects.bulk_create(
        Practice(professional=one, organisation=house, role="care") for one in people
    )
    ProtocolVersion.objects.create(
        organisation=house, key="banc", number="2026-01", text=SEQUENCE, status="published",
        published_at=timezone.now(), valid_from=dt.date(2026, 1, 1),
    )  # fmt: skip
    projects = [
        Project.objects.create(
            organisation=house, category="cds", protocol_key=key, protocol_version=version,
            title=key, status="running",
        )
        for key, version in (("apres-cancer", "2020-12"), ("banc", "2026-01"))
    ]  # fmt: skip
    Signatory.objects.bulk_create(
        Signatory(project=project, practice=one, profession="", starts_on=dt.date(2025, 1, 1))
        for project in projects for one in practices
    )  # fmt: skip
    return projects, practices


def _write(page: list[Any], projects: list[Any], practices: list[Any]) -> None:
    from liane.core import rows as plain
    from liane.core.ids import uuid7
    from liane.interventions.models import Intervention
    from liane.pathways.models import Confirmation, Counted, Enrolment
    from liane.patients.models import Patient

    rows: dict[Any, list[Any]] = {
        one: [] for one in (Patient, Enrolment, Intervention, Counted, Confirmation)
    }
    homes = [(one.pk.hex, one.organisation_id.hex, one.protocol_key, one.protocol_version)
             for one in projects]  # fmt: skip
    hands = [one.pk.hex for one in practices]
    for number, kind, included, done in page:
        person, row, day = uuid7().hex, uuid7().hex, included.isoformat()
        rows[Patient].append((person, f"BANC{number}", "Jeanne", "F"))
        rows[Enrolment].append((row, person, *homes[kind], "included", day, day))
        for act in done:
            pk, hand = uuid7().hex, hands[(act["who"] + number) % PRACTICES]
            code = (MADE if kind else CANCER)[act["position"]]
            at = plain.moment(dt.datetime.combine(act["day"], dt.time(12), tzinfo=dt.UTC))
            rows[Intervention].append((pk, person, at, at, hand, homes[kind][1], "banc", code))
            rows[Counted].append((uuid7().hex, row, pk, code))
            if not act["standing"]:
                rows[Confirmation].append((uuid7().hex, row, pk, person, hand))
    names = {
        Patient: ("id", "birth_name", "given_names", "sex"),
        Enrolment: ("id", "person_id", "project_id", "organisation_id", "protocol_key",
                    "protocol_version", "status", "included_on", "proposed_on"),
        Intervention: ("id", "person_id", "at", "entered_at", "performed_by_id",
                       "organisation_id", "author_label", "code"),
        Counted: ("id", "enrolment_id", "intervention_id", "code"),
        Confirmation: ("id", "enrolment_id", "intervention_id", "person_id", "practice_id"),
    }  # fmt: skip
    for model, made in rows.items():
        plain.write(model, names[model], made)


def settle(whole: str = "") -> dict[str, Any]:
    """One run."""
    from liane.bundles import settling

    start, used = time.perf_counter(), _processor()
    report = settling.run(UNTIL, whole=bool(whole))
    return {
        "seconds": time.perf_counter() - start, "examined": report.examined,
        "written": report.written, "memory": _memory(), "processor": _processor() - used,
    }  # fmt: skip


def _memory() -> float:
    """The most that this process held, in MB; helpers hold less, for they keep no list."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _processor() -> float:
    """Seconds of processor of this process and of its helpers."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def change() -> dict[str, Any]:
    """One enrolment in a hundred has one of its acts undone, long after the last run."""
    from datetime import timedelta

    from liane.bundles.models import SettlementRun
    from liane.interventions.models import Undo
    from liane.pathways.models import Counted, Enrolment

    SettlementRun.objects.update(started_at=dt.datetime.now(tz=dt.UTC) + timedelta(minutes=10))
    ids = list(Enrolment.objects.order_by("pk").values_list("pk", flat=True))[::100]
    acts = {}
    for start in range(0, len(ids), STEP):
        found = Counted.objects.filter(
            enrolment_id__in=ids[start : start + STEP], intervention__confirmation=None
        )
        acts |= dict(found.values_list("enrolment_id", "intervention_id"))
    Undo.objects.bulk_create(
        [Undo(intervention_id=pk, author_label="banc") for pk in acts.values()], batch_size=500
    )
    return {"changed": len(acts)}


def simulate() -> dict[str, Any]:
    """The after-cancer definition with another cap, priced on what is stored."""
    from liane.bundles import simulation
    from liane.pathways.protocols import library

    text = library.text_of("apres-cancer", "2020-12").replace('"180.00"', '"200.00"', 1)
    start, used = time.perf_counter(), _processor()
    found = simulation.run(library.read(text), UNTIL)
    return {
        "seconds": time.perf_counter() - start, "acts": found.effect.acts, "memory": _memory(),
        "processor": _processor() - used,
    }  # fmt: skip


def _inside(words: list[str]) -> None:
    import django

    django.setup()
    from liane.core import acting

    verb = {"fill": lambda n: fill(int(n)), "settle": settle, "change": change,
            "simulate": simulate}[words[0]]  # fmt: skip
    with acting.owner(), acting.acting(acting.system("banc")):
        print(json.dumps(verb(*words[1:])))


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        _inside(sys.argv[1:])
    else:
        main(run)
