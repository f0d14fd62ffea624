"""What one version does to another: fills its gaps, or changes what it said."""

import pytest

from liane.pathways.protocols import library
from liane.pathways.protocols.filling import filling
from liane.pathways.tests.conftest import text_of

AMOUNT = '{"*": {to_be_completed: montant de la séquence, who: la structure}}'
SHARE = "patient_share: {kind: none, article: essai}"
OPEN_SHARE = "patient_share: {kind: unknown, exemptions: [ald], article: essai, who: l’arrêté}"
DROP = """\
dropout:
  - {id: fin, label: Fin anticipée, article: essai, reasons: [death], strategy: unknown, who: texte}
"""
MIN = "min: {to_be_completed: nombre de séances, who: la structure}"
OPENED = text_of().replace(SHARE, DROP + OPEN_SHARE)
BASE = OPENED.replace("acts: [diet], min: 2", f"acts: [diet], {MIN}")
FILLED = BASE.replace('version: "2026-01"', "version: 2026-02").replace(AMOUNT, '{"*": "450.00"}')


def read(text: str, *swaps: tuple[str, str]):
    """The definition of a text in which each of these was replaced."""
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return library.read(text)


RATE = 'patient_share: {kind: rate, rate: "20", exemptions: [ald], article: essai}'
CASES = [
    ("an amount", [], ["phases[0].amounts.*"], []),
    ("a count", [(MIN, "min: 2")], ["phases[0].amounts.*", "phases[0].requires[1].min"], []),
    ("the share", [(OPEN_SHARE, RATE)], ["phases[0].amounts.*", "patient_share"], []),
    (
        "a rule of levels",
        [("strategy: unknown, who: texte",
          'strategy: threshold, levels: [{requires: {bilan: 1}, percent: "50"}]')],
        ["phases[0].amounts.*", "dropout[0]"], [],
    ),
    ("where it comes from", [
        ("mark: inferred}\n", "mark: inferred}\n  - {id: b, text: Accord, ref: accord, "
         "checked: 2026-03-03, mark: verified}\n"),
        ("examples: []", "notes: [Complété en mars]\nexamples: []"),
    ], ["phases[0].amounts.*"], []),
    ("nothing", [('{"*": "450.00"}', AMOUNT)], [], []),
    ("an amount that was stated", [('"100.00"', '"110.00"')], None, ["phases[1].amounts.*"]),
    ("a stated count", [("acts: [sport], min: 1", "acts: [sport], min: 2")], None,
     ["phases[1].requires[0].min"]),
    ("a maximum where none was", [("acts: [sport], min: 1", "acts: [sport], min: 1, max: 3")],
     None, ["phases[1].requires[0].max"]),
    ("what was stated is open again", [('"100.00"', "{to_be_completed: montant, who: x}")], None,
     ["phases[1].amounts.*"]),
    ("a gap that goes", [('{"*": "450.00"}', '{A: "450.00", B: "450.00"}')], None,
     ["phases[0].amounts.*", "phases[0].amounts.A", "phases[0].amounts.B"]),
    ("the exemptions of an open share", [
        (OPEN_SHARE, RATE.replace("[ald]", "[ald, maternity]"))], None,
     ["patient_share.exemptions"]),
    ("the scope of an open rule", [("reasons: [death], strategy: unknown, who: texte",
                                    "reasons: [death, move], strategy: none")], None,
     ["dropout[0].reasons"]),
    ("a window", [("late_after_days: 10", "late_after_days: 12")], None,
     ["phases[0].requires[1].late_after_days"]),
    ("a criterion", [("test: {fact: imc, min: 35}", "test: {fact: imc, min: 40}")], None,
     ["eligibility[1].test.min"]),
    ("the payer", [("payer: cpam", "payer: ars_fir")], None, ["payer"]),
    ("its first day", [("valid_from: 2020-01-01", "valid_from: 2026-01-01")], None, ["valid_from"]),
    ("another pathway", [("key: essai", "key: autre")], None, ["key"]),
    ("a source that was given", [("text: Écrit pour les essais", "text: Autre")], None,
     ["sources[0].text"]),
    ("a summary where none was", [("schema: 1", "schema: 1\nsummary: Ajouté")], None, ["summary"]),
]  # fmt: skip


@pytest.mark.parametrize(("swaps", "filled", "changed"), [one[1:] for one in CASES],
                         ids=[one[0] for one in CASES])  # fmt: skip
def test_a_version_fills_or_changes(swaps, filled, changed):
    found = filling(read(BASE), read(FILLED, *swaps))
    assert list(found.changed) == changed
    if filled is not None:
        assert sorted(found.filled) == sorted(filled)
    assert found.only_fills == (not changed and bool(filled))


@pytest.mark.parametrize("protocol", list(library.shipped()), ids=lambda one: one.key)
def test_whatever_is_completed_of_a_shipped_definition_only_fills_it(protocol):
    values = {"dropout": "pro_rata", "share": "20 %"}
    said = {}
    for gap in library.gaps(protocol):
        money = "amounts" in gap.path or "totals" in gap.path or "tariff" in gap.path
        money = money or gap.path.endswith("amount")
        said[gap.path] = values.get(gap.kind, "100.00" if money else 1)
    found = filling(protocol, library.completed(protocol, said))
    assert (found.changed, set(found.filled)) == ((), set(said))
    assert found.only_fills == bool(said)
    back = filling(library.completed(protocol, said), protocol)
    assert bool(back.changed) == bool(said), "the other way, what was said is lost"
