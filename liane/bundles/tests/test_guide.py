"""The settlement that the user guide shows is the one the engine computes, word for word."""

import datetime as dt
from pathlib import Path

from liane.bundles.engine import compile_protocol, explain, settle
from liane.pathways.protocols import library
from liane.pathways.protocols.facts import Act, Case

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "forfaits.md"
ACTS = (
    ("bilan-diet", dt.date(2025, 3, 10), "Léa Moreau", "dieteticien"),
    ("bilan-psy", dt.date(2025, 3, 17), "Sami Ibarra", "psychologue"),
    ("consultation-diet", dt.date(2025, 4, 14), "Léa Moreau", "dieteticien"),
    ("consultation-diet", dt.date(2025, 5, 12), "Léa Moreau", "dieteticien"),
    ("consultation-psy", dt.date(2025, 6, 16), "Sami Ibarra", "psychologue"),
    ("bilan-apa", dt.date(2025, 9, 8), "Tess Faure", "apa"),
)


def test_the_guide_shows_what_the_engine_says():
    protocol = next(one for one in library.shipped() if one.key == "apres-cancer")
    acts = tuple(Act(number, *said) for number, said in enumerate(ACTS))
    case = Case("sarrade", dt.date(2025, 3, 3), acts)
    answer = settle(compile_protocol(protocol), case, dt.date(2026, 4, 1))
    text = GUIDE.read_text(encoding="utf-8")
    shown = text.partition("<!-- calcul -->\n")[2].partition("<!-- fin -->")[0]
    assert shown.splitlines() == [f"- {said.text}" for said in explain(protocol, case, answer)]
    assert answer.total_cents == 18000
