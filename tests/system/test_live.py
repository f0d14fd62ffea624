"""Open pages update by themselves: two browsers, several tabs, a lost network, a lost server."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.system.installation import Installation
from tests.system.people import SOON
from tests.system.scene import Scene


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Scene]]:
    made = Installation(tmp_path_factory.mktemp("live"))
    made.liane("migrate", "-v", "0")
    scene = Scene.set(made)
    made.start()
    yield made, scene
    made.stop()


@pytest.fixture
def someone(
    browser: Browser, place: tuple[Installation, Scene]
) -> Iterator[Callable[[str], BrowserContext]]:
    installation, scene = place
    opened: list[BrowserContext] = []

    def make(name: str) -> BrowserContext:
        context = browser.new_context(locale="fr-FR")
        key = scene.sessions[name]
        context.add_cookies([{"name": "sessionid", "value": key, "url": installation.url}])
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


def conversation(context: BrowserContext, place: tuple[Installation, Scene]) -> Page:
    installation, scene = place
    page = context.new_page()
    page.goto(f"{installation.url}/messages/{scene.thread}/")
    return page


def listening(page: Page) -> Page:
    expect(page.locator("body[data-live-state=on]")).to_have_count(1, timeout=SOON)
    return page


def say(page: Page, text: str) -> None:
    page.locator("textarea[name=text]").first.fill(text)
    page.locator("form:has(textarea[name=text]) button[type=submit]").first.click()


def hears(page: Page, text: str) -> None:
    found = page.locator(".conversation").get_by_text(text)
    expect(found).to_have_count(1, timeout=SOON)


def test_what_one_writes_appears_in_the_other_s_open_page(someone, place) -> None:
    one, other = (listening(conversation(someone(name), place)) for name in ("nurse0", "nurse1"))
    say(one, "Tension à 18, je passe ce soir.")
    hears(other, "Tension à 18, je passe ce soir.")
    hears(one, "Tension à 18, je passe ce soir.")
    expect(other.locator("#annonces")).to_contain_text("Nouveau message", timeout=SOON)


def test_tabs_share_one_stream_and_another_takes_over(someone, place) -> None:
    writer = listening(conversation(someone("nurse0"), place))
    context = someone("nurse1")
    streams: list[str] = []
    context.on("request", lambda request: "/live?" in request.url and streams.append(request.url))
    tabs = [listening(conversation(context, place)) for _ in range(7)]
    say(writer, "Sept onglets.")
    for tab in tabs:
        hears(tab, "Sept onglets.")
    tabs[0].close()
    listening(tabs[1])
    say(writer, "Un de moins.")
    for tab in tabs[1:]:
        hears(tab, "Un de moins.")


def test_a_phone_back_on_the_network_catches_up_without_gap_nor_double(someone, place) -> None:
    writer = listening(conversation(someone("nurse0"), place))
    context = someone("nurse1")
    phone = listening(conversation(context, place))
    context.set_offline(True)
    expect(phone.locator("body[data-live-state=off]")).to_have_count(1, timeout=SOON)
    for number in range(3):
        say(writer, f"Hors ligne {number}.")
        hears(writer, f"Hors ligne {number}.")
    context.set_offline(False)
    for number in range(3):
        hears(phone, f"Hors ligne {number}.")


def test_a_server_that_came_back_brings_what_was_missed(someone, place) -> None:
    installation, _ = place
    reader = listening(conversation(someone("nurse1"), place))
    port = installation.port
    installation.stop()
    expect(reader.locator("body[data-live-state=off]")).to_have_count(1, timeout=SOON)
    expect(reader.locator("#hors-ligne")).to_be_visible(timeout=SOON)
    installation.start(port)
    expect(reader.locator("#hors-ligne")).to_be_hidden(timeout=SOON * 2)
    writer = conversation(someone("nurse0"), place)
    say(writer, "Le serveur est revenu.")
    hears(reader, "Le serveur est revenu.")


def test_a_closed_session_is_told_and_hears_nothing_more(someone, place) -> None:
    installation, scene = place
    reader = listening(conversation(someone("nurse1"), place))
    key = scene.sessions["nurse1"]
    installation.liane(
        "shell", "-c",
        "from django.contrib.sessions.models import Session;"
        f"Session.objects.filter(session_key='{key}').delete();"
        "from liane.core import journal; from liane.accounts.models import User;"
        "journal.signal('revoked', user_id=User.objects.get(username='nurse1').pk)",
    )  # fmt: skip
    expect(reader.locator("#toasts")).to_contain_text("Votre session est terminée", timeout=SOON)
    say(conversation(someone("nurse0"), place), "Entre nous.")
    expect(reader.locator(".conversation").get_by_text("Entre nous.")).to_have_count(0)
