"""
People who use the site in a real browser, and speak of its pages in the words that stand there.

Nothing is found by ids or classes: what has no name that a screen reader could say is not found.
Whatever a page complains of (scripts, its security policy, requests that fail or go elsewhere) is
kept, and fails the test.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
)
from tests.journeys.axe import faults
from tests.journeys.site import Site

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
#: Two cores are shared; whoever waits for something waits so long (ms).
PATIENCE_MS = 60_000
WALLET = re.compile("Open in my wallet|在我的錢包開啟")
#: What stands in a text message.
CODE = re.compile(r"\b\d{6}\b")
#: The browser's words for an answer that is no success; answers are looked at by themselves.
_ANSWER = "Failed to load resource"

expect.set_options(timeout=PATIENCE_MS)

Take = Callable[[Page, str], None]


class Person:
    """Somebody at a screen."""

    def __init__(self, site: Site, browser: Browser, *, take: Take | None = None, **how: Any):
        self.site, self._take = site, take
        usual = {"viewport": DESK, "locale": "en-GB", "timezone_id": "Asia/Macau"}
        self.context: BrowserContext = browser.new_context(base_url=site.url, **(usual | how))
        self.context.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self._is_offline = False
        self._has_scripts = how.get("java_script_enabled", True)
        self.context.on("page", self._watch)
        self.page: Page = self.context.new_page()

    # --- what a person does -----------------------------------------------------------------------

    def goes(self, path: str) -> None:
        """Type an address."""
        self.page.goto(path)

    def taps(self, name: str | re.Pattern[str], *, nth: int = 0) -> None:
        """Tap the button or link of that name."""
        self.named(name).nth(nth).click()

    def named(self, name: str | re.Pattern[str]) -> Locator:
        """The buttons and links of a name."""
        button = self.page.get_by_role("button", name=name)
        return button.or_(self.page.get_by_role("link", name=name))

    def writes(self, label: str | re.Pattern[str], value: str) -> None:
        """Write into the field of that label."""
        self.page.get_by_label(label).first.fill(value)

    def presses(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Wait until something is to be seen."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def sees_not(self, text: str | re.Pattern[str]) -> None:
        """Look for something that must not be there."""
        expect(self.page.get_by_text(text)).to_have_count(0)

    def heading(self, text: str | re.Pattern[str]) -> None:
        """Wait for a page by its heading."""
        expect(self.page.get_by_role("heading", level=1, name=text)).to_be_visible()

    @property
    def text(self) -> str:
        """All that stands on the page."""
        return self.page.get_by_role("main").inner_text()

    def shows(self, name: str) -> None:
        """Examine what the screen shows with axe; keep it too, where pictures are wanted."""
        if self._take is not None:
            self._take(self.page, name)
        # With scripts off axe cannot run.
        if self._has_scripts:
            self.complaints += [f"axe, {name}: {each}" for each in faults(self.page)]

    # --- signing in -------------------------------------------------------------------------------

    def signs_in(self, number: str) -> None:
        """As a holder, by the code that is sent."""
        self.goes("/accounts/login/code/")
        self.writes("Your number", number)
        self.taps("Send me a code")
        self.writes("Code", self.code(number))
        self.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        self.heading("My numbers")

    def code(self, number: str) -> str:
        """The last code that a number was sent; it stands on the demo's handset."""
        handset = self.context.new_page()
        handset.goto("/demo/handset/")
        spaced = number.removeprefix("+")
        card = handset.locator("section").filter(
            has=handset.get_by_role("heading", name=re.compile(_spaced(spaced)))
        )
        found = CODE.search(card.inner_text().partition("\n")[2])
        handset.close()
        assert found, "no code was sent"
        return found[0]

    def works_as(self, name: str) -> None:
        """As somebody who works there, by a password."""
        self.goes("/accounts/login/")
        self.writes("Name to sign in by", name)
        self.writes("Password", self.site.passwords[name])
        self.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(re.compile(r"/(counter|operator|agent)/$"))

    # --- paying -----------------------------------------------------------------------------------

    def pays(self) -> None:
        """In the wallet that the code of a payment opens, as on another device."""
        code = self.page.get_by_role("link", name=WALLET).get_attribute("href")
        assert code is not None
        wallet = self.context.new_page()
        wallet.goto(code)
        wallet.get_by_role("button", name="Pay").click()
        expect(wallet.get_by_role("heading", name="Paid")).to_be_visible()
        wallet.close()

    def date(self, label: str = "Safe until") -> str:
        """The day that stands beside a label in large type."""
        found = self.page.get_by_text(label, exact=True).first.locator("xpath=..").inner_text()
        return found.partition("\n")[2].partition("\n")[0].strip()

    # --- what goes wrong --------------------------------------------------------------------------

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Be without a connection for a while; what fails then is no complaint."""
        self._is_offline = True
        self.context.set_offline(True)
        yield
        self.context.set_offline(False)
        self._is_offline = False

    def leaves(self) -> list[str]:
        """Close the browser; return what pages complained of."""
        self.context.close()
        return self.complaints

    def _watch(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("requestfailed", self._failed)
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        is_one = message.type in ("error", "warning") and not message.text.startswith(_ANSWER)
        if is_one and not self._is_offline:
            where = message.location["url"]
            self.complaints.append(f"{message.type} at {where}: {message.text}")

    def _failed(self, request: Request) -> None:
        # A request that is given up because the next page comes is not a failure.
        if not self._is_offline and "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= 500 or (response.status >= 400 and not is_page):
            self.complaints.append(f"{response.status}: {response.url}")


def keep(page: Page, file: Path) -> None:
    """Write what a page shows, whole, as a small picture."""
    size = page.evaluate("[document.documentElement.clientWidth, document.body.scrollHeight]")
    clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 1_600), "scale": 1}
    said = {"format": "webp", "quality": 72, "captureBeyondViewport": True, "clip": clip}
    session = page.context.new_cdp_session(page)
    try:
        file.write_bytes(b64decode(session.send("Page.captureScreenshot", said)["data"]))
    finally:
        session.detach()


def _spaced(digits: str) -> str:
    """A pattern of a number, however its digits are spaced."""
    return r"\D*".join(digits)
