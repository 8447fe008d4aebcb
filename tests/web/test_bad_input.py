"""
Whatever is typed into any field of any page is said back as text, kept as it was, breaks nothing.

Fields are found on the pages themselves, so a page that is new is tried too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop
from tests.web.stage import ABSENT, Stage, placed
from tests.web.test_doors import addresses
from tests.web.test_matrix import LEAVES, allowed

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

MARK = "zq7"
KEPT = {
    "right to left": f"{MARK}\u202e\u200f\u2066abc",
    "script": f"{MARK}<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "template": f"{MARK}{{{{ 7*7 }}}}{{% now 'Y' %}}{{0}}%s%(x)s",
    "rare": f"{MARK}𡃁𨋢𫚉👩\u200d👩\u200d👧🏽",
    "query": f"{MARK}' OR 1=1; --",
}
BAD = {
    "all at once": "".join(KEPT.values()) + "/../../etc/passwd",
    "long": MARK + "號" * 10_000,
    "nul": f"{MARK}\0x",
    "number": "-1e309",
    "huge": "9" * 400,
}
#: Who opens each room.
WHO = ("guest", "holder", "clerk", "finance", "admin", "owner")
#: What would take its own asker away.
SPARED = (*LEAVES, "/accounts/password/change/", "/accounts/2fa/", "/accounts/again/")


class Forms(HTMLParser):
    """Finds the forms of a page, with what stands in their fields."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.found: list[tuple[str, str, dict[str, str], list[str]]] = []
        self._open: tuple[str, str, dict[str, str], list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = said.get("action") or self._address
            self._open = (said.get("method", "get").upper(), action, {}, [])
            self.found.append(self._open)
        elif (
            self._open is not None
            and said.get("name")
            and tag in ("input", "textarea", "select", "button")
        ):
            _, _, values, typed = self._open
            values.setdefault(said["name"], said.get("value", ""))
            if said["name"] != "csrfmiddlewaretoken":
                typed.append(said["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@pytest.fixture(scope="module")
def stage(pages: Installation) -> Iterator[Stage]:
    shop = Shop(conninfo=pages.conninfo, _numbers=itertools.count(5 * 10**9))
    shop.fund(10_000_000)
    made = Stage(
        house=pages, shop=shop, numbers=(f"+85364{n:06}" for n in itertools.count(1)), mark="bad"
    )
    made.set()
    yield made
    made.strike()
    shop.shell.close()


def forms(stage: Stage, role: str) -> Iterator[tuple[str, str, Mapping[str, str], str]]:
    """Yield each field of each form that a role is shown: method, address, the form, the field."""
    browser, own = stage.browser(role), stage.things(role)["own"]
    seen = set()
    for address, pattern in addresses():
        audience = getattr(pattern.callback, "audience", "")
        asked = placed(address, own)
        if asked is None or address.startswith(SPARED) or not allowed(role, audience):
            continue
        if role != "guest" and audience in ("everybody", "signed_in"):
            # Tried as a guest already, or the same for all.
            continue
        answer = browser.get(asked)
        if answer.streaming or "text/html" not in answer.get("Content-Type", ""):
            continue
        page = Forms(asked)
        page.feed(answer.content.decode())
        for method, action, values, typed in page.found:
            for name in dict.fromkeys(typed):
                key = (method, re.sub(r"[0-9a-f-]{36}|\d{5,}", "_", action), name)
                if key not in seen and not action.startswith(SPARED):
                    seen.add(key)
                    yield method, action, values, name


def wrong_with(answer: Any, bad: str) -> str:
    """Say what is wrong with an answer to something bad; empty: nothing."""
    if answer.status_code >= 500:
        return f"{answer.status_code}"
    if answer.streaming or "text/html" not in answer.get("Content-Type", ""):
        return ""
    body = answer.content.decode()
    if "<script>alert" in body or "<img src=x" in body:
        return "it came back as markup"
    return "49" if f"{MARK}49" in body else ""


def tried(
    browser: Client, method: str, action: str, values: Mapping[str, str], name: str
) -> list[str]:
    """Type everything bad into one field, and say what went wrong."""
    wrong = []
    for kind, bad in BAD.items():
        sent = {**values, name: bad}
        answer = browser.get(action, sent) if method == "GET" else browser.post(action, sent)
        if found := wrong_with(answer, bad):
            wrong.append(f"{method} {action} {name}: {kind}: {found}")
    return wrong


@pytest.mark.parametrize("role", WHO)
def test_whatever_is_typed_breaks_nothing(stage: Stage, role: str) -> None:
    from django.core.cache import cache

    browser, wrong, fields = stage.browser(role), [], 0
    for method, action, values, name in list(forms(stage, role)):
        cache.clear()
        fields += 1
        wrong += tried(browser, method, action, values, name)
    assert not wrong, "\n" + "\n".join(wrong)
    assert fields > 2


def test_a_page_that_says_it_as_markup_is_found(
    pages: Installation, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The red twin: a template that trusts what was typed."""
    from django.http import HttpResponse
    from django.template import engines

    trusting = engines["django"].from_string("<p>{{ said|safe }}</p>")
    careful = engines["django"].from_string("<p>{{ said }}</p>")
    bad = KEPT["script"]
    assert wrong_with(HttpResponse(trusting.render({"said": bad})), bad)
    assert not wrong_with(HttpResponse(careful.render({"said": bad})), bad)


@pytest.mark.parametrize("kind", KEPT)
def test_what_is_kept_comes_back_as_it_was_typed(stage: Stage, kind: str, number: str) -> None:
    browser, name = stage.browser("admin"), KEPT[kind]
    said = {"name": f"kept{number[-4:]}", "title": name, "role": "clerk"}
    answer = browser.post("/operator/staff/", said)
    assert answer.status_code == 200
    page = browser.get("/operator/staff/").content.decode()
    assert escape(name) in page
    assert name in unescape(page)


def test_numbers_that_are_none_are_not_there(stage: Stage) -> None:
    for role, head in (("guest", "/renew/"), ("holder", "/my/"), ("clerk", "/counter/")):
        browser = stage.browser(role)
        for bad in ("0", "853", "8" * 40, "%00", "abc", "８５３６６１２３４５６", "..%2f..", "<b>"):
            assert browser.get(f"{head}{bad}/").status_code in (404, 301, 400), (head, bad)
    assert ABSENT["<tel:number>"].isdecimal()
