"""Letting a number go: a list that is kept, a wish that stops nothing, and ends with the tenure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


def test_the_list_and_the_wish_are_kept_and_nothing_else_changes(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    before = counter.line(number)
    page = f"/my/{number[1:]}/leave/"
    said = {"moved": ["bank", "mail", "<script>"], "say": ""}
    assert browser.post(page, said).status_code == 302
    shown = browser.get(page).content.decode()
    assert 'value="bank" checked' in shown
    assert 'value="alipay" checked' not in shown
    assert "11 are left." in shown
    for _ in range(2):
        browser.post(page, {"moved": ["bank"], "say": "go"})
    assert "you said that you let this number go" in browser.get(page).content.decode()
    line = browser.get(f"/my/{number[1:]}/").content.decode()
    assert "You said that you let this number go" in line
    browser.post(page, {"say": "stay"})
    shown = browser.get(page).content.decode()
    assert "you said that you let" not in shown
    # Whoever stays has moved what they have moved.
    assert 'value="bank" checked' in shown
    assert counter.line(number) == before


def test_it_is_the_holders_alone_and_of_one_tenure(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from django.test import Client

    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    page = f"/my/{number[1:]}/leave/"
    browser.post(page, {"moved": ["bank"], "say": "go"})
    heir = {"holder": f"heir{number[1:]}", "document": "bir", "cause": "death"}
    counter.say("transfer", number, principal="clerk", approved_by="staff", **heir)
    assert browser.get(page).status_code == 404
    assert browser.post(page, {"say": "stay"}).status_code == 404
    new = Client(SERVER_NAME="localhost")
    entered(new, f"heir{number[1:]}")
    shown = new.get(page).content.decode()
    assert " checked" not in shown
    assert "you said that you let" not in shown
