"""The code's table of rights, held line by line against the rights written by hand.

The hand-written cells are sentences: their beginning gives the letters, the rest narrows them (own
organisation, what is addressed to one…), which objects' audiences and queries hold, and which the
matrix checks. Where a letter differs, it is listed below with the reason.
"""

import re

import pytest

from liane.circle.rules import RIGHTS
from liane.core.areas import Area
from tests.access.expectations import cells

LINES = {
    "care": "care team member (health professional in the circle)",
    "social": "social or home-help member (circle and outside the care team)",
    "coordinator": "coordinator of the responsible organisation",
    "case_manager": "case manager of a DAC following the person",
    "secretary": "secretary of a member organisation",
    "billing": "billing officer of the responsible organisation",
    "person": "person (patient)",
    "carer_read": "carer with right to see",
    "carer_write": "carer with right to write",
    "break_glass": "break-glass user",
    "api_client": "API client (system scope)",
}

EXPLAINED = {
    ("care", "working_file"): "rw, by own organisation: the object's own key narrows it",
    ("coordinator", "working_file"): "the same",
    ("case_manager", "working_file"): "the same",
    ("social", "working_file"): "the same",
    ("care", "money"): "own lines: bundles (a later stage) show them by payee, not by this table",
    ("social", "money"): "the same",
    ("coordinator", "money"): "own structure: narrowed by organisation",
    ("break_glass", "access_ledger"): "own accesses are a page's query, for every professional",
    ("person", "circle"): "r and oppose: the verbs let the person remove and oppose, never invite",
    ("person", "agenda"): "r and move one's own: narrowed by the verb",
    ("person", "document"): "r and give",
    ("person", "care_plan"): "r and own words",
    ("person", "identity"): "the verb lets the person change contact data, not the civil status",
    ("carer_write", "agenda"): "r and declare an absence: a verb of stays",
    ("carer_write", "document"): "r and give",
    ("carer_write", "care_plan"): "r and own words",
    ("carer_read", "clinical_note"): "a note shared with carers is an entry of their timeline",
    ("carer_write", "clinical_note"): "the same: the note's audience narrows it, never by default",
    ("person", "thread"): "threads opened to the person: narrowed by audience",
    ("carer_write", "thread"): "threads opened to carers: narrowed by audience",
    ("api_client", "timeline"): "nobody writes the timeline: verbs do",
}
"""Cells whose sentence says more than two letters can."""

EXTRA = {"identity", "api_client_outside"}
"""Lines of the code that the hand-written table does not name: the identity vigilance role, which
issue and law (RNIV) ask for, writes the identity and nothing else; and the machine of an
organisation outside the care team, which has what that organisation's own members have."""


def letters(words: str) -> str:
    """The letters of a cell: what stands before its first other word."""
    if words.startswith(("own organisation", "within scope")):
        return "rw"
    if words.startswith("own "):
        return ""
    found = re.match(r"(rw|r|w)\b", words)
    if found is None:
        return ""
    more = re.match(r"r\+(\S+)", words)
    return "rw" if more and found[1] == "r" else found[1]


def expected(line: str, area: Area) -> str:
    words = cells()[LINES[line]][area].strip()
    if words == "idem":
        words = cells()[LINES[line]]["identity"].strip()
    if area is Area.ACCESS_LEDGER and "own accesses" in words:
        return ""
    return letters(words)


@pytest.mark.parametrize("line", sorted(LINES))
def test_the_code_s_letters_are_those_of_the_hand_written_table(line: str) -> None:
    differing = {
        area: (RIGHTS[line].get(area, ""), expected(line, area))
        for area in Area
        if RIGHTS[line].get(area, "") != expected(line, area)
    }
    assert {area for area in differing if (line, area) not in EXPLAINED} == set(), differing


def test_every_line_of_the_code_is_written_by_hand_or_explained() -> None:
    assert set(RIGHTS) - set(LINES) - {"legal"} == EXTRA
    assert RIGHTS["legal"] == RIGHTS["person"]
    assert set(RIGHTS["identity"]) == {Area.IDENTITY}


@pytest.mark.parametrize(
    ("words", "found"),
    [("rw", "rw"), ("r+invite", "rw"), ("-", ""), ("r when shared", "r"), ("own lines", "")],
)
def test_how_a_cell_is_read(words: str, found: str) -> None:
    assert letters(words) == found


def test_a_machine_outside_the_care_team_has_no_more_than_its_house() -> None:
    outside, social = RIGHTS["api_client_outside"], RIGHTS["social"]
    assert Area.WORKING_FILE not in outside
    assert {area: outside.get(area, "") for area in outside} == {
        area: letters for area, letters in social.items() if area is not Area.WORKING_FILE
    }


def test_managers_officers_and_administrators_read_no_record() -> None:
    for role in ("manager", "dpo", "technical_admin"):
        assert role not in RIGHTS


def test_nothing_is_explained_that_does_not_differ() -> None:
    lines = {line for line, _ in EXPLAINED}
    assert lines <= set(LINES)
    for (line, area), reason in EXPLAINED.items():
        assert reason
        words = cells()[LINES[line]][area].strip()
        same = RIGHTS[line].get(Area(area), "") == expected(line, Area(area))
        assert not same or len(words) > 2, (line, area)
