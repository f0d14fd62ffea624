"""Which items give a score, and what its values mean."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from liane.assessments.engine.extensions import OURS, first, values
from liane.assessments.engine.items import Band, Item, ScoreOf

if TYPE_CHECKING:
    from liane.assessments.engine.reading import Reading

NUMBERS = frozenset({"integer", "decimal", "quantity"})
ALGORITHMS = frozenset({"aggir"})


def score(raw: Mapping[str, Any], item: Item, reading: "Reading") -> dict[str, Any]:
    """The score that an item gives: said by our extension, or any calculated number."""
    if item.type not in NUMBERS or item.repeats:
        return {}
    for extension in values(raw, OURS + "score"):
        algorithm = str(first(extension, "algorithm") or "")
        if algorithm and algorithm not in ALGORITHMS:
            reading.refuse(item.link_id, f"l’algorithme {algorithm} n’est pas connu")
            return {}
        return {
            "score": ScoreOf(
                code=str(first(extension, "code") or item.link_id)[:60],
                label=str(first(extension, "label") or item.text)[:120],
                unit=str(first(extension, "unit") or "")[:20],
                low=_decimal(first(extension, "low")),
                high=_decimal(first(extension, "high")),
                bands=tuple(_band(one) for one in values(extension, "band")),
                algorithm=algorithm,
            )
        }
    if item.calculated is None:
        return {}
    code = item.codes[0][1] if item.codes else item.link_id
    unit = (item.unit or {}).get("display") or (item.unit or {}).get("code") or ""
    return {
        "score": ScoreOf(
            code=code[:60], label=(item.text or item.link_id)[:120], unit=str(unit)[:20]
        )
    }


def _band(extension: Mapping[str, Any]) -> Band:
    return Band(
        _decimal(first(extension, "low")),
        _decimal(first(extension, "high")),
        str(first(extension, "text") or ""),
        str(first(extension, "level") or ""),
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
