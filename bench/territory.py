"""Pages asked on the demo territory at several sizes: what pages, worklists and report share."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping

from bench.harness import (
    Client,
    Figure,
    Options,
    Scratch,
    free_port,
    hammer,
    percentile,
    scratch,
    served,
    signed_in,
)

Addresses = Callable[[Client], Awaitable[Mapping[str, str]]]
"""The pages to ask, each by its name, found with a client that is signed in."""


@contextlib.contextmanager
def territory(persons: int, options: Options) -> Iterator[Scratch]:
    """The demo territory of that many persons; made once where the options say to keep it."""
    with scratch(f"demo{persons}", options.postgres, keep=options.keep) as installation:
        if "username" not in installation.liane("demo", "personas"):
            installation.liane("demo", "load", "--persons", str(persons))
        yield installation


def persona(installation: Scratch, role: str) -> str:
    """The username of the first persona of that role."""
    people = [json.loads(line) for line in installation.liane("demo", "personas").splitlines()]
    return str(next(one["username"] for one in people if one["role"] == role))


def figures(
    options: Options, role: str, addresses: Addresses, goals: Callable[[str], str]
) -> list[Figure]:
    """p95 of each page with one client of that role, at each size, beside the first size."""
    found: list[Figure] = []
    first: dict[str, float] = {}
    engine = "PostgreSQL" if options.postgres else "SQLite"
    for persons in options.persons:
        with territory(persons, options) as installation:
            port = free_port()
            command = [sys.executable, "-c", "from liane.cli import main; main()", "serve"]
            with served([*command, "--port", str(port)], installation.environment, port):
                url, username = f"http://127.0.0.1:{port}", persona(installation, role)
                measured = asyncio.run(measure(url, username, addresses, options.seconds))
        for page, times in measured.items():
            p95 = percentile(times, 0.95)
            size = f"{persons} persons, {len(times)} requests, {engine}"
            base = first.get(page)
            against = f"{options.persons[0]} persons"
            found.append(Figure(f"{page} p95", p95, "ms", size, base, against, goals(page)))
            first.setdefault(page, p95)
    return found


async def measure(
    url: str, username: str, addresses: Addresses, seconds: float
) -> dict[str, list[float]]:
    """Milliseconds of each page, asked by one client who signed in."""
    client = await signed_in(url, username)
    times = {}
    for page, path in (await addresses(client)).items():

        async def step(one: Client, number: int, target: str = path):  # type: ignore[no-untyped-def]
            return await one.request("GET", target)

        await hammer([client], min(0.5, seconds), step)
        times[page] = await hammer([client], seconds, step)
    return times
