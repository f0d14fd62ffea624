"""Directory search by name, profession, town, with slips of typing: p95 at 100,000 rows."""

import os
import random
import time
from collections.abc import Callable

from bench.harness import Figure, Options, main, percentile, scratch

PROFESSIONALS = 100_000
BEGIN = "Bar Ber Bou Cas Cha Cou Dar Del Es Fau For Gar La Lar Le Mar Mou Pey Pou Rou Sal Tau"
MIDDLE = "ba ca da ga li lo ma mi na no pe ra ri ro sa te ti tou va za"
END = "bert bordes cazaux coste det dieu don gnac lard let lier mont nier quet ran rieu tier ville"
GIVEN = (
    "Claire Karim Hélène Paul Marie Jean Sophie Luc Anaïs Thomas Élodie Pierre Julie Nicolas Zoé "
    "Camille Hugo Inès Léa Mathieu Nadia Olivier Pauline Quentin Rachida Stéphane Théo Valérie"
)
TOWNS = (
    "Dax Tartas Mont-de-Marsan Peyrehorade Hagetmau Saint-Sever Capbreton Soustons Pouillon Amou"
)
PROFESSIONS = ["60"] * 45 + ["10"] * 22 + ["70"] * 10 + ["21"] * 8 + ["40", "50", "91", "94"] * 4
KINDS: dict[str, Callable[[tuple[str, ...], random.Random], str]] = {
    "name": lambda row, rng: f"{row[0]} {row[1]}",
    "family name alone": lambda row, rng: row[0],
    "beginning of a name": lambda row, rng: row[0][:5],
    "slip of typing": lambda row, rng: f"{_slip(row[0], rng)} {row[1]}",
    "name and town": lambda row, rng: f"{row[0]} {row[2]}",
    "profession and town": lambda row, rng: f"infirmière {row[2]}",
    "profession, slip, town": lambda row, rng: f"{row[3]} {_slip(row[0], rng)} {row[2]}",
}


def _slip(word: str, rng: random.Random) -> str:
    """One letter missing, or two swapped."""
    place = rng.randrange(1, max(2, len(word) - 2))
    if rng.random() < 0.5:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def run(options: Options) -> list[Figure]:
    """Make the directory, then measure each kind of search against an exact, indexed one."""
    with scratch("directory", options.postgres) as installation:
        os.environ.update(installation.environment)
        import django

        django.setup()
        rows = _fill(random.Random(2))
        return _measure(rows, random.Random(3), options)


def _fill(rng: random.Random) -> list[tuple[str, ...]]:
    from django.db import connection

    from liane.directory.index import index_all
    from liane.directory.models import Organisation, Practice, Professional
    from liane.directory.nomenclatures import SPOKEN

    towns = TOWNS.split()
    cabinets = Organisation.objects.bulk_create(
        Organisation(name=f"Cabinet {number}", kind="practice", city=town)
        for number, town in enumerate(towns * 40)
    )
    rows, people, places = [], [], []
    for _ in range(PROFESSIONALS):
        family = rng.choice(BEGIN.split()) + rng.choice(MIDDLE.split()) * rng.randint(0, 1)
        family += rng.choice(MIDDLE.split()) + rng.choice(END.split())
        cabinet = rng.choice(cabinets)
        person = Professional(
            family=family,
            given=rng.choice(GIVEN.split()),
            profession=rng.choice(PROFESSIONS),
            rpps=f"{10_000_000_000 + len(rows)}",
        )
        people.append(person)
        places.append(Practice(professional=person, organisation=cabinet, city=cabinet.city))
        rows.append((family, person.given, cabinet.city, SPOKEN[person.profession][0]))
    Professional.objects.bulk_create(people, batch_size=2_000)
    Practice.objects.bulk_create(places, batch_size=2_000)
    index_all()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return rows


def _measure(rows: list[tuple[str, ...]], rng: random.Random, options: Options) -> list[Figure]:
    from liane.directory.models import Professional, Word
    from liane.directory.search import search, with_places

    size = (
        f"{len(rows)} professionals, {Word.objects.count()} words, "
        f"{'PostgreSQL' if options.postgres else 'SQLite'}"
    )
    sample = rng.sample(rows, 100)

    def timed(work: Callable[[tuple[str, ...]], object]) -> float:
        times = []
        for row in sample:
            start = time.perf_counter()
            work(row)
            times.append((time.perf_counter() - start) * 1000)
        return percentile(times, 0.95)

    exact = timed(lambda row: list(Professional.objects.filter(family=row[0], given=row[1])[:30]))
    figures = [Figure("exact indexed look-up p95", exact, "ms", size)]
    for kind, query in KINDS.items():
        missed = [0]

        def ask(row: tuple[str, ...]) -> None:
            found = search(query(row, rng))  # noqa: B023
            with_places(found.professionals)
            if not found.professionals:
                missed[0] += 1  # noqa: B023

        p95 = timed(ask)
        figures.append(
            Figure(
                f"search, {kind} p95", p95, "ms", f"{size}, {missed[0]} of 100 found nobody",
                exact, "exact look-up", "≤ 100 ms",
            )
        )  # fmt: skip
    return figures


if __name__ == "__main__":
    main(run)
