"""People in front of a browser, so that a test reads as a story."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

AXE = (Path(__file__).resolve().parents[1] / "vendor/axe-core/axe.min.js").read_text()
PHONE = (390, 844)
DESK = (1440, 900)
THEMES = ("light", "dark")
EVERY_RULE = ""
OF_COLOUR = "runOnly: ['color-contrast', 'link-in-text-block']"
"""The rules of axe that read colours: contrast, links told from their text."""
SOON = 60_000
"""Milliseconds within which what another does must have appeared, on a busy machine."""
expect.set_options(timeout=SOON)
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, form[aria-busy=true]"
"""What is being sent, or put in place: nobody touches the page until it is done."""
EXPECTED_NOISE = re.compile(
    r"ERR_INTERNET_DISCONNECTED|ERR_NETWORK|status of (404|409|422|429|503)|net::ERR_ABORTED"
    r"|^htmx:(sendError|sendAbort|afterRequest|responseError)"
)
LOSSES = """addEventListener("htmx:sendAbort", ({detail: {elt, xhr}}) => {
  // A form that saves each change replaces its last sending by the next, which holds the same.
  if (!elt.matches("[hx-sync$=replace]")) console.error(`lost: ${elt.outerHTML.slice(0, 200)}`);
});"""
"""Says to the console when something sent was dropped on the way."""


@dataclass
class Someone:
    """A persona at a screen: ``claire.opens("/messages/")``, ``claire.sees("Bonjour")``."""

    name: str
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Before each gesture, Playwright waits until nothing that matches is shown.
        self.page.add_locator_handler(self.page.locator(BUSY).first, lambda: None)

    # ---------------------------------------------------------------- going
    def settles(self) -> "Someone":
        """Wait for the answer to what was sent."""
        expect(self.page.locator(BUSY)).to_have_count(0, timeout=SOON)
        return self

    def opens(self, path: str) -> "Someone":
        """Go to an address of the site."""
        self.settles()
        answer = self.page.goto(self.url + path, wait_until="load")
        assert answer is not None
        assert answer.status < 400, f"{self.name}: {path} answered {answer.status}"
        return self

    def follows(self, text: str) -> "Someone":
        """Click the link of that name in the page (not in the frame), and arrive.

        As a person would, click again where a live update took the link away under the finger.
        """
        before = self.page.url
        for _ in range(3):
            self.page.locator("main").get_by_role("link", name=text).first.click()
            try:
                self.page.wait_for_url(lambda url: url != before, timeout=SOON / 3)
            except TimeoutError:
                continue
            break
        return self

    def presses(self, text: str) -> "Someone":
        """Click the button of that name in the page."""
        self.page.get_by_role("button", name=text).first.click()
        return self

    def writes(self, label: str, text: str) -> "Someone":
        """Fill the field of that label."""
        self.page.get_by_label(label).first.fill(text)
        return self

    # ---------------------------------------------------------------- seeing
    @property
    def main(self) -> Locator:
        """The page's own part."""
        return self.page.locator("main")

    def sees(self, text: str | re.Pattern[str], *, within: int = SOON) -> "Someone":
        """The text is shown, now or soon, without reloading."""
        expect(self.main.get_by_text(text).filter(visible=True).first).to_be_visible(timeout=within)
        return self

    def does_not_see(self, text: str | re.Pattern[str]) -> "Someone":
        """The text is nowhere in the page."""
        expect(self.main.get_by_text(text)).to_have_count(0)
        return self

    def finds_in_the_end(self, path: str, text: str | re.Pattern[str]) -> "Someone":
        """What another process tells this page is there at one of the looks taken at it."""
        until = time.monotonic() + SOON / 1000
        while time.monotonic() < until:
            self.opens(path)
            if self.main.get_by_text(text).filter(visible=True).count():
                break
        return self.sees(text)

    # ---------------------------------------------------------------- judging
    def finds_it_accessible(self) -> "Someone":
        """Axe finds nothing, in each theme, and nothing overflows sideways.

        A theme changes colours alone: in the second, axe judges what depends on them.
        """
        self.settles()
        for theme, rules in zip(THEMES, (EVERY_RULE, OF_COLOUR), strict=True):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            faults = axe(self.page, rules)
            assert faults == [], f"{self.page.url} ({theme}, {self.width} px):\n" + "\n".join(
                faults
            )
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} overflows by {wide} px at {self.width} px"
        return self

    @property
    def width(self) -> int:
        """Pixels."""
        size = self.page.viewport_size
        return size["width"] if size else 0


def axe(page: Page, rules: str = EVERY_RULE) -> list[str]:
    """What axe finds wrong: one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {{resultTypes: ['violations'], {rules}}})")
    return [
        f"{rule['id']}: {node['html'][:160]} · {node.get('failureSummary', '')[:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def arrive(browser: Browser, url: str, name: str, size: tuple[int, int]) -> Someone:
    """A new browser session, signed in as nobody; what its console complains of is kept."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="fr-FR",
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
        has_touch=size == PHONE,
    )
    context.set_default_timeout(SOON)
    context.add_init_script(LOSSES)
    page = context.new_page()
    someone = Someone(name, page, url)

    def listen(text: str) -> None:
        if not EXPECTED_NOISE.search(text):
            someone.complaints.append(text)

    page.on("console", lambda message: listen(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: listen(str(error)))
    return someone


def enter(someone: Someone, username: str) -> Someone:
    """Sign in through the demo's door, as a visitor does."""
    someone.opens("/demo/")
    someone.page.locator(f'form:has(input[name="username"][value="{username}"]) button').click()
    someone.page.wait_for_url(lambda url: "/demo" not in url)
    return someone
