"""The installed app: light on a bad network, and of use without one."""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from tests.shop import Shop

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import BrowserContext, Page

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
#: What a first page may cost, on the wire.
MOST_BYTES = 100_000


class Quiet(WSGIRequestHandler):
    #: A browser opens connections that it may never use.
    timeout = 2

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Threads(ThreadingMixIn, WSGIServer):
    def process_request_thread(self, request: Any, client_address: Any) -> None:
        from django.db import connections

        super().process_request_thread(request, client_address)
        connections.close_all()


@contextmanager
def served() -> Iterator[str]:
    """Serve the pages on a port of their own; yield their address."""
    from django.core.handlers.wsgi import WSGIHandler

    with make_server("127.0.0.1", 0, WSGIHandler(), Threads, Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def phone(
    pages: Installation, browser: Client, debian_tool: Callable[[str], str]
) -> Iterator[tuple[BrowserContext, str]]:
    """A phone of whoever has signed in as `browser`, and the address of the pages."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
    with served() as address, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=debian_tool("chromium"), args=flags)
        context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        session = browser.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        yield context, address
        chromium.close()


@pytest.fixture
def holder(pages: Installation, counter: Shop, browser: Client, number: str) -> str:
    from baohao.web.accounts.models import Account

    holder = f"h{number[1:]}"
    counter.open(number, holder)
    counter.fund(20_000, f"wallet:{holder}:MOP")
    browser.force_login(Account.objects.of_holder(holder), BACKEND)
    return holder


def installed(page: Page, address: str) -> None:
    """Open the app, and wait until its worker stands before the pages."""
    page.goto(f"{address}/my/")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.wait_for_function("caches.match('/offline/').then((found) => found !== undefined)")


def connected(page: Page) -> None:
    """Let there be a network again, and load the page that was not there."""
    page.context.set_offline(False)
    for _ in range(50):
        # The worker hears of it a little later than the page.
        page.click("a.button")
        page.wait_for_load_state()
        if page.inner_text("h1") != "No network":
            return
        page.wait_for_timeout(100)
    raise AssertionError("the network did not come back")


# --- without a network ----------------------------------------------------------------------------


def test_without_a_network_the_last_dates_are_there_until_one_signs_out(
    holder: str, number: str, phone: tuple[BrowserContext, str]
) -> None:
    context, address = phone
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    installed(page, address)
    shown = page.inner_text(".line .until strong")
    assert not wrong, "nothing is against the policy of what a page may do"
    context.set_offline(True)
    page.goto(f"{address}/my/{number[1:]}/")
    assert page.inner_text("h1") == "No network"
    assert page.inner_text("#kept .until strong") == shown
    assert page.inner_text("#kept .stage") == "Active"
    kept = page.evaluate("localStorage.getItem('dates')")

    assert set(re.findall(r'"(\w+)":', kept)) == {
        *("at", "lines", "number", "stage", "kind", "what", "day")
    }
    connected(page)
    page.wait_for_selector("text=What happens if you do nothing")
    page.click("text=Sign out")
    page.wait_for_url(f"{address}/")
    context.set_offline(True)
    page.goto(f"{address}/my/")
    assert page.inner_text("h1") == "No network"
    assert page.query_selector("#kept article") is None
    assert page.evaluate("localStorage.getItem('dates')") is None


def test_a_payment_that_the_network_swallowed_is_not_lost_and_not_paid_twice(
    holder: str, counter: Shop, number: str, phone: tuple[BrowserContext, str]
) -> None:
    context, address = phone
    page = context.new_page()
    installed(page, address)
    page.goto(f"{address}/my/{number[1:]}/renew/")
    page.click(".term")
    page.wait_for_selector(".promise")
    context.set_offline(True)
    page.click("button[value=wallet]")
    page.wait_for_selector("text=If you were paying, it may have arrived.")
    assert len(counter.line(number).sold) == 1
    connected(page)
    page.wait_for_selector(".promise")
    page.click("button[value=wallet]")
    page.wait_for_selector("text=Paid. The number is safe.")
    page.reload()
    page.go_back()
    page.go_forward()
    page.wait_for_selector("text=Paid. The number is safe.")
    assert len(counter.line(number).sold) == 2


# --- installed ------------------------------------------------------------------------------------


def test_a_phone_may_install_it(pages: Installation, browser: Client) -> None:
    page = browser.get("/").content.decode()
    assert 'href="/app.webmanifest"' in page
    told = browser.get("/app.webmanifest", headers={"accept-language": "zh-hant"}).json()
    assert {"name", "short_name", "start_url", "scope", "display", "icons"} <= set(told)
    assert (told["lang"], told["scope"], told["start_url"]) == ("zh-hant", "/", "/my/")
    for icon in told["icons"]:
        png = b"".join(browser.get(icon["src"]).streaming_content)  # type: ignore[attr-defined]
        side, height = struct.unpack(">II", png[16:24])
        assert png.startswith(b"\x89PNG")
        assert icon["sizes"] == f"{side}x{height}"
    assert [icon.get("purpose", "any") for icon in told["icons"]] == ["any", "any", "maskable"]
    worker = browser.get("/sw.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "script-src 'self'" in worker["Content-Security-Policy"]


def test_the_icons_are_drawn_from_the_drawing() -> None:
    from baohao.web import icons

    for name, (side, maskable) in icons.ICONS.items():
        kept = (Path(icons.STATIC) / name).read_bytes()
        assert kept == icons.drawn(side, maskable=maskable), name


# --- its weight -----------------------------------------------------------------------------------


def weight(browser: Client, address: str) -> int:
    """How many bytes a first load of a page takes, with all that it asks for."""

    def size(path: str) -> tuple[int, str]:
        answer = browser.get(path, headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200, path
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
        return len(body) + head, path

    page = browser.get(address).content.decode()
    wanted = set(re.findall(r'<(?:link|script|img)[^>]+(?:href|src)="(/[^"]+)"', page))
    assert any(each.endswith(".js") for each in wanted)
    assert any(each.endswith(".css") for each in wanted)
    # And what the worker keeps.
    return sum(size(each)[0] for each in [address, *wanted, "/sw.js", "/offline/"])


@pytest.mark.parametrize("address", ["/", "/renew/", "/my/"])
def test_a_first_load_is_light(
    holder: str, counter: Shop, browser: Client, number: str, address: str
) -> None:
    for n in range(1, 10):
        counter.open(f"{number[:-8]}{n:02}{number[-6:]}", holder)
    assert 10_000 < weight(browser, address) < MOST_BYTES
