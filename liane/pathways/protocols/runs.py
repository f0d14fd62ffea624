"""What running the examples of a definition gives; the engine, above, runs them."""

from typing import NamedTuple


class Gone(NamedTuple):
    """One expectation that did not hold: its field in ``expect``, what was wanted and found."""

    field: str
    wanted: str
    found: str


class Ran(NamedTuple):
    """One example: its name, and what went otherwise than it says (nothing: it holds)."""

    name: str
    gone: tuple[Gone, ...]
