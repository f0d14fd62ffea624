"""The desk's work list and its views: p95 at each number of persons, and the ratio of sizes.

The demo's requests grow with the territory (one person in 25). Number of queries: fixed by
`liane/referrals/tests/test_pages.py` and `liane/followups/tests/test_pages.py`. The file active
holds one person in five near the DAC, one in twenty beyond.
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
    "open": "/demandes/",
    "file active": "/file-active/",
    "file active, mine": "/file-active/?vue=miennes",
    "nothing planned": "/file-active/?vue=rien",
    "in hospital": "/file-active/?vue=hospitalisees",
    "to take": "/demandes/?vue=a-prendre",
    "late": "/demandes/?vue=attente",
    "closed": "/demandes/?vue=closes",
    "today": "/",
}
TARGET = "≤ 150 ms"


def run(options: Options) -> list[Figure]:
    """Serve each size in turn and ask each view with one client at the DAC's desk."""
    figures: list[Figure] = []
    first: dict[str, float] = {}
    for persons in options.persons:
        with scratch(f"worklists{persons}", options.postgres) as installation:
            installation.liane("demo", "load", "--persons", str(persons))
            people = [
                json.loads(line) for line in installation.liane("demo", "personas").splitlines()
            ]
            desk = next(p["username"] for p in people if p["role"] == "case_manager")
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
                measured = asyncio.run(_measure(f"http://127.0.0.1:{port}", desk, options.seconds))
        for page, times in measured.items():
            p95 = percentile(times, 0.95)
            figures.append(
                Figure(
                    f"{page} p95",
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

        await hammer([client], 0.5, step)  # type: ignore[arg-type]
        times[page] = await hammer([client], seconds, step)  # type: ignore[arg-type]
    return times


if __name__ == "__main__":
    main(run)
