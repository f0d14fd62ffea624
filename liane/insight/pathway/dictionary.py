"""The data dictionary of the dashboard: each figure, its unit, how it is counted."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "data" / "pathway-2026.json"
PERSONS = "personnes"


@dataclass(frozen=True)
class Meaning:
    """One figure. ``of``: the figure that its details add up to; ``by``: what its details are."""

    code: str
    section: str
    label: str
    unit: str
    definition: str
    of: str = ""
    by: str = ""


@lru_cache(maxsize=1)
def meanings() -> dict[str, Meaning]:
    """Every figure by its code, in the order of the page."""
    said = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        one["code"]: Meaning(section=section["label"], **one)
        for section in said["sections"]
        for one in section["figures"]
    }
