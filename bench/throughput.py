"""Record page and message send under 8 clients and 2 workers, beside a one-query Django view.

Requests a second depend on the neighbours of the machine; the CPU milliseconds a request costs
(server and database together) are steadier. The yardstick is served the same way, by the same
server with as many workers, on the same database, in the same run.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.harness import (
    Answer,
    Client,
    Figure,
    Options,
    cpu_ms,
    family,
    free_port,
    hammer,
    main,
    percentile,
    postgres_backends,
    served,
    signed_in,
)
from bench.territory import persona, territory
from liane.core.ids import uuid7

CLIENTS, WORKERS = 8, 2
RECORD = re.compile(rb'href="(/personnes/[0-9a-f-]{36}/)"')
THREAD = re.compile(rb'href="(/messages/[0-9a-f-]{36}/)"')
Step = Callable[[Client, int], Awaitable[Answer]]
Plan = Callable[[list[Client], str, str], Awaitable[dict[str, Step]]]


@dataclass
class Measure:
    """One load: its speed, its tail and its price."""

    per_second: float
    p95: float
    cpu: float
    requests: int


def run(options: Options) -> list[Figure]:
    """Measure the yardstick, then Liane, on the same database."""
    persons = options.persons[0]
    with territory(persons, options) as installation:
        nurse = persona(installation, "nurse")
        database = installation.environment.get("LIANE_DATABASE_URL", "").rsplit("/", 1)[-1]

        def loaded(command: list[str], port: int, plan: Plan) -> dict[str, Measure]:
            with served(command, installation.environment, port) as server:

                def pids() -> list[int]:
                    backends = postgres_backends(database) if database else []
                    return family(server.pid) + backends

                address = f"http://127.0.0.1:{port}"
                return asyncio.run(_loads(address, plan, nurse, options.seconds, pids))

        port = free_port()
        plain = loaded(_granian(port), port, _plain)["one query"]
        port = free_port()
        liane = loaded(_liane_served(port), port, _liane)
    engine = "PostgreSQL" if options.postgres else "SQLite"
    return list(_figures(plain, liane, f"{persons} persons, {CLIENTS} clients, {engine}"))


def _granian(port: int) -> list[str]:
    words = ["--interface", "wsgi", "--workers", str(WORKERS), "--blocking-threads", "1"]
    words += ["--no-ws", "--log-level", "error", "--port", str(port)]
    return [sys.executable, "-m", "granian", *words, "bench.plain.wsgi:application"]


def _liane_served(port: int) -> list[str]:
    start = [sys.executable, "-c", "from liane.cli import main; main()", "serve", "--wsgi"]
    return [*start, "--workers", str(WORKERS), "--port", str(port)]


def _figures(plain: Measure, liane: dict[str, Measure], size: str) -> Iterator[Figure]:
    yield Figure("one-query view", plain.per_second, "req/s", size)
    yield Figure("one-query view CPU", plain.cpu, "ms/req", size)
    goals = {"record": "≥ 6 % (stretch 12 %)", "send": "≥ 9 % (stretch 20 %)"}
    for name, measure in liane.items():
        goal = goals.get(name, "")
        yield Figure(name, measure.per_second, "req/s", size, plain.per_second, "one query", goal)
        yield Figure(f"{name} p95", measure.p95, "ms", size, plain.p95, "one query")
        yield Figure(f"{name} CPU", measure.cpu, "ms/req", size, plain.cpu, "one query")


async def _loads(
    url: str,
    plan: Plan,
    username: str,
    seconds: float,
    pids: Callable[[], list[int]],
) -> dict[str, Measure]:
    clients = [Client(url) for _ in range(CLIENTS)]
    steps = await plan(clients, url, username)
    measures = {}
    for name, step in steps.items():
        await hammer(clients, 1.0, step)
        before = cpu_ms(pids())
        times = await hammer(clients, seconds, step)
        spent = cpu_ms(pids()) - before
        measures[name] = Measure(
            len(times) / seconds, percentile(times, 0.95), spent / len(times), len(times)
        )
    return measures


async def _plain(clients: list[Client], url: str, username: str) -> dict[str, Step]:
    return {"one query": lambda client, number: client.request("GET", "/")}


async def _liane(clients: list[Client], url: str, username: str) -> dict[str, Step]:
    for place in range(len(clients)):
        clients[place] = await signed_in(url, username)
    first = clients[0]
    record = _first(RECORD, (await first.request("GET", "/personnes/")).body)
    thread = _first(THREAD, (await first.request("GET", "/messages/")).body)
    for client in clients:
        await client.request("GET", thread)

    def read(client: Client, number: int) -> Awaitable[Answer]:
        return client.request("GET", record)

    def send(client: Client, number: int) -> Awaitable[Answer]:
        form = {
            "key": str(uuid7()),
            "text": "Tension stable ce matin.",
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        return client.request("POST", thread, urlencode(form).encode())

    return {"record": read, "send": send}


def _first(pattern: "re.Pattern[bytes]", body: bytes) -> str:
    found = pattern.search(body)
    if found is None:
        raise RuntimeError(f"the page shows nothing that matches {pattern.pattern!r}")
    return found.group(1).decode()


if __name__ == "__main__":
    main(run)
