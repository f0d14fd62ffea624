"""The rules of a stay that a territory may want otherwise, each with its reason.

They are a value, passed to the fold: the same messages under other rules give another state, and
nothing else decides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from liane.stays.movement import Outcome, StayClass, Ward

#: PV1-2 (HL7 table 0004 as the French profile uses it, then what the field sends besides).
CLASSES: Mapping[str, StayClass] = MappingProxyType(
    {
        "I": StayClass.FULL,
        "E": StayClass.EMERGENCY,
        "R": StayClass.SESSIONS,
        "O": StayClass.OUTPATIENT,
        "N": StayClass.UNKNOWN,
        "P": StayClass.UNKNOWN,
        "B": StayClass.FULL,
        "D": StayClass.DAY,
        "HDJ": StayClass.DAY,
        "H": StayClass.HOME,
        "HH": StayClass.HOME,
        "HAD": StayClass.HOME,
    }
)


@dataclass(frozen=True, slots=True)
class StayRules:
    """Settings of the fold.

    classes: PV1-2 code to class. A code not listed is UNKNOWN and never suspends.
    suspending: classes that keep home visits away. A full inpatient stay only: people in home
        hospitalisation, day hospital or sessions sleep at home and are visited there. An emergency
        passage warns; it suspends once it becomes an admission (A06, or a movement of class I).
    home_units, day_units: unit codes whose stays are home hospitalisation or day hospital although
        sent with class I, as French hospitals do for want of a code.
    home_words, day_words: the same, by words of the unit's name, in lower case.
    sensitive_units: unit codes whose stays are never broadcast (addictology, psychiatry…): visits
        are suspended for a neutral reason and nobody reads the ward.
    sensitive_words: the same, by words of the unit's name.
    readmission_within: a new admission this soon after a discharge continues the chain: visits
        stay suspended and no resumption is proposed in between.
    no_resumption: outcomes after which resuming visits is not proposed: she went to another
        hospital, to home hospitalisation (whose teams take over), or died.
    """

    classes: Mapping[str, StayClass] = field(default_factory=lambda: CLASSES)
    suspending: frozenset[StayClass] = frozenset({StayClass.FULL})
    home_units: frozenset[str] = frozenset()
    day_units: frozenset[str] = frozenset()
    home_words: tuple[str, ...] = ("hospitalisation a domicile", "hospitalisation à domicile")
    day_words: tuple[str, ...] = ("hopital de jour", "hôpital de jour", "ambulatoire")
    sensitive_units: frozenset[str] = frozenset()
    sensitive_words: tuple[str, ...] = ("psychiatr", "addictolog", "orthogénie", "orthogenie")
    readmission_within: timedelta = timedelta(hours=24)
    no_resumption: frozenset[Outcome] = frozenset(
        {Outcome.TRANSFER, Outcome.HOME_HOSPITAL, Outcome.DEATH}
    )

    def class_of(self, code: str, ward: Ward) -> StayClass | None:
        """The class a PV1-2 code means in that unit; None when the code is empty."""
        if not code:
            return None
        told = self.classes.get(code.upper(), StayClass.UNKNOWN)
        if told is not StayClass.FULL:
            return told
        words = f" {ward.name.lower()} "
        if ward.code in self.home_units or " had " in words or _any(self.home_words, words):
            return StayClass.HOME
        if ward.code in self.day_units or " hdj " in words or _any(self.day_words, words):
            return StayClass.DAY
        return told

    def sensitive(self, ward: Ward) -> bool:
        """Whether the unit's very name must not be told."""
        return ward.code in self.sensitive_units or _any(self.sensitive_words, ward.name.lower())


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


DEFAULT = StayRules()


def current() -> StayRules:
    """The rules of this installation: the defaults, less what ``LIANE_STAY_RULES_FILE`` changes.

    The file is a JSON object whose names are those of :class:`StayRules`: lists of codes or words,
    ``readmission_within`` in hours, ``classes`` by PV1-2 code. Raises ImproperlyConfigured, in one
    line, on a name or a value that means nothing.
    """
    return _read(str(getattr(settings, "LIANE_STAY_RULES_FILE", "")))


@lru_cache(maxsize=8)
def _read(path: str) -> StayRules:
    if not path:
        return DEFAULT
    try:
        said = json.loads(Path(path).read_text(encoding="utf-8"))
        return replace(DEFAULT, **{name: _value(name, value) for name, value in said.items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ImproperlyConfigured(f"LIANE_STAY_RULES_FILE={path}: {error}") from None


def _value(name: str, value: Any) -> Any:
    match name:
        case "classes":
            told = {code.upper(): StayClass(kind) for code, kind in value.items()}
            return MappingProxyType({**CLASSES, **told})
        case "suspending":
            return frozenset(StayClass(one) for one in value)
        case "no_resumption":
            return frozenset(Outcome(one) for one in value)
        case "readmission_within":
            return timedelta(hours=float(value))
        case "home_words" | "day_words" | "sensitive_words":
            return tuple(str(word).lower() for word in value)
        case _:
            return frozenset(str(code) for code in value)
