"""A score over time as an SVG drawn by the server: the table beside it says the same."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from liane.assessments.engine.items import ScoreOf
from liane.assessments.engine.values import number

WIDTH, HEIGHT = 440, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 20, 18, 34
MOST_BANDS = 6


@dataclass(frozen=True)
class Point:
    """A value in the picture."""

    x: float
    y: float
    value: str
    day: str
    above: float
    """Where its figure is written."""


@dataclass(frozen=True)
class Stripe:
    """A band of the score in the picture."""

    y: float
    height: float
    text: str
    odd: bool


@dataclass(frozen=True)
class Tick:
    """A mark of an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws. Units are those of the view box."""

    points: list[Point]
    line: str
    stripes: list[Stripe]
    levels: list[Tick]
    days: list[Tick]
    width: int = WIDTH
    span: int = WIDTH - LEFT - RIGHT
    foot: int = HEIGHT - 8
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def draw(scores: Sequence[Any], score: ScoreOf) -> Chart | None:
    """The picture of two points or more; None for fewer."""
    if len(scores) < 2:
        return None
    low, high = _range(scores, score)
    span = high - low or Decimal(1)
    first, last = scores[0].at, scores[-1].at
    length = (last - first).total_seconds() or 1.0

    def x(at: dt.datetime) -> float:
        return float(
            round(LEFT + (WIDTH - LEFT - RIGHT) * (at - first).total_seconds() / length, 1)
        )

    def y(value: Decimal) -> float:
        share = float((value - low) / span)
        return float(round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1))

    points = []
    for one in scores:
        top = y(one.value)
        above = top - 9 if top - 20 > TOP else top + 18
        points.append(Point(x(one.at), top, number(one.value), _day(one.at), above))
    return Chart(
        points=points,
        line=" ".join(f"{point.x},{point.y}" for point in points),
        stripes=_stripes(score, low, high, y),
        levels=[
            Tick(y(value), number(value)) for value in dict.fromkeys((low, (low + high) / 2, high))
        ],
        days=[Tick(point.x, point.day) for point in _apart(points)],
    )


def _range(scores: Sequence[Any], score: ScoreOf) -> tuple[Decimal, Decimal]:
    values = [one.value for one in scores]
    low = score.low if score.low is not None else min(values)
    high = score.high if score.high is not None else max(values)
    low, high = min(low, *values), max(high, *values)
    return (low, high) if low < high else (low - 1, high + 1)


def _stripes(score: ScoreOf, low: Decimal, high: Decimal, y: Any) -> list[Stripe]:
    if len(score.bands) > MOST_BANDS:
        return []
    made = []
    bands = sorted(score.bands, key=lambda band: low if band.low is None else band.low)
    for at, band in enumerate(bands):
        bottom = low if band.low is None else max(low, band.low)
        above = bands[at + 1].low if at + 1 < len(bands) else None
        top = min(high, above) if above is not None else high
        if top > bottom:
            made.append(
                Stripe(y(top), round(y(bottom) - y(top), 1), band.level or band.text, at % 2 == 1)
            )
    return made


def _apart(points: list[Point]) -> list[Point]:
    """Dates that do not touch one another."""
    kept = [points[0]]
    for point in points[1:-1]:
        if point.x - kept[-1].x > 90 and points[-1].x - point.x > 90:
            kept.append(point)
    if points[-1].x - kept[-1].x > 60:
        kept.append(points[-1])
    return kept


def _day(at: dt.datetime) -> str:
    return timezone.localtime(at).strftime("%d/%m/%y")
