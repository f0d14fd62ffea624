"""What providers say of somebody, as they say it.

Pro Santé Connect: ``SubjectNameID`` is the national number (8 + RPPS), ``SubjectRefPro`` holds the
``exercices`` and their ``activities``; without it, somebody is no professional. FranceConnect: the
pivot identity (names, birth date, sex, place of birth), as the RNIPP has it.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liane.core.text import normalise

Claims = Mapping[str, Any]
_NUMBER = re.compile(r"8?([0-9]{11})")
_PLACES = ("numeroFinessSite", "numeroFinessetablissementJuridique", "numeroSiretSite")


@dataclass(frozen=True)
class Pro:
    """A professional: their RPPS number, and the numbers of where they declare to work."""

    rpps: str
    places: frozenset[str]


@dataclass(frozen=True)
class Pivot:
    """The pivot identity of a person, each part as the register has it."""

    family: str
    given: str
    born: dt.date
    sex: str
    birth_place: str


def pro_of(claims: Claims) -> Pro | None:
    """The professional that a user is, or None when the provider does not know them as one."""
    file = claims.get("SubjectRefPro")
    if not isinstance(file, Mapping) or not _several(file.get("exercices")):
        return None
    number = next(filter(None, map(rpps_of, _numbers(claims))), None)
    if number is None:
        return None
    return Pro(number, frozenset(_places(file)))


def rpps_of(value: object) -> str | None:
    """The RPPS number of a national identifier, or None when it is of another kind."""
    found = _NUMBER.fullmatch(str(value or ""))
    return found[1] if found is not None else None


def _numbers(claims: Claims) -> Iterator[object]:
    yield claims.get("SubjectNameID")
    yield claims.get("preferred_username")
    for other in _several(claims.get("otherIds")):
        if other.get("origine") == "RPPS":
            yield other.get("identifiant")


def _places(file: Claims) -> Iterator[str]:
    for practised in _several(file.get("exercices")):
        for activity in _several(practised.get("activities")):
            yield from (str(activity[name]) for name in _PLACES if activity.get(name))


def _several(value: object) -> list[Claims]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def pivot_of(claims: Claims) -> Pivot | None:
    """The pivot identity, or None when a part is missing or not whole (an unknown birthday)."""
    try:
        born = dt.date.fromisoformat(str(claims.get("birthdate", "")))
    except ValueError:
        return None
    names = claims.get("given_name_array") or str(claims.get("given_name", "")).split(" ")
    given = normalise(str(names[0])) if names else ""
    family = normalise(str(claims.get("family_name", "")))
    sex = {"female": "F", "male": "M"}.get(str(claims.get("gender")), "")
    place = str(claims.get("birthplace") or claims.get("birthcountry") or "")
    if not (family and given and sex and re.fullmatch(r"[0-9AB]{5}", place)):
        return None
    return Pivot(family, given, born, sex, place)
