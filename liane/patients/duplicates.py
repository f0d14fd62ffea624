"""Does this person look like one we already follow? Pure: no database, no actor.

The score is a help to somebody who decides. Nothing here ever decides that two persons are one:
the only certain match is the same matricule (:func:`certain`), and never when two people fit.
"""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, product
from operator import ne

from rapidfuzz.distance import JaroWinkler

from liane.core.text import normalise

FAMILY, GIVEN, DATE, PLACE = 35, 25, 35, 5
"""What each trait weighs, of 100."""
LIKELY = 75
"""From this score on (of 100), the person who types is asked before going on."""


@dataclass(frozen=True)
class Traits:
    """What identity vigilance compares. Names as written; empty means not known."""

    birth_name: str
    given_names: str
    used_name: str = ""
    sex: str = ""
    birth_date: dt.date | None = None
    birth_place: str = ""
    ins_digest: str = ""

    @cached_property
    def families(self) -> "Names":
        """Both family names, normalised."""
        names = (normalise(self.birth_name), normalise(self.used_name) if self.used_name else "")
        return Names([name for name in names if name])

    @cached_property
    def givens(self) -> "Names":
        """Each given name, normalised."""
        return Names(normalise(self.given_names).split())


class Names(list[str]):
    """Normalised names; how they sound is worked out once, when somebody asks."""

    @cached_property
    def sounds(self) -> frozenset[str]:
        """Their rough French sounds."""
        return frozenset(map(sound, self))


@dataclass(frozen=True)
class Likeness:
    """How alike two sets of traits are: 0 to 100, and why, in words."""

    score: int
    reasons: tuple[str, ...]
    same_matricule: bool = False

    @property
    def likely(self) -> bool:
        """True when it would be careless to go on without asking."""
        return self.same_matricule or self.score >= LIKELY


_LETTERS = str.maketrans(
    {"c": "k", "q": "k", "z": "s", "x": "s", "w": "v", "h": ""}
)  # fmt: skip


def sound(word: str) -> str:
    """A rough French sound of a normalised word: ``phillipe`` and ``filipe`` are the same."""
    text = word if word.isalpha() else re.sub(r"[^a-z]", "", word)
    for written, said in (
        ("ph", "f"), ("qu", "k"), ("ck", "k"), ("ch", "S"), ("eau", "o"), ("au", "o"),
        ("ai", "e"), ("ei", "e"), ("oe", "e"), ("y", "i"), ("ce", "se"), ("ci", "si"),
    ):  # fmt: skip
        text = text.replace(written, said)
    text = "".join([letter for letter, _ in groupby(text.translate(_LETTERS))])
    return text.rstrip("etdsp") or text


def _names(left: Names, right: Names) -> tuple[float, str]:
    """Best likeness of two lists of names (0 to 1) and how it was found."""
    if not left or not right:
        return 0.5, ""
    if set(left) & set(right):
        return 1.0, "identique"
    best = max(JaroWinkler.similarity(a, b) for a, b in product(left, right))
    if left.sounds & right.sounds:
        return max(best, 0.95), "qui se prononce pareil"
    return (best, "proche") if best >= 0.85 else (best if best >= 0.75 else 0.0, "")


def _dates(left: dt.date | None, right: dt.date | None) -> tuple[float, str]:
    if left is None or right is None:
        return 0.5, ""
    if left.year != right.year and (left.month, left.day) != (right.month, right.day):
        return 0.0, ""
    if left == right:
        return 1.0, "née ou né le même jour"
    if (left.year, left.month, left.day) == (right.year, right.day, right.month):
        return 0.9, "jour et mois de naissance inversés"
    if sum(map(ne, left.isoformat(), right.isoformat())) == 1:
        return 0.75, "un chiffre de la date de naissance diffère"
    return 0.0, ""


def may_be(asked: Traits, known: Traits) -> bool:
    """False where :func:`compare` cannot find them likely: names never make up for the dates, nor
    the rest for family names."""
    if asked.ins_digest and asked.ins_digest == known.ins_digest:
        return True
    date = _dates(asked.birth_date, known.birth_date)[0]
    if not date:
        return False
    family = _names(asked.families, known.families)[0]
    return round(FAMILY * family + DATE * date + GIVEN + PLACE) >= LIKELY


def compare(asked: Traits, known: Traits) -> Likeness:
    """How alike ``asked`` and ``known`` are.

    Weights: `FAMILY`, `GIVEN`, `DATE`, `PLACE`; another sex costs 20.
    """
    if asked.ins_digest and asked.ins_digest == known.ins_digest:
        return Likeness(100, ("même matricule INS",), same_matricule=True)
    family, family_why = _names(asked.families, known.families)
    given, given_why = _names(asked.givens, known.givens)
    date, date_why = _dates(asked.birth_date, known.birth_date)
    score = FAMILY * family + GIVEN * given + DATE * date
    reasons = []
    if family_why:
        reasons.append(f"nom {family_why}")
    if given_why:
        reasons.append(f"prénom {given_why}")
    if date_why:
        reasons.append(date_why)
    if asked.birth_place and asked.birth_place == known.birth_place:
        score += PLACE
        reasons.append("même commune de naissance")
    if {asked.sex, known.sex} == {"F", "M"}:
        score -= 20
        reasons.append("sexe différent")
    if asked.ins_digest and known.ins_digest:
        score -= 30
        reasons.append("matricules INS différents")
    return Likeness(max(0, min(100, round(score))), tuple(reasons))


def certain(likenesses: list[Likeness]) -> int | None:
    """Index of the one person who is certainly the same: same matricule, and nobody else has it."""
    same = [number for number, one in enumerate(likenesses) if one.same_matricule]
    return same[0] if len(same) == 1 else None
