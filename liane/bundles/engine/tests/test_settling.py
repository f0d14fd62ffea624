"""Sequences, amounts, shares and refusals of one case, by table."""

import datetime as dt

import pytest

from liane.bundles.engine import difference, explain, settle
from liane.bundles.engine.sharing import apportion
from liane.bundles.engine.tests.made import START, act, case, day, full, plan
from liane.pathways.protocols.facts import ALWAYS, SharingKey, Span
from liane.pathways.protocols.money import Share, Sharing

END = dt.date(2030, 1, 1)


def settled(*acts, until=END, **more):
    return settle(plan(), case(*acts, **more), until)


def state(result, name="intensive"):
    return next(one for one in result.sequences if one.id == name)


def paid(result, name="intensive"):
    return {one.payee: one.cents for one in result.lines if one.sequence == name}


def refused(result):
    return {one.act: (one.rule, one.code) for one in result.refusals}


def test_a_complete_sequence_is_shared_to_the_cent():
    result = settled(*full())
    assert state(result).state == "complete"
    assert state(result).closed_on == day(60)
    assert state(result).billable
    assert paid(result) == {"structure": 28002, "diet-1": 12000, "bilan-1": 19998}


def test_overseas_amounts_and_key_are_multiplied():
    result = settled(*full(), overseas=True)
    assert state(result).amount_cents == 72000
    assert paid(result) == {"structure": 33602, "diet-1": 14400, "bilan-1": 23998}


def test_the_profile_fixes_requirements_and_amount():
    acts = (*full(), act(5, "apa", 70), act(6, "apa", 80))
    assert state(settled(*full(), profile="B", until=day(100))).state == "open"
    result = settled(*acts, profile="B")
    assert (state(result).amount_cents, state(result).closed_on) == (75000, day(80))
    assert refused(settled(*acts))[5] == ("apa", "no_sequence")


def test_a_missing_document_blocks_the_bill_and_nothing_else():
    result = settled(*full(), documents={})
    assert state(result).state == "complete"
    assert state(result).unmet == ("compte-rendu",)
    assert not state(result).billable
    assert sum(paid(result).values()) == 60000


@pytest.mark.parametrize(
    ("reason", "done", "expected", "cents"),
    [
        ("drop_out", 1, "partial", 15000),
        ("drop_out", 3, "partial", 45000),
        ("death", 1, "partial", 12000),
        ("death", 2, "partial", 12000),
        ("death", 3, "partial", 30000),
        ("completed", 3, "partial", 30000),
    ],
)
def test_an_early_end_leaves_what_its_rule_says(reason, done, expected, cents):
    result = settled(*full()[:done], ended_on=day(50), end_reason=reason)
    assert (state(result).state, state(result).amount_cents) == (expected, cents)
    assert sum(paid(result).values()) == cents
    assert state(result).billable


def test_what_expired_is_not_paid_and_the_next_sequence_does_not_open():
    result = settled(*full()[:3], act(9, "suivi", 320))
    assert (state(result).state, state(result).rule) == ("expired", "delai")
    assert state(result).last_day == dt.date(2026, 10, 6)
    assert result.lines == ()
    assert refused(result)[9] == ("suivi", "not_open")
    assert state(result, "suivi").state == "waiting"


def test_an_end_before_anything_opened_leaves_nothing_to_come():
    result = settled(ended_on=day(3), end_reason="refusal")
    assert {one.state for one in result.sequences} == {"never"}
    assert result.lines == ()


def test_a_sequence_complete_before_the_person_leaves_stays_complete():
    result = settled(*full(), ended_on=day(61), end_reason="drop_out")
    assert state(result).state == "complete"


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (act(9, "danse", 30), ("acts", "unknown_act")),
        (act(9, "diet", 30, state="unconfirmed"), ("unconfirmed", "unconfirmed")),
        (act(9, "diet", 30, state="elsewhere"), ("elsewhere", "elsewhere")),
        (act(9, "diet", -1), ("inclusion", "before_inclusion")),
        (act(9, "diet", 2), ("intensive", "not_open")),
        (act(9, "diet", 24), ("diet", "spacing")),
        (act(9, "bilan", 30), ("bilan", "maximum")),
        (act(9, "bilan", 30, remote=True), ("bilan", "remote")),
        (act(9, "diet", 30, profession="md"), ("diet", "profession")),
        (act(9, "diet", 61), ("intensive", "closed")),
        (act(9, "suivi", 30), ("suivi", "not_open")),
        (act(9, "diet", 30)._replace(payee=None), ("payee", "payee")),
    ],
)
def test_each_refusal_names_its_rule_and_changes_nothing(extra, why):
    result = settled(*full(), extra)
    assert refused(result) == {9: why}
    assert result.lines == settled(*full()).lines
    assert result.sequences == settled(*full()).sequences


def test_order_within_a_sequence():
    result = settled(act(1, "bilan", 5, state="unconfirmed"), act(2, "diet", 5))
    assert refused(result)[2] == ("intensive", "not_open")
    same_day = settled(act(2, "diet", 5), act(1, "bilan", 5), until=day(6))
    assert refused(same_day) == {}


def test_caps_by_day_and_by_calendar_year():
    follow = [act(10 + n, "suivi", 70 + 10 * n) for n in range(4)]
    result = settled(*full(), *follow, act(20, "suivi", 70), act(21, "suivi", 366))
    assert refused(result) == {20: ("un-par-jour", "cap"), 13: ("an", "cap")}
    part = next(one for one in result.refusals if one.act == 13)
    assert part.cents == 2000
    assert state(result, "suivi").amount_cents == 13000


def test_a_suspension_refuses_its_days_and_pushes_the_limit():
    pause = (Span(day(100), day(199)),)
    result = settled(*full()[:3], act(9, "diet", 320), act(8, "diet", 150), suspensions=pause)
    assert refused(result) == {8: ("suspended", "suspended")}
    assert state(result).state == "complete"


@pytest.mark.parametrize(
    ("more", "amo", "amc", "patient"),
    [
        ({}, 42000, 0, 18000),
        ({"amc": (ALWAYS,)}, 42000, 18000, 0),
        ({"amc": (Span(until=day(59)),)}, 42000, 0, 18000),
        ({"exemptions": (("ald", ALWAYS),)}, 60000, 0, 0),
        ({"exemptions": (("ald", Span(since=day(61))),)}, 42000, 0, 18000),
        ({"exemptions": (("terrorism", ALWAYS),)}, 42000, 0, 18000),
    ],
)
def test_who_pays_the_share_of_the_person(more, amo, amc, patient):
    lines = settled(*full(), **more).lines
    assert sum(one.amo_cents for one in lines) == amo
    assert sum(one.amc_cents for one in lines) == amc
    assert sum(one.patient_cents for one in lines) == patient
    assert all(one.cents == one.amo_cents + one.amc_cents + one.patient_cents for one in lines)


def key(name, since=None, until=None, percent=5000, governs="start"):
    sharing = Sharing(
        label=name,
        article=name,
        shares=(Share(id=name, kind="percent", to="diet", percent=f"{percent // 100}"),),
        governs=governs,
    )
    return SharingKey(name, sharing, since, until)


@pytest.mark.parametrize(("governs", "diet"), [("start", 30000), ("end", 6000), ("act", 20000)])
def test_which_key_governs_a_running_sequence(governs, diet):
    keys = (key("old", None, day(49), 5000, governs), key("new", day(50), None, 1000))
    result = settled(*full(), keys=keys)
    assert sum(paid(result).values()) == 60000
    # by act: the bilan alone gives its key nobody of the profession
    expected = {"start": 30000, "end": 6000, "act": 24000}[governs]
    assert paid(result)["diet-1"] == expected


def test_without_any_key_the_sequence_waits_for_one():
    bare = plan().protocol.model_copy(update={"sharing": None})
    from liane.pathways.protocols.plan import compile_protocol

    result = settle(compile_protocol(bare), case(*full()), END)
    assert state(result).unmet == ("sharing",)
    assert not state(result).billable
    assert [one.path for one in result.missing] == ["sharing"]


def test_percentages_that_make_a_hundred_leave_nothing_over():
    thirds = tuple(
        Share(id=who, kind="percent", to=who, percent=part)
        for who, part in (("md", "33.33"), ("diet", "33.33"), ("structure", "33.34"))
    )
    sharing = Sharing(label="tiers", article="a", shares=thirds, remainder="none")
    result = settled(*full(), keys=(SharingKey("k", sharing),))
    assert paid(result) == {"bilan-1": 19998, "diet-1": 19998, "structure": 20004}


def test_what_has_nobody_to_go_to_is_divided_as_the_rest():
    halves = (
        Share(id="apa", kind="percent", to="apa", percent="50"),
        Share(id="diet", kind="percent", to="diet", percent="50"),
    )
    sharing = Sharing(label="x", article="a", shares=halves, remainder="none")
    assert paid(settled(*full(), keys=(SharingKey("k", sharing),))) == {"diet-1": 60000}


def test_a_key_that_asks_too_much_is_cut_to_the_amount():
    big = Share(id="all", kind="per_act", to="diet", amount="400.00")
    sharing = Sharing(label="x", article="a", shares=(big,))
    assert paid(settled(*full(), keys=(SharingKey("k", sharing),))) == {"diet-1": 60000}


def test_a_profession_shares_by_acts_or_by_minutes():
    one = full()[:3]
    acts = (*one, act(4, "diet", 60, payee="other", minutes=60))
    share = (Share(id="d", kind="percent", to="diet", percent="100"),)
    for weights, cents in (("acts", 20000), ("minutes", 30000)):
        sharing = Sharing(label="x", article="a", shares=share, weights=weights)
        assert paid(settled(*acts, keys=(SharingKey("k", sharing),)))["other"] == cents


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [1, 2, 3], [17, 33, 50]),
        (1, [5, 5], [1, 0]),
        (0, [3, 4], [0, 0]),
        (10, [0, 1], [0, 10]),
    ],
)
def test_the_largest_remainder(total, weights, parts):
    assert apportion(total, weights) == parts


def test_what_was_not_entered_yet_is_not_counted():
    late = full()[3]._replace(entered_on=day(200))
    known = settle(plan(), case(*full()[:3], late), END, known_on=day(199))
    assert state(known).state == "expired"
    assert state(settled(*full()[:3], late)).state == "complete"


def test_a_correction_after_the_issue_is_a_difference():
    before = settled(*full())
    moved = (*full()[:3], full()[3]._replace(payee="other"))
    after = settled(*moved)
    changes = difference(before, after)
    assert [(one.payee, one.cents) for one in changes] == [("diet-1", -4000), ("other", 4000)]
    assert changes[0].removed == (4,)
    assert changes[1].added == (4,)
    assert difference(after, after) == ()
    assert sum(one.cents for one in difference(None, after)) == after.total_cents


def test_every_sentence_cites_rule_and_acts():
    said = list(
        explain(
            plan().protocol, case(*full(), act(9, "diet", 24)), settled(*full(), act(9, "diet", 24))
        )
    )
    texts = [one.text for one in said]
    assert "diet-1 : 120,00\u00a0€ pour 3 actes" in texts[1] + texts[2] + texts[3]
    assert any(
        "refusé, trop proche du précédent, Diététique (règle diet ; art. 2)" in t for t in texts
    )
    assert all(one.text.endswith(".") for one in said)
    lines = [one for one in said if one.rule.startswith(("actes", "medecin", "coordination"))]
    assert {one.article for one in lines} == {"art. 6"}


def test_nothing_counts_after_the_day_of_the_settlement():
    result = settled(*full(), until=day(59))
    assert state(result).state == "open"
    assert state(result).done == (("bilan", 1), ("diet", 2))
    assert result.lines == ()
    assert day(0) == START
