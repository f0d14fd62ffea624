"""Start-up checks: a route without a policy, a lost trigger, stop the start."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from liane.core.routes import policy_of


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every (route, callback) of the project."""
    for item in (resolver or get_resolver()).url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from patterns(item, route)
        elif isinstance(item, URLPattern):
            yield route, item.callback


@register(Tags.urls)
def every_route_has_a_policy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: a URL's view declares no policy."""
    return [
        Error(
            f"The route {route!r} declares no policy.",
            hint="Decorate its view with @route(Policy.…, audit=…).",
            id="liane.E001",
        )
        for route, callback in patterns()
        if policy_of(callback) is None
    ]


@register(Tags.security)
def keys_and_scanner_are_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: the key file, or the address of the virus scanner, is not what it should be."""
    from django.core.exceptions import ImproperlyConfigured

    from liane.core import keys
    from liane.core.files import scanner

    try:
        keys.ring()
        scanner.address()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="liane.E003")]
    return []


@register(Tags.database)
def append_only_triggers_are_there(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """E002: an append-only table lost its triggers (run migrate to reinstall them)."""
    from django.db import connections

    from liane.core import triggers

    found: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if "core_entry" not in connection.introspection.table_names():
            continue
        found += [
            Error(f"The trigger {name} is missing.", hint="Run: liane migrate", id="liane.E002")
            for name in triggers.missing(connection)
        ]
    return found
