"""JSON as FHIR wants it: decimals as they were written, text that every database can hold."""

import json
import re
from decimal import Decimal
from typing import Any

import orjson

from liane.fhir.outcomes import Problem, problem

Json = dict[str, Any]
DEEPEST = 64
"""Levels of nesting accepted; R4 needs about fifteen."""
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse(raw: bytes) -> Json:
    """One JSON object. Raises Problem 400 with the place of what cannot be read."""
    found = parse_any(raw)
    if not isinstance(found, dict):
        raise _unreadable("a resource is a JSON object")
    return found


def number(text: str) -> int | Decimal:
    """A number as JSON would read it. Raises ValueError."""
    found = json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        raise ValueError("not a number")
    return found


def parse_any(raw: bytes) -> Any:
    """Any JSON. Raises Problem 400 with the place of what cannot be read."""
    try:
        text = raw.decode("utf-8-sig")
        found = json.loads(
            text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant,
            object_pairs_hook=_once,
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise _unreadable(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _unreadable("nested too deeply") from None
    except ValueError as error:
        raise _unreadable(str(error)) from None
    if b"\\u" in raw or _ODD.search(text):
        _check(found, 0)
    return found


def dump(content: Any, *, pretty: bool = False) -> bytes:
    """The bytes of ``content``; decimals keep their digits."""
    return orjson.dumps(content, default=_written, option=orjson.OPT_INDENT_2 if pretty else None)


def canonical(content: Any) -> bytes:
    """The same bytes for the same content, whatever the order of its keys."""
    return orjson.dumps(content, default=_written, option=orjson.OPT_SORT_KEYS)


def stored(raw: bytes) -> Json:
    """What :func:`dump` wrote, read again without checks."""
    found: Json = json.loads(raw, parse_float=Decimal)
    return found


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).lower().encode())
    if isinstance(value, int):
        return orjson.Fragment(str(value).encode())
    raise TypeError(f"{type(value).__name__} is not written in FHIR JSON")


def _decimal(text: str) -> Decimal:
    if len(text) > 60:
        raise ValueError("a decimal has too many digits")
    value = Decimal(text)
    if abs(value.adjusted()) > 60:
        raise ValueError("a decimal is too large or too small")
    return value


def _integer(text: str) -> int:
    if len(text) > 60:
        raise ValueError("a number has too many digits")
    return int(text)


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a property is written twice")
    return made


def _check(value: Any, depth: int) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, str) and _ODD.search(value):
        raise _unreadable("a text holds a character that FHIR does not allow")


def _unreadable(why: str) -> Problem:
    return problem(400, f"The body cannot be read: {why}.", code="structure")
