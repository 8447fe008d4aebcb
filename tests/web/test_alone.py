"""One person alone, up to an amount, and another who looks at it afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.shop import BALANCE180, Shop
from tests.web.test_operator import deeds, entered

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture(autouse=True)
def never_before(pages: Installation) -> Iterator[None]:
    yield
    from baohao.web.house.models import Review, Safety

    Safety.objects.all().delete()
    Review.objects.all().delete()


def adjusted(browser: Client, number: str, amount: str) -> int:
    entered(browser, "supervisor")
    address = f"/operator/lines/{number[1:]}/adjust/"
    key = re.search(r'name="key" value="([^"]+)"', browser.get(address).content.decode())
    assert key is not None
    said = {"what": "balance:main", "amount": amount, "reason": "counted again", "key": key[1]}
    return int(browser.post(address, said).status_code)


def test_nobody_acts_alone_until_an_operator_lets_them(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from baohao.web.house.models import Review

    counter.answers([counter.stock(number, pin=BALANCE180)])
    assert adjusted(browser, number, "0.00") == 409
    assert adjusted(browser, number, "5.00") == 409
    entered(browser, "admin")
    assert browser.post("/operator/reviews/limit/", {"amount": "-1"}).status_code == 200
    assert browser.post("/operator/reviews/limit/", {"amount": "10.00"}).status_code == 302
    assert deeds("limit", "demo")
    assert adjusted(browser, number, "10.01") == 409
    assert adjusted(browser, number, "-10.01") == 409
    assert adjusted(browser, number, "10.00") == 302
    waiting = Review.objects.get()
    assert (waiting.by, waiting.amount_minor) == ("supervisor-of-demo", 1_000)
    assert "afterwards" in browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    # Nobody looks at their own, and nobody of another operator at theirs.
    address = f"/operator/reviews/{waiting.pk}/"
    assert "It was right" not in browser.get("/operator/reviews/").content.decode()
    assert browser.post(address, {"what": "right"}).status_code == 404
    entered(browser, "finance", "demo2")
    assert browser.post(address, {"what": "right"}).status_code == 404
    entered(browser, "finance")
    assert "It was right" in browser.get("/operator/reviews/").content.decode()
    assert browser.post(address, {"what": "wrong", "remark": "no paper"}).status_code == 302
    assert browser.post(address, {"what": "right"}).status_code == 404
    assert "no paper" in browser.get("/operator/reviews/").content.decode()


def test_a_date_always_needs_somebody(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    entered(browser, "admin")
    browser.post("/operator/reviews/limit/", {"amount": "999.00"})
    entered(browser, "supervisor")
    said = {"what": "clock:service", "until": "2040-01-01", "reason": "a letter", "key": "k"}
    assert browser.post(f"/operator/lines/{number[1:]}/adjust/", said).status_code == 409
