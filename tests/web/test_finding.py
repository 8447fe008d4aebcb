"""Halls, prices and agents, as everybody finds them; edited in the console by those who may."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tests.shop import Shop
from tests.web.test_operator import BACKEND, deeds, entered, read

from baohao.app import badges, days
from baohao.app.agents import registry
from baohao.app.badges import Badge
from baohao.core.agents import Agent
from baohao.core.points import WEEK, Particulars, Point
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

HALL = {"name": "North hall", "tills": "north-1", "listed": "on"}


def hall(house: Installation, shop: Shop, key: str, operator: str = "demo", **told: object) -> None:
    point = Point(
        key=key,
        operator=operator,
        name=f"Hall {key}",
        zone="Asia/Macau",
        tills=(f"till:{key}-1:MOP",),
        told=Particulars(**told),  # type: ignore[arg-type]
    )
    shop.shell.run(partial(days.add, point=point, operators=house.library.operators))


def test_halls_are_found_by_district_by_what_is_done_and_by_whether_they_are_open(
    pages: Installation, counter: Shop, browser: Client
) -> None:
    always, never = dict.fromkeys(WEEK, ("00:00-24:00",)), {"mon": ("10:00-10:01",)}
    hall(pages, counter, "always", hours=always, districts={"": "Taipa"}, addresses={"": "Rua 1"})
    hall(
        pages, counter, "seldom", hours=never, closed=(), districts={"": "Coloane"}, does=("renew",)
    )
    hall(pages, counter, "secret", listed=False)
    page = browser.get("/halls/").content.decode()
    assert "Hall always" in page
    assert "Hall seldom" in page
    assert "Rua 1" in page
    assert "Hall secret" not in page
    only = browser.get("/halls/?district=Coloane").content.decode()
    assert "Hall seldom" in only
    assert "Hall always" not in only
    cards = browser.get("/halls/?does=replace_card").content.decode()
    assert "Hall always" in cards
    assert "Hall seldom" not in cards
    assert "Hall always" in browser.get("/halls/?open=1").content.decode()


def test_an_administrator_opens_a_hall_and_clerks_belong_to_it(
    pages: Installation, browser: Client
) -> None:
    entered(browser, "admin")
    wrong = browser.post(
        "/operator/halls/new/", HALL | {"key": "north", "hours_mon": "25:00-26:00"}
    )
    assert "25:00-26:00 is not after" in wrong.content.decode()
    asked = HALL | {
        "key": "north",
        "hours_mon": "10:00-13:00, 14:30-19:00",
        "address_zh": "北區一號",
    }
    assert browser.post("/operator/halls/new/", asked).status_code == 302
    assert browser.post("/operator/halls/north/", asked | {"phone": "+853 1"}).status_code == 302
    assert len(deeds("add", "north")) == len(deeds("change", "north")) == 1
    assert "10:00-13:00, 14:30-19:00" in browser.get("/operator/halls/north/").content.decode()
    assert (
        "北區一號"
        in browser.get("/halls/", headers={"accept-language": "zh-Hant"}).content.decode()
    )
    somebody = {"name": "north-clerk", "title": "N", "role": "clerk", "point": "north", "till": ""}
    assert "north-clerk" in browser.post("/operator/staff/", somebody).content.decode()
    refused = browser.post("/operator/staff/", somebody | {"name": "other", "point": "nowhere"})
    assert "nowhere is not one of" in refused.content.decode()
    entered(browser, "admin", "demo2")
    assert browser.get("/operator/halls/north/").status_code == 404
    assert browser.post("/operator/halls/north/", HALL).status_code == 404


def test_the_price_list_says_prices_fees_and_offers(pages: Installation, browser: Client) -> None:
    page = browser.get("/prices/").content.decode()
    for text in ("MOP$120.00", "Buy 12 months, get 6", "6 months more", "MOP$50.00", "20.00"):
        assert text in page
    assert "BAOHAO20" not in page
    assert browser.get("/prices/?operator=nobody").status_code == 200


@pytest.fixture
def kiosk(pages: Installation, counter: Shop) -> Agent:
    agent = Agent(key="corner", name="Corner Shop", operators=frozenset({"demo"}), currency="MOP")
    known = pages.library.operators
    there = counter.shell.run(registry.known)
    work = registry.change if agent.key in there else registry.add
    counter.shell.run(lambda conn: work(conn, agent, known))
    pages._agents_read.forget()
    return agent


def test_the_register_of_agents(pages: Installation, browser: Client, kiosk: Agent) -> None:
    assert "Corner Shop" in browser.get("/agents/?q=corner").content.decode()
    assert "No agent by that name" in browser.get("/agents/?q=nobody+such").content.decode()
    page = browser.get("/agents/corner/").content.decode()
    assert "This agent sells for Demo Telecom" in page
    assert browser.get("/agents/nobody/").status_code == 404


def test_a_badge_proves_what_it_says_and_no_more(
    pages: Installation, counter: Shop, browser: Client, kiosk: Agent
) -> None:
    from baohao.web.accounts.models import Account
    from baohao.web.accounts.roles import Role

    owner = Account.objects.staff("corner.owner", "", Role.OWNER, "x", agent="corner")
    browser.force_login(owner, BACKEND)
    page = browser.get("/agent/badge/").content.decode()
    found = re.search(r'href="http://localhost(/badge/[^"]+)"', page)
    assert found is not None
    address = found[1]
    browser.logout()
    good = browser.get(address)
    assert good.status_code == 200
    assert "Genuine" in good.content.decode()
    assert "corner.owner" not in good.content.decode()
    # Another name, another day, another signature.
    for said, other in (("corner", "corned"), ("20", "30"), (address[-3:-1], "AA")):
        assert "no badge of ours" in browser.get(address.replace(said, other, 1)).content.decode()
    now = counter.now().date()
    old = badges.token(Badge(agent="corner", until=now), pages.seals)
    assert "too old" in browser.get(f"/badge/{old}/").content.decode()
    ended = replace(kiosk, is_active=False)
    counter.shell.run(partial(registry.change, agent=ended, operators=pages.library.operators))
    pages._agents_read.forget()
    assert "does not sell for us any more" in browser.get(address).content.decode()


def test_an_administrator_lets_agents_in_and_puts_them_out(
    pages: Installation, counter: Shop, browser: Client, kiosk: Agent
) -> None:
    from django.test import Client as Browser

    entered(browser, "admin")
    asked = {"key": "new-shop", "name": "New Shop", "tier": "", "is_active": "on"}
    page = browser.post("/operator/agents/", asked).content.decode()
    word = re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", page)
    assert word is not None
    owner = Browser(SERVER_NAME="localhost")
    signed = {"login": "new-shop.owner", "password": word[0]}
    assert owner.post("/accounts/login/", signed).status_code == 302
    assert "New Shop" in browser.get("/agents/?q=new").content.decode()
    wrong = browser.post("/operator/agents/", asked | {"key": "No Good"}).content.decode()
    assert "write at most 40" in wrong
    known = browser.post("/operator/agents/", asked | {"name": "Other"}).content.decode()
    assert "There is an agent new-shop already" in known
    assert browser.post("/operator/agents/new-shop/", {"name": "New Shop"}).status_code == 302
    assert "New Shop" not in browser.get("/agents/?q=new").content.decode()
    rows = {row["agent"]: row for row in read(browser.get("/operator/agents.csv"))}
    assert rows["new-shop"]["is_active"] == "False"
    # One that sells for others too is theirs as much.
    both = replace(kiosk, key="both", operators=frozenset({"demo", "demo2"}))
    counter.shell.run(partial(registry.add, agent=both, operators=pages.library.operators))
    assert browser.post("/operator/agents/both/", {"name": "Stolen"}).status_code == 302
    entered(browser, "admin", "demo2")
    page = browser.get("/operator/agents/both/").content.decode()
    assert "Stolen" not in page
    assert browser.get("/operator/agents/new-shop/").status_code == 404


def test_lists_of_people_and_halls_are_exported(
    pages: Installation, counter: Shop, browser: Client
) -> None:
    hall(pages, counter, "listed")
    entered(browser, "admin")
    assert "listed" in {row["hall"] for row in read(browser.get("/operator/halls.csv"))}
    assert "admin-of-demo" in {
        row["signs_in_by"] for row in read(browser.get("/operator/staff.csv"))
    }
