"""Text compared without case nor accents in the database, and conditions that bind one value."""

from typing import Any

from django.db.backends.signals import connection_created
from django.db.models import BooleanField, F
from django.db.models.expressions import Expression

from liane.core.text import normalise

_FROM = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿ"
_TO = "aaaaaaceeeeiiiinoooooouuuuyy"


def install(sender: Any = None, connection: Any = None, **kwargs: Any) -> None:
    """Give a new SQLite connection the function that PostgreSQL has built in."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("liane_plain", 1, _plain, deterministic=True)


def _plain(value: Any) -> str | None:
    return None if value is None else normalise(str(value))


connection_created.connect(install, dispatch_uid="liane.fhir.plain")


class PlainLike(Expression):
    """The words of ``column``, without case nor accents, answer to a LIKE pattern.

    ``pattern`` begins with ``%`` and a blank to ask for the beginning of a word; it holds
    normalised text only, so nothing in it needs an escape.
    """

    conditional = True

    def __init__(
        self, column: str, pattern: str, *, plain: bool = False, within: bool = False,
        whole: bool = False,
    ) -> None:  # fmt: skip
        """``plain``: the column is compared as it is. ``within``: the pattern is words that it
        holds, without ``%``; one plan serves for all, where another condition narrows. ``whole``:
        these words end with a blank, as the column does then."""
        super().__init__(output_field=BooleanField())
        self.column: Any = F(column)
        self.pattern = pattern
        self.plain = plain
        self.within = within
        self.whole = whole

    def get_source_expressions(self) -> list[Any]:
        """The column."""
        return [self.column]

    def set_source_expressions(self, exprs: Any) -> None:
        """Replace the column by its resolved form."""
        (self.column,) = exprs

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two of these the same."""
        return (type(self), self.column, self.pattern, self.plain, self.within, self.whole)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """SQL for both databases."""
        column, values = compiler.compile(self.column)
        postgresql = connection.vendor == "postgresql"
        if not self.plain and postgresql:
            folded = f"translate(lower(replace({column}, 'œ', 'oe')), %s, %s)"
            column = f"regexp_replace({folded}, '[^a-z0-9]+', ' ', 'g')"
            values = (*values, _FROM, _TO)
        elif not self.plain:
            column = f"liane_plain({column})"
        if self.within:
            place = "strpos" if postgresql else "instr"
            after = " || ' '" if self.whole else ""
            return f"{place}(' ' || {column}{after}, %s) > 0", (*values, self.pattern)
        return f"(' ' || {column}) LIKE %s", (*values, self.pattern)
