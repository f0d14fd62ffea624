"""The rubrics of the directory, those of the rooms above included."""

from typing import cast

from django.http import HttpRequest

from liane.core import registry
from liane.core.http import Request


def tabs(request: HttpRequest, current: str) -> list[dict[str, object]]:
    """What a page of the directory shows under its title; ``current`` is the path it stands at."""
    role = cast(Request, request).actor.role
    shown = [one for one in registry.directory_tabs if not one.roles or role in one.roles]
    return [
        {"label": one.label, "url": one.path, "current": one.path == current}
        for one in sorted(shown, key=lambda one: one.order)
    ]
