"""Every URL × every actor × both persons: no foreign canary, no foreign write, no 5xx."""

import pytest

from tests.access import test_fhir, test_machines
from tests.access.expectations import (
    NOT_PLANTED,
    NOT_YET_AREAS,
    NOT_YET_LINES,
    Kind,
    cells,
    may_see,
)
from tests.access.walker import (
    Choice,
    link_pages,
    past_pages,
    read_everything,
    record_pages,
    sample_for,
    unfilled,
    write_everything,
)
from tests.access.world import KINDS, World

pytestmark = pytest.mark.django_db

NAMELESS = {
    "session_id", "signature", "invitation_id", "token", "key", "day", "date", "year", "kind",
    "organisation_id", "practice_id", "professional_id", "post_id", "duty_id", "contract_id",
    "coverage_id",
    "subscription_id", "opening_id",
    "path",
}  # fmt: skip
"""Parameters that name nothing of a person: dates, tokens, the public directory, one's devices."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_answer_shows_what_the_table_of_rights_forbids(world: World, kind: Kind) -> None:
    verdict = read_everything(world, kind, sample_for(f"read {kind.name}"))
    assert verdict.cases > 50
    assert verdict.faults == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_post_changes_a_record_out_of_reach(world: World, kind: Kind) -> None:
    verdict = write_everything(world, kind, sample_for(f"write {kind.name}"))
    assert verdict.cases > 50
    assert verdict.faults == []


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_whole_matrix(world: World, kind: Kind) -> None:
    """Every route, read then written, for both persons."""
    read, written = read_everything(world, kind), write_everything(world, kind)
    print(f"{kind.name}: {read.cases} reads, {written.cases} writes")  # noqa: T201
    assert read.faults + written.faults == []


@pytest.mark.parametrize(
    ("name", "areas"),
    [
        ("doctor", {"identity", "clinical_note", "document", "thread", "agenda", "intervention"}),
        (
            "coordinator",
            {"identity", "clinical_note", "document", "thread", "agenda", "social_assessment"},
        ),
        ("home_help", {"identity", "agenda", "thread"}),
        ("duty_nurse", {"identity", "clinical_note", "agenda"}),
        ("locum", {"identity", "clinical_note", "agenda"}),
        ("break_glass", {"identity", "clinical_note"}),
        ("person", {"identity", "clinical_note", "document", "agenda"}),
        ("legal", {"identity", "clinical_note", "document", "agenda"}),
        ("carer_read", {"identity", "timeline", "document", "agenda"}),
    ],
)
def test_the_pages_do_show_what_the_table_gives(world: World, name: str, areas: set[str]) -> None:
    kind = next(kind for kind in KINDS if kind.name == name)
    seen = read_everything(world, kind, record_pages).seen
    shown = {canary.area for canary in world.canaries if canary.token.lower() in seen}
    assert areas <= shown


@pytest.mark.parametrize(
    ("name", "pages", "count"),
    [("ex_member", past_pages, 5), ("opposed", past_pages, 2), ("by_link", link_pages, 12)],
)
def test_these_see_all_that_is_theirs_and_nothing_else(
    world: World, name: str, pages: Choice, count: int
) -> None:
    """Their own past, or what their links open: each canary of it, on these pages alone."""
    kind = next(kind for kind in KINDS if kind.name == name)
    verdict = read_everything(world, kind, pages)
    told = [canary for canary in world.canaries if canary.area != "identity"]
    theirs = {canary.token.lower() for canary in told if may_see(kind, canary)}
    assert verdict.faults == []
    assert verdict.seen & {canary.token.lower() for canary in told} == theirs
    assert len(theirs) == count


def test_whom_a_line_pays_reads_its_sequence_and_nothing_else_of_the_invoice(world: World) -> None:
    """« Own lines » of the table: a line is read with the sequence that it pays, as its page is."""
    kind = next(kind for kind in KINDS if kind.name == "doctor")
    verdict = read_everything(world, kind, lambda route: route.startswith("forfaits/versements"))
    assert verdict.faults == []
    both = [one for one in world.canaries if one.area == "money" and "person" in one.groups
            and one.participants]  # fmt: skip
    mine = {one.token.lower() for one in both if may_see(kind, one)}
    assert mine
    assert mine <= verdict.seen


def test_every_line_and_area_of_the_table_is_walked_or_said_not_to_exist_yet(world: World) -> None:
    """A line or a column added to the table by hand must find its actor, or its canaries, here."""
    elsewhere = {test_machines.LINE, test_fhir.LINE}
    assert {kind.line for kind in KINDS} | elsewhere | set(NOT_YET_LINES) == set(cells())
    assert not {kind.line for kind in KINDS} & (elsewhere | set(NOT_YET_LINES))
    areas = set(next(iter(cells().values()))) - {"actor", "note"}
    planted = {canary.area for canary in world.canaries}
    assert planted | set(NOT_YET_AREAS) | set(NOT_PLANTED) == areas
    assert not planted & (set(NOT_YET_AREAS) | set(NOT_PLANTED))


def test_every_parameter_of_every_route_has_an_object(world: World) -> None:
    assert unfilled(world) <= NAMELESS
