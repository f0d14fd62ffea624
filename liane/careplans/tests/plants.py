"""Rows of plans in the access matrix."""

from django.utils import timezone

from liane.careplans import contents, links
from liane.careplans.models import (
    Action,
    Agreement,
    Change,
    Objective,
    Plan,
    PlanLink,
    PlanVersion,
    Problem,
    Review,
    Verdict,
    VersionLine,
    Words,
)
from tests.access.world import World, planter

TEAM = frozenset({"team"})
PERSON = frozenset({"team", "person"})
SHARED = frozenset({"team", "person", "carers"})


@planter
def plant(world: World) -> None:
    """A's plan is shared with nobody but its team, B's with B; one action is the home help's."""
    for name in ("A", "B"):
        _plan(world, name)


def _plan(world: World, name: str) -> None:
    person = world.persons[name]
    nurse = world.practices["nurse" if name == "A" else "zoe"]
    shared = name == "B"
    groups = PERSON if shared else TEAM

    def canary(who: frozenset[str] = groups, *, link: bool = False) -> str:
        return world.canary("care_plan", name, groups=who, link=link)

    plan = Plan.objects.create(
        person=person, referent=nurse, medical=canary(), alert_procedure=canary(),
        for_person=shared, status="sent", sent_at=timezone.now(), review_on=timezone.localdate(),
    )  # fmt: skip
    about = {"plan": plan, "person": person}
    problem = Problem.objects.create(
        **about, domain="medical", statement=canary(), origin=canary(), priority=1
    )
    goal = Objective.objects.create(**about, problem=problem, text=canary(), indicator=canary())
    wished = Objective.objects.create(**about, status="unreached", text=canary(), why=canary())
    action = Action.objects.create(
        **about, objective=goal, text=canary(), result=canary(), practice=nurse
    )
    help_ = world.practices["home_help"] if name == "A" else None
    theirs = Action.objects.create(
        **about, objective=goal, practice=help_,
        text=canary(groups | {"outside"}), frequency=canary(groups | {"outside"}),
    )  # fmt: skip
    Words.objects.create(
        person=person,
        voice="person",
        for_person=True,
        for_carers=True,
        text=canary(SHARED, link=True),
    )
    Words.objects.create(person=person, voice="recorded", text=canary(TEAM, link=True))
    version = PlanVersion.objects.create(**about, number=1, frame=contents.written({
        "medical": canary(link=True), "who": canary(link=True),
    }))  # fmt: skip
    VersionLine.objects.create(
        **about, version=version, line_id=problem.pk, line_kind="problem", position=1,
        content=contents.written({"statement": canary(link=True), "priority": 1}),
    )  # fmt: skip
    Verdict.objects.create(**about, version=version, answer="remarks", text=canary(), via="page")
    Agreement.objects.create(
        **about, version=version, answer="agrees", voice="person", text=canary()
    )
    Review.objects.create(**about, held_on=timezone.localdate(), note=canary())
    Change.objects.create(
        **about, line_id=problem.pk, line_kind="problem", what="made", number=1,
        content=contents.written({"statement": canary()}),
    )  # fmt: skip
    doctor = world.practices[f"outside_{name}"]
    link = PlanLink.objects.create(
        **about, version=version, holder_id=doctor.pk, expires_at=timezone.now() + PlanLink.LIFE
    )
    world.door(name, links.path_of(link), link)
    world.add("plan_line_id", name, (theirs if name == "A" else action).pk)
    world.add("plan_version_id", name, version.pk)
    world.add("plan_goal_id", name, wished.pk)
