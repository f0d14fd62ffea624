"""A coded element that Liane always fills with the same code."""

from liane.fhir.search.params import NOTHING, Custom, Test, always


def constant(code: str, said: str) -> Custom:
    """The token parameter ``code`` of an element that always says ``said``."""

    def read(raw: str, modifier: str) -> Test:
        return Test(("all",)) if raw.rsplit("|", 1)[-1] == said else Test(NOTHING)

    return Custom(code, read=read, build=lambda key, leafs: always())
