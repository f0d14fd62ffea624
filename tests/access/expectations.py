"""What each actor may read, from the rights written by hand (``rights.csv``), never from the code.

A *canary* is a token planted in one column of one row. It knows the area of the rights table that
it lies in, the part of the identity it belongs to, and for which groups its row is meant.
"""

import csv
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PERSON = "person (patient)"
TEAM = "care team member (health professional in the circle)"
AS_ANOTHER = {"as the person": PERSON, "as the post's role": TEAM, "as the replaced member": TEAM}
"""Cells that point to another line; the posts and replaced members of the matrix are carers."""
NOT_YET_LINES: dict[str, str] = {}
NOT_YET_AREAS: dict[str, str] = {}
NOT_PLANTED = {"circle": "members are named by the public directory; their rows are watched"}
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
    own: frozenset[str] = field(default_factory=frozenset)
    """Actors by whom it was done, written or opened."""
    past: bool = False
    """Written by its organisation while the ex-member of the matrix was in the circle."""
    link: bool = False
    """Part of what the signed links of the matrix open."""


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
    """The words of one cell, or those of the line that it points to."""
    words = cells()[kind.line][area].strip()
    if words == "idem" or words.startswith("within scope"):
        return "r own structure" if area == "money" else "r"
    return cells()[AS_ANOTHER[words]][area].strip() if words in AS_ANOTHER else words


def may_see(kind: Kind, canary: Canary) -> bool:
    """True when the table lets ``kind`` see ``canary``: the oracle of the matrix."""
    if canary.area == "money":
        return _reads_money(kind, canary)
    words = cell(kind, canary.area)
    if words == "-" and not (kind.line.startswith("outsider by") and canary.part == "usual"):
        return False
    if canary.area == "access_ledger":
        return _ledger(kind, words, canary)
    if canary.person != kind.own or canary.masked:
        return False
    if kind.line.startswith("outsider by"):
        # Whom a document or a thread is about comes with it: never one without the other.
        return canary.link or canary.part == "usual"
    if canary.area == "working_file":
        ours = words.startswith("own organisation") and canary.organisation == kind.organisation
        return ours and (kind.in_circle or (words.endswith("'s past") and canary.past))
    if words == "r own past":
        return kind.name in canary.own
    if not kind.in_circle or not words.startswith("r"):
        return False
    if canary.participants:
        return kind.name in canary.participants
    if "without clinical text" in words and canary.clinical:
        return False
    if "usual name and address" in words or "rights and insurance" in words:
        return canary.part == "usual"
    return _group_of(kind, words) in canary.groups


def _ledger(kind: Kind, words: str, canary: Canary) -> bool:
    """Who opened a record: one's own accesses, one's own record's, one's organisation's."""
    if words == "r all of own record":
        return canary.person == kind.own
    if words == "r own organisation":
        return canary.organisation == kind.organisation
    return words == "r own accesses" and kind.name in canary.own


def _reads_money(kind: Kind, canary: Canary) -> bool:
    """Own structure, own lines (``participants``: who is paid), or one's own share."""
    words = cell(kind, "money")
    if "own structure" in words:
        if not canary.organisation:
            return kind.in_circle and canary.person == kind.own
        return canary.organisation == kind.organisation
    if "own lines" in words:
        return kind.name in canary.participants
    if "own share" in words:
        return canary.person == kind.own and "person" in canary.groups
    return False


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
