"""Which way suits me now: prices, hours and whether from abroad, for holders and for guests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.shop import HALL, KEEP12, Shop

from baohao.app import ways
from baohao.app.ways import Way
from baohao.core.fees import Fee, FeeSchedule
from baohao.core.points import WEEK, Particulars
from baohao.core.policy.model import How
from baohao.store import days
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

NUMBER = "+85366100001"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def told(shop: Shop) -> dict[str, Way]:
    with shop.looking() as conn:
        terms = replace(shop.terms(), fees=fees(shop))
        return {each.channel: each for each in ways.ways(conn, terms, NUMBER)}


def fees(shop: Shop) -> dict[str, FeeSchedule]:
    day = shop.now().date()
    offered = {("renew", "app"): Fee(), ("renew", "counter"): Fee(fee_minor=500)}
    schedule = FeeSchedule(operator="demo", currency="MOP", effective_from=day, fees=offered)
    return {"demo": schedule}


def test_prices_are_those_of_the_channel(shop: Shop) -> None:
    shop.open(NUMBER)
    found = told(shop)
    assert set(found) == {"app", "counter"}, "what is not offered is no way"
    assert found["app"].prices == (("12 months", 12_000),)
    assert found["counter"].prices == (("12 months", 12_500),)
    assert (found["app"].is_abroad, found["counter"].is_abroad) == (True, False)
    assert found["counter"].steps


def test_a_line_that_is_late_pays_for_the_way_back(shop: Shop) -> None:
    shop.open(NUMBER)
    shop.later(timedelta(days=430))
    [(term, price)] = told(shop)["app"].prices
    quoted = shop.say("quote", NUMBER, what="renew", term=term, channel="app")
    [(total,)] = shop.rows("SELECT (terms ->> 'total')::int FROM quotes")
    assert quoted["quote"]
    assert price == total > 12_000


@pytest.mark.parametrize("is_day", [True, False])
def test_a_counter_is_open_at_its_hours(shop: Shop, is_day: bool) -> None:
    shop.open(NUMBER)
    here = told(shop)["counter"]
    assert (here.halls, here.is_open) == ((), None), "nobody has said"
    hours = ("00:00-24:00",) if is_day else ()
    week = dict.fromkeys(WEEK, hours) if is_day else {WEEK[_other(shop)]: ("00:00-24:00",)}
    hall = replace(HALL, told=Particulars(hours=week, addresses={"": "Rua do Campo 5"}))
    shop.shell.run(lambda conn: days.add_point(conn, hall))
    here = told(shop)["counter"]
    assert here.is_open is is_day
    assert here.halls[0].addresses == {"": "Rua do Campo 5"}


def _other(shop: Shop) -> int:
    """The day of the week that is farthest from today, wherever the hall is."""
    return (shop.now().weekday() + 3) % 7


def test_codes_to_dial_come_from_the_policy(shop: Shop) -> None:
    policy = shop.rules[KEEP12]
    dial = How(act="renewal", channel="ussd", dial="*100#", price_minor=13_000, abroad=False)
    shop.rules = {**shop.rules, KEEP12: replace(policy, how=(*policy.how, dial))}
    shop.open(NUMBER)
    way = told(shop)["ussd"]
    assert (way.dial, way.prices, way.is_abroad) == ("*100#", (("", 13_000),), False)


@pytest.mark.parametrize(
    ("language", "step"),
    [("zh-Hant", "帶同卡或號碼"), ("pt", "Traga o cartão"), ("en", "Bring the card or the number")],
)
def test_what_to_do_is_said_in_the_readers_language(
    pages: Installation, counter: Shop, browser: Client, number: str, language: str, step: str
) -> None:
    counter.open(number)
    page = browser.get(f"/renew/{number[1:]}/ways/", headers={"accept-language": language})
    assert f"<li>{step}" in page.content.decode()


def test_the_page_is_for_its_holder_and_for_guests(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    from baohao.web.accounts.models import Account

    other = f"{number[:-7]}9{number[-6:]}"
    counter.open(number, f"h{number[1:]}")
    counter.open(other, "somebody")
    guest = browser.get(f"/renew/{number[1:]}/ways/").content.decode()
    assert "At a counter" in guest
    assert number[-6:] not in guest.replace(" ", "").split("<h1>")[1].split("?away")[0]
    assert browser.get("/renew/85366999999/ways/").status_code == 404
    browser.force_login(Account.objects.of_holder(f"h{number[1:]}"), BACKEND)
    page = browser.get(f"/my/{number[1:]}/ways/").content.decode()
    assert "At a counter" in page
    assert "Here, in the app" in page
    away = browser.get(f"/my/{number[1:]}/ways/?away=1").content.decode()
    assert "At a counter" not in away
    assert "Here, in the app" in away
    assert browser.get(f"/my/{other[1:]}/ways/").status_code == 404
