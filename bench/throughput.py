"""Record page and message send under 8 clients and 2 workers, beside a one-query Django view.

The yardstick is served the same way, by the same server with as many workers, on the same database,
in the same run. CPU is told apart for the server and for PostgreSQL (SQLite runs in the server).
"""

import re
from collections.abc import Awaitable, Mapping
from urllib.parse import urlencode

from bench import loads
from bench.harness import Answer, Client, Figure, Options, main, signed_in
from bench.territory import persona, territory
from liane.core.ids import uuid7

RECORD = re.compile(rb'href="(/personnes/[0-9a-f-]{36}/)"')
THREAD = re.compile(rb'href="(/messages/[0-9a-f-]{36}/)"')
GOALS = {"record": "≥ 6 % (stretch 12 %)", "send": "≥ 9 % (stretch 20 %)"}


def run(options: Options) -> list[Figure]:
    """Measure the yardstick, then Liane, on the same database."""
    persons = options.persons[0]
    with territory(persons, options) as installation:
        nurse = persona(installation, "nurse")

        async def plan(url: str) -> tuple[list[Client], Mapping[str, loads.Step]]:
            clients = [await signed_in(url, nurse) for _ in range(loads.CLIENTS)]
            return clients, await _steps(clients)

        return loads.compared(installation, plan, options, f"{persons} persons", GOALS)[0]


async def _steps(clients: list[Client]) -> dict[str, loads.Step]:
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
