"""The two questions that nearly every query asks, as expressions that compile at once.

Written with the ORM's subqueries, one reach condition costs about 1.5 ms of Python to build, twenty
times a page. These say the same SQL with their values bound: the actor's holders and scopes are in
each query, nothing is kept between two requests.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, DateTimeField, F, UUIDField
from django.db.models.expressions import Expression

_UUID, _MOMENT = UUIDField(), DateTimeField()


class _Question(Expression):
    """A condition about one column, with values bound."""

    conditional = True

    def __init__(self, column: Any, holders: tuple[UUID, ...]) -> None:
        super().__init__(output_field=BooleanField())
        self.column = F(column) if isinstance(column, str) else column
        self.holders = holders

    def get_source_expressions(self) -> list[Any]:
        """The column asked about."""
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        """Replace the column by its resolved form."""
        (self.column,) = exprs

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two of these the same."""
        return (type(self), self.column, self.holders)

    def _held_by(self, column: str, connection: Any) -> tuple[str, list[Any]]:
        """SQL: ``column`` is a holder. One array on PostgreSQL, one mark each elsewhere."""
        if connection.vendor == "postgresql":
            return f"{column} = ANY (%s)", [list(self.holders)]
        values = [_UUID.get_db_prep_value(holder, connection) for holder in self.holders]
        return f"{column} IN ({', '.join(['%s'] * len(values))})", values


Groups = Mapping[str | None, frozenset[str]]
"""Scopes by the audience flag (a column) that they need; None for those that need none."""


class Reached(_Question):
    """A grant in force joins one of the holders to the person of ``column``; none denies it.

    The grant is of a scope that needs no flag, or of one whose flag the row bears. ``probing``: the
    grants of each row are looked up in turn, for a list that another condition keeps short; without
    it PostgreSQL may read first all those of a holder who reaches a whole territory.
    """

    def __init__(
        self,
        column: Any,
        holders: tuple[UUID, ...],
        groups: Groups,
        now: dt.datetime,
        *,
        probing: bool = False,
    ) -> None:
        super().__init__(column, holders)
        self.probing = probing
        ordered = sorted(groups.items(), key=lambda group: group[0] or "")
        self.flags: list[Any] = [None if flag is None else F(flag) for flag, _ in ordered]
        self.scopes = tuple(tuple(sorted(scopes)) for _, scopes in ordered)
        self.now = now

    def get_source_expressions(self) -> list[Any]:
        """The person's column, then the flags."""
        return [self.column, *self.flags]

    def set_source_expressions(self, exprs: Any) -> None:
        """Replace the columns by their resolved forms."""
        self.column, *self.flags = exprs

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two of these the same."""
        return (*super().identity, tuple(self.flags), self.scopes, self.now, self.probing)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQL for both databases."""
        person, person_values = compiler.compile(self.column)
        granted, grant_values = self._held_by("rg.holder_id", connection)
        denied, denial_values = self._held_by("rd.holder_id", connection)
        wanted, wanted_values = self._wanted(compiler)
        now = _MOMENT.get_db_prep_value(self.now, connection)
        # A subquery with an offset is never turned into a join.
        apart = " OFFSET 0" if self.probing and connection.vendor == "postgresql" else ""
        sql = (
            f"(EXISTS (SELECT 1 FROM circle_grant rg WHERE rg.person_id = {person} AND {granted}"
            " AND NOT rg.deny AND rg.starts_at <= %s AND (rg.ends_at IS NULL OR rg.ends_at > %s)"
            f" AND ({wanted}){apart}) AND NOT EXISTS (SELECT 1 FROM circle_grant rd"
            f" WHERE rd.person_id = {person} AND rd.deny AND {denied}))"
        )
        values = [*person_values, *grant_values, now, now, *wanted_values]
        return sql, (*values, *person_values, *denial_values)

    def _wanted(self, compiler: Any) -> tuple[str, list[Any]]:
        """SQL: the grant's scope, with its flag, lets the row be seen."""
        parts, values = [], []
        for flag, scopes in zip(self.flags, self.scopes, strict=True):
            part = f"rg.scope IN ({', '.join(['%s'] * len(scopes))})"
            if flag is not None:
                column, flag_values = compiler.compile(flag)
                part = f"{column} AND {part}"
                values += flag_values
            parts.append(part)
            values += scopes
        return " OR ".join(parts), values


class Masked(_Question):
    """A mask that still holds hides the object of ``column`` from one of the holders.

    Masks set by ``author`` do not hide from themselves: who hides a thing can show it again.
    """

    def __init__(self, column: Any, holders: tuple[UUID, ...], author: UUID | None) -> None:
        super().__init__(column, holders)
        self.author = author

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two of these the same."""
        return (*super().identity, self.author)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQL for both databases."""
        thing, values = compiler.compile(self.column)
        to_me = ""
        holders: list[Any] = []
        if self.holders:
            mine, holders = self._held_by("mk.holder_id", connection)
            to_me = f" OR {mine}"
        sql = (
            f"EXISTS (SELECT 1 FROM circle_mask mk WHERE mk.object_id = {thing}"
            f" AND mk.ended_at IS NULL AND (mk.holder_id IS NULL{to_me})"
        )
        values = [*values, *holders]
        if self.author is not None:
            sql += " AND (mk.author_holder_id <> %s OR mk.author_holder_id IS NULL)"
            values.append(_UUID.get_db_prep_value(self.author, connection))
        return f"{sql})", tuple(values)


class Been(_Question):
    """One of the holders was in the circle of the person of ``column`` at the moment ``at``, and
    no longer is by that right; the holder itself is that of ``house``, where it is given."""

    def __init__(
        self,
        column: Any,
        at: str,
        holders: tuple[UUID, ...],
        now: dt.datetime,
        house: str | None = None,
    ) -> None:
        super().__init__(column, holders)
        self.at: Any = F(at)
        self.house: Any = F(house) if house is not None else None
        self.now = now

    def get_source_expressions(self) -> list[Any]:
        """The columns asked about."""
        return [self.column, self.at, self.house]

    def set_source_expressions(self, exprs: Any) -> None:
        """Replace the columns by their resolved forms."""
        self.column, self.at, self.house = exprs

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two of these the same."""
        return (*super().identity, self.at, self.house, self.now)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQL for both databases."""
        person, person_values = compiler.compile(self.column)
        at, at_values = compiler.compile(self.at)
        mine, holders = self._held_by("rp.holder_id", connection)
        sql = (
            "EXISTS (SELECT 1 FROM circle_grant rp"
            f" WHERE rp.person_id = {person} AND {mine}"
            f" AND rp.scope = 'past' AND rp.ends_at <= %s"
            f" AND {at} BETWEEN rp.starts_at AND rp.ends_at"
        )
        now = _MOMENT.get_db_prep_value(self.now, connection)
        values = [*person_values, *holders, now, *at_values]
        if self.house is not None:
            house, house_values = compiler.compile(self.house)
            sql += f" AND rp.holder_id = {house}"
            values += house_values
        return f"{sql})", tuple(values)
