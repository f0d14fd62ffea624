"""Words compared without case, accents or punctuation, the same on every database."""

import re
import unicodedata

_APART = re.compile(r"[^a-z0-9]+")


def normalise(value: str) -> str:
    """Lower case, no accents, words separated by one space: ``L’Élysée`` → ``l elysee``."""
    if value.isascii():
        return _APART.sub(" ", value.lower()).strip()
    folded = unicodedata.normalize(
        "NFKD", value.replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")
    )
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return _APART.sub(" ", plain.casefold()).strip()


def trigrams(value: str) -> set[str]:
    """Trigrams of each word padded as in pg_trgm: ``cat`` → ``"  c", " ca", "cat", "at "``."""
    found: set[str] = set()
    for word in normalise(value).split():
        padded = f"  {word} "
        found.update(padded[i : i + 3] for i in range(len(padded) - 2))
    return found


ACTING = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(text: str) -> str:
    """Text that a spreadsheet shows and never runs (OWASP, CSV injection): an apostrophe first."""
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(ACTING) else text
