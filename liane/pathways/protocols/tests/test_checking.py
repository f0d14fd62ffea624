"""The check says what is wrong by line and field, in French, and never raises."""

import random

import pytest

from liane.bundles.engine import run_examples
from liane.bundles.engine.tests.made import TEXT
from liane.pathways.protocols.checking import check
from liane.pathways.protocols.library import DATA


def first(old, new, count=1):
    assert old in TEXT, old
    return check(TEXT.replace(old, new, count)).errors


def test_the_definition_of_the_tests_has_no_error():
    checked = check(TEXT)
    assert checked.errors == ()
    assert [one.field for one in checked.faults] == ["examples"]


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("acts: [bilan], min: 1", "acts: [bilans], min: 1", "phases[0].requires[0].acts",
         "Peut-être « bilan »"),
        ("acts: [bilan]}", "acts: [autre]}", "anchors[0].acts", "acte « autre »"),
        ("max_length: {months: 9}", "max_length: {months: 3}", "phases[0].max_length",
         "plus court"),
        ("min: 3, max: 5", "min: 3, max: 2", "phases[0].requires[1].max", "sous le minimum"),
        ("spacing_days: 7", "spacing_days: 200", "phases[0].requires[1].spacing_days",
         "ne tiennent pas"),
        ("after: bilan,", "after: bilen,", "phases[0].requires[1].after", "Peut-être « bilan »"),
        ("starts: {anchor: bilan}", "starts: {anchor: rien}", "phases[0].starts.anchor", "ancre"),
        ("starts: {after: intensive}", "starts: {after: suivi}", "phases[1].starts.after",
         "tourne en rond"),
        ('B: "750.00"', 'C: "750.00"', "phases[0].amounts.C", "profil « C »"),
        (', B: "750.00"', "", "phases[0].amounts", "profil « B »"),
        (', tariff: "30.00"', "", "phases[1].requires[0].acts", "pas de tarif"),
        ('percent: "33.33"', 'percent: "133.33"', "sharing.shares[2].percent", "100.00"),
        ("to: md, percent", "to: kine, percent", "sharing.shares[2].to", "profession « kine »"),
        ("to: diet, amount", "to: dance, amount", "sharing.shares[1].to", "acte « dance »"),
        ("professions: [apa]", "professions: [sport]", "acts[2].professions", "sport"),
        ("profiles: [B], article", "profiles: [Z], article", "phases[0].requires[2].profiles", "Z"),
        ("documents: [compte-rendu]", "documents: [lettre]", "phases[0].documents", "lettre"),
        ("{bilan: 1, diet: 2}", "{bilan: 1, dite: 2}", "dropout[1].levels[1].requires.dite",
         "Peut-être « diet »"),
        ("id: an,", "id: un-par-jour,", "caps[1]", "déjà pris"),
        ("payer: cpam", "payer: cpan", "payer", "Peut-être « cpam »"),
        ("payer: cpam", "payer: cpam\nvalid_to: 2025-01-01", "valid_to", "avant d’avoir"),
        ("payer: cpam", "payeur: cpam", "payer", "obligatoire"),
        ('amount: "100.00", per: cal', "amount: 100, per: cal", "caps[1].amount", "deux décimales"),
        ("count: 1, per: day", 'count: 1, amount: "1.00", per: day', "caps[0]", "un seul"),
        ("every_days: 30", "every_days: 3", "phases[0].requires[1].every_days", "plus serré"),
        ("met: all", "met: tout", "phases[0].complete_when.met", "valeurs possibles"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_where_it_is(old, new, field, said):
    errors = first(old, new)
    fault = next((one for one in errors if one.field == field), None)
    assert fault, errors
    assert said in fault.message
    lines = TEXT.replace(old, new, 1).splitlines()
    near = "\n".join(lines[max(0, fault.line - 2) : fault.line + 1])
    assert new.split("\n")[-1] in near or field in {"payer", "phases[0].amounts", "caps[1]",
                                                    "phases[1].requires[0].acts"}  # fmt: skip


def test_overlapping_sequences_are_refused():
    text = TEXT.replace("starts: {after: intensive}", "starts: {anchor: inclusion}")
    errors = check(text.replace("acts: [suivi], max: 8", "acts: [suivi, bilan]")).errors
    assert any("courir ensemble" in one.message for one in errors)


def test_an_impossible_window_is_refused():
    window = (
        "windows:\n  - {id: w, label: w, article: a, anchor: inclusion, after: {months: 3}, "
        "within: {days: 30}}\ncaps:\n"
    )
    (fault,) = first("caps:\n", window)
    assert (fault.field, "impossible" in fault.message) == ("windows[0].within", True)


def test_percentages_without_remainder_make_a_hundred():
    shares = TEXT[TEXT.index("  remainder:") : TEXT.index("dropout:")]
    new = (
        "  remainder: none\n  shares:\n    - {id: a, kind: percent, to: md, percent: '60'}\n"
        "    - {id: b, kind: percent, to: diet, percent: '39.5'}\n"
    )
    (fault,) = first(shares, new)
    assert "99,5" in fault.message
    assert first(shares, new.replace("39.5", "40")) == ()
    assert "plus de 100" in first(shares, new.replace("39.5", "50"))[0].message


def test_what_is_to_be_completed_is_told_and_is_no_error():
    mark = "{to_be_completed: Montant du profil B, who: structure}"
    checked = check(TEXT.replace('"750.00"', mark, 1))
    assert checked.errors == ()
    told = next(one for one in checked.faults if one.field == "phases[0].amounts.B")
    assert told.message == "à compléter : Montant du profil B (par : structure)."
    assert "amounts" in TEXT.splitlines()[told.line - 1]


def test_a_wrong_example_is_an_error_at_its_line():
    text = (DATA / "apres-cancer" / "2020-12.yaml").read_text(encoding="utf-8")
    wrong = text.replace('amounts: {parcours: "180.00"}', 'amounts: {parcours: "181.00"}', 1)
    checked = check(wrong, run_examples)
    (fault,) = checked.errors
    assert fault.field == "examples[0].expect.amounts.parcours"
    assert "attendu 181.00, obtenu 180.00" in fault.message
    assert wrong.splitlines()[fault.line - 1].startswith("  - name: Un bilan")


SHIPPED = (DATA / "apres-cancer" / "2020-12.yaml").read_bytes()


@pytest.mark.parametrize("source", [TEXT.encode(), SHIPPED], ids=["made", "shipped"])
def test_torn_texts_never_raise(source):
    """Texts with bytes changed, cut or repeated give faults, never an exception."""
    draw = random.Random(7)
    for _ in range(120):
        torn = bytearray(source)
        for _ in range(draw.randint(1, 6)):
            _tear(torn, draw)
        for fault in check(bytes(torn), run_examples).faults:
            assert fault.line >= 1
            assert fault.message


def _tear(torn, draw):
    at = draw.randrange(len(torn))
    change = draw.randrange(5)
    if change == 0:
        torn[at] = draw.randrange(256)
    elif change == 1:
        del torn[at : at + draw.randrange(200)]
    elif change == 2:
        torn[at:at] = draw.choice([b"[", b"{", b"- ", b": ", b"\n", b"&a ", b"*a", b"!!x "])
    elif change == 3:
        torn[at:at] = torn[at : at + draw.randrange(300)]
    else:
        digits = [place for place in range(len(torn)) if 48 <= torn[place] < 58]
        torn[draw.choice(digits)] = draw.choice(b"0123456789")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_at_the_ends_of_the_calendar_never_raise(day):
    text = SHIPPED.decode().replace("2026-01-05", day).replace("2026-01-12", day)
    assert all(one.message for one in check(text, run_examples).faults)
