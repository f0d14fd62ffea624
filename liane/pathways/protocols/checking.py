"""The rules of a definition beyond its schema: names that exist, windows that can be met, sums.

``check`` gives everything found, by line and field, in French. A definition without any error can
be compiled and settled; a warning is something its author should know.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from liane.pathways.protocols import criteria_checks, money_checks, phase_checks
from liane.pathways.protocols.findings import Finding
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.library import gaps, parse, steps
from liane.pathways.protocols.reading import Fault, Faulty, Written, dotted, read_yaml
from liane.pathways.protocols.runs import Ran

CHECKS: tuple[Callable[[Protocol], Iterator[Finding]], ...] = (
    phase_checks.names,
    phase_checks.acts,
    phase_checks.phases,
    phase_checks.order,
    phase_checks.overlaps,
    phase_checks.windows,
    money_checks.amounts,
    money_checks.totals,
    money_checks.sharing,
    money_checks.dropout,
    criteria_checks.criteria,
    criteria_checks.validity,
    criteria_checks.examples,
)


class Checked(NamedTuple):
    """What a check found. ``protocol`` is None when the text is not a definition."""

    protocol: Protocol | None
    faults: tuple[Fault, ...]
    ran: tuple[Ran, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        """What must be mended before the definition can be used."""
        return tuple(one for one in self.faults if not one.warning)


def check(text: str | bytes, run: Callable[[Protocol], tuple[Ran, ...]] | None = None) -> Checked:
    """Read a definition, check it, and run its examples with ``run`` when nothing is wrong.

    Never raises for what the text says.
    """
    try:
        written = read_yaml(text)
        protocol = parse(written)
    except Faulty as error:
        return Checked(None, tuple(error.faults))
    faults = [_fault(written, found) for rule in CHECKS for found in rule(protocol)]
    ran: tuple[Ran, ...] = ()
    if run and not any(not one.warning for one in faults):
        ran = run(protocol)
        faults += _examples(written, ran)
    faults += [_to_complete(written, path, what, who) for path, what, who in gaps(protocol)]
    return Checked(protocol, tuple(sorted(faults)), ran)


def _fault(written: Written, found: Finding) -> Fault:
    return Fault(written.line(found.path), dotted(found.path), found.message, found.warning)


def _examples(written: Written, ran: tuple[Ran, ...]) -> list[Fault]:
    return [
        Fault(
            written.line(("examples", place)),
            f"examples[{place}].expect.{gone.field}",
            f"« {one.name} » : attendu {gone.wanted}, obtenu {gone.found}.",
        )
        for place, one in enumerate(ran)
        for gone in one.gone
    ]


def _to_complete(written: Written, path: str, what: str, who: str) -> Fault:
    line = written.line(tuple(steps(path)))
    return Fault(line, path, f"à compléter : {what} (par : {who}).", True)
