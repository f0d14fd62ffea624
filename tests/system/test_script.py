"""What our own script promises: sent once, nothing typed lost, whatever the network does.

No server here: the page is drawn from the real templates, and the test plays the network.
"""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.csp import build_policy
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.system.people import axe

SITE = "http://liane.test"
STATIC = Path(__file__).resolve().parents[2] / "static"
PAGE = """{% extends "base_public.html" %}{% block user_key %}u1{% endblock %}{% block content %}
<h1>Conversation</h1>
<form id="ecrire" class="composer" method="post" action="/envoi" data-send-once{{ htmx }}>
{% send_key %}<label for="texte">Message</label>
<textarea class="field" id="texte" name="text" data-draft-key="fil-1">{{ text }}</textarea>
{% if error %}<p class="error">{{ error }}</p>{% endif %}
<button class="btn btn-main" type="submit">Envoyer</button></form>
<ol id="fil"></ol>
<button class="btn btn-quiet" type="button" data-opens="aide">Aide</button>
{% cotton dialog id="aide" title="Aide" %}<p>Un mot d’aide.</p>{% endcotton %}
<a href="/ailleurs">Voir ailleurs</a>
<form action="/sortie" method="post" data-forgets><button type="submit">Partir</button></form>
{% include "frame/theme_choice.html" %}{% endblock %}"""
BY_HTMX = ' hx-post="/envoi" hx-target="#fil" hx-swap="beforeend"'


@dataclass
class Network:
    """Answers like Liane, or fails as told. ``sent`` keeps each POST that arrived, ``held`` those
    that wait for their answer."""

    htmx: str = ""
    sent: list[dict[str, str]] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    held: list[tuple[Route, Request]] = field(default_factory=list)

    def answer(self, route: Route, request: Request) -> None:
        path = urlsplit(request.url).path
        if path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            route.fulfill(body=file.read_bytes(), content_type=kind)
        elif path == "/envoi":
            self._post(route, request)
        else:
            route.fulfill(body=self.page(), content_type="text/html", headers=policy())

    def answers_at_last(self) -> None:
        """Give what is held its answer."""
        for route, request in self.held:
            self._post(route, request)

    def _post(self, route: Route, request: Request) -> None:
        if self.plan[:1] == ["late"]:
            self.plan.pop(0)
            self.held.append((route, request))
            return
        self.sent.append(fields(request))
        step = self.plan.pop(0) if self.plan else "arrives"
        if step == "lost":
            route.abort("connectionfailed")
        elif step == "busy":
            route.fulfill(status=503, body="")
        elif step == "refused":
            body = self.page(text=self.sent[-1]["text"], error="Trop long d’un mot.")
            route.fulfill(status=422, body=body, content_type="text/html")
        elif self.htmx:
            route.fulfill(body=f"<li>{self.sent[-1]['text']}</li>", content_type="text/html")
        else:
            route.fulfill(status=204, headers={"X-Liane-Location": "/messages/?envoye=1"})

    def page(self, **context: str) -> str:
        from django.utils.safestring import mark_safe

        return Template(PAGE).render(Context({"htmx": mark_safe(self.htmx), **context}))


def policy() -> dict[str, str]:
    return {"Content-Security-Policy": build_policy(settings.SECURE_CSP)}


def fields(request: Request) -> dict[str, str]:
    """The text fields of a posted form, whichever way it was encoded."""
    if "multipart" in request.headers.get("content-type", ""):
        body = (request.post_data_buffer or b"").decode()
        return dict(re.findall(r'name="(\w+)"\r\n\r\n(.*?)\r\n--', body, re.S))
    from urllib.parse import parse_qsl

    return dict(parse_qsl(request.post_data or ""))


@pytest.fixture(params=["", BY_HTMX], ids=["plain", "htmx"])
def network(request: pytest.FixtureRequest) -> Network:
    return Network(htmx=request.param)


@pytest.fixture
def page(browser: Browser, network: Network) -> Iterator[Page]:
    context = browser.new_context(base_url=SITE)
    context.route("**/*", network.answer)
    page = context.new_page()
    refused: list[str] = []
    page.on("pageerror", lambda error: refused.append(str(error)))
    page.on(
        "console",
        lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None,
    )
    page.goto("/messages/")
    yield page
    context.close()
    assert refused == []


def write(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)


def send(page: Page) -> None:
    page.get_by_role("button", name="Envoyer").click()


def key_of(page: Page) -> str:
    return page.locator("#ecrire [name=key]").input_value()


def arrived(network: Network, page: Page) -> None:
    """What was written is gone from the form, and where it belongs."""
    if network.htmx:
        expect(page.locator("#fil li")).to_have_count(1)
    else:
        page.wait_for_url("**/messages/?envoye=1")
    expect(page.get_by_label("Message")).to_have_value("")


def test_a_message_leaves_once_and_its_draft_is_forgotten(network: Network, page: Page):
    write(page, "Bonjour")
    send(page)
    arrived(network, page)
    page.reload()
    expect(page.get_by_label("Message")).to_have_value("")
    assert [form["text"] for form in network.sent] == ["Bonjour"]


def test_the_next_message_has_another_key(network: Network, page: Page):
    for text in ("Un", "Deux"):
        write(page, text)
        send(page)
        expect(page.get_by_label("Message")).to_have_value("")
    assert len({form["key"] for form in network.sent}) == 2


def test_a_double_click_sends_once(network: Network, page: Page):
    write(page, "Bonjour")
    page.get_by_role("button", name="Envoyer").dblclick()
    arrived(network, page)
    assert len(network.sent) == 1


def test_a_link_tapped_at_once_opens_when_what_was_sent_has_arrived(network: Network, page: Page):
    network.plan = ["late"]
    write(page, "Bonjour")
    send(page)
    page.get_by_role("link", name="Voir ailleurs").click()
    expect(page.get_by_text("la page suivante s’ouvre dès qu’il est arrivé")).to_be_visible()
    assert page.url == f"{SITE}/messages/"
    network.answers_at_last()
    page.wait_for_url("**/ailleurs")
    assert [form["text"] for form in network.sent] == ["Bonjour"]


def test_a_link_tapped_at_once_is_forgotten_when_nothing_arrived(network: Network, page: Page):
    network.plan = ["late", "lost"]
    write(page, "Bonjour")
    send(page)
    page.get_by_role("link", name="Voir ailleurs").click()
    network.answers_at_last()
    expect(page.get_by_text("votre message partira dès que possible").first).to_be_visible()
    page.get_by_role("button", name="Réessayer maintenant").click()
    arrived(network, page)


@pytest.mark.parametrize("trouble", ["lost", "busy"])
def test_what_did_not_arrive_leaves_again_with_the_same_key(
    network: Network, page: Page, trouble: str
):
    network.plan = [trouble, trouble]
    write(page, "Tension à 18")
    send(page)
    expect(page.get_by_text("votre message partira dès que possible").first).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("Tension à 18")
    for _ in range(2):
        page.get_by_role("button", name="Réessayer maintenant").click()
        expect(page.locator("#ecrire")).not_to_have_attribute("aria-busy", "true")
    arrived(network, page)
    assert len(network.sent) == 3
    assert len({(form["key"], form["text"]) for form in network.sent}) == 1


def test_the_network_that_comes_back_sends_by_itself(network: Network, page: Page):
    write(page, "Tension à 18")
    page.context.set_offline(True)
    network.plan = ["lost"]
    send(page)
    expect(page.get_by_text("votre message partira dès que possible").first).to_be_visible()
    page.context.set_offline(False)
    arrived(network, page)
    assert len({form["key"] for form in network.sent}) == 1


def test_what_is_typed_survives_a_reload_with_its_key(network: Network, page: Page):
    write(page, "Je commence une ph")
    key = key_of(page)
    page.reload()
    expect(page.get_by_label("Message")).to_have_value("Je commence une ph")
    expect(page.get_by_text("Brouillon retrouvé")).to_be_visible()
    assert key_of(page) == key


def test_leaving_forgets_every_draft(network: Network, page: Page):
    write(page, "À ne pas laisser derrière soi")
    page.get_by_role("button", name="Partir").click()
    page.goto("/messages/")
    expect(page.get_by_label("Message")).to_have_value("")


def test_the_theme_chosen_is_kept_for_the_server(page: Page):
    page.get_by_role("button", name="Sombre").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("button", name="Sombre")).to_have_attribute("aria-pressed", "true")
    assert [c["value"] for c in page.context.cookies() if c["name"] == "liane_theme"] == ["dark"]


def test_a_dialog_opens_closes_and_gives_the_focus_back(page: Page):
    opener = page.get_by_role("button", name="Aide")
    opener.click()
    expect(page.get_by_role("dialog", name="Aide")).to_be_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Aide")).to_be_hidden()
    expect(opener).to_be_focused()


class TestRefusal:
    """A refusal shows what to mend, and keeps what was written."""

    @pytest.fixture
    def network(self) -> Network:
        return Network(plan=["refused"])

    def test_the_form_comes_back_with_its_reason_and_its_text(self, network: Network, page: Page):
        write(page, "Un texte")
        send(page)
        expect(page.get_by_text("Trop long d’un mot.")).to_be_visible()
        expect(page.get_by_label("Message")).to_have_value("Un texte")
        send(page)
        arrived(network, page)
        assert [form["text"] for form in network.sent] == ["Un texte", "Un texte"]
