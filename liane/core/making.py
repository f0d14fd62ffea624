"""From the rows of a compiled query to objects, as a queryset makes them, at less cost."""

from collections.abc import Callable, Mapping, Sequence
from inspect import getattr_static
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.fetch_modes import FETCH_ONE
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init


def maker(queryset: Any, compiler: Any) -> Callable[[Sequence[Any]], list[Any]]:
    """What makes objects, tuples or values of rows, as the queryset would.

    A related row that several rows lead to is made once, and is one object for all of them.
    """
    kind = queryset._iterable_class
    if kind is ValuesListIterable:
        return _tuples
    if kind is FlatValuesListIterable:
        return _firsts
    if kind is not ModelIterable or queryset._known_related_objects:
        raise TypeError("A prepared query gives objects, or values as lists.")
    info, select, db = compiler.klass_info, compiler.select, queryset.db
    model, first, end = info["model"], info["select_fields"][0], info["select_fields"][-1] + 1
    names = [one[0].target.attname for one in select[first:end]]
    populators = get_related_populators(info, select, db, queryset._fetch_mode)
    links = info.get("related_klass_infos", [])
    related = [_Link(*two) for two in zip(populators, links, strict=True)]
    annotations = list((compiler.annotation_col_map or {}).items())
    make = _making(model)

    def objects(rows: Sequence[Any]) -> list[Any]:
        found = []
        known: list[dict[Any, Any]] = [{} for _ in related]
        for row in rows:
            made = make(db, names, row[first:end])
            for one, seen in zip(related, known, strict=True):
                one.join(row, made, seen)
            for name, place in annotations:
                setattr(made, name, row[place])
            found.append(made)
        return found

    return objects


def _making(model: Any) -> Callable[[Any, Sequence[str], Sequence[Any]], Any]:
    """What makes a row of a model as ``from_db`` does, without what it does for nobody.

    Django's own wherever somebody listens to the making, or a column is more than its value.
    """
    plain = {DeferredAttribute, ForeignKeyDeferredAttribute}
    if (
        model.__init__ is not Model.__init__
        or model.from_db.__func__ is not Model.from_db.__func__  # type: ignore[attr-defined]
        or pre_init.has_listeners(model)
        or post_init.has_listeners(model)
        or any(type(getattr_static(model, one.attname)) not in plain
               for one in model._meta.concrete_fields)
    ):  # fmt: skip
        return model.from_db  # type: ignore[no-any-return]
    new = model.__new__

    def make(db: Any, names: Sequence[str], values: Sequence[Any]) -> Any:
        made, state = new(model), ModelState()
        state.adding, state.db = False, db
        held = made.__dict__
        held["_state"] = state
        held.update(zip(names, values, strict=True))
        return made

    return make


class _Link:
    """A related row, made once for all the rows that lead to it by a foreign key."""

    def __init__(self, populator: Any, link: Mapping[str, Any]) -> None:
        self.populator, self.field = populator, link["field"]
        if populator.from_db.keywords == {"fetch_mode": FETCH_ONE}:
            populator.from_db = _making(populator.model_cls)
        shared = not link["reverse"] and self.field.many_to_one and not populator.reorder_for_init
        self.place = populator.cols_start + populator.pk_idx if shared else None

    def join(self, row: Any, made: Any, seen: dict[Any, Any]) -> None:
        """Give ``made`` its related object; ``seen`` holds those of the rows before."""
        key = None if self.place is None else row[self.place]
        if key in seen:
            self.populator.local_setter(made, seen[key])
            return
        self.populator.populate(row, made)
        if key is not None:
            seen[key] = self.field.get_cached_value(made)


def _tuples(rows: Sequence[Any]) -> list[Any]:
    return [tuple(row) for row in rows]


def _firsts(rows: Sequence[Any]) -> list[Any]:
    return [row[0] for row in rows]
