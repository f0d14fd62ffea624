"""What every page's frame shows: navigation of the role, seats, theme, counts."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from liane.core import registry
from liane.core.registry import NavEntry, nav_for

THEMES = frozenset({"light", "dark"})
THEME_COOKIE = "liane_theme"


@dataclass(frozen=True)
class NavItem:
    """A navigation entry as one request sees it."""

    label: str
    url: str
    icon: str
    current: bool
    badge: int
    name: str


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame's context. Counts are computed only when a whole page is drawn."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    seat = getattr(request, "seat", None)
    return {
        "theme": theme if theme in THEMES else "auto",
        "nav": SimpleLazyObject(lambda: Nav(request)),
        "frame": SimpleLazyObject(lambda: Frame(request)),
        "seat": seat,
        "live": live(request),
        "seats": getattr(request, "seats", []),
        "sign_in_ways": SimpleLazyObject(
            lambda: [w for ways in registry.sign_in_ways for w in ways()]
        ),
    }


def live(request: HttpRequest) -> dict[str, str] | None:
    """Whose stream the page listens to, and since when: the moment this request began (ms)."""
    actor, seat = getattr(request, "actor", None), getattr(request, "seat", None)
    if actor is None or seat is None or actor.request_id is None:
        return None
    return {"key": f"{actor.user_id}:{seat.key}", "since": str(actor.request_id.int >> 80)}


class Nav:
    """The entries of the acting role: ``desk`` and ``rest`` for a desk, ``phone`` and ``more`` for
    a thumb. What a bar has no room for is behind « Plus »."""

    ROOM = 4
    WIDE = 7

    def __init__(self, request: HttpRequest) -> None:
        role = _role(request)
        entries = [one for one in nav_for(role) if _has(one, request)] if role else []
        self.items = [_item(entry, request) for entry in entries]
        room = len(self.items) if len(self.items) <= self.WIDE + 1 else self.WIDE
        self.desk, self.rest = self.items[:room], self.items[room:]
        on_phone = [item for item, entry in zip(self.items, entries, strict=True) if entry.on_phone]
        fits = len(self.items) <= self.ROOM + 1 and len(on_phone) == len(self.items)
        self.phone = on_phone if fits else on_phone[: self.ROOM]
        self.more = [item for item in self.items if item not in self.phone]


class Frame:
    """What surrounds every page: person search, notifications, seat, sign-out, account links."""

    def __init__(self, request: HttpRequest) -> None:
        role = _role(request)
        offered = {
            name: _item(entry, request)
            for name, entry in registry.frame.items()
            if (not entry.roles or role in entry.roles) and _has(entry, request)
        }
        self.person_search = offered.get("person_search")
        self.notifications = offered.get("notifications")
        self.unread = _count("notifications", request) if self.notifications else 0
        self.seat = offered.get("seat")
        self.sign_out = offered.get("sign_out")
        self.links = [
            _item(entry, request)
            for entry in sorted(registry.account_links, key=lambda entry: entry.order)
            if not entry.roles or role in entry.roles
        ]


def _has(entry: NavEntry, request: HttpRequest) -> bool:
    """True when something can be behind an entry for whoever acts."""
    actor = getattr(request, "actor", None)
    return entry.area is None or bool(actor is not None and actor.read.get(entry.area))


def _count(name: str, request: HttpRequest) -> int:
    count = registry.badges.get(name)
    return count(request) if count else 0


def _role(request: HttpRequest) -> str:
    return getattr(getattr(request, "actor", None), "role", "")


def _item(entry: NavEntry, request: HttpRequest) -> NavItem:
    home = entry.path == "/"
    current = request.path == "/" if home else request.path.startswith(entry.path)
    badge = entry.badge(request) if entry.badge else 0
    return NavItem(
        entry.label, entry.path, entry.icon, current, badge, entry.path.strip("/") or "accueil"
    )
