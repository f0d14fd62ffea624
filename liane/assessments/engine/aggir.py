"""AGGIR: eight variables A, B or C give a rank from 1 to 13, then a group from GIR 1 to GIR 6.

Source: CASF, annexe 2-2. The coefficients and thresholds are data (``data/aggir.table.json``).
Each of eight groups in turn adds the coefficients of the letters; the first threshold reached gives
the rank; below all of them the next group is tried.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from liane.assessments.engine.answers import Answers
from liane.assessments.engine.items import Definition, Value
from liane.assessments.engine.values import bare

TABLE = Path(__file__).resolve().parent.parent / "data" / "aggir.table.json"


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    """The annex as data."""
    found: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def rank(letters: str) -> int:
    """The rank, 1 to 13, of eight letters in the order of the table's variables."""
    if len(letters) != 8 or set(letters) - set("ABC"):
        raise ValueError("eight letters A, B or C")
    for group in table()["groups"]:
        total = sum(group[letter][at] for at, letter in enumerate(letters) if letter != "A")
        for threshold, found in group["ranks"]:
            if total >= threshold:
                return int(found)
    raise ValueError("the table has no last rank")


def gir(letters: str) -> int:
    """The group, 1 (heaviest dependency) to 6."""
    return int(table()["rank_to_gir"][str(rank(letters))])


def answer(definition: Definition, answers: Answers) -> list[Value]:
    """The GIR of a questionnaire whose items bear the variables' names; nothing while one lacks."""
    letters = ""
    for name in table()["variables"]:
        item = definition.by_link.get(name)
        given = answers.at((item.n, ())) if item else []
        coded = bare(given[0]) if given else {}
        letters += str(coded.get("code", "")) if isinstance(coded, dict) else ""
    if len(letters) != 8 or set(letters) - set("ABC"):
        return []
    return [{"valueInteger": gir(letters)}]
