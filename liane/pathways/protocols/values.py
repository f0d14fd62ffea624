"""The small values of a definition: money, lengths, marks of what no source gives."""

import calendar
import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

MONEY = r"^[0-9]{1,7}\.[0-9]{2}$"
PERCENT = r"^[0-9]{1,3}(\.[0-9]{1,2})?$"

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")]
"""Name of a rule, an act, a phase…: letters without accent, digits, ``-`` and ``_``."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
Mark = Literal["verified", "press", "inferred"]
"""verified: read in the text itself; press: told by others; inferred: our reading, to confirm."""


def euros_to_cents(value: Any) -> Any:
    """``"22.50"`` as 2250. Only such a string is money: a YAML number would lose cents."""
    if not isinstance(value, str) or not re.match(MONEY, value):
        raise ValueError("money")
    return int(value.replace(".", ""))


def cents_to_euros(cents: int) -> str:
    """2250 as ``"22.50"``: how a definition writes money."""
    return f"{cents // 100}.{cents % 100:02d}"


def percent_to_points(value: Any) -> Any:
    """``"12.5"`` as 1250 basis points (hundredths of a percent)."""
    if not isinstance(value, str) or not re.match(PERCENT, value):
        raise ValueError("percent")
    whole, _, part = value.partition(".")
    points = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    if points > 10_000:
        raise ValueError("percent")
    return points


def points_to_percent(points: int) -> str:
    """1250 basis points as ``"12.50"``."""
    return f"{points // 100}.{points % 100:02d}"


Cents = Annotated[
    int,
    BeforeValidator(euros_to_cents),
    PlainSerializer(cents_to_euros, return_type=str),
    WithJsonSchema({"type": "string", "pattern": MONEY, "description": "euros"}),
]
"""Euros with two decimals in the file, integer cents in the code."""
Points = Annotated[
    int,
    BeforeValidator(percent_to_points),
    PlainSerializer(points_to_percent, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PERCENT, "description": "percent"}),
]
"""Percent in the file, basis points in the code."""


class Strict(BaseModel):
    """Every part of a definition: no unknown field, never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ToBeCompleted(Strict):
    """A value that no source gives: what is missing, and who may complete it. Never zero."""

    to_be_completed: Text
    who: Text


def _shape(value: Any) -> str:
    missing = isinstance(value, ToBeCompleted | dict)
    return "missing" if missing else "value"


type Amount = Annotated[
    Annotated[Cents, Tag("value")] | Annotated[ToBeCompleted, Tag("missing")],
    Discriminator(_shape),
]
type Count = Annotated[
    Annotated[Annotated[int, Field(ge=0, le=1000)], Tag("value")]
    | Annotated[ToBeCompleted, Tag("missing")],
    Discriminator(_shape),
]


class Length(Strict):
    """A length of time: months (calendar), days, or both added."""

    months: Annotated[int, Field(ge=0, le=240)] = 0
    days: Annotated[int, Field(ge=0, le=3660)] = 0

    @model_validator(mode="after")
    def _some(self) -> "Length":
        if not self.months and not self.days and self.model_fields_set == set():
            raise ValueError("length")
        return self

    def after(self, day: dt.date) -> dt.date:
        """The day that lies this long after ``day``: the 31st plus a month is a month's last day.

        Raises OverflowError beyond year 9999.
        """
        month = day.month - 1 + self.months
        year, month = day.year + month // 12, month % 12 + 1
        if year > dt.MAXYEAR:
            raise OverflowError("year")
        last = calendar.monthrange(year, month)[1]
        return dt.date(year, month, min(day.day, last)) + dt.timedelta(self.days)


class Cited(Strict):
    """A rule: its name and words in explanations, its article, and the source that gave it."""

    id: Id
    label: Text
    article: Text
    source: Id | None = None
