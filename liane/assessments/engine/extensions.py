"""Reading FHIR extensions of a Questionnaire."""

from collections.abc import Mapping
from typing import Any

CORE = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
OURS = "urn:liane:fhir:"
_TRANSLATION = CORE + "translation"


def values(element: Mapping[str, Any], url: str) -> list[dict[str, Any]]:
    """The extensions of ``element`` with this address."""
    rows = element.get("extension")
    if not isinstance(rows, list):
        return []
    return [row for row in rows if isinstance(row, dict) and row.get("url") == url]


def _value(extension: Mapping[str, Any]) -> Any:
    return next((value for key, value in extension.items() if key.startswith("value")), None)


def value_of(element: Mapping[str, Any], url: str) -> Any:
    """The value of the first extension with this address, or None."""
    return next((_value(one) for one in values(element, url)), None)


def named_value(element: Mapping[str, Any], url: str) -> dict[str, Any] | None:
    """The same with its name: ``{"valueInteger": 3}``."""
    for one in values(element, url):
        for key, value in one.items():
            if key.startswith("value"):
                return {key: value}
    return None


def first(extension: Mapping[str, Any], name: str) -> Any:
    """The value of a part of a complex extension, or None."""
    return value_of(extension, name)


def flag(element: Mapping[str, Any], url: str) -> bool:
    """True when the extension says true."""
    return value_of(element, url) is True


def expressions(element: Mapping[str, Any], url: str) -> list[dict[str, Any]]:
    """The Expression values of the extensions with this address."""
    found = [_value(one) for one in values(element, url)]
    return [one for one in found if isinstance(one, dict)]


def translated(element: Mapping[str, Any], name: str) -> str:
    """A text in French where a translation is given, otherwise as it is."""
    beside = element.get(f"_{name}")
    for extension in values(beside, _TRANSLATION) if isinstance(beside, dict) else []:
        if str(first(extension, "lang") or "").startswith("fr"):
            return str(first(extension, "content") or "")
    text = element.get(name)
    return text.strip() if isinstance(text, str) else ""
