"""The sentences of a settlement, each beside what it explains.

`engine.texts.explain` says them in the order of the settlement; here they are found again by
sequence, by line, by refusal, so that a page or a file puts each where it belongs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from liane.bundles.engine.results import Settlement
from liane.bundles.engine.sharing import REMAINDER
from liane.bundles.engine.texts import Explained, explain
from liane.pathways.protocols.facts import Case
from liane.pathways.protocols.format import Protocol

LineKey = tuple[str, str, str]
"""(sequence, payee, role)."""


@dataclass
class Spoken:
    """Every sentence of one settlement."""

    sequences: dict[str, Explained] = field(default_factory=dict)
    lines: dict[LineKey, Explained] = field(default_factory=dict)
    refusals: list[Explained] = field(default_factory=list)
    missing: list[Explained] = field(default_factory=list)

    def all(self) -> Iterator[Explained]:
        """All of them, each sequence before its lines."""
        for key, said in self.sequences.items():
            yield said
            yield from (line for (sequence, _, _), line in self.lines.items() if sequence == key)
        yield from self.refusals
        yield from self.missing


def rule(names: str) -> str:
    """The steps of a sharing key as they are cited: what was left over is « reste »."""
    return names.replace(REMAINDER, "reste")


def speak(
    protocol: Protocol, case: Case, answer: Settlement, called: Callable[[str], str]
) -> Spoken:
    """The sentences of ``answer``; ``called`` gives the name of a payee."""
    said = explain(protocol, case, answer, called)
    found = Spoken()
    for one in answer.sequences:
        found.sequences[one.id] = next(said)
        for line in answer.lines:
            if line.sequence == one.id:
                found.lines[line.sequence, line.payee, line.role] = next(said)
    found.refusals = [next(said) for _ in answer.refusals]
    found.missing = [next(said) for _ in answer.missing]
    return found
