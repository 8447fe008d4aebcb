"""A page of the holder's app costs a few statements, however many numbers there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.shop import KEEP12, Shop, granted
from tests.web.statements import MOST, counted

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def opened(shop: Shop, numbers: list[str], holder: str) -> None:
    """Open numbers, more than one holder may have."""
    policy = shop.rules[KEEP12]
    people = replace(policy.people, quota_person=None)
    shop.rules = {**shop.rules, KEEP12: replace(policy, people=people)}
    asks = [each for n in numbers for each in (shop.stock(n), shop.activate(n, holder))]
    for answer in shop.answers(asks):
        granted(answer)


@pytest.mark.parametrize("count", [1, 40])
def test_a_page_costs_a_few_statements(
    pages: Installation, counter: Shop, browser: Client, number: str, count: int
) -> None:
    from baohao.web.accounts.models import Account

    holder = f"h{number[1:]}"
    numbers = [number, *(f"{number[:-8]}{n:02}{number[-6:]}" for n in range(1, count))]
    opened(counter, numbers, holder)
    browser.force_login(Account.objects.of_holder(holder), BACKEND)
    session = browser.session
    session["tenure"] = (number, 1)
    session.save()
    digits, one = [each[1:] for each in numbers], f"/my/{number[1:]}/"
    several = f"/my/several/?n={'&n='.join(digits)}"
    terms = {f"term-{each}": "12 months" for each in digits}
    quote = browser.post(f"{one}renew/", {"term": "12 months"})["Location"]
    basket = browser.post("/my/several/", {"n": digits, **terms})["Location"]
    addresses = ["/my/", "/my/receipts/", one, quote, several, basket]
    addresses += [f"{one}{rest}/" for rest in ("renew", "ways", "plans")]
    assert UUID(basket.split("/")[-2]).version == 7
    for address in addresses:
        browser.get(address)
        with counted() as sent:
            assert browser.get(address).status_code == 200, address
        assert 3 <= len(sent) <= MOST, (address, len(sent), sent)
    browser.post(quote, {"gateway": "wallet"})
    counter.fund(12_000 * (count + 1), f"wallet:{holder}:MOP")
    basket = browser.post("/my/several/", {"n": digits, **terms})["Location"]
    browser.post(basket, {"gateway": "wallet"})
    with counted() as sent:
        assert browser.get(basket).status_code == 200
    assert len(sent) <= MOST, (len(sent), sent)
    for address in ("/my/", one, "/my/receipts/"):
        with counted() as sent:
            assert browser.get(address).status_code == 200
        assert len(sent) <= MOST, (address, len(sent), sent)
