"""What the shipped definitions come to once a structure has completed them."""

import pytest

from liane.bundles.engine import compile_protocol, settle
from liane.bundles.engine.examples import LATER, case_of
from liane.pathways.protocols import library
from liane.pathways.protocols.checking import check
from liane.pathways.protocols.facts import SharingKey
from liane.pathways.protocols.money import Share, Sharing

OBESITY = library.shipped().version("pcr-obesite", "2026-02")
MINIMUMS = {gap.path: 1 for gap in library.gaps(OBESITY) if gap.path.endswith(".min")}
SPLIT = {"phases[1].amounts.A": "700.00", "phases[2].amounts.*": "426.00"}
"""An invented split of the total that the press gives: it only shows that the sums hold."""


def both_sequences():
    """A case that does one of each in the first year, and one session in the second."""
    facts = OBESITY.examples[0].facts.model_copy(update={"acts": ()})
    codes = ["evaluation", "consultation", "dietetique", "psychologie", "activite", "infirmier"]
    said = [{"code": code, "on": f"2026-0{5 + n}-04"} for n, code in enumerate(codes[:5])]
    said += [{"code": "infirmier", "on": "2026-10-05"}, {"code": "dietetique", "on": "2027-09-06"}]
    acts = type(facts).model_validate({"included_on": "2026-05-04", "acts": said}).acts
    case = case_of(facts.model_copy(update={"acts": acts}))
    key = Sharing(
        label="accord",
        article="accord de l’équipe",
        shares=(Share(id="coordination", kind="percent", to="structure", percent="15"),),
        remainder="acts",
    )
    return case._replace(keys=(SharingKey("k", key),))


@pytest.mark.parametrize(("overseas", "total"), [(False, 112600), (True, 135120)])
def test_the_obesity_pathway_is_worth_its_total_and_a_fifth_more_overseas(overseas, total):
    plan = compile_protocol(library.completed(OBESITY, MINIMUMS | SPLIT))
    result = settle(plan, both_sequences()._replace(overseas=overseas), LATER)
    assert result.total_cents == total
    assert [one.state for one in result.sequences] == ["complete"] * 3
    assert result.sequences[-1].amount_cents == total


def test_uncompleted_it_gives_states_and_no_cents():
    result = settle(compile_protocol(OBESITY), both_sequences(), LATER)
    assert result.lines == ()
    assert {one.amount_cents for one in result.sequences} == {None}
    assert {one.state for one in result.sequences} == {"to_complete"}
    assert not any(one.billable for one in result.sequences)


def test_amounts_that_do_not_make_the_total_are_refused():
    text = library.text_of("pcr-obesite", "2026-02")
    start = text.index("      A: {to_be_completed: Part de la séquence 1")
    end = text.index("      B: {to_be_completed: Part")
    wrong = text[:start] + '      A: "700.00"\n' + text[end:]
    mark = wrong[wrong.index('      "*": {') : wrong.index("\n", wrong.index('      "*": {'))]
    wrong = wrong.replace(mark, '      "*": "427.00"')
    (fault,) = check(wrong).errors
    assert (fault.field, "1127.00" in fault.message) == ("totals.A", True)


@pytest.mark.parametrize("protocol", list(library.shipped()), ids=lambda one: one.key)
def test_every_rule_of_a_shipped_definition_names_its_source(protocol):
    """Requirements, caps, windows and paid acts say where they were read."""
    rules = [*protocol.caps, *protocol.windows, *protocol.eligibility]
    rules += [one for phase in protocol.phases for one in phase.requires]
    rules += [one for one in protocol.acts if one.tariff is not None]
    assert [one for one in rules if one.source is None] == []


def test_the_seven_definitions_are_there():
    assert library.shipped().keys() == [
        "apres-cancer",
        "equip-addict",
        "mon-soutien-psy",
        "pcr-obesite",
        "rdv-prevention",
        "retrouve-ton-cap",
        "tnd-precoce",
    ]
