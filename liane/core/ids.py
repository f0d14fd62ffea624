"""Identifiers: UUIDv7, ordered by time, made by whoever creates the thing."""

import datetime as dt
from uuid import UUID

from uuid_utils import uuid7 as _quick7
from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new identifier, greater than those made before it on this machine."""
    return _uuid7()


def fresh() -> str:
    """The same as rows are written by the million (`core.rows`): its text in hexadecimal."""
    return _quick7().hex


def first_at(moment: dt.datetime) -> UUID:
    """The smallest UUIDv7 of a millisecond: the lower bound of a period in a range of ids."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))


def parse(value: object) -> UUID | None:
    """``value`` as a UUID, or None when it is not one."""
    try:
        return UUID(str(value))
    except ValueError:
        return None
