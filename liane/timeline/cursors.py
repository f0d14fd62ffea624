"""Keyset pagination: a place in a list ordered by moment then identifier, newest first."""

import datetime as dt
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from liane.core import ids

Rows = TypeVar("Rows", bound="QuerySet[Any]")


def write(moment: dt.datetime, identifier: UUID) -> str:
    """The place just after this row."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{identifier}"


def read(cursor: str) -> tuple[dt.datetime, UUID] | tuple[None, None]:
    """The place that ``cursor`` names; nothing when it is empty or not one of ours."""
    moment_text, _, id_text = cursor.partition("~")
    identifier = ids.parse(id_text)
    try:
        moment = parse_datetime(moment_text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or identifier is None:
        return None, None
    return moment, identifier


def older(
    rows: Rows, column: str, moment: dt.datetime | None = None, identifier: UUID | None = None
) -> Rows:
    """``rows`` beyond a place, newest first; all of them without a place."""
    ordered = rows.order_by(f"-{column}", "-pk")
    if moment is None or identifier is None:
        return ordered
    beyond = Q(**{f"{column}__lt": moment}) | Q(**{column: moment, "pk__lt": identifier})
    return ordered.filter(beyond, **{f"{column}__lte": moment})
