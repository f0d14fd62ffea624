"""What one looks for around a person: a versioned list of needs; an offer keeps its version."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).with_name("data")
CURRENT = "2026"


@dataclass(frozen=True)
class Need:
    """One need. ``words``: how people say it, for searches."""

    code: str
    label: str
    family: str
    words: str = ""


@lru_cache(maxsize=8)
def version(name: str = CURRENT) -> dict[str, Need]:
    """The needs of one version, by code. Raises FileNotFoundError for none of that name."""
    said = json.loads((DATA / f"needs-{name}.json").read_text(encoding="utf-8"))
    return {
        one["code"]: Need(one["code"], one["label"], family["label"], one.get("words", ""))
        for family in said["families"]
        for one in family["needs"]
    }


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Needs of the current version as a form offers them, by family."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in version().values():
        found.setdefault(one.family, []).append((one.code, one.label))
    return list(found.items())


def known(code: str) -> bool:
    """True for a need of the current version."""
    return code in version()


def label(code: str, name: str = CURRENT) -> str:
    """A need in words; the code itself where the version does not know it."""
    found = version(name).get(code)
    return found.label if found else code
