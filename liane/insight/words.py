"""The words of a table's rows, and their order."""

from liane.directory import needs
from liane.directory.nomenclatures import profession_label
from liane.insight import accompaniments, concertations, lacks, opinions
from liane.insight.bands import AGE_WORDS, LENGTH_WORDS
from liane.insight.figures import Figures
from liane.insight.sources import REPLIES
from liane.interventions.models import ActKind
from liane.patients.models import Patient
from liane.referrals import motives
from liane.referrals.models import Referral
from liane.referrals.states import Status

GIRS = {str(number): f"GIR {number}" for number in range(1, 7)}
FIXED: dict[str, dict[str, str]] = {
    "active.age": AGE_WORDS,
    "active.sex": {one.value: str(one.label) for one in Patient.Sex},
    "active.level": accompaniments.LEVELS | {"": "sans accompagnement ouvert"},
    "active.gir": GIRS | {"": "GIR inconnu"},
    "requests.requester": {one.value: str(one.label) for one in Referral.Requester},
    "requests.channel": {one.value: str(one.label) for one in Referral.Channel},
    "answers.kind": {key: str(Status(key).label) for key in REPLIES},
    "acts.kind": {one.value: str(one.label) for one in ActKind},
    "exits.reason": accompaniments.REASONS | {"": "motif non noté"},
    "exits.length": LENGTH_WORDS,
    "meetings.who": concertations.WHO,
    "satisfaction.level": opinions.LEVELS,
    "needs.why": lacks.WHY,
}
"""Rows known beforehand, in the order in which they are read."""


def rows_of(code: str, now: Figures, before: Figures) -> dict[str, str]:
    """The rows of a table, key and words: known ones in their order, the others by size."""
    known = FIXED.get(code, {})
    found = set(now.tables[code]) | set(before.tables[code])
    others = sorted(
        found - set(known), key=lambda key: (key == "", -now.tables[code].get(key, 0), key)
    )
    return known | {key: _word(code, key, now, before) for key in others}


def _word(code: str, key: str, now: Figures, before: Figures) -> str:
    if code == "requests.motive":
        return motives.label(key)
    if code == "unmet.profession":
        return profession_label(key) or "profession non précisée"
    towns = before.communes | now.communes
    if code == "requests.commune":
        town = towns.get(key)
        return town.name if town is not None else key or "commune inconnue"
    if code == "needs.kind":
        return needs.label(key)
    if code in {"requests.territory", "needs.territory"}:
        epci = next((one.epci for one in towns.values() if one.epci_id == key), None)
        return epci.name if epci is not None and key else "hors intercommunalité ou inconnue"
    return key or "non renseigné"
