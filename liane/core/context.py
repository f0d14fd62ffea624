"""What every page's frame shows: navigation of the role, seats, theme, counts."""

from dataclasses import dataclass
from functools import cached_property
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
        "nav": Nav(request),
        "frame": Frame(request),
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
        self._request, role = request, _role(request)
        self._entries = [one for one in nav_for(role) if _has(one, request)] if role else []
        self._room = len(self._entries) if len(self._entries) <= self.WIDE + 1 else self.WIDE

    @cached_property
    def items(self) -> list[NavItem]:
        """Every entry, with what is counted beside it."""
        return [_item(entry, self._request) for entry in self._entries]

    @cached_property
    def desk(self) -> list[NavItem]:
        """What the bar of a desk shows."""
        return self.items[: self._room]

    @cached_property
    def rest(self) -> list[NavItem]:
        """What it has no room for."""
        return self.items[self._room :]

    @cached_property
    def phone(self) -> list[NavItem]:
        """What the bar of a phone shows."""
        on_phone = [
            item for item, one in zip(self.items, self._entries, strict=True) if one.on_phone
        ]
        fits = len(self.items) <= self.ROOM + 1 and len(on_phone) == len(self.items)
        return on_phone if fits else on_phone[: self.ROOM]

    @cached_property
    def more(self) -> list[NavItem]:
        """What it has no room for."""
        return [item for item in self.items if item not in self.phone]


class Frame:
    """What surrounds every page: person search, notifications, seat, sign-out, account links."""

    def __init__(self, request: HttpRequest) -> None:
        self._request, self._role = request, _role(request)

    def _offered(self, name: str) -> NavItem | None:
        entry = registry.frame.get(name)
        if entry is None or (entry.roles and self._role not in entry.roles):
            return None
        return _item(entry, self._request) if _has(entry, self._request) else None

    @cached_property
    def person_search(self) -> NavItem | None:
        """Where persons are looked for."""
        return self._offered("person_search")

    @cached_property
    def notifications(self) -> NavItem | None:
        """One's notifications."""
        return self._offered("notifications")

    @cached_property
    def unread(self) -> int:
        """How many of them were not read."""
        return _count("notifications", self._request) if self.notifications else 0

    @cached_property
    def seat(self) -> NavItem | None:
        """Where one chooses for whom one acts."""
        return self._offered("seat")

    @cached_property
    def sign_out(self) -> NavItem | None:
        """Where one leaves."""
        return self._offered("sign_out")

    @cached_property
    def links(self) -> list[NavItem]:
        """The pages of one's account."""
        return [
            _item(entry, self._request)
            for entry in sorted(registry.account_links, key=lambda entry: entry.order)
            if not entry.roles or self._role in entry.roles
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
