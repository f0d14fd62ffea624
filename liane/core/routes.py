"""Every route declares who may call it and what the ledger keeps of it.

``@route(Policy.PROFESSIONAL, audit="record")`` on a view sets and enforces its policy. A start-up
check (`liane.core.checks`) refuses a URL whose view declares none.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path

View = Callable[..., HttpResponseBase]


class Policy(StrEnum):
    """Who may call a route. Finer rules live in the verbs and in Reach."""

    PUBLIC = "public"
    """Anybody: sign-in, health of the service, error pages."""
    SIGNED_IN = "signed_in"
    """Anybody signed in, in any capacity."""
    PROFESSIONAL = "professional"
    """Somebody acting as a professional of an organisation, whatever the role."""
    PORTAL = "portal"
    """A person, a carer or a legal representative."""
    OPERATOR = "operator"
    """The installation's technical administrator: no clinical content."""
    SIGNED_LINK = "signed_link"
    """The bearer of a signed, expiring link, after its second factor."""
    MACHINE = "machine"
    """A client with a bearer token; the view authenticates by itself."""
    DEMO = "demo"
    """Only with LIANE_DEMO=1, from the loopback."""


PORTAL_ROLES = frozenset({"person", "carer_read", "carer_write", "legal"})
FOREIGN: dict[str, Policy] = {
    "allauth.": Policy.PUBLIC,
    "django.views.static": Policy.PUBLIC,
    "django.contrib.staticfiles.": Policy.PUBLIC,
    "django.views.generic.base": Policy.PUBLIC,
}
"""Policies of views that are not ours, by the beginning of their module's name."""


def route(
    policy: Policy, *, audit: str, methods: tuple[str, ...] = ("GET", "HEAD", "POST")
) -> Callable[[View], View]:
    """Declare and enforce the policy of a view. ``audit`` names the class kept by the ledger."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                from django.http import HttpResponseNotAllowed

                return HttpResponseNotAllowed(methods)
            refusal = refuse(policy, request)
            return refusal if refusal is not None else view(request, *args, **kwargs)

        guarded.liane_policy = policy  # type: ignore[attr-defined]
        guarded.liane_audit = audit  # type: ignore[attr-defined]
        return guarded

    return decorate


def refuse(policy: Policy, request: HttpRequest) -> HttpResponseBase | None:
    """The answer that refuses ``request`` under ``policy``, or None when it may go on."""
    if policy in {Policy.PUBLIC, Policy.SIGNED_LINK, Policy.MACHINE, Policy.DEMO}:
        return None
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    role = getattr(getattr(request, "actor", None), "role", "")
    if policy is Policy.SIGNED_IN:
        return None
    if policy is Policy.PORTAL and role in PORTAL_ROLES:
        return None
    if policy is Policy.OPERATOR and role == "technical_admin":
        return None
    if policy is Policy.PROFESSIONAL and role and role not in PORTAL_ROLES:
        return None
    raise PermissionDenied


def policy_of(view: Any) -> Policy | None:
    """The declared policy of a URL's callback, or None."""
    for candidate in (view, getattr(view, "view_class", None)):
        declared = getattr(candidate, "liane_policy", None)
        if declared is not None:
            return Policy(declared)
    module = getattr(getattr(view, "view_class", view), "__module__", "")
    return next((policy for start, policy in FOREIGN.items() if module.startswith(start)), None)


def by_word(patterns: Sequence[URLPattern]) -> list[URLPattern | URLResolver]:
    """The same addresses, in a tree of their words: a request tries those of its own word alone.

    Hundreds of addresses tried one after the other cost a page 0.3 ms. ``patterns`` come from
    `path`, without ``include``; where two of them answer one address, the first still does.
    """
    return _tree([(str(one.pattern), one) for one in patterns])


def _tree(routes: Iterable[tuple[str, URLPattern]]) -> list[URLPattern | URLResolver]:
    words: dict[str, list[tuple[str, URLPattern]]] = {}
    for route, pattern in routes:
        word, slash, rest = route.partition("/")
        words.setdefault(word + slash, []).append((rest, pattern))
    return [
        one
        for word, held in words.items()
        for one in (
            [path(word, include(_tree(held)))]
            if len(held) > 1 and word.endswith("/")
            else [path(word + rest, it.callback, it.default_args, it.name) for rest, it in held]
        )
    ]
