"""The counter in a real browser: by the keyboard alone, and readable by everybody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright
from tests.shop import Shop
from tests.web.test_counter import PRICE, Hall

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

#: Of a found line, from the choice of a term to being ready for the next customer.
KEYS_MAX = 6
_COLOURS = {"runOnly": ["color-contrast"]}
_ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hall(pages: Installation, counter: Shop, browser: Client, number: str) -> Hall:
    counter.rules, counter.promotions = pages.library.policies, pages.library.promotions
    return Hall(counter, browser, number)


@pytest.fixture
def served(pages: Installation) -> Iterator[str]:
    """The pages on a port of their own."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connections

    server = make_server("127.0.0.1", 0, WSGIHandler(), WSGIServer, _Quiet)

    def serve() -> None:
        server.serve_forever(poll_interval=0.05)
        # They belong to this thread, and nobody else closes them.
        connections.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module", autouse=True)
def chromium(debian_tool: Callable[[str], str]) -> Iterator[Browser]:
    path = debian_tool("chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # The browser's loop runs in this thread, and awaits nothing of Django's.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        made = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield made
        made.close()


def signed_in(chromium: Browser, served: str, hall: Hall) -> Page:
    """A page of the clerk's, who has signed in already."""
    context = chromium.new_context(locale="en-GB")
    cookie = hall.browser.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": served}])
    return context.new_page()


class Typist:
    """Counts the keys that are pressed, and touches nothing else."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def press(self, key: str, then: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1
        self.page.wait_for_url(then)
        self.page.wait_for_load_state("load")


def test_a_found_line_is_renewed_with_at_most_six_keys(
    chromium: Browser, served: str, hall: Hall
) -> None:
    hall.shop.open(hall.number)
    page = signed_in(chromium, served, hall)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{served}/counter/")
    # A scanner types, and presses Enter.
    page.keyboard.type(hall.number[4:])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/counter/{hall.number[1:]}/")
    page.wait_for_load_state("load")
    typist = Typist(page)
    typist.press("1", "**/counter/*/*/")
    typist.press("Enter", "**/sold/**")
    assert page.get_by_text("Receipt on the roll").is_visible()
    typist.press("n", "**/counter/")
    assert page.evaluate("document.activeElement.name") == "what"
    assert typist.keys <= KEYS_MAX
    assert hall.cash() == PRICE
    assert errors == []
    page.context.close()


def test_a_page_tells_its_keys_and_escape_leads_nowhere_from_them(
    chromium: Browser, served: str, hall: Hall
) -> None:
    hall.shop.open(hall.number)
    page = signed_in(chromium, served, hall)
    page.goto(f"{served}/counter/{hall.number[1:]}/")
    page.keyboard.press("?")
    panel = page.locator("dialog.keys")
    assert "Replace the card" in panel.inner_text()
    # While they are read, no key of the page does anything.
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.url.endswith(f"/counter/{hall.number[1:]}/")
    page.keyboard.press("k")
    page.wait_for_url("**/replace/")
    page.context.close()


def test_axe_finds_nothing_on_the_counters_pages(
    chromium: Browser, served: str, hall: Hall
) -> None:
    hall.shop.open(hall.number)
    page = signed_in(chromium, served, hall)
    rest = [hall.line(part) for part in ("", "sales/", "replace/")] + [hall.promised()]
    found: dict[str, str] = {}
    for each in ("", "till/", "cards/", *rest):
        page.emulate_media(color_scheme="light")
        page.goto(f"{served}/counter/{each}")
        page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        wrong = Axe().run(page).response["violations"]
        # In the dark all is the same but the colours.
        page.emulate_media(color_scheme="dark")
        wrong += Axe().run(page, options=_COLOURS).response["violations"]
        found |= {f"{each} {w['id']}": w["nodes"][0]["html"] for w in wrong}
    assert found == {}
    page.context.close()
