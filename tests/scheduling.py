"""Which tests go to one worker of pytest-xdist together, so that what they share is made once."""

import pytest
from xdist.scheduler import LoadScopeScheduling

WHOLE = (
    "tests/system/",
    "tests/access/test_fhir.py",
    "tests/access/test_matrix.py",
    "liane/demo/tests/test_life.py",
    "liane/demo/tests/test_loading.py",
)
"""Each module of these: a served territory and a browser, the compiled queries of every actor, a
territory in a transaction. They begin: what remains at the end is short tests for any worker."""


def first_the_whole(items: list[pytest.Item]) -> None:
    """Put the modules that stay whole before the others."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    for place, one in enumerate(WHOLE):
        if nodeid.startswith(one):
            return place
    return len(WHOLE)


class Scheduling(LoadScopeScheduling):
    """These modules one by one, in the order of collection; every other test for itself.

    `--dist loadgroup` would do, but for pytest-xdist 3.8 ignoring its groups under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0] if _place(nodeid) < len(WHOLE) else nodeid
