"""SMART scopes: what a token may touch, before reach is asked.

Grammar of SMART App Launch 2.2: ``(patient|user|system)/(Type|*).(cruds)[?search parameters]``, the
letters in that order; the words of version 1 (``.read``, ``.write``, ``.*``) are read as ``rs``,
``cud``, ``cruds``. A scope never opens anything by itself: reach and rights come on top.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from liane.core.errors import Refused

LETTERS = "cruds"
PLAIN = frozenset(
    {"openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access"}
)
"""Scopes that touch no resource: identity, launch, and how long one stays."""
_OLD = {"read": "rs", "write": "cud", "*": "cruds"}
_FORM = re.compile(
    r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,63})\.(read|write|\*|(?=[cruds])c?r?u?d?s?)"
    r"(?:\?(\S{1,300}))?"
)


@dataclass(frozen=True, order=True)
class Scope:
    """One scope over resources. ``query`` is a search that a resource must answer to."""

    level: str
    type: str
    letters: str
    query: str = ""

    def __str__(self) -> str:
        return f"{self.level}/{self.type}.{self.letters}" + (f"?{self.query}" if self.query else "")

    def covers(self, resource_type: str, letter: str) -> bool:
        """True when it names this kind of resource and this interaction."""
        return letter in self.letters and self.type in {"*", resource_type}

    def meet(self, other: "Scope") -> "Scope | None":
        """What both give, or None. ``user/`` covers ``patient/``: the narrower level is kept."""
        level = self._level(other)
        letters = "".join(letter for letter in self.letters if letter in other.letters)
        if level is None or not letters:
            return None
        if "*" not in {self.type, other.type} and self.type != other.type:
            return None
        kind = other.type if self.type == "*" else self.type
        queries = dict.fromkeys(part for part in (self.query, other.query) if part)
        return Scope(level, kind, letters, "&".join(queries))

    def _level(self, other: "Scope") -> str | None:
        levels = {self.level, other.level}
        if len(levels) == 1:
            return self.level
        return "patient" if levels == {"patient", "user"} else None


def read(word: str) -> Scope | None:
    """The scope that a word says, or None when it is not one over resources."""
    found = _FORM.fullmatch(word)
    if found is None:
        return None
    level, kind, letters, query = found.groups()
    if query and not _is_search(query):
        return None
    return Scope(level, kind, _OLD.get(letters, letters), query or "")


def _is_search(query: str) -> bool:
    try:
        pairs = parse_qsl(query, strict_parsing=True)
    except ValueError:
        return False
    return all(re.fullmatch(r"[A-Za-z][\w.:-]*", name) and value for name, value in pairs)


@dataclass(frozen=True)
class Scopes:
    """What a token was given."""

    resources: tuple[Scope, ...] = ()
    plain: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "Scopes":
        """Scopes of a space-separated text; words that mean nothing here give nothing."""
        return _parse(text)

    @classmethod
    def strict(cls, text: str) -> "Scopes":
        """The same; raises :class:`Refused` for a word that is not a scope."""
        for word in text.split():
            if word not in PLAIN and read(word) is None:
                raise Refused(
                    f"« {word[:80]} » n’est pas une portée SMART (exemple : system/Patient.rs).",
                    field="scopes",
                )
        return cls.parse(text)

    def __str__(self) -> str:
        return " ".join([*sorted(self.plain), *map(str, self.resources)])

    def __bool__(self) -> bool:
        return bool(self.resources or self.plain)

    def __iter__(self) -> Iterator[Scope]:
        return iter(self.resources)

    @property
    def levels(self) -> frozenset[str]:
        """``patient``, ``user``, ``system``: those present."""
        return frozenset(scope.level for scope in self.resources)

    def only(self, *levels: str) -> "Scopes":
        """These without the resource scopes of other levels."""
        kept = tuple(scope for scope in self.resources if scope.level in levels)
        return Scopes(kept, self.plain)

    def within(self, other: "Scopes") -> "Scopes":
        """What both give: it never widens either."""
        met = {found for one in self for two in other if (found := one.meet(two)) is not None}
        return Scopes(_without_repeats(met), self.plain & other.plain)

    def allows(self, resource_type: str, letter: str) -> bool:
        """True when ``letter`` (one of ``cruds``) is given on this kind of resource."""
        return bool(self._giving(resource_type, letter))

    def restrictions(self, resource_type: str, letter: str = "") -> list[str]:
        """Searches of which a resource must answer at least one; none when nothing restricts.

        Each is the query of a granular scope (``category=laboratory``). ``letter`` narrows the
        question to one interaction.
        """
        giving = self._giving(resource_type, letter)
        if any(not scope.query for scope in giving):
            return []
        return [scope.query for scope in giving]

    def only_patient(self, resource_type: str, letter: str = "") -> bool:
        """True when this kind is given for the patient in context alone."""
        giving = self._giving(resource_type, letter)
        return bool(giving) and all(scope.level == "patient" for scope in giving)

    def _giving(self, resource_type: str, letter: str) -> list[Scope]:
        """The scopes that answer: those of a ``patient/`` level only where no wider one does."""
        found = [
            scope
            for scope in self.resources
            if any(scope.covers(resource_type, one) for one in letter or LETTERS)
        ]
        return [scope for scope in found if scope.level != "patient"] or found


@lru_cache(maxsize=1024)
def _parse(text: str) -> Scopes:
    words = text.split()
    found = {scope for word in words if (scope := read(word)) is not None}
    return Scopes(_without_repeats(found), frozenset(words) & PLAIN)


def _without_repeats(scopes: set[Scope]) -> tuple[Scope, ...]:
    """Sorted, without those that another one already gives whole."""
    return tuple(
        scope
        for scope in sorted(scopes)
        if not any(other != scope and other.meet(scope) == scope for other in scopes)
    )
