"""The list of notifications and its choices, as somebody told of a message meets them."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.installation import Installation
from tests.system.people import DESK, PHONE, SOON, Someone
from tests.system.scene import Scene


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Scene]]:
    made = Installation(tmp_path_factory.mktemp("told"))
    made.liane("migrate", "-v", "0")
    scene = Scene.set(made)
    made.start()
    yield made, scene
    made.stop()


def page_of(browser: Browser, place: tuple[Installation, Scene], name: str, size) -> Page:
    installation, scene = place
    context = browser.new_context(
        locale="fr-FR", viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
    )
    key = scene.sessions[name]
    context.add_cookies([{"name": "sessionid", "value": key, "url": installation.url}])
    return context.new_page()


def test_the_bell_and_the_list_move_by_themselves_and_are_for_everybody(browser, place) -> None:
    installation, scene = place
    told = Someone("nurse1", page_of(browser, place, "nurse1", PHONE), installation.url)
    told.opens("/notifications/").sees("Rien de nouveau").finds_it_accessible()
    writer = page_of(browser, place, "nurse0", DESK)
    writer.goto(f"{installation.url}/messages/{scene.thread}/")
    writer.locator("textarea[name=text]").first.fill("La tension remonte.")
    writer.locator("form:has(textarea[name=text]) button[type=submit]").first.click()
    bell = told.page.locator('[data-badge="notifications"]').first
    expect(bell).to_have_text("1", timeout=SOON)
    told.sees("vous a écrit").finds_it_accessible()
    told.page.get_by_role("button", name="vous a écrit").click()
    expect(told.page).to_have_url(re.compile(rf"/messages/{scene.thread}/#m-"), timeout=SOON)
    expect(bell).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_choices_are_for_everybody(browser, place, size) -> None:
    installation, _ = place
    someone = Someone("nurse1", page_of(browser, place, "nurse1", size), installation.url)
    someone.opens("/parametres/").sees("Heures calmes").finds_it_accessible()
