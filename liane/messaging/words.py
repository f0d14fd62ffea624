"""The words of a message, for a search that no LIKE slows down."""

from liane.core.text import normalise

SHORTEST = 2
LONGEST = 30
MOST = 200
"""Words of one message that are kept for the search."""


def words(text: str) -> list[str]:
    """The distinct words of ``text`` as they are kept: ``Tension 18/9`` → ``tension``, ``18``."""
    found = dict.fromkeys(
        word[:LONGEST] for word in normalise(text).split() if len(word) >= SHORTEST
    )
    return list(found)[:MOST]


def after(prefix: str) -> str:
    """The first string after all those that begin with ``prefix`` (a to z and digits only).

    >>> after("tens"), after("az")
    ('tent', 'b')
    """
    kept = prefix.rstrip("z")
    if not kept:
        return "{"
    last = kept[-1]
    return kept[:-1] + ("a" if last == "9" else chr(ord(last) + 1))
