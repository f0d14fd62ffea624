"""What each actor may read, from the rights written by hand (``rights.csv``), never from the code.

A *canary* is a token planted in one column of one row. It knows the area of the rights table that
it lies in, the part of the identity it belongs to, and for which groups its row is meant.
"""

import csv
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PERSON = "person (patient)"
TABLE = Path(__file__).with_name("rights.csv")


@dataclass(frozen=True)
class Canary:
    """A unique token and what it stands for."""

    token: str
    area: str
    person: str
    part: str = ""
    groups: frozenset[str] = field(default_factory=frozenset)
    clinical: bool = False
    masked: bool = False
    organisation: str = ""
    participants: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Kind:
    """An actor of the matrix: its line of the table, and what it is to the person ``own``."""

    name: str
    line: str
    in_circle: bool = True
    organisation: str = ""
    own: str = "A"


@cache
def cells() -> dict[str, dict[str, str]]:
    """The table: actor → area → words."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["actor"]: row for row in csv.DictReader(file)}


def cell(kind: Kind, area: str) -> str:
    """The words of one cell; a legal representative's are the person's."""
    words = cells()[kind.line][area].strip()
    return cells()[PERSON][area].strip() if words == "as the person" else words


def may_see(kind: Kind, canary: Canary) -> bool:
    """True when the table lets ``kind`` see ``canary``: the oracle of the matrix."""
    if canary.area == "working_file":
        words = cell(kind, "working_file")
        return words.startswith("own organisation") and canary.organisation == kind.organisation
    if not kind.in_circle or canary.person != kind.own or canary.masked:
        return False
    words = cell(kind, canary.area)
    if words == "-" or not words.startswith("r"):
        return False
    if canary.participants:
        return kind.name in canary.participants
    if "without clinical text" in words and canary.clinical:
        return False
    if "usual name and address" in words or "rights and insurance" in words:
        return canary.part == "usual"
    return _group_of(kind, words) in canary.groups


def _group_of(kind: Kind, words: str) -> str:
    """The group whose share this cell gives: the care team's unless the words narrow it."""
    if kind.line.startswith("person"):
        return "person"
    if kind.line.startswith("legal"):
        return "person"
    if kind.line.startswith("carer"):
        return "carers"
    if kind.line.startswith("social"):
        return "outside"
    if "addressed" in words:
        return "outside"
    return "team"
