"""Addresses kept as a tree of words lead where the flat list leads."""

import re
from importlib import import_module

import pytest
from django.urls import path, resolve
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RegexPattern, URLResolver

from config.urls import ROOMS
from liane.core.routes import by_word

SAMPLES = {"uuid": "019b76da-a800-7000-b34c-c4f251c026c3", "int": "7", "path": "un/deux"}


def view(request):
    return None


def other(request):
    return None


def tree(*patterns):
    return URLResolver(RegexPattern(r"^"), by_word(patterns))


def sample(route):
    return re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES.get(found[1], "mot"), route)


@pytest.mark.parametrize("room", ROOMS)
def test_each_address_of_a_room_leads_where_the_flat_list_leads(room):
    every = [one for name in ROOMS for one in import_module(f"liane.{name}.urls").urlpatterns]
    flat = URLResolver(RegexPattern(r"^"), every)
    own = import_module(f"liane.{room}.urls").urlpatterns
    assert own
    for one in own:
        address = sample(str(one.pattern))
        wanted, found = flat.resolve(address), resolve("/" + address)
        assert (found.func, found.kwargs, found.url_name, found.route) == (
            wanted.func, wanted.kwargs, wanted.url_name, wanted.route
        ), address  # fmt: skip


def test_where_two_addresses_answer_the_first_still_does():
    kept = tree(path("a/<str:one>/", view), path("a/neuf/", other))
    assert kept.resolve("a/neuf/").func is view
    kept = tree(path("a/neuf/", other), path("a/<str:one>/", view), path("a/neuf/", view))
    assert kept.resolve("a/neuf/").func is other


def test_a_word_that_leads_nowhere_further_lets_the_next_be_tried():
    kept = tree(
        path("a/<int:number>/x/", view), path("a/<int:number>/y/", view),
        path("a/<str:word>/z/", other), path("a/<str:word>/t/", other),
    )  # fmt: skip
    assert kept.resolve("a/7/z/").func is other
    assert kept.resolve("a/7/z/").kwargs == {"word": "7"}


def test_an_address_that_nobody_has_is_not_found():
    with pytest.raises(Resolver404):
        tree(path("a/", view), path("a/b/", view)).resolve("a/c/")
