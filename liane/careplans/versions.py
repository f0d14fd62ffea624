"""Freezing a plan as a version, and comparing two of them line by line."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from liane.careplans import contents
from liane.careplans.contents import Said
from liane.careplans.models import Action, Objective, Plan, PlanVersion, Problem, VersionLine

RELATED = ("practice__professional", "organisation", "post")


def freeze(
    plan: Plan, author: dict[str, Any], *, reason: str = "", at: dt.datetime | None = None
) -> PlanVersion:
    """Keep the plan as it stands, under the next number. Inside the caller's transaction."""
    last = PlanVersion.objects.filter(plan=plan).aggregate(last=Max("number"))["last"] or 0
    version = PlanVersion(
        plan=plan,
        person_id=plan.person_id,
        number=last + 1,
        at=at or timezone.now(),
        frame=contents.written(contents.of(plan)),
        reason=reason,
        **author,
    )
    version.save(force_insert=True)
    VersionLine.objects.bulk_create(
        VersionLine(
            version=version,
            plan=plan,
            person_id=plan.person_id,
            line_id=line.pk,
            line_kind=line.KIND,
            parent_id=parent,
            position=number,
            content=contents.written(contents.of(line)),
        )
        for number, (line, parent) in enumerate(_lines(plan))
    )
    return version


def _lines(plan: Plan) -> list[tuple[Any, UUID | None]]:
    """The living lines of a plan with their parent, in reading order. Three queries."""
    problems = Problem.objects.filter(plan=plan, dropped_at=None)
    goals = Objective.objects.filter(plan=plan, dropped_at=None)
    actions = Action.objects.filter(plan=plan, dropped_at=None).select_related(*RELATED)
    return [
        *((line, None) for line in problems),
        *((line, line.problem_id) for line in goals),
        *((line, line.objective_id) for line in actions),
    ]


@dataclass(frozen=True)
class Frozen:
    """One line of a version, in words."""

    line_id: UUID
    kind: str
    content: dict[str, Any]
    title: str
    said: list[Said]
    below: list["Frozen"] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The state that the line had."""
        return self._text("status")

    @property
    def priority(self) -> str:
        """How pressing a problem was."""
        return self._text("priority")

    @property
    def domain(self) -> str:
        """The domain of a problem."""
        return self._text("domain")

    @property
    def origin(self) -> str:
        """What showed a problem."""
        return self._text("origin")

    @property
    def recourse(self) -> str:
        """What an action was for."""
        return self._text("recourse")

    @property
    def organised(self) -> str:
        """Who does an action, how often, from when, until when."""
        who = self._text("who")
        when = [
            f"{one.label} {one.text}" if one.name != "frequency" else one.text
            for one in self.said
            if one.name in {"frequency", "starts_on", "due_on"}
        ]
        return ", ".join(text for text in [who, *when] if text)

    def _text(self, name: str) -> str:
        return next((one.text for one in self.said if one.name == name), "")

    @property
    def details(self) -> list[Said]:
        """Everything but the title and the state."""
        hidden = {contents.TEXTS[self.kind], "status"}
        return [one for one in self.said if one.name not in hidden]


@dataclass(frozen=True)
class Shown:
    """A version ready for a page or a PDF: problems with objectives with actions, and the rest."""

    version: PlanVersion
    frame: list[Said]
    problems: list[Frozen]
    wished: list[Frozen]
    """Objectives that were not reached, or not tried: part four of the form."""
    loose: list[Frozen]
    """Objectives that answer no problem."""


def shown(version: PlanVersion, lines: Sequence[VersionLine]) -> Shown:
    """A version from its rows, already read."""
    made: dict[UUID, Frozen] = {}
    tops: list[Frozen] = []
    goals: list[Frozen] = []
    for row in sorted(lines, key=lambda row: row.position):
        content = contents.read(row.content)
        said = contents.words(row.line_kind, content)
        one = Frozen(
            row.line_id, row.line_kind, content, contents.title(row.line_kind, content), said
        )
        made[row.line_id] = one
        parent = made.get(row.parent_id) if row.parent_id else None
        if row.line_kind == "problem":
            tops.append(one)
            continue
        if row.line_kind == "objective":
            goals.append(one)
        if parent is not None and content.get("status") != Objective.Status.UNREACHED:
            parent.below.append(one)
    wished = [one for one in goals if one.content["status"] == Objective.Status.UNREACHED]
    placed = {id(below) for top in tops for below in top.below} | {id(one) for one in wished}
    loose = [one for one in goals if id(one) not in placed]
    frame = contents.words("frame", contents.read(version.frame))
    return Shown(version, frame, tops, wished, loose)


@dataclass(frozen=True)
class Difference:
    """One line in two versions: ``added``, ``removed``, ``changed`` or ``same``."""

    kind: str
    label: str
    what: str
    before: list[Said]
    after: list[Said]
    title: str
    moved: frozenset[str]
    """Names of the fields that differ."""


def compare(
    before: tuple[PlanVersion, Sequence[VersionLine]],
    after: tuple[PlanVersion, Sequence[VersionLine]],
) -> list[Difference]:
    """What changed from one version to another, line by line: identity is the line's own."""
    old, new = _contents(*before), _contents(*after)
    order = [*new, *(key for key in old if key not in new)]
    return [_difference(key[1], old.get(key), new.get(key)) for key in order]


def _contents(
    version: PlanVersion, lines: Sequence[VersionLine]
) -> dict[tuple[UUID, str], dict[str, Any]]:
    found = {(version.plan_id, "frame"): contents.read(version.frame)}
    for row in sorted(lines, key=lambda row: row.position):
        found[row.line_id, row.line_kind] = contents.read(row.content)
    return found


def _difference(kind: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Difference:
    left = contents.words(kind, old) if old is not None else []
    right = contents.words(kind, new) if new is not None else []
    texts = {one.name: one.text for one in left}, {one.name: one.text for one in right}
    moved = frozenset(
        name for name in {*texts[0], *texts[1]} if texts[0].get(name) != texts[1].get(name)
    )
    if old is None or new is None:
        what = "added" if old is None else "removed"
    else:
        what = "changed" if moved else "same"
    title = contents.title(kind, new if new is not None else old or {})
    return Difference(kind, contents.KIND_LABELS[kind], what, left, right, title, moved)
