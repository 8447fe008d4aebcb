"""A passkey, in a real browser with a pretended authenticator: added once, enough from then on."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.conftest import missing
from tests.shop import Shop

from baohao.outside.pretend.handset import Handset
from baohao.wiring import Installation

CHROMIUM = Path("/usr/bin/chromium")
#: Nothing of the browser's own leaves this machine.
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: One that is in the device, and asks for a finger, which is always there.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def served() -> Iterator[str]:
    """Serve the pages on a port of this machine."""
    from a2wsgi import WSGIMiddleware
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import connections

    # Threads of a server that ends leave nothing open.
    connections.settings["default"]["CONN_MAX_AGE"] = 0
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app: Any = WSGIMiddleware(WSGIHandler(), workers=2)  # type: ignore[arg-type]
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://localhost:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        missing("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
        made = context.new_page()
        session = context.new_cdp_session(made)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield made
        browser.close()


def test_a_holder_adds_a_passkey_and_needs_no_code_from_then_on(
    pages: Installation, counter: Shop, number: str, page: Any
) -> None:
    counter.open(number, f"h{number[1:]}")
    said: list[str] = []
    page.on("console", lambda told: said.append(told.text))
    page.on("pageerror", lambda told: said.append(str(told)))
    with served() as url:
        page.goto(f"{url}/accounts/login/code/")
        page.fill("input[name=phone]", number)
        page.click("text=Send me a code")
        assert isinstance(pages.texts, Handset)
        code = re.findall(r"\d{6}", dict(pages.texts.shown())[number][0])[0]
        page.fill("input[name=code]", code)
        page.click("main button >> nth=0")
        page.goto(f"{url}/my/account/")
        page.click("text=Add a passkey")
        page.click("text=Add it")
        page.wait_for_selector("text=1 passkey")
        page.click("header >> text=Sign out")
        page.goto(f"{url}/accounts/login/code/")
        page.click("text=Sign in with a passkey")
        page.wait_for_url("**/my/")
        assert number[4:8] in page.inner_text("main")
    # A strict policy that stood in the way of a script would have been said here.
    assert said == []
