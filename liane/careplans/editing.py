"""Changing lines: two people on one plan lose nothing.

Each line has its version. Who writes on an old one is refused with both contents, and what they
wrote is kept in the line's history; nothing is ever deleted, a line is withdrawn and can come back.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.http import Http404
from django.utils import timezone

from liane.careplans import contents, rules
from liane.careplans.models import Action, Change, Line, Objective, Plan, Problem
from liane.circle.reach import Reach
from liane.core import acting, journal, ledger
from liane.core.errors import Conflict, Refused
from liane.core.idempotency import once
from liane.core.models import author_of

What = Change.What
LINES: tuple[type[Line], ...] = (Problem, Objective, Action)
PARENTS = {"objective": "problem", "action": "objective"}


class Stale(Conflict):
    """The line changed meanwhile: ``line`` is as it is now, ``mine`` what was written too late."""

    def __init__(self, line: Any, mine: Mapping[str, Any]) -> None:
        super().__init__("Quelqu’un a modifié cette ligne entre-temps : voici les deux versions.")
        self.line = line
        self.mine = mine


def locked_plan(plan_id: UUID) -> Plan:
    """The plan within reach, locked; Http404 otherwise."""
    found: Plan | None = (
        Plan.objects.within(Reach.of(acting.current()))
        .filter(pk=plan_id)
        .select_for_update(of=("self",))
        .first()
    )
    if found is None:
        raise Http404
    return found


def locked_line(line_id: UUID, models: tuple[type[Line], ...] = LINES) -> Any:
    """The line of this identity within reach, locked; Http404 otherwise."""
    reach = Reach.of(acting.current())
    for model in models:
        rows = model.objects.within(reach).filter(pk=line_id)
        found = rows.select_related("plan").select_for_update(of=("self",)).first()
        if found is not None:
            return found
    raise Http404


def add_line(
    plan_id: UUID,
    kind: str,
    values: Mapping[str, Any],
    *,
    parent_id: UUID | None = None,
    key: UUID | None = None,
) -> Any:
    """Add a problem, an objective (``parent_id``: its problem) or an action (its objective).

    The same ``key`` adds it once. Raises Refused, NotAllowed, Http404 out of reach.
    """
    model: Any = contents.KINDS[kind]

    def do() -> Any:
        plan = locked_plan(plan_id)
        rules.require_team(plan.person_id)
        rules.require_open(plan)
        tidy = rules.cleaned(kind, values)
        rules.require_known(plan.person_id, tidy)
        line = model(
            plan=plan,
            person_id=plan.person_id,
            position=_next_position(model, plan),
            **author_of(acting.current()),
        )
        _attach(line, kind, plan, parent_id)
        contents.assign(line, tidy)
        line.save(force_insert=True)
        _keep(line, What.MADE)
        _tell(plan, line)
        return line

    sent = [str(plan_id), kind, {name: str(value) for name, value in values.items()}]
    return once(key, "careplans.add", [*sent, str(parent_id)], model, do)[0]


def _next_position(model: Any, plan: Plan) -> int:
    last = model.objects.filter(plan=plan).aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _attach(line: Any, kind: str, plan: Plan, parent_id: UUID | None) -> None:
    name = PARENTS.get(kind)
    if name is None:
        return
    if parent_id is None:
        if kind == "action":
            raise Refused("Dites pour quel objectif.", field="parent")
        return
    parent: Any = contents.KINDS[name]
    if not parent.objects.filter(pk=parent_id, plan=plan).exists():
        raise Http404
    setattr(line, f"{name}_id", parent_id)


def edit_line(line_id: UUID, *, version: int, values: Mapping[str, Any]) -> Any:
    """Change a line seen at ``version``. Raises :class:`Stale` when it has another one by now: the
    values are then in the line's history, set aside.
    """
    with transaction.atomic():
        line = locked_line(line_id)
        plan = line.plan
        late = _edit(line, plan, version, values)
    if late:
        raise Stale(line, dict(values))
    return line


def edit_frame(plan_id: UUID, *, version: int, values: Mapping[str, Any]) -> Plan:
    """Change the référent, the summary, the alert procedure, the review date. As `edit_line`."""
    with transaction.atomic():
        plan = locked_plan(plan_id)
        if values.get("referent") is not None:
            rules.require_referent(plan.person_id, values["referent"])
        late = _edit(plan, plan, version, values)
    if late:
        raise Stale(plan, dict(values))
    return plan


def _edit(line: Any, plan: Plan, version: int, values: Mapping[str, Any]) -> bool:
    """Change ``line``; True when it came too late, and was set aside."""
    rules.require_team(plan.person_id)
    rules.require_open(plan)
    tidy = rules.cleaned(line.KIND, values)
    rules.require_known(plan.person_id, tidy)
    if contents.same(line, tidy):
        return False
    if version != line.version:
        _aside(line, version, tidy)
        return True
    contents.assign(line, tidy)
    line.version += 1
    line.save(update_fields=[*line.FIELDS, "version"])
    _keep(line, What.CHANGED)
    _tell(plan, line)
    return False


def drop_line(line_id: UUID, *, version: int, reason: str = "") -> Any:
    """Withdraw a line, with what hangs from it; its history stays. Raises Stale as `edit_line`."""
    with transaction.atomic():
        line = locked_line(line_id)
        rules.require_team(line.person_id)
        rules.require_open(line.plan)
        if line.dropped_at is not None:
            return line
        if version != line.version:
            raise Stale(line, {})
        for one in (line, *_below(line)):
            one.dropped_at, one.version = timezone.now(), one.version + 1
            one.save(update_fields=["dropped_at", "version"])
            _keep(one, What.DROPPED, reason=reason.strip()[:300])
        _tell(line.plan, line)
    return line


def restore_line(line_id: UUID) -> Any:
    """Bring a withdrawn line back, with those it hangs from."""
    with transaction.atomic():
        line = locked_line(line_id)
        rules.require_team(line.person_id)
        rules.require_open(line.plan)
        for one in (line, *_above(line)):
            if one.dropped_at is not None:
                one.dropped_at, one.version = None, one.version + 1
                one.save(update_fields=["dropped_at", "version"])
                _keep(one, What.RESTORED)
        _tell(line.plan, line)
    return line


def _below(line: Any) -> list[Any]:
    if isinstance(line, Problem):
        goals = list(line.objectives.filter(dropped_at=None).select_for_update())
        return [*goals, *(one for goal in goals for one in _below(goal))]
    if isinstance(line, Objective):
        return list(line.actions.filter(dropped_at=None).select_for_update())
    return []


def _above(line: Any) -> list[Any]:
    if isinstance(line, Action):
        return [line.objective, *_above(line.objective)]
    if isinstance(line, Objective) and line.problem is not None:
        return [line.problem]
    return []


def _keep(line: Any, what: str, *, reason: str = "") -> None:
    _write(line, what, line.version, contents.of(line), reason)


def _aside(line: Any, version: int, values: Mapping[str, Any]) -> None:
    _write(line, What.SET_ASIDE, version, contents.proposed(line, values), "")


def _write(line: Any, what: str, number: int, content: Mapping[str, Any], reason: str) -> None:
    plan = line if isinstance(line, Plan) else line.plan
    Change(
        plan=plan,
        person_id=plan.person_id,
        line_id=line.pk,
        line_kind=line.KIND,
        what=what,
        number=number,
        content=contents.written(content),
        reason=reason,
        **author_of(acting.current()),
    ).save(force_insert=True)


def changed(line: Any, fields: tuple[str, ...], *, bump: bool = False) -> None:
    """Save these fields of a line (or a plan) that a verb changed, with its history row.

    ``bump`` for a field that forms of the line hold as well: who has one open is then told.
    """
    line.version += bump
    line.save(update_fields=[*fields, "version"])
    _keep(line, What.CHANGED)
    _tell(line if isinstance(line, Plan) else line.plan, line)


def opened(plan: Plan) -> None:
    """The first content of a plan's frame."""
    _keep(plan, What.MADE)


def _tell(plan: Plan, line: Any) -> None:
    """Known to the ledger and to open pages; a plan is told when it is sent, not at each word."""
    journal.signal("careplan", person_id=plan.person_id, object_id=line.pk)
    ledger.wrote(plan.person_id, "care_plan", object_id=line.pk)
