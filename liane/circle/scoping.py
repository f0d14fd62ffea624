"""Tables that belong to a person: read through ``Model.objects.within(reach)``."""

from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q

from liane.circle.expressions import Masked
from liane.circle.reach import Reach
from liane.core.areas import Area
from liane.core.models import Guarded
from liane.patients.models import Patient

M = TypeVar("M", bound=models.Model)
FLAGS = frozenset({"for_team", "for_outside", "for_person", "for_carers"})


class ScopedQuerySet(models.QuerySet[M]):
    """Rows that belong to persons: only those within an actor's reach."""

    def within(self, reach: Reach) -> Self:
        """Rows the actor may read: for one record or a filtered set."""
        if reach.everything:
            return self
        allowed = reach.condition(self._area(), self._person(), self._flagged())
        own = self._own(reach)
        if own is not None:
            allowed |= own & reach.condition(self._area(), self._person(), frozenset())
        return self._unmasked(reach).filter(allowed)

    def across(self, reach: Reach) -> Self:
        """The same rows, with a plan made for lists over many persons."""
        if reach.everything:
            return self
        return self.within(reach).filter(**{f"{self._person()}__in": reach.persons(self._area())})

    def past(self, reach: Reach) -> Self:
        """What is left to somebody who is out of the circle: their own past, to read only.

        Nothing of a table that leaves nothing (:meth:`_past`). What is masked stays hidden.
        """
        left = self._past(reach)
        return self.none() if left is None else self._unmasked(reach).filter(left)

    def _past(self, reach: Reach) -> Q | None:
        """Rows that stay readable to who left the circle, or whom the person opposed."""
        return None

    def _own(self, reach: Reach) -> Q | None:
        """Rows that are the actor’s own: readable, whatever their audience, within reach."""
        return None

    def _area(self) -> Area:
        return self.model.scope_area  # type: ignore[attr-defined,no-any-return]

    def _person(self) -> str:
        return getattr(self.model, "scope_person", "person_id")

    def _flagged(self) -> frozenset[str]:
        return FLAGS & {field.name for field in self.model._meta.get_fields()}

    def _unmasked(self, reach: Reach) -> Self:
        if not getattr(self.model, "maskable", False):
            return self
        me = reach.actor.holder_id
        shown = ~Q(Masked("pk", reach.actor.holders, me))
        if me is not None and hasattr(self.model, "author_holder_id"):
            shown |= Q(author_holder_id=me)
        return self.filter(shown)


class Scoped(Guarded):
    """A row that belongs to one person. Subclasses say in which ``scope_area`` it lies."""

    scope_area: ClassVar[Area]
    scope_person: ClassVar[str] = "person_id"
    maskable: ClassVar[bool] = False

    person = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
