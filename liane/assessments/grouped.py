"""Measures that are one: a blood pressure has two numbers, and neither is told alone.

A panel is the first of its scores (``Score.panel`` names it); the others lead to it (``head``).
"""

from collections.abc import Sequence

BLOOD_PRESSURE = "http://loinc.org|85354-9"
KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "urn:liane:questionnaire:constantes": {BLOOD_PRESSURE: ("pa-systolique", "pa-diastolique")},
}
"""Questionnaire → panel (system and code) → its scores, in their order."""


def of(url: str, codes: Sequence[str], panel: str = "") -> dict[str, tuple[str, str]]:
    """Score → (panel, its head), of the scores of one assessment; ``panel``: they are all one."""
    if panel:
        return dict.fromkeys(codes, (panel, codes[0]))
    return {
        one: (name, parts[0])
        for name, parts in KNOWN.get(url, {}).items()
        if set(parts) <= set(codes)
        for one in parts
    }
