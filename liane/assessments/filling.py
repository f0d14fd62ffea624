"""What the answer page shows: one section, where one is, where one may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liane.assessments import state
from liane.assessments.engine import showing
from liane.assessments.engine.answers import Place
from liane.assessments.engine.behaviour import Missing, Settled, missing
from liane.assessments.engine.showing import Node, Section


@dataclass
class Screen:
    """One section of an assessment in progress."""

    one: state.Opened
    settled: Settled
    section: Section
    steps: list[Section]
    nodes: list[Node] = field(default_factory=list)
    errors: Mapping[Place, str] = field(default_factory=dict)

    @property
    def at(self) -> int:
        """The place of the section among those shown, from 1."""
        return self.steps.index(self.section) + 1 if self.section in self.steps else 1

    @property
    def before(self) -> Section | None:
        """The section before, if any."""
        return self.steps[self.at - 2] if self.at > 1 else None

    @property
    def after(self) -> Section | None:
        """The section after, if any."""
        return self.steps[self.at] if self.at < len(self.steps) else None

    @property
    def notices(self) -> list[str]:
        """What could not be worked out, and what is to be checked."""
        warnings = [why for _, why, warning in self.settled.broken if warning]
        return [*self.settled.notices, *warnings]

    def shape(self) -> list[Any]:
        """What of the screen depends on answers: places shown, calculated values, texts."""

        def walk(rows: list[Node]) -> list[Any]:
            return [
                (
                    node.name,
                    node.shown if node.control == "shown" else "",
                    node.add,
                    walk(node.children),
                )
                for node in rows
            ]

        return walk(self.nodes)

    def places(self) -> set[Place]:
        """The questions shown that can be answered."""
        found: set[Place] = set()

        def walk(rows: list[Node]) -> None:
            for node in rows:
                if node.kind == "question" and node.control != "shown":
                    found.add(node.place)
                walk(node.children)

        walk(self.nodes)
        return found


def screen(
    one: state.Opened,
    settled: Settled,
    number: int,
    *,
    errors: Mapping[Place, str] | None = None,
    raw: Mapping[Place, str] | None = None,
    show_missing: bool = False,
) -> Screen:
    """The section of that number, or the nearest that is shown."""
    everything = showing.sections(one.definition)
    steps = [section for section in everything if showing.visible(section, settled)] or everything
    section = next((step for step in steps if step.number >= number), steps[-1])
    told: dict[Place, str] = {}
    if show_missing:
        told |= {found.place: found.why for found in missing(one.definition, settled)}
    told |= errors or {}
    made = Screen(one, settled, section, steps, errors=told)
    made.nodes = _inside(
        showing.nodes(section.items, settled, errors=told, raw=raw, notes=one.notes())
    )
    return made


def _inside(rows: list[Node]) -> list[Node]:
    """A lone group gives its title to the section: only what it holds is shown."""
    lone = len(rows) == 1 and rows[0].kind == "group" and not rows[0].item.repeated
    return rows[0].children if lone and not rows[0].error else rows


@dataclass(frozen=True)
class Lack:
    """A missing answer and the section where it is."""

    label: str
    why: str
    section: int


def lacks(one: state.Opened, settled: Settled) -> list[Lack]:
    """What keeps the assessment from being completed."""
    return [
        Lack(found.item.text or found.item.link_id, found.why, _section_of(one, found))
        for found in missing(one.definition, settled)
    ]


def _section_of(one: state.Opened, found: Missing) -> int:
    above = {found.item.n}
    parent = found.item.parent
    while parent is not None:
        above.add(parent)
        parent = one.definition.items[parent].parent
    for section in showing.sections(one.definition):
        if any(item.n in above for item in section.items):
            return section.number
    return 1
