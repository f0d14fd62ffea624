"""What blocks a bill cites the text that governs it: a table of each shipped definition."""

import datetime as dt
from types import SimpleNamespace
from uuid import UUID

import pytest

from liane.bundles import checks
from liane.bundles.engine.results import Missing, Refusal, SequenceState, Settlement
from liane.pathways.protocols import library

ENROLMENT, PERSON, PROJECT, HOLDER = (UUID(int=number) for number in range(1, 5))
PCR = {
    "payee": "CSS R. 162-131",
    "prescription": "CSS R. 162-138",
    "project": "CSS R. 162-137",
    "number": "CSS R. 162-133",
    "rights": "CSS R. 162-142",
}
TO_THE_HOUSE = dict.fromkeys(["payee", "prescription", "project", "rights"], "")
"""A bundle paid to the structure: no number of each professional is asked."""
EXPECTED = {
    "pcr-obesite": PCR | {
        "documents": "arrêté du 26-02-2026 ; CSP L. 1110-4",
    },
    "apres-cancer": TO_THE_HOUSE | {"documents": "CSP R. 1415-1-11"},
    "equip-addict": TO_THE_HOUSE | {"documents": "CSS R. 162-50-11"},
    "retrouve-ton-cap": TO_THE_HOUSE | {
        "documents": "CSP D. 6323-25-1 ; arrêté du 14-11-2022",
    },
    "tnd-precoce": TO_THE_HOUSE | {"number": "", "documents": "CSP L. 2135-1"},
    "mon-soutien-psy": {
        "payee": "", "project": "", "rights": "", "number": "",
        "documents": "CSS R. 162-64 à R. 162-68",
    },
    "rdv-prevention": {
        "payee": "", "project": "", "rights": "", "number": "",
        "documents": "arrêté du 28-05-2024",
    },
}  # fmt: skip


@pytest.mark.parametrize("key", [one.key for one in library.shipped()])
def test_each_block_cites_the_definition_that_governs(key):
    [definition] = [one for one in library.shipped() if one.key == key]
    found = checks.blocks(*everything_lacks(definition))
    cited = {one.code: one.article for one in found if one.stops}
    assert cited == EXPECTED[key]
    assert all(one.button and one.url for one in found), "each has the button that settles it"
    kept = checks.codes(*everything_lacks(definition))
    assert kept.split() == [one.code for one in found if one.stops], "what is kept is what is shown"


def test_a_bundle_without_prescription_waits_for_none():
    free = [one.key for one in library.shipped() if not one.prescription]
    assert sorted(free) == ["mon-soutien-psy", "rdv-prevention"]


def test_a_draft_of_the_articles_changes_what_is_cited():
    [pcr] = [one for one in library.shipped() if one.key == "pcr-obesite"]
    other = pcr.model_copy(
        update={"project": pcr.project.model_copy(update={"funding": "CSS R. 999-9"})}
    )
    found = {one.code: one.article for one in checks.blocks(*everything_lacks(other))}
    assert found["project"] == "CSS R. 999-9"


def test_a_team_without_a_key_is_led_to_its_project():
    [pcr] = [one for one in library.shipped() if one.key == "pcr-obesite"]
    one, seen = everything_lacks(pcr)
    missing = (
        Missing("sharing", "clé de répartition", "la structure", "s1"),
        Missing("amounts.s1.A", "montant", "l’arrêté", "s1"),
    )
    seen.answers[ENROLMENT] = seen.answers[ENROLMENT]._replace(missing=missing)
    found = {block.code: block for block in checks.blocks(one, seen)}
    assert found["sharing"].url == f"/parcours/projets/{PROJECT}/cle/"
    assert found["sharing"].article == "CSS L. 162-62"
    assert found["amount"].url == "/parcours/protocoles/pcr-obesite/?version=2026-02"


def everything_lacks(definition):
    """A closed sequence of which nothing is in order, without a database."""
    one = SimpleNamespace(
        enrolment_id=ENROLMENT, person_id=PERSON, key="s1", protocol=definition.key,
        closed_on=dt.date(2026, 3, 2), paid_to=definition.paid_to,
    )  # fmt: skip
    unmet = [paper.code for paper in definition.documents]
    state = SequenceState(
        "s1", "s1", "complete", None, None, None, None, (*unmet, "no-amount"), False, ""
    )
    refused = Refusal("a1", "payee", "payee", None, "s1")
    answer = Settlement(ENROLMENT, "1", (state,), (), (refused,), ())
    seen = checks.Ground(
        {ENROLMENT: checks.Footing(PROJECT, "draft", None, "provisional", definition)},
        {}, {ENROLMENT: answer}, {(ENROLMENT, "s1"): {HOLDER: "Zoé Lacaze"}}, {}, set(),
    )  # fmt: skip
    return one, seen
