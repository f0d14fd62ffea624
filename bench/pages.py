"""Record page, Aujourd’hui and lists: p95 at each number of persons, and the ratio of sizes."""

import re
from collections.abc import Mapping

from bench import territory
from bench.harness import Client, Figure, Options, main

RECORD = re.compile(rb'href="(/personnes/[0-9a-f-]{36}/)"')
LISTS = {"today": "/", "persons": "/personnes/", "messages": "/messages/", "agenda": "/agenda/"}


def run(options: Options) -> list[Figure]:
    """Serve each size in turn and ask each page with one client, a nurse."""
    return territory.figures(
        options,
        "nurse",
        _addresses,
        lambda page: "≤ 100 ms, ratio ≤ 1.5" if page in {"record", "today"} else "",
    )


async def _addresses(client: Client) -> Mapping[str, str]:
    found = RECORD.search((await client.request("GET", "/personnes/")).body)
    if found is None:
        raise RuntimeError("no person is listed: nothing to measure")
    return {"record": found.group(1).decode()} | LISTS


if __name__ == "__main__":
    main(run)
