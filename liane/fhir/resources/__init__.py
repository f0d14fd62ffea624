"""The resource types that are served: every module of this folder that declares one."""

import importlib
import pkgutil

from liane.fhir.resources.base import Resource

_known: dict[str, Resource] = {}


def load() -> None:
    """Import every module of this folder and register the resources that they declare."""
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        for one in vars(module).values():
            if (
                isinstance(one, type)
                and issubclass(one, Resource)
                and one.__module__ == module.__name__
                and "type" in vars(one)
            ):
                _known[one.type] = one()


def every() -> dict[str, Resource]:
    """Served types by name, in alphabetical order."""
    return dict(sorted(_known.items()))


def get(name: str) -> Resource | None:
    """The resource of this type, if it is served."""
    return _known.get(name)


def names() -> frozenset[str]:
    """The served types."""
    return frozenset(_known)
