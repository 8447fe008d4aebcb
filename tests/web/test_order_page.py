"""Automatic renewal on the holder's page: agreed to once, told of, stopped by one tap or a link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.shop.orders import run, told
from tests.web.fixtures import entered

from baohao.app.orders import links
from baohao.core.line.ordered import Ordered
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def page(pages: Installation, counter: Shop, browser: Client, number: str) -> str:
    counter.open(number, f"h{number[1:]}")
    entered(browser, f"h{number[1:]}")
    return f"/my/{number[1:]}/order/"


def consent(number: str, **more: str) -> dict[str, str]:
    return {
        "key": str(uuid4()),
        "term": "12 months",
        "payer": f"wallet:h{number[1:]}:MOP",
        "limit": "150.00",
        "agreed": "on",
    } | more


def order_of(counter: Shop, number: str) -> Ordered:
    found = counter.line(number).order
    assert found is not None
    return found


def test_it_is_agreed_to_once_and_stopped_by_one_tap(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    shown = browser.get(page).content.decode()
    assert "you are told on" in shown
    said = consent(number)
    for _ in range(2):
        assert browser.post(page, said).status_code == 302
    found = order_of(counter, number)
    assert (found.limit_minor, str(found.term), found.is_granted) == (15_000, "12 months", False)
    shown = browser.get(page).content.decode()
    assert "You are told of the charge" in shown
    assert "MOP$150.00" in shown
    for _ in range(2):
        assert browser.post(page, {"stop": found.id}).status_code == 302
    assert order_of(counter, number).stopped_at is not None
    shown = browser.get(page).content.decode()
    assert "Automatic renewal was stopped." in shown
    assert "Renew by itself" in shown


def test_the_link_stops_it_without_signing_in_and_looking_stops_nothing(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    from django.test import Client

    browser.post(page, consent(number))
    found = re.search(r'href="http://[^/]+(/stop/[^"]+)"', browser.get(page).content.decode())
    assert found is not None
    stranger = Client(SERVER_NAME="localhost")
    shown = stranger.get(found[1])
    assert shown.status_code == 200
    assert number[8:] not in shown.content.decode()
    assert order_of(counter, number).is_live
    for _ in range(2):
        assert "Nothing is charged" in stranger.post(found[1]).content.decode()
    assert not order_of(counter, number).is_live


def test_a_link_that_is_forged_stops_nothing_and_shows_the_same(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    browser.post(page, consent(number), follow=True)
    order = order_of(counter, number)
    good = links.link(number, order.id, pages.seals.sign)
    forged = ("A" if good[-1] != "A" else "B").join([good[:-1], ""])

    def looked(token: str) -> str:
        shown = browser.get(f"/stop/{token}/").content.decode()
        return re.sub(r'value="[^"]*"', "", shown)

    assert looked(good) == looked(forged)
    for token in (forged, "x", "x" * 5_000):
        assert browser.post(f"/stop/{token}/").status_code == 409
    assert order_of(counter, number).is_live


def test_what_is_wrong_is_told_and_nothing_is_kept(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    other = "wallet:somebody:MOP"
    for bad in (
        {"limit": "a lot"},
        {"limit": "0"},
        {"payer": other},
        {"payer": f"card:{uuid4()}"},
        {"term": "1 month"},
        {"agreed": ""},
        {"key": "no-key"},
    ):
        answer = browser.post(page, consent(number, **bad))
        assert answer.status_code in (200, 409), bad
        assert 'role="alert"' in answer.content.decode() or "key" in bad
    assert counter.line(number).order is None


def test_a_charge_that_fails_is_told_with_its_reason(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    browser.post(page, consent(number))
    before = counter.now()
    try:
        told(counter, number)
        run(counter)
    finally:
        counter.later(before - counter.now())
    shown = browser.get(page).content.decode()
    assert "An automatic renewal failed." in shown
    assert shown.count("There was too little in the wallet.") == 2
    assert "You were told of an automatic renewal." in shown


def test_somebody_elses_order_is_not_there(
    pages: Installation, counter: Shop, browser: Client, number: str, page: str
) -> None:
    from django.test import Client

    browser.post(page, consent(number))
    other = number[:-4] + "3" + number[-3:]
    counter.open(other, f"h{other[1:]}")
    stranger = Client(SERVER_NAME="localhost")
    entered(stranger, f"h{other[1:]}")
    order = order_of(counter, number)
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"stop": order.id}).status_code == 404
    # Not even by way of a page of their own.
    assert stranger.post(f"/my/{other[1:]}/order/", {"stop": order.id}).status_code == 302
    assert order_of(counter, number).is_live
    heir = {"holder": "heir", "document": "bir", "cause": "death", "approved_by": "staff"}
    counter.say("transfer", number, principal="clerk", **heir)
    assert counter.line(number).order is None
