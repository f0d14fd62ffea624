"""What a resource declares: rows within reach, how they read as FHIR, how they are searched.

One module a type, one subclass of :class:`Resource` in each (see ``docs/fhir.md``). Everything else
(HTTP, versions, search, includes, validation, the capability statement) is made from it.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet

from liane.circle.reach import Reach
from liane.core.acting import Actor
from liane.core.areas import Area
from liane.core.models import Entry
from liane.fhir.outcomes import Problem, problem
from liane.fhir.refs import Refs
from liane.fhir.search.params import Param
from liane.fhir.search.references import Reference

if TYPE_CHECKING:
    from liane.fhir.access import Access
    from liane.fhir.search.clauses import Clause

Json = dict[str, Any]
ModelClass = type[Model]
READ = frozenset({"read", "vread", "history", "search"})
WRITE = frozenset({"create", "update", "patch"})


class Resource:
    """One resource type. Subclasses are instantiated once, by `resources.load`.

    ``area`` is the area of the record that its rows lie in, None for the directory, which every
    professional and application reads. ``person_path`` is the column that holds the person, or an
    annotation of `rows` where who reads is not told whom it is about.
    """

    type: ClassVar[str]
    model: ClassVar[ModelClass]
    area: ClassVar[Area | None] = None
    person_path: ClassVar[str | None] = None
    interactions: ClassVar[frozenset[str]] = READ
    params: ClassVar[tuple[Param, ...]] = ()
    profiles: ClassVar[tuple[str, ...]] = ()
    """Profiles that what we build answers to."""
    journal: ClassVar[tuple[str, ...]] = ()
    """Kinds of journal entry after which a resource of this type may have changed."""
    journal_key: ClassVar[str] = "object_id"
    """The column of those entries that holds the identifier of the resource."""
    told_by_rows: ClassVar[bool] = False
    """True when `since` says of a row when it last changed, without the journal."""
    touched: ClassVar[str] = "created_at"
    """The column that says when the row was made, or last changed."""
    closes: ClassVar[bool] = False
    """True when a write may close the record to whoever writes (a refusal)."""
    fresh: ClassVar[bool] = False
    """True when a creation always makes a row of its own, never seen under this type before."""
    default_sort: ClassVar[str] = ""
    """The ``_sort`` of a search that asks for none; by identifier otherwise."""

    # ------------------------------------------------------------ reading
    def rows(self, reach: Reach, *, many: bool = True) -> QuerySet[Any]:
        """The rows that the actor may read. ``many``: for a list (`across`), not for one."""
        raise NotImplementedError

    def beside(self, rows: QuerySet[Any], reach: Reach) -> QuerySet[Any]:
        """The same rows of a search, with what showing them asks, in the same statement."""
        return rows

    def project(self, rows: Sequence[Any]) -> list[Json]:
        """The FHIR form of these rows, whole, without ``meta``; a fixed number of queries.

        It depends on the rows alone, never on who reads: see :meth:`narrow`.
        """
        raise NotImplementedError

    def narrow(self, made: Sequence[Json], rows: Sequence[Any], actor: Actor) -> Sequence[Json]:
        """What this actor may see of each: as it is, unless the role sees less."""
        return made

    def person_of(self, row: Any) -> UUID | None:
        """Whose record the row belongs to."""
        if self.person_path is None:
            return None
        found = getattr(row, self.person_path.replace("__", "_"), None)
        return found if isinstance(found, UUID) else None

    def changed_by(self, entries: Collection[Entry]) -> set[UUID]:
        """The identifiers of the resources that these entries of the journal tell of."""
        told = (one for one in entries if one.kind in self.journal)
        return {getattr(one, self.journal_key) for one in told} - {None}

    def limits(self, access: "Access") -> list["Clause"]:
        """Conditions of its own on what a caller reads, besides reach and scopes."""
        return []

    def since(self, row: Any) -> dt.datetime:
        """When the row was made."""
        found: dt.datetime = getattr(row, self.touched)
        return found

    def key_of(self, row: Any) -> UUID:
        """The identifier of the resource."""
        found: UUID = row.pk
        return found

    def native(self, body: Json) -> tuple[bytes, str] | None:
        """(content, media type) of a resource that may be read as what it carries; None: never."""
        return None

    # ------------------------------------------------------------ writing
    def kept(self, row: Any, body: Json) -> Json:
        """What is kept of a received body: all of it, but for contents that lie elsewhere."""
        return body

    def create(self, body: Json, refs: Refs) -> Any:
        """Call the room's verb for a new resource; returns the row. Raises Problem, Refused."""
        raise _unsupported(self.type, "create")

    def create_each(self, bodies: Sequence[Json], refs: Refs) -> Sequence[Any] | None:
        """The same for several, in bulk. None, and nothing written: create them one by one."""
        return None

    def update(self, row: Any, body: Json, refs: Refs) -> Any:
        """Call the room's verbs for what differs from ``row``; returns the row as it is now."""
        raise _unsupported(self.type, "update")

    def delete(self, row: Any) -> None:
        """Call the room's verb that ends it."""
        raise _unsupported(self.type, "delete")

    # ------------------------------------------------------------ declarations
    def param(self, code: str) -> Param | None:
        """Its own parameter of this code."""
        return self._by_code().get(code)

    def references(self) -> Mapping[str, Reference]:
        """Its reference parameters, for includes and chains."""
        return {code: one for code, one in self._by_code().items() if isinstance(one, Reference)}

    def _by_code(self) -> Mapping[str, Param]:
        found: dict[str, Param] | None = self.__dict__.get("_params")
        if found is None:
            found = {one.code: one for one in self.params}
            self.__dict__["_params"] = found
        return found


def _unsupported(kind: str, interaction: str) -> Problem:
    return problem(405, f"{kind} does not support {interaction}.", code="not-supported")
