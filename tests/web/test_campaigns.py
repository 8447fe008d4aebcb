"""Campaigns: planned by one, approved by another, worked in parts, told to holders."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.shop import KEEP12, Shop
from tests.web.test_operator import deeds, entered
from tests.web.test_publishing import drafted, published

from baohao.app import campaigns
from baohao.app.campaigns import Work
from baohao.core.decide.case import safe_until
from baohao.outside.ids import new_id
from baohao.outside.pretend.handset import Handset
from baohao.store.campaigns import START
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

LATER = "mo.demo.keep12@2036-03"


@pytest.fixture(autouse=True)
def nothing_stays(pages: Installation, counter: Shop) -> Iterator[None]:
    from baohao.web import notices

    notices.forget()
    yield
    with pages.connect() as conn:
        conn.execute("UPDATE campaigns SET state = 'over'")
        conn.execute("UPDATE publications SET state = 'dropped', revision = revision + 1000")
    notices.forget()
    pages.forget_library()


def work(house: Installation, shop: Shop) -> None:
    while Work(shop.shell, house.library.policies, house.texts, new_id).turn():
        pass


def planned(browser: Client, role: str, address: str, **fields: str) -> str:
    entered(browser, role)
    key = re.search(r'name="key" value="([0-9a-f-]+)"', browser.get(address).content.decode())
    assert key is not None
    said = {"key": key[1], "reason": "a typhoon", "words": "We keep your number."}
    answers = [browser.post(address, said | fields) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {302}, answers[0].content.decode()
    # Sent twice, it is one.
    assert answers[0]["Location"] == answers[1]["Location"]
    return str(answers[0]["Location"])


def done(browser: Client, role: str, address: str, what: str) -> int:
    entered(browser, role)
    return int(browser.post(address, {"what": what}).status_code)


def outcomes(browser: Client, address: str, only: str = "") -> dict[str, dict[str, str]]:
    answer: Any = browser.get(f"{address[:-1]}.csv", {"outcome": only})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return {row["number"]: row for row in csv.DictReader(io.StringIO(text))}


def test_a_moratorium_holds_lines_until_its_last_day_and_nobody_falls_off_a_cliff(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    other = f"{number[:5]}8{number[6:]}"
    for each in (number, other):
        counter.open(each)
    counter.say("hold", other, cause="fraud", reason="theirs")
    before = safe_until(counter.line(number))
    assert before is not None
    last = counter.now().date() + timedelta(days=20)
    fields = {"prefixes": f"{number} {other}", "cause": "disaster", "last_day": last.isoformat()}
    address = planned(browser, "supervisor", "/operator/campaigns/moratorium/", **fields)
    assert "It is for 2 lines." in browser.get(address).content.decode()
    assert browser.post(address, {"what": "approve"}).status_code == 404
    assert "Nothing is lost" not in browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    done(browser, "finance", address, "approve")
    work(pages, counter)
    assert counter.line(number).standing.held_since is not None
    page = browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    assert "Nothing is lost until" in page
    assert "We keep your number." in page
    found = outcomes(browser, address)
    assert (found[number]["outcome"], found[other]["code"]) == ("held", "line.held")
    counter.later(timedelta(days=22))
    work(pages, counter)
    assert counter.line(number).standing.held_since is None
    after = safe_until(counter.line(number))
    assert after is not None
    assert after - before >= timedelta(days=21)
    # What was on hold for another cause stays so.
    assert counter.line(other).standing.held_since is not None
    assert outcomes(browser, address)[number]["outcome"] == "lifted"
    assert deeds("approve", "moratorium")


def test_a_worker_that_is_killed_between_asking_and_writing_holds_nobody_twice(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    last = (counter.now().date() + timedelta(days=5)).isoformat()
    fields = {"prefixes": number, "cause": "legal", "last_day": last}
    address = planned(browser, "supervisor", "/operator/campaigns/moratorium/", **fields)
    done(browser, "finance", address, "approve")
    work(pages, counter)
    version = counter.line(number).version
    id_ = UUID(address.split("/")[-2])
    with pages.connect() as conn:
        conn.execute("UPDATE campaigns SET state = 'holding', at_bucket = -1 WHERE id = %s", [id_])
        conn.execute("DELETE FROM campaign_lines WHERE campaign = %s", [id_])
    work(pages, counter)
    assert counter.line(number).version == version
    assert outcomes(browser, address)[number]["outcome"] == "held"


def test_lines_move_to_a_version_that_loses_nobody_a_day(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    text = pages.library.texts[KEEP12]
    new = text.replace('"2026-01"', '"2036-03"', 1).replace("2025-01-01", "2036-03-01", 1)
    longer = new.replace('for      = "30 days"', 'for      = "40 days"', 1)
    published(browser, drafted(browser, "/operator/drafts/text/policies/", body=longer))
    counter.rules = pages.library.policies
    asked = {"pin": KEEP12, "new_pin": LATER, "words": "Ten days more to renew."}
    address = planned(browser, "product", "/operator/campaigns/move/", **asked)
    assert done(browser, "product", address, "look") == 302
    work(pages, counter)
    assert outcomes(browser, address, "gains")[number]["days"] == "10"
    assert not outcomes(browser, address, "loses")
    assert done(browser, "product", address, "approve") == 404
    assert done(browser, "supervisor", address, "approve") == 302
    work(pages, counter)
    texts = pages.texts
    assert isinstance(texts, Handset)
    assert dict(texts.shown())[number][0] == "Ten days more to renew."
    assert "New terms from" in browser.get(f"/operator/lines/{number[1:]}/").content.decode()
    # The policy asks for 30 days of notice.
    counter.later(timedelta(days=29))
    work(pages, counter)
    assert counter.line(number).pin == KEEP12
    counter.later(timedelta(days=2))
    work(pages, counter)
    assert counter.line(number).pin == LATER
    assert outcomes(browser, address)[number]["outcome"] == "moved"


def test_a_line_that_would_lose_is_listed_and_stays(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    text = pages.library.texts[KEEP12]
    new = text.replace('"2026-01"', '"2036-03"', 1).replace("2025-01-01", "2036-03-01", 1)
    shorter = new.replace('for      = "30 days"', 'for      = "20 days"', 1)
    published(browser, drafted(browser, "/operator/drafts/text/policies/", body=shorter))
    counter.rules = pages.library.policies
    asked = {"pin": KEEP12, "new_pin": LATER}
    address = planned(browser, "product", "/operator/campaigns/move/", **asked)
    done(browser, "product", address, "look")
    work(pages, counter)
    row = outcomes(browser, address, "loses")[number]
    assert date.fromisoformat(row["last_day_then"]) < date.fromisoformat(row["last_day_now"])
    assert number[4:8] in browser.get(f"{address}?outcome=loses").content.decode()
    done(browser, "supervisor", address, "approve")
    work(pages, counter)
    counter.later(timedelta(days=31))
    work(pages, counter)
    assert counter.line(number).pin == KEEP12


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"last_day": "2020-01-01"}, "it must be still to come"),
        ({"prefixes": "six"}, "six is no beginning of a number"),
        ({"reason": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_is_told(
    pages: Installation, browser: Client, fields: dict[str, str], says: str
) -> None:
    entered(browser, "supervisor")
    posted = {"key": str(new_id()), "reason": "r", "words": "w", "cause": "legal"}
    posted |= {"last_day": "2040-01-01"} | fields
    assert says in browser.post("/operator/campaigns/moratorium/", posted).content.decode()


def test_campaigns_of_others_are_not_there(pages: Installation, browser: Client) -> None:
    fields = {"prefixes": "+8539", "cause": "legal", "last_day": "2040-01-01"}
    address = planned(browser, "supervisor", "/operator/campaigns/moratorium/", **fields)
    entered(browser, "admin", "demo2")
    assert browser.get(address).status_code == 404
    assert browser.get(f"{address[:-1]}.csv").status_code == 404
    assert browser.post(address, {"what": "approve"}).status_code == 404


def test_its_lines_page_by_key(pages: Installation, counter: Shop, browser: Client) -> None:
    numbers = [f"+8536677{n:04}" for n in range(7)]
    for number in numbers:
        counter.open(number)
    fields = {"prefixes": "+8536677", "cause": "legal", "last_day": "2040-01-01"}
    address = planned(browser, "supervisor", "/operator/campaigns/moratorium/", **fields)
    done(browser, "finance", address, "approve")
    work(pages, counter)
    id_, seen, after = UUID(address.split("/")[-2]), list[str](), START
    following: tuple[int, str] | None = START
    with pages.connect() as conn:
        found = campaigns.find(conn, "demo", id_)
        for _ in range(4):
            read = partial(campaigns.members, conn, found, limit=2)
            rows, following = read(after)
            seen += [row.number for row in rows]
            after = following or after
    assert sorted(seen) == numbers
    assert following is None
