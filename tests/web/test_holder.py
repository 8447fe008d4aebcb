"""A holder sees what is theirs, renews it once, and sees nothing of anybody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.shop import Shop

from baohao.outside.pretend.handset import Handset
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


def signed_in(browser: Client, pages: Installation, number: str) -> None:
    """Sign in by the code that is sent to a number."""
    browser.post("/accounts/login/code/", {"phone": number})
    assert isinstance(pages.texts, Handset)
    texts = dict(pages.texts.shown())
    code = re.findall(r"\d{6}", texts[number][0])[0]
    answer = browser.post("/accounts/login/code/confirm/", {"code": code})
    assert answer.status_code == 302, answer.content.decode()


def bought(browser: Client, number: str) -> str:
    """Have a quote made and return its page."""
    answer = browser.post(f"/my/{number[1:]}/renew/", {"term": "12 months"})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_my_numbers_are_mine_alone(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    other = number[:-4] + "9" + number[-3:]
    counter.open(number, "mine")
    counter.open(other, "theirs")
    signed_in(browser, pages, number)
    page = browser.get("/my/").content.decode()
    assert number[4:8] in page
    assert f"/my/{other[1:]}/" not in page
    assert browser.get(f"/my/{number[1:]}/").status_code == 200
    for rest in ("", "renew/"):
        assert browser.get(f"/my/{other[1:]}/{rest}").status_code == 404
        assert browser.get(f"/my/85366999999/{rest}").status_code == 404


def test_a_second_tap_pays_once(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    holder = f"h{number[1:]}"
    counter.open(number, holder)
    counter.fund(50_000, f"wallet:{holder}:MOP")
    signed_in(browser, pages, number)
    page = bought(browser, number)
    for _ in range(3):
        assert browser.post(page, {"gateway": "wallet"}).status_code == 302
    assert counter.balance(f"wallet:{holder}:MOP") == 50_000 - 12_000
    assert len(counter.line(number).sold) == 2


def test_the_session_ends_with_the_tenure(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number, f"h{number[1:]}")
    signed_in(browser, pages, number)
    assert browser.get("/my/").status_code == 200
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    counter.say("transfer", number, principal="clerk", **heir)
    ended = browser.get("/my/")
    assert ended.status_code == 403
    assert "no longer yours" in ended.content.decode()
    assert browser.get("/my/").status_code == 302


@pytest.mark.parametrize("known", [True, False])
def test_nobody_learns_whether_a_number_is_known(
    pages: Installation, counter: Shop, browser: Client, number: str, known: bool
) -> None:
    if known:
        counter.open(number)
    answer = browser.post("/accounts/login/code/", {"phone": number}, follow=True)
    page = re.sub(r'value="[^"]{20,}"', "", answer.content.decode())
    assert answer.redirect_chain == [("/accounts/login/code/confirm/", 302)]
    assert "If the number is one of ours, a code is on its way" in page
