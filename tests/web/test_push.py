"""Holders say which services push to them: a code shows that they are theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.shop import Shop
from tests.web.test_holder import signed_in

from baohao.app.messages import preferences
from baohao.app.messages.preferences import Preferences, Target
from baohao.outside.apprise_push import ApprisePush
from baohao.outside.pretend.push_services import PushServices
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def services(pages: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushServices]:
    from django.core.cache import cache

    cache.clear()
    with PushServices() as opened:
        monkeypatch.setitem(pages.__dict__, "push", ApprisePush(allow_own=True))
        yield opened


@pytest.fixture
def holder(
    pages: Installation, counter: Shop, browser: Client, number: str, services: PushServices
) -> str:
    name = f"h{number[1:]}"
    counter.open(number, name)
    signed_in(browser, pages, number)
    return name


def kept(pages: Installation, counter: Shop, holder: str) -> Preferences:
    with counter.looking() as conn:
        return preferences.read(conn, pages.vault, holder)


def code_of(services: PushServices) -> str:
    return str(re.findall(r"\d{6}", services.shown[-1].text)[0])


def test_a_phone_counts_when_its_code_has_come_back(
    pages: Installation, counter: Shop, browser: Client, holder: str, services: PushServices
) -> None:
    assert "Telegram" in browser.get("/my/preferences/push/").content.decode()
    said = {"first": "barkDeviceKey22", "second": services.url}
    answer = browser.post("/my/preferences/push/?service=bark", said)
    assert answer["Location"] == "/my/preferences/push/code/"
    assert kept(pages, counter, holder).targets == ()
    wrong = f"{(int(code_of(services)) + 1) % 1_000_000:06}"
    assert browser.post("/my/preferences/push/code/", {"code": wrong}).status_code == 409
    browser.post("/my/preferences/push/code/", {"code": code_of(services)})
    (target,) = kept(pages, counter, holder).push
    assert target.url == f"bark://{services.authority}/barkDeviceKey22"
    assert target.is_theirs
    # What else is said of being told leaves it alone, and no page shows it.
    form = {"channels": "push email sms", "language": "", "zone": "", "quiet_from": ""}
    browser.post("/my/preferences/", form | {"quiet_to": "", "email": ""})
    assert kept(pages, counter, holder) == Preferences(
        push=(target,), channels=("push", "email", "sms")
    )
    page = browser.get("/my/preferences/").content.decode()
    assert "barkDeviceKey22" not in page
    assert "Bark •••y22" in page
    # A test, and away with it.
    browser.post("/my/preferences/push/one/", {"target": target.id, "what": "test"})
    assert "It works" in services.shown[-1].text
    browser.post("/my/preferences/push/one/", {"target": target.id, "what": "remove"})
    assert kept(pages, counter, holder).push == ()
    again = browser.post("/my/preferences/push/one/", {"target": target.id, "what": "test"})
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("service", "said", "why"),
    [
        ("bark", {"first": "nobody"}, "does not know it"),
        ("gotify", {"first": "AGotifyTokenX15"}, "required"),
        ("telegram", {"first": "no token", "second": "1"}, "no such addresses"),
        ("pasted", {"first": "file:///etc/passwd"}, "none of the services"),
        ("pasted", {"first": "gotifys://8.8.8.8:1/AGotifyTokenX15"}, "only port 443"),
        ("gotify", {"first": "AGotifyTokenX15", "second": "169.254.169.254"}, "public network"),
        ("ntfy", {"first": "a/b c?d#e", "second": ""}, "whom it is for"),
    ],
)
def test_what_cannot_be_pushed_to_is_said_and_not_kept(
    pages: Installation,
    counter: Shop,
    browser: Client,
    holder: str,
    services: PushServices,
    service: str,
    said: dict[str, str],
    why: str,
) -> None:
    if service == "bark":
        said = said | {"second": services.url}
    answer = browser.post(f"/my/preferences/push/?service={service}", said)
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert kept(pages, counter, holder).push == ()
    assert services.shown == []


def test_there_is_an_end_to_them(
    pages: Installation, counter: Shop, browser: Client, holder: str, services: PushServices
) -> None:
    five = tuple(
        Target(id=f"{n}", url=f"ntfy://{services.authority}/t{n}", name="ntfy", is_theirs=True)
        for n in range(5)
    )
    counter.shell.run(
        lambda conn: preferences.keep(conn, pages.vault, holder, Preferences(push=five))
    )
    said = {"first": "mine", "second": services.url}
    answer = browser.post("/my/preferences/push/?service=ntfy", said)
    assert "five places" in answer.content.decode()
    assert services.shown == []


def test_where_nothing_pushes_there_is_no_such_page(
    pages: Installation, holder: str, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pages.__dict__, "push", None)
    assert browser.get("/my/preferences/push/").status_code == 404
    assert "Push to my phone" not in browser.get("/my/preferences/").content.decode()
