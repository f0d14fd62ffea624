"""The activity report: p95 at each number of persons (≤ 3 s), and the ratio of sizes.

The demo's crowd, whose acts and circles grow with the territory. Number of queries: fixed by
`liane/insight/tests/test_against_sql.py`.
"""

from collections.abc import Mapping

from bench import territory
from bench.harness import Client, Figure, Options, main

PAGES = {
    "report of a year": "/pilotage/?periode=annee",
    "report of a month": "/pilotage/?periode=mois",
    "report of a year, CSV": "/pilotage/export/csv?periode=annee",
}


def run(options: Options) -> list[Figure]:
    """Serve each size in turn and ask the report with one client, the case manager of the DAC."""
    return territory.figures(options, "case_manager", _addresses, lambda page: "≤ 3 000 ms")


async def _addresses(client: Client) -> Mapping[str, str]:
    return PAGES


if __name__ == "__main__":
    main(run)
