"""The frame: navigation of the role, theme from the cookie, error pages that say what to do."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

from liane.core import registry
from liane.core.acting import Actor
from liane.core.context import Nav, shell
from liane.core.registry import NavEntry

ENTRIES = [
    NavEntry(label, path, "home", order)
    for order, (label, path) in enumerate(
        [
            ("Aujourd’hui", "/"),
            ("Messages", "/messages/"),
            ("Agenda", "/agenda/"),
            ("Personnes", "/personnes/"),
        ]
    )
]


def request_of(role: str, path: str = "/", **cookies: str):
    request = RequestFactory().get(path)
    request.COOKIES.update(cookies)
    request.user = AnonymousUser()
    request.actor = Actor(kind="user", label="Claire", role=role)
    return request


@pytest.fixture
def entries(monkeypatch):
    def set_nav(*more: NavEntry) -> None:
        monkeypatch.setattr(registry, "nav", [*ENTRIES, *more])

    set_nav()
    return set_nav


def test_a_nurse_has_four_entries_under_her_thumb_and_nothing_hidden(entries):
    nav = Nav(request_of("nurse"))
    assert [item.label for item in nav.phone] == ["Aujourd’hui", "Messages", "Agenda", "Personnes"]
    assert nav.more == []


def test_what_does_not_fit_under_a_thumb_goes_under_more(entries):
    entries(
        NavEntry("Demandes", "/demandes/", "inbox", 5, frozenset({"coordinator"})),
        NavEntry("Annuaire", "/annuaire/", "people", 6, frozenset({"coordinator"})),
    )
    nav = Nav(request_of("coordinator"))
    assert [item.label for item in nav.more] == ["Demandes", "Annuaire"]
    assert Nav(request_of("nurse")).more == []


@pytest.mark.parametrize(
    ("path", "current"),
    [("/", "Aujourd’hui"), ("/messages/", "Messages"), ("/personnes/123/fil/", "Personnes")],
)
def test_the_entry_of_the_present_page_is_marked(entries, path, current):
    nav = Nav(request_of("nurse", path))
    assert [item.label for item in nav.items if item.current] == [current]


def test_nobody_has_no_navigation(entries):
    assert Nav(request_of("")).items == []


@pytest.mark.parametrize(
    ("cookie", "theme"),
    [("dark", "dark"), ("light", "light"), ("", "auto"), ('"><script>', "auto")],
)
def test_the_theme_comes_from_the_cookie_and_only_known_ones_count(cookie, theme):
    assert shell(request_of("nurse", liane_theme=cookie))["theme"] == theme


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_pages_need_nothing_and_lead_home(page):
    html = render_to_string(f"{page}.html")
    assert "<h1>" in html
    assert 'href="/"' in html


def test_a_desk_with_too_many_entries_has_a_menu(monkeypatch):
    entries = [registry.NavEntry(f"E{n}", f"/e{n}/", "home", n) for n in range(9)]
    monkeypatch.setattr(registry, "nav", entries)
    nav = Nav(request_of("nurse"))
    assert [item.label for item in nav.desk] == [f"E{n}" for n in range(7)]
    assert [item.label for item in nav.rest] == ["E7", "E8"]
    monkeypatch.setattr(registry, "nav", entries[:8])
    assert Nav(request_of("nurse")).rest == []
