"""Loads: several clients repeat a call on a served installation; its speed, tail, price and memory.

Requests a second depend on the neighbours of the machine; the CPU milliseconds that a request costs
are steadier, and are told apart for the server and for the database.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.harness import (
    Answer,
    Client,
    Figure,
    Options,
    Scratch,
    cpu_ms,
    family,
    free_port,
    hammer,
    percentile,
    postgres_backends,
    served,
)
from liane.live.server import THREADS

CLIENTS, WORKERS = 8, 2
Step = Callable[[Client, int], Awaitable[Answer]]
Plan = Callable[[str], Awaitable[tuple[list[Client], Mapping[str, Step]]]]
"""From the address of a server: the clients, and what each load asks."""


@dataclass
class Measure:
    """One load. CPU in milliseconds a request, ``memory`` in megabytes."""

    per_second: float
    p50: float
    p95: float
    server: float
    database: float
    memory: float

    @property
    def cpu(self) -> float:
        """Server and database together."""
        return self.server + self.database


def measured(
    command: Callable[[int], list[str]], installation: Scratch, plan: Plan, options: Options
) -> dict[str, Measure]:
    """Serve it, and measure each load of the plan in turn."""
    port = free_port()
    url = installation.environment.get("LIANE_DATABASE_URL", "")
    database = url.rsplit("/", 1)[-1]
    with served(command(port), installation.environment, port) as server:

        def processes() -> tuple[list[int], list[int]]:
            return family(server.pid), postgres_backends(database) if database else []

        address = f"http://127.0.0.1:{port}"
        return asyncio.run(_loads(address, plan, options.seconds, processes))


async def _loads(
    url: str,
    plan: Plan,
    seconds: float,
    processes: Callable[[], tuple[list[int], list[int]]],
) -> dict[str, Measure]:
    clients, steps = await plan(url)
    measures = {}
    for name, step in steps.items():
        await hammer(clients, min(1.0, seconds), step)
        server, database = processes()
        before = cpu_ms(server), cpu_ms(database)
        times = await hammer(clients, seconds, step)
        spent = cpu_ms(server) - before[0], cpu_ms(database) - before[1]
        each = [one / len(times) for one in spent]
        memory = sum(map(megabytes, (*server, *database)))
        middle, tail = percentile(times, 0.5), percentile(times, 0.95)
        measures[name] = Measure(len(times) / seconds, middle, tail, *each, memory)
    return measures


def megabytes(pid: int) -> float:
    """Memory of a process, its share of what several hold in common."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def figures(
    name: str, one: Measure, size: str, base: Measure | None = None, goal: str = ""
) -> Iterator[Figure]:
    """The figures of one load, beside those of the yardstick ``base``."""
    rows = [
        ("", one.per_second, "req/s", base.per_second if base else None, goal),
        (" p50", one.p50, "ms", base.p50 if base else None, ""),
        (" p95", one.p95, "ms", base.p95 if base else None, f"≤ 3 × p50 = {3 * one.p50:.1f}"),
        (" CPU, server", one.server, "ms/req", base.cpu if base else None, ""),
        (" CPU, database", one.database, "ms/req", base.cpu if base else None, ""),
        (" CPU", one.cpu, "ms/req", base.cpu if base else None, ""),
    ]
    for word, value, unit, beside, wanted in rows:
        yield Figure(f"{name}{word}", value, unit, size, beside, "one query", wanted)


def compared(
    installation: Scratch, plan: Plan, options: Options, size: str, goals: Mapping[str, str]
) -> tuple[list[Figure], float]:
    """The yardstick, then each load of Liane beside it; and the most memory that one took (MB)."""
    base = measured(plain, installation, one_query, options)["one query"]
    found = measured(liane, installation, plan, options)
    size = f"{size}, {CLIENTS} clients, {'PostgreSQL' if options.postgres else 'SQLite'}"
    rows = [*figures("one-query view", base, size)]
    for name, one in found.items():
        rows += figures(name, one, size, base, goals[name])
    return rows, max(one.memory for one in found.values())


async def one_query(url: str) -> tuple[list[Client], Mapping[str, Step]]:
    """The plan of the yardstick, `bench.plain.wsgi`."""
    clients = [Client(url) for _ in range(CLIENTS)]
    return clients, {"one query": lambda client, number: client.request("GET", "/")}


def plain(port: int) -> list[str]:
    """The command that serves the yardstick, as Liane is served."""
    words = ["--interface", "wsgi", "--workers", str(WORKERS)]
    words += ["--blocking-threads", str(THREADS)]
    words += ["--no-ws", "--log-level", "error", "--port", str(port)]
    return [sys.executable, "-m", "granian", *words, "bench.plain.wsgi:application"]


def liane(port: int) -> list[str]:
    """The command that serves Liane."""
    start = [sys.executable, "-c", "from liane.cli import main; main()", "serve", "--wsgi"]
    return [*start, "--workers", str(WORKERS), "--port", str(port)]
