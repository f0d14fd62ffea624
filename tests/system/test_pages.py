"""Every page within a few clicks: it answers, axe finds nothing, nothing overflows."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.system.people import DESK, PHONE, Someone

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOT_PAGES = re.compile(
    r"^/(static|deconnexion|live|sante)|\.(ics|csv|pdf|zip)$|/fichier|/telecharger"
)
MOST_PAGES = 60


def shape(path: str) -> str:
    """One page of each kind: ``/personnes/<id>/fil/``."""
    return UUID.sub("<id>", path)


def links(someone: Someone) -> list[str]:
    """Addresses of the site that the page leads to, without their query."""
    found = someone.page.eval_on_selector_all(
        "a[href]:not([download])", "links => links.map(link => link.href)"
    )
    here = urlsplit(someone.url)
    return [
        urlsplit(link).path
        for link in found
        if urlsplit(link).netloc == here.netloc and not NOT_PAGES.search(urlsplit(link).path)
    ]


def walk(someone: Someone) -> list[str]:
    """Open one page of each kind, breadth first, judging each. The kinds seen."""
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop(0)
        someone.opens(path).finds_it_accessible()
        for link in links(someone):
            if shape(link) not in seen and len(seen) < MOST_PAGES:
                seen.add(shape(link))
                waiting.append(link)
    return sorted(seen)


@pytest.mark.parametrize("path", ["/connexion", "/demo/"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_doors(visitor: Callable[..., Someone], path: str, size: tuple[int, int]):
    visitor(size=size).opens(path).finds_it_accessible()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_nurse_walks_through_every_page(visitor, size: tuple[int, int]):
    pages = walk(visitor("claire.aubert", size))
    assert {"/", "/messages/", "/agenda/", "/personnes/<id>/", "/parametres/"} <= set(pages)


@pytest.mark.full
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_persona_walks_through_every_page(visitor, personas, size: tuple[int, int]):
    for persona in personas:
        someone = visitor(persona["username"], size)
        assert len(walk(someone)) > 1, persona["name"]
        someone.page.context.close()
