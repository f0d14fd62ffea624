"""Traits of identity side by side: what somebody outside says, and what the record has."""

from dataclasses import dataclass

from liane.core.text import normalise

SEXES = {"F": "femme", "M": "homme"}


@dataclass(frozen=True)
class Line:
    """One trait, as it was said and as the record has it."""

    label: str
    said: str
    known: str

    @property
    def differs(self) -> bool:
        """Both are known and they are not the same."""
        return bool(self.said and self.known) and normalise(self.said) != normalise(self.known)
