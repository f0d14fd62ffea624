"""Where somebody is whom an MDPH oriented to a structure, in the codes of the national follow-up.

A versioned file (ANS nomenclatures R357 and R358). Some positions are said by the desk
(``house``), some follow the steps of the request (``request``), some come from the MDPH alone.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from liane.core.errors import Refused

FILE = Path(__file__).with_name("data") / "orientations-2023.json"
SENT, READ, REFUSED, ENTERED, LEFT = "39", "40", "45", "47", "48"
CANCELLED = frozenset({"37", "49"})
AGAIN = "54"


@dataclass(frozen=True)
class Coded:
    """One position: who says it, and the motives among which one must be given."""

    code: str
    label: str
    by: str
    motives: tuple[str, ...] = ()


@cache
def every() -> dict[str, Coded]:
    """The positions by code, in the order in which they come about."""
    said = json.loads(FILE.read_text(encoding="utf-8"))["positions"]
    return {
        one["code"]: Coded(one["code"], one["label"], one["by"], tuple(one.get("motives", ())))
        for one in said
    }


@cache
def motives() -> dict[str, str]:
    """The motives in words, by code."""
    found: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))["motives"]
    return found


def label(code: str) -> str:
    """A position in words; its code where it is not known."""
    found = every().get(code)
    return found.label if found else code


def check(code: str, motive: str) -> Coded:
    """The position, once it is known and has the motive that it needs. Raises Refused."""
    found = every().get(code)
    if found is None:
        raise Refused("Cette position n’existe pas dans la nomenclature.", field="code")
    if found.motives and motive not in found.motives:
        raise Refused(f"« {found.label} » demande un motif de la liste.", field="motive")
    if not found.motives and motive:
        raise Refused(f"« {found.label} » n’a pas de motif.", field="motive")
    return found
