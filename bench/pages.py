"""Record page, Aujourd’hui and lists: p95 at each number of persons, and the ratio of sizes."""

import asyncio
import json
import re
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

RECORD = re.compile(rb'href="(/personnes/[0-9a-f-]{36}/)"')
PAGES = {
    "record": "",
    "today": "/",
    "persons": "/personnes/",
    "messages": "/messages/",
    "agenda": "/agenda/",
}


def run(options: Options) -> list[Figure]:
    """Serve each size in turn and ask each page with one client."""
    figures: list[Figure] = []
    first: dict[str, float] = {}
    for persons in options.persons:
        with scratch(f"pages{persons}", options.postgres) as installation:
            installation.liane("demo", "load", "--persons", str(persons))
            people = [
                json.loads(line) for line in installation.liane("demo", "personas").splitlines()
            ]
            nurse = next(p["username"] for p in people if p["role"] == "nurse")
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
                measured = asyncio.run(_measure(f"http://127.0.0.1:{port}", nurse, options.seconds))
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
                    "≤ 100 ms, ratio ≤ 1.5" if page in {"record", "today"} else "",
                )
            )
            first.setdefault(page, p95)
    return figures


async def _measure(url: str, username: str, seconds: float) -> dict[str, list[float]]:
    client = await signed_in(url, username)
    listing = await client.request("GET", "/personnes/")
    found = RECORD.search(listing.body)
    if found is None:
        raise RuntimeError("no person is listed: nothing to measure")
    record = found.group(1).decode()
    times = {}
    for page, path in PAGES.items():
        target = path or record

        async def step(one: Client, number: int, target: str = target) -> object:
            return await one.request("GET", target)

        await hammer([client], 0.5, step)  # type: ignore[arg-type]
        times[page] = await hammer([client], seconds, step)  # type: ignore[arg-type]
    return times


if __name__ == "__main__":
    main(run)
