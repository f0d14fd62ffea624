"""Answer values: read from a form, compared, written in French."""

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from liane.assessments.engine.items import Item, Option, Value

NAMES = {
    "boolean": "valueBoolean",
    "decimal": "valueDecimal",
    "integer": "valueInteger",
    "date": "valueDate",
    "dateTime": "valueDateTime",
    "time": "valueTime",
    "string": "valueString",
    "text": "valueString",
    "url": "valueUri",
    "choice": "valueCoding",
    "open-choice": "valueCoding",
    "quantity": "valueQuantity",
    "reference": "valueReference",
}
LONGEST_STRING = 1_000
LONGEST_TEXT = 20_000
LARGEST = Decimal(10) ** 12
_DATE = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")
_URL = re.compile(r"^(https?://|urn:|mailto:|tel:)\S+$")


class Unreadable(ValueError):
    """A typed answer that cannot be kept. Its text says why and how to mend it."""


def read(item: Item, raw: str, *, unit: str = "") -> Value | None:
    """The value of what was typed, None when nothing was. Raises :class:`Unreadable`."""
    text = raw.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        return None
    if item.options and text.isdecimal() and int(text) < len(item.options):
        return item.options[int(text)].value
    if item.type in {"choice", "open-choice"} or item.options:
        raise Unreadable("Choisissez une des réponses proposées.")
    value = _READERS[item.type](item, text)
    if item.type == "quantity":
        value = {"valueQuantity": _quantity(item, value, unit)}
    _within(item, value)
    return value


def free_text(item: Item, raw: str) -> Value | None:
    """The « autre » of an open choice."""
    text = raw.replace("\0", "").strip()
    if len(text) > LONGEST_STRING:
        raise Unreadable(f"Écrivez {LONGEST_STRING} caractères au plus.")
    return {"valueString": text} if text else None


def _boolean(item: Item, text: str) -> Value:
    if text not in {"true", "false"}:
        raise Unreadable("Choisissez oui ou non.")
    return {"valueBoolean": text == "true"}


def _number(text: str) -> Decimal:
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        raise Unreadable("Écrivez un nombre, par exemple 12 ou 12,5.") from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise Unreadable("Ce nombre est trop grand.")
    return number


def _integer(item: Item, text: str) -> Value:
    number = _number(text)
    if number != number.to_integral_value():
        raise Unreadable("Écrivez un nombre entier.")
    if abs(number) > 2**31 - 1:
        raise Unreadable("Ce nombre est trop grand.")
    return {"valueInteger": int(number)}


def _decimal(item: Item, text: str) -> Value:
    number = _number(text)
    exponent = number.normalize().as_tuple().exponent
    places = item.decimals if item.decimals is not None else 6
    if isinstance(exponent, int) and -exponent > places:
        raise Unreadable(f"Écrivez {places} chiffres après la virgule au plus.")
    return {"valueDecimal": plain_number(number)}


def plain_number(number: Decimal) -> int | float:
    """A number as JSON writes it."""
    return int(number) if number == number.to_integral_value() else float(number)


def _quantity(item: Item, value: Value, unit: str) -> dict[str, Any]:
    chosen = item.unit
    if item.units:
        if not unit.isdecimal() or int(unit) >= len(item.units):
            raise Unreadable("Choisissez l’unité.")
        chosen = item.units[int(unit)]
    made: dict[str, Any] = {"value": value["valueDecimal"]}
    for name, key in (("unit", "display"), ("system", "system"), ("code", "code")):
        if chosen and chosen.get(key):
            made[name] = chosen[key]
    if chosen and "unit" not in made and chosen.get("code"):
        made["unit"] = chosen["code"]
    return made


def _date(item: Item, text: str) -> Value:
    try:
        day = dt.date.fromisoformat(text) if _DATE.match(text) else None
    except ValueError:
        day = None
    if day is None or not 1800 <= day.year <= 2300:
        raise Unreadable("Écrivez une date, par exemple 2026-03-12.")
    return {"valueDate": day.isoformat()}


def _moment(item: Item, text: str) -> Value:
    from django.utils import timezone

    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("Écrivez une date et une heure.") from None
    if not 1800 <= moment.year <= 2300:
        raise Unreadable("Cette date est trop loin.")
    if moment.tzinfo is None:
        moment = timezone.make_aware(moment)
    return {"valueDateTime": moment.isoformat(timespec="seconds")}


def _time(item: Item, text: str) -> Value:
    try:
        return {"valueTime": dt.time.fromisoformat(text).strftime("%H:%M:%S")}
    except ValueError:
        raise Unreadable("Écrivez une heure, par exemple 14:30.") from None


def _text(item: Item, text: str) -> Value:
    most = min(
        item.max_length or LONGEST_TEXT, LONGEST_TEXT if item.type == "text" else LONGEST_STRING
    )
    if len(text) > most:
        raise Unreadable(f"Écrivez {most} caractères au plus (il y en a {len(text)}).")
    if item.pattern:
        import regex

        try:
            fits = regex.fullmatch(item.pattern, text, timeout=0.2)
        except (regex.error, TimeoutError):
            fits = True
        if not fits:
            example = f", par exemple {item.placeholder}" if item.placeholder else ""
            raise Unreadable(f"Cette réponse n’a pas la forme attendue{example}.")
    return {"valueString": text}


def _url(item: Item, text: str) -> Value:
    if not _URL.match(text) or len(text) > LONGEST_STRING:
        raise Unreadable("Écrivez une adresse qui commence par https://.")
    return {"valueUri": text}


def _reference(item: Item, text: str) -> Value:
    return {"valueReference": {"display": _text(item, text)["valueString"]}}


_READERS = {
    "boolean": _boolean, "integer": _integer, "decimal": _decimal, "quantity": _decimal,
    "date": _date, "dateTime": _moment, "time": _time, "string": _text, "text": _text,
    "url": _url, "reference": _reference,
}  # fmt: skip


def _within(item: Item, value: Value) -> None:
    for bound, sign, words in ((item.minimum, 1, "au moins"), (item.maximum, -1, "au plus")):
        if bound is None:
            continue
        order = compare(value, bound)
        if order is not None and order * sign < 0:
            raise Unreadable(f"La réponse doit être {words} {label(bound)}.")


def check(item: Item, value: Value) -> None:
    """Raise :class:`Unreadable` for a value out of the bounds, length or form that an item asks."""
    _within(item, value)
    if isinstance(value.get("valueString"), str):
        _text(item, value["valueString"])


# ------------------------------------------------------------------ comparing
def bare(value: Value) -> Any:
    """The value without its name."""
    return next(iter(value.values()), None)


def same(one: Value, other: Value) -> bool:
    """True when two answers are equal: codings by system and code, quantities by value and unit."""
    left, right = bare(one), bare(other)
    if isinstance(left, dict) and isinstance(right, dict):
        if "code" in left and "code" in right and "value" not in left:
            system = right.get("system")
            return left["code"] == right["code"] and (not system or left.get("system") == system)
        if "value" in left and "value" in right:
            return compare(one, other) == 0
        if "display" in left and "display" in right:
            return bool(left["display"] == right["display"])
        return bool(left == right)
    if isinstance(left, dict) or isinstance(right, dict):
        return False
    return bool(left == right) or compare(one, other) == 0


def compare(one: Value, other: Value) -> int | None:
    """-1, 0 or 1; None where the two cannot be put in order."""
    left, right = _sortable(one), _sortable(other)
    if left is None or right is None or type(left) is not type(right):
        return None
    if isinstance(bare(one), dict) and isinstance(bare(other), dict):
        first, second = bare(one), bare(other)
        units = {first.get("code") or first.get("unit"), second.get("code") or second.get("unit")}
        if len(units - {None}) > 1:
            return None
    return int(left > right) - int(left < right)


def _sortable(value: Value) -> Any:
    raw = bare(value)
    if isinstance(raw, bool):
        return None
    if isinstance(raw, dict):
        raw = raw.get("value")
    if isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        return Decimal(str(raw))
    if "valueDateTime" in value and isinstance(raw, str):
        try:
            moment = dt.datetime.fromisoformat(raw)
        except ValueError:
            return raw
        return moment.astimezone(dt.UTC).isoformat()
    return raw if isinstance(raw, str) else None


# ------------------------------------------------------------------ words
def label(value: Value, options: tuple[Option, ...] = ()) -> str:
    """An answer as people read it."""
    for option in options:
        if same(value, option.value):
            return option.label
    raw = bare(value)
    if isinstance(raw, bool):
        return "Oui" if raw else "Non"
    if isinstance(raw, dict):
        if "value" in raw:
            return f"{number(raw['value'])} {raw.get('unit') or raw.get('code') or ''}".strip()
        return str(raw.get("display") or raw.get("code") or raw.get("reference") or "")
    if isinstance(raw, int | float | Decimal):
        return number(raw)
    return _when(value, str(raw))


def _when(value: Value, text: str) -> str:
    from django.utils import timezone

    try:
        if "valueDate" in value:
            return dt.date.fromisoformat(text).strftime("%d/%m/%Y")
        if "valueDateTime" in value:
            moment = dt.datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                moment = timezone.localtime(moment)
            return moment.strftime("%d/%m/%Y à %H:%M")
    except ValueError:
        return text
    return text[:5] if "valueTime" in value else text


def number(value: Any) -> str:
    """A number with a comma, without useless zeros."""
    plain = Decimal(str(value)).normalize()
    return f"{plain:f}".replace(".", ",")
