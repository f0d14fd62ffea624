"""The desk's work list and its views: p95 at each number of persons, and the ratio of sizes.

The demo's requests grow with the territory (one person in 25). Number of queries: fixed by
`liane/referrals/tests/test_pages.py` and `liane/followups/tests/test_pages.py`. The file active
holds one person in five near the DAC, one in twenty beyond.
"""

from collections.abc import Mapping

from bench import territory
from bench.harness import Client, Figure, Options, main

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


def run(options: Options) -> list[Figure]:
    """Serve each size in turn and ask each view with one client at the DAC's desk."""
    return territory.figures(options, "case_manager", _addresses, lambda page: "≤ 150 ms")


async def _addresses(client: Client) -> Mapping[str, str]:
    return PAGES


if __name__ == "__main__":
    main(run)
