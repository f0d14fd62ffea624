"""Browser tests: one territory for all, and for each module a served copy of it and a Chromium.

Each module stays whole (`tests.scheduling`): every worker of pytest-xdist takes the next one when
it is free.
"""

import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.once import common
from tests.system.installation import Installation, copied, shared
from tests.system.people import DESK, Someone, arrive, enter

HERE = Path(__file__).parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
]
_copies = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; the browser tests skip, saying so, where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("no Chromium on this machine: see scripts/install-chromium")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Of a module, not of the session: while it lives, Django takes this thread for an async one.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def territory(
    chromium: str,
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
    testrun_uid: str,
    worker_id: str,
) -> Iterator[Installation]:
    """The demo territory, loaded once for all the workers, never served."""
    folder = common(tmp_path_factory, worker_id) / "territory"
    url = os.environ.get("LIANE_DATABASE_URL", "")
    with shared(folder, url, f"liane_system_{testrun_uid[:12]}", migrated) as made:
        yield made


@pytest.fixture(scope="module")
def site(
    territory: Installation, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Installation]:
    """A served copy of the territory, of this module alone."""
    folder = tmp_path_factory.mktemp("site") / "data"
    with copied(territory, folder, f"{worker_id}_{next(_copies)}") as copy:
        copy.start()
        yield copy


@pytest.fixture(scope="module")
def personas(site: Installation) -> list[dict[str, str]]:
    return [json.loads(line) for line in site.liane("demo", "personas").splitlines()]


@pytest.fixture
def visitor(browser: Browser, site: Installation) -> Iterator[Callable[..., Someone]]:
    """``visitor("Claire Aubert", PHONE)`` is Claire, signed in, on her phone.

    At the end, whatever a console complained of (a refused script, an exception) fails the test.
    """
    came: list[Someone] = []

    def come(username: str = "", size: tuple[int, int] = DESK) -> Someone:
        someone = arrive(browser, site.url, username or "visiteur", size)
        came.append(someone)
        return enter(someone, username) if username else someone

    yield come
    complaints = [f"{one.name}: {text}" for one in came for text in one.complaints]
    for one in came:
        one.page.context.close()
    assert complaints == [], "\n".join(complaints)
