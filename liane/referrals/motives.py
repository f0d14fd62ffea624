"""Why somebody asks: needs, never illnesses. A versioned file; a request keeps its version."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).with_name("data")
CURRENT = "2026"


@dataclass(frozen=True)
class Motive:
    """One need, in words that a tired requester recognises."""

    code: str
    label: str
    hint: str = ""
    offered: bool = True
    """False for a need that no form proposes: it comes with what is received."""


@lru_cache(maxsize=8)
def version(name: str = CURRENT) -> dict[str, Motive]:
    """The motives of one version, by code. Raises FileNotFoundError for none of that name."""
    said = json.loads((DATA / f"motives-{name}.json").read_text(encoding="utf-8"))
    return {
        one["code"]: Motive(
            one["code"], one["label"], one.get("hint", ""), one.get("offered", True)
        )
        for one in said["motives"]
    }


def choices() -> list[tuple[str, str]]:
    """Motives of the current version as a form offers them."""
    return [(one.code, one.label) for one in version().values() if one.offered]


def label(code: str, name: str = CURRENT) -> str:
    """A motive in words; the code itself where the version does not know it."""
    found = version(name).get(code)
    return found.label if found else code
