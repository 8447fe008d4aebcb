"""Brands: an operator's own look on the pages of its lines, readable in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.shop import Shop
from tests.web.test_operator import BACKEND, deeds, entered

from baohao.web import colours
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

LOOK = {"logo": "Lótus 蓮", "light": "#8a1c7c", "dark": "#f0a6e4", "name_zh": "蓮花電訊"}


@pytest.fixture(autouse=True)
def none_before(pages: Installation) -> Iterator[None]:
    from baohao.web import brands
    from baohao.web.house.models import Brand

    Brand.objects.all().delete()
    brands.forget()
    yield
    Brand.objects.all().delete()
    brands.forget()


def test_contrast_is_what_wcag_says() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert colours.contrast("#777777", "#ffffff") < colours.AA
    assert colours.ink_on("#ffd400") != colours.ink_on("#0b6e4f")


def test_the_pages_of_its_lines_have_its_look_and_those_of_others_have_not(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from baohao.web import brands
    from baohao.web.accounts.models import Account
    from baohao.web.house.models import Brand

    counter.open(number, holder="p-branded")
    entered(browser, "admin")
    assert browser.post("/operator/brand/", LOOK).status_code == 302
    assert deeds("brand", "demo")
    sheet = browser.get("/brand/demo.css")
    assert "--brand: #8a1c7c; --on-brand: #ffffff" in sheet.content.decode()
    assert sheet["Content-Type"].startswith("text/css")
    assert "unsafe" not in browser.get("/")["Content-Security-Policy"]
    Brand.objects.create(operator="demo2", logo="Harbour", light="#003a70", dark="#9cc8f0")
    brands.forget()
    browser.force_login(Account.objects.of_holder("p-branded"), BACKEND)
    for address in ("/my/", f"/my/{number[1:]}/", f"/renew/{number[1:]}/"):
        page = browser.get(address).content.decode()
        assert "/brand/demo.css?v=1" in page, address
        assert "Lótus 蓮" in page, address
    assert "/brand/" not in browser.get("/").content.decode()
    assert browser.get("/brand/nobody.css").status_code == 404


def test_where_one_operator_alone_has_a_look_it_is_the_houses(
    pages: Installation, browser: Client
) -> None:
    entered(browser, "admin")
    browser.post("/operator/brand/", LOOK | {"languages": ["en"]})
    page = browser.get("/").content.decode()
    assert "/brand/demo.css" in page
    assert 'value="en"' in page
    assert 'value="zh-hant"' not in page
    prices = browser.get("/prices/", headers={"accept-language": "zh-Hant"}).content.decode()
    assert "蓮花電訊" in prices


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"light": "#ffd400"}, "Its contrast with the ground is 1.3"),
        ({"dark": "#222222"}, "Its contrast with the ground is 1.0"),
        ({"light": "red"}, "Write a colour"),
        ({"light": "#8a1c7}"}, "Write a colour"),
        ({"logo": "x" * 25}, "at most 24"),
    ],
)
def test_what_cannot_be_read_is_refused(
    pages: Installation, browser: Client, fields: dict[str, str], says: str
) -> None:
    entered(browser, "admin")
    assert says in browser.post("/operator/brand/", LOOK | fields).content.decode()
    assert browser.get("/brand/demo.css").status_code == 404
