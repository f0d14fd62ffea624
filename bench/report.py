"""The activity report: p95 at each number of persons (≤ 3 s), and the ratio of sizes.

The demo's crowd, whose acts and circles grow with the territory. Number of queries: fixed by
`liane/insight/tests/test_against_sql.py`.
"""

import asyncio
import json
import sys

from bench.harness import (
    Client,
    Figure,
    Options,
    free_port,
    hammer,
    main,
    percentile,
    scratch,
    served,
    signed_in,
)

PAGES = {
    "year": "/pilotage/?periode=annee",
    "month": "/pilotage/?periode=mois",
    "csv": "/pilotage/export/csv?periode=annee",
}
TARGET = "≤ 3 000 ms"


def run(options: Options) -> list[Figure]:
    """Serve each size in turn and ask the report with one client, the case manager of the DAC."""
    figures: list[Figure] = []
    first: dict[str, float] = {}
    for persons in options.persons:
        with scratch(f"report{persons}", options.postgres) as installation:
            installation.liane("demo", "load", "--persons", str(persons))
            people = [
                json.loads(line) for line in installation.liane("demo", "personas").splitlines()
            ]
            reader = next(p["username"] for p in people if p["role"] == "case_manager")
            port = free_port()
            command = [
                sys.executable,
                "-c",
                "from liane.cli import main; main()",
                "serve",
                "--port",
                str(port),
            ]
            with served(command, installation.environment, port):
                measured = asyncio.run(
                    _measure(f"http://127.0.0.1:{port}", reader, options.seconds)
                )
        for page, times in measured.items():
            p95 = percentile(times, 0.95)
            figures.append(
                Figure(
                    f"report {page} p95",
                    p95,
                    "ms",
                    f"{persons} persons, {len(times)} requests, "
                    f"{'PostgreSQL' if options.postgres else 'SQLite'}",
                    first.get(page),
                    f"{options.persons[0]} persons",
                    TARGET,
                )
            )
            first.setdefault(page, p95)
    return figures


async def _measure(url: str, username: str, seconds: float) -> dict[str, list[float]]:
    client = await signed_in(url, username)
    times = {}
    for page, path in PAGES.items():

        async def step(one: Client, number: int, target: str = path) -> object:
            return await one.request("GET", target)

        times[page] = await hammer([client], seconds, step)  # type: ignore[arg-type]
    return times


if __name__ == "__main__":
    main(run)
