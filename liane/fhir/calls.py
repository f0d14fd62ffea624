"""One call of an interaction: by HTTP, or an entry of a transaction or batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Pairs = list[tuple[str, str]]
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Preferences:
    """The ``Prefer`` header: what comes back, and what becomes of unknown parameters."""

    returns: str = ""
    strict: bool = False
    later: bool = False


def preferences(text: str) -> Preferences:
    """Read ``Prefer``; what is not understood is ignored, as the header asks."""
    found = dict(
        part.strip().partition("=")[::2] for one in text.split(",") for part in one.split(";")
    )
    returns = found.get("return", "").strip('"')
    if returns not in {"minimal", "representation", "OperationOutcome"}:
        returns = ""
    return Preferences(returns, found.get("handling") == "strict", "respond-async" in found)


@dataclass(frozen=True)
class Call:
    """What is asked. ``headers`` have lower-case names; ``body`` reads the resource when needed."""

    method: str
    path: Sequence[str]
    query: Pairs
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Json] = field(default=lambda: {})
    form: Callable[[], Pairs] = field(default=lambda: [])
    patch: Callable[[], Any] = field(default=lambda: None)
    """The document of a PATCH: a list for JSON Patch, Parameters for FHIRPath Patch."""

    def header(self, name: str) -> str:
        """A header, empty when absent."""
        return self.headers.get(name, "")

    @property
    def prefer(self) -> Preferences:
        """What the caller prefers."""
        return preferences(self.header("prefer"))

    @property
    def reads(self) -> bool:
        """True for a method that changes nothing."""
        return self.method in READING
