"""Customers of somebody who keeps cards for others: the list, acts, the ledger, receipts."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

_keepers = itertools.count(1)
GIFFGAFF = "gb.giffgaff.payg"


class Reseller:
    """Somebody with customers, and a browser in which they are signed in."""

    def __init__(self, browser: Client, shop: Shop) -> None:
        self.browser, self.shop = browser, shop
        self.holder = f"reseller-{next(_keepers)}"
        self.today: date = shop.now().date()
        entered(browser, self.holder)

    def says(self, **said: str) -> None:
        told = {"version": "0", "name": "Ah Ming", "fee": "20", "fee_currency": "CNY"} | said
        assert self.browser.post("/my/customers/me/", told).status_code == 302

    def customer(self, name: str, **said: str) -> str:
        told = {"key": str(uuid4()), "version": "0", "name": name, "language": "en"} | said
        answer = self.browser.post("/my/customers/new/", {"fee_currency": "CNY"} | told)
        assert answer.status_code == 302, answer.content.decode()
        return str(answer["Location"])

    def add(self, customer: str, *numbers: str, ago: int = 170, **said: str) -> None:
        on = (self.today - timedelta(days=ago)).isoformat()
        told = {"product": GIFFGAFF, "numbers": "\n".join(numbers), "act": "sms_out", "on": on}
        answer = self.browser.post(f"{customer}add/", told | said)
        assert answer.status_code == 302, answer.content.decode()

    def page(self, address: str, **said: str) -> str:
        answer = self.browser.get(address, said)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer.content.decode()

    def form(self, address: str) -> dict[str, str]:
        """What a form's inputs have in them when it is shown."""
        found = re.findall(r"<input[^>]*>", self.page(address))
        named = [dict(re.findall(r'(name|value)="([^"]*)"', each)) for each in found]
        return {each["name"]: each.get("value", "") for each in named if "name" in each}

    def did(self, customer: str, number: str, **said: str) -> Any:
        at = f"{customer}did/?card={number[1:]}~{self.holder}"
        return self.browser.post(
            at, self.form(at) | {"act": "sms_out||", "fee_currency": "CNY"} | said
        )


@pytest.fixture
def reseller(pages: Installation, counter: Shop, browser: Client) -> Reseller:
    counter.rules = pages.library.policies
    return Reseller(browser, counter)


@pytest.fixture
def numbers(number: str) -> Iterator[str]:
    return (f"+44770{number[-4:]}{n:03}" for n in itertools.count())


def deeds(reseller: Reseller) -> list[Any]:
    from baohao.web.customers.models import Deed

    return list(Deed.objects.filter(keeper=reseller.holder).order_by("id"))


def receipts(reseller: Reseller) -> list[Any]:
    from baohao.web.customers.models import Receipt

    return list(Receipt.objects.filter(keeper=reseller.holder).order_by("year", "n"))


def test_a_reseller_goes_through_a_day(reseller: Reseller, numbers: Iterator[str]) -> None:
    from baohao.web import formats

    number = next(numbers)
    shown = formats.number(number)
    reseller.says(pay="WeChat: ah-ming", contact="wechat ah-ming")
    customer = reseller.customer("Mrs Wong", contact="+852 9123 4567")
    reseller.add(customer, number)
    assert shown in reseller.page("/my/customers/", within="14")
    assert shown not in reseller.page("/my/customers/", within="late")
    assert "Mrs Wong" in reseller.page("/my/customers/", q="wong")
    assert "Mrs Wong" not in reseller.page("/my/customers/", q="Lee")
    text = reseller.page(f"{customer}message/")
    for said in (shown, "£0.30", "CN¥20.00", "WeChat: ah-ming", "https://wa.me/85291234567?"):
        assert said in text, said
    assert reseller.did(customer, number, paid="wechat").status_code == 302
    (deed,), (receipt,) = deeds(reseller), receipts(reseller)
    assert (deed.cost_minor, deed.due, deed.is_owed) == (30, {"CNY": 2000, "GBP": 30}, False)
    assert receipt.number == f"{reseller.today.year}-0001"
    paper = reseller.page(f"/my/customers/receipts/{receipt.id}/", paper="slip")
    for said in ("Mrs Wong", "Ah Ming", shown, "It is not the operator", "£0.30"):
        assert said in paper, said
    month = f"/my/customers/months/{reseller.today:%Y-%m}"
    assert "CN¥20.00" in reseller.page(f"{month}/")
    rows = list(csv.reader(io.StringIO(reseller.browser.get(f"{month}.csv").content.decode())))
    assert [row[5:] for row in rows if row[1] in ("cost", "receipt")] == [
        ["sms_out", "-0.30", "GBP"],
        ["", "20.00", "CNY"],
        ["", "0.30", "GBP"],
    ]
