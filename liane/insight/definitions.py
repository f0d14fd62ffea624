"""What each figure means: a versioned file, shown beside the figure (« Comment c’est compté »)."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).with_name("data")
CURRENT = "2026"


@dataclass(frozen=True)
class Indicator:
    """One figure or table. ``total`` names the figure that a table's rows add up to.

    ``named``: shown only to those who follow persons. ``kind`` says what is counted: ``persons``,
    ``requests``, ``acts``, ``searches``, ``meetings``, ``needs``, or a ``delay``.
    """

    code: str
    label: str
    kind: str
    definition: str
    source: str
    total: str = ""
    named: bool = False
    numerator: str = ""
    denominator: str = ""


@dataclass(frozen=True)
class Group:
    """Indicators read together."""

    code: str
    label: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Definitions:
    """One version of the definitions. ``missing``: what is not measured, and why."""

    version: str
    source: str
    groups: tuple[Group, ...]
    missing: tuple[tuple[str, str], ...]

    def indicator(self, code: str) -> Indicator | None:
        """One indicator by its code."""
        every = (one for group in self.groups for one in group.indicators)
        return next((one for one in every if one.code == code), None)


@lru_cache(maxsize=8)
def version(name: str = CURRENT) -> Definitions:
    """The definitions of one version. Raises FileNotFoundError for none of that name."""
    said = json.loads((DATA / f"indicators-{name}.json").read_text(encoding="utf-8"))
    groups = tuple(
        Group(one["code"], one["label"], tuple(_indicator(row) for row in one["indicators"]))
        for one in said["groups"]
    )
    missing = tuple((one["label"], one["why"]) for one in said["missing"])
    return Definitions(said["version"], said["source"], groups, missing)


def _indicator(row: dict[str, object]) -> Indicator:
    values = {("source" if name == "from" else name): value for name, value in row.items()}
    return Indicator(**values)  # type: ignore[arg-type]
