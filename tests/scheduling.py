"""Which tests go to one worker of pytest-xdist together, so that what they share is made once."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/system/",
    "liane/demo/tests/test_life.py",
    "liane/demo/tests/test_loading.py",
)
"""Each module of these: a served territory and a browser, or a territory in a transaction."""


class Scheduling(LoadScopeScheduling):
    """These modules one by one, in the order of collection; every other test for itself.

    `--dist loadgroup` would do, but for pytest-xdist 3.8 ignoring its groups under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", 1)[0]
        return module if module.startswith(TOGETHER) else nodeid
