"""Updates and deletions that are compiled once, as `core.prepared` does for queries.

``@changing`` is put on a function that gives the rows to change and their new values; ``@removing``
on one that gives the rows to delete. Every value used is an argument; a number that changes from
one call to the next is given as a `prepared.Number`. Rows that others point to are not for
`removing`: nothing cascades. No signal is sent, as by ``update()``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet
from django.db.models.sql import DeleteQuery, UpdateQuery

from liane.core.prepared import Shapes, Template, Text

Change = tuple[QuerySet[Any], dict[str, Any]]


class Changing[**P](Shapes[Text | None]):
    """A function that says what changes, called to change it."""

    def __init__(
        self, build: Callable[P, Any], compiled: Callable[[Any, Template], Text | None]
    ) -> None:
        super().__init__(build, compiled)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[Any]:
        """The key of each row that was changed, or the column asked of `changing`.

        Raises IntegrityError as ``update()`` does.
        """
        text, values, connection = self.of(args, kwargs)
        if text is None:
            return []
        with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS):
            return [row[0] for row in text.found(values, connection)]


def changing[**P](*, gives: str = "") -> Callable[[Callable[P, Change]], Changing[P]]:
    """Make a function that gives rows and their new values write them, compiling once a shape.

    ``gives``: the column told of each row once changed, as the driver reads it; its key otherwise.
    """
    return lambda build: Changing(build, partial(_update, gives))


def removing[**P](build: Callable[P, QuerySet[Any]]) -> Changing[P]:
    """Make a function that gives rows delete them, compiling once for each shape."""
    return Changing(build, _delete)


def _update(gives: str, change: Change, made: Template) -> Text | None:
    rows, values = change
    query = cast(UpdateQuery, rows.query.chain(UpdateQuery))
    query.add_update_values(values)
    return _told(query, rows.model._meta.get_field(gives or rows.model._meta.pk.attname), made)


def _delete(rows: QuerySet[Any], made: Template) -> Text | None:
    return _told(rows.query.chain(DeleteQuery), rows.model._meta.pk, made)


def _told(query: Any, column: Any, made: Template) -> Text | None:
    """The statement, which gives one row for each that it changed: both databases do.

    None where the conditions leave no row whatever the values.
    """
    try:
        sql, parameters = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    except EmptyResultSet:
        return None
    return Text(f'{sql} RETURNING "{column.column}"', parameters, made)
