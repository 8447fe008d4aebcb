"""What product managers publish: written, judged, approved by another, and in force everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.shop import KEEP12, Shop
from tests.web.test_operator import deeds, entered

from baohao.core.asks import Terms
from baohao.store import publications
from baohao.wiring import DatabaseAway, Installation

if TYPE_CHECKING:
    from django.test import Client

MORE = {
    "title": "Buy 12 months, get 8",
    "name": "twelve-get-eight",
    "gives": "time",
    "much": "8 months",
    "terms": "12 months",
    "first_day": "2026-01-01",
    "group": "time",
}


@pytest.fixture(autouse=True)
def nothing_stays(pages: Installation) -> Iterator[None]:
    yield
    with pages.connect() as conn:
        conn.execute("UPDATE publications SET state = 'dropped', revision = revision + 1000")
    pages.forget_library()


def drafted(browser: Client, address: str, **fields: str) -> str:
    """Fill in, and return the address of the draft."""
    entered(browser, "product")
    page = browser.get(address).content.decode()
    key = re.search(r'name="key" value="([0-9a-f-]+)"', page)
    assert key is not None
    answer = browser.post(address, {"key": key[1], **fields})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def published(browser: Client, address: str) -> None:
    assert browser.post(address, {"what": "propose"}).status_code == 302
    entered(browser, "supervisor")
    assert browser.post(address, {"what": "publish"}).status_code == 302


def promised(browser: Client, number: str) -> str:
    """What a guest is promised for a year."""
    asked = browser.post(f"/renew/{number[1:]}/", {"term": "12 months"})
    return browser.get(asked["Location"]).content.decode()


def test_a_promotion_is_launched_and_a_guest_gets_it_at_once(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    assert "Buy 12 months, get 8" not in browser.get("/operator/policies/").content.decode()
    draft = drafted(browser, "/operator/drafts/promotion/", **MORE)
    page = browser.get(draft).content.decode()
    assert page.count(">given<") == 4
    assert "8 months" not in promised(browser, number)
    published(browser, draft)
    assert "8 months" in promised(browser, number)
    page = browser.get(draft).content.decode()
    assert "product-of-demo" in page
    assert "supervisor-of-demo" in page
    assert deeds("publish", "demo.twelve-get-eight")
    # It ends at once, too.
    entered(browser, "product")
    browser.post(draft, {"what": "withdraw", "why": "too dear"})
    assert "8 months" not in promised(browser, number)


def test_another_process_learns_of_it_by_itself(pages: Installation, browser: Client) -> None:
    other = Installation(settings=pages.settings)

    def known(terms: Terms) -> set[str]:
        return {each.id for each in terms.promotions}

    assert "demo.twelve-get-eight" not in known(other.terms())
    published(browser, drafted(browser, "/operator/drafts/promotion/", **MORE))
    # Not before what it read is too old: the moment is let pass by its own measure.
    other._library_read.for_s = 0
    assert "demo.twelve-get-eight" in known(other.terms())


def test_nobody_approves_their_own(pages: Installation, browser: Client) -> None:
    draft = drafted(browser, "/operator/drafts/promotion/", **MORE)
    browser.post(draft, {"what": "propose"})
    assert browser.post(draft, {"what": "publish"}).status_code == 404
    for role in ("auditor", "clerk"):
        entered(browser, role)
        assert browser.post(draft, {"what": "publish"}).status_code == 404
    entered(browser, "admin", "demo2")
    assert browser.get(draft).status_code == 404
    assert browser.post(draft, {"what": "publish"}).status_code == 404
    assert "demo.twelve-get-eight" not in {each.id for each in pages.library.promotions}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"much": "half a year"}, "half a year"),
        ({"last_day": "2025-01-01"}, "The window ends on 2025-01-02"),
        ({"gives": "percent", "much": "130"}, "is no share of a price"),
        ({"budget": "12.345"}, "12.345"),
    ],
)
def test_the_linter_speaks_at_the_field(
    pages: Installation, browser: Client, fields: dict[str, str], says: str
) -> None:
    entered(browser, "product")
    posted = MORE | fields | {"key": str(uuid4())}
    answer = browser.post("/operator/drafts/promotion/", posted)
    assert answer.status_code == 200
    errors = re.findall(r'class="error" role="alert">([^<]*)', answer.content.decode())
    assert says in " ".join(errors)


def test_a_policy_gets_a_version_that_ends_the_one_before(
    pages: Installation, browser: Client
) -> None:
    text = pages.library.texts[KEEP12]
    begins = date(2036, 3, 1)
    new = text.replace('"2026-01"', '"2036-03"', 1).replace("2025-01-01", begins.isoformat(), 1)
    new = new.replace('price      = "120.00"', 'price      = "130.00"')
    draft = drafted(browser, f"/operator/drafts/text/policies/?from={KEEP12}", body=new)
    page = browser.get(draft).content.decode()
    assert "<ins>+ price      = &quot;130.00&quot;</ins>" in page
    assert "Played on sample lines" in page
    assert browser.get(f"{draft[:-1]}.svg")["Content-Type"] == "image/svg+xml"
    assert f'hx-get="{draft}least/"' in page
    least = browser.get(f"{draft}least/", headers={"hx-request": "true"}).content.decode()
    assert least.index("MOP$130.00") < least.index("MOP$120.00")
    published(browser, draft)
    library = pages.library
    assert library.policies[KEEP12].effective_to == begins
    assert library.policies["mo.demo.keep12@2036-03"].offers[0].price_minor == 13_000
    refused = browser.post(draft, {"what": "withdraw"})
    assert refused.status_code in (404, 409)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("2025-01-01", "2026-01-01"), "let it begin after"),
        (('operator   = "demo"', 'operator   = "demo2"'), "and you write for"),
        (('version    = "2026-01"', 'version    = "2026-01'), "not TOML"),
        (('term   = "12 months"', 'term   = "a year"'), "a year"),
    ],
)
def test_a_faulty_policy_is_kept_and_not_proposed(
    pages: Installation, browser: Client, change: tuple[str, str], says: str
) -> None:
    text = pages.library.texts[KEEP12].replace(*change, 1)
    draft = drafted(browser, "/operator/drafts/text/policies/", body=text)
    page = browser.get(draft).content.decode()
    assert says in page
    assert browser.post(draft, {"what": "propose"}).status_code == 409
    again = browser.get(f"{draft}text/").content.decode()
    assert "mo.demo.keep12" in again


def test_fees_change_on_their_day(pages: Installation, browser: Client) -> None:
    entered(browser, "product")
    form = browser.get("/operator/drafts/text/fees/").content.decode()
    body = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", form, re.DOTALL)
    assert body is not None
    text = body[1].replace("&quot;", '"').replace('fee = "50.00"', 'fee = "60.00"')
    published(browser, drafted(browser, "/operator/drafts/text/fees/", body=text))
    old, new = (each for each in pages.library.fees if each.operator == "demo")
    assert old.effective_to == new.effective_from
    assert new.fees["replace_card", "counter"].fee_minor == 6_000
    same = dict(old.fees) | {("replace_card", "counter"): new.fees["replace_card", "counter"]}
    assert new.fees == same


def test_two_that_clash_are_not_both_published(
    pages: Installation, browser: Client, counter: Shop
) -> None:
    text = pages.library.texts[KEEP12].replace("2025-01-01", "2036-03-01", 1)
    drafts = []
    for version in ("2036-03", "2036-04"):
        body = text.replace('"2026-01"', f'"{version}"', 1)
        drafts.append(drafted(browser, "/operator/drafts/text/policies/", body=body))
        browser.post(drafts[-1], {"what": "propose"})
    entered(browser, "supervisor")
    answers = [browser.post(draft, {"what": "publish"}).status_code for draft in drafts]
    assert answers == [302, 409]
    found = counter.rows("SELECT count(*) FROM publications WHERE state = 'published'")
    assert found == [(1,)]


def test_what_is_published_is_counted(pages: Installation, browser: Client) -> None:
    def revision() -> int:
        with pages.connect() as conn:
            return publications.revision(conn)

    before: Any = revision()
    published(browser, drafted(browser, "/operator/drafts/promotion/", **MORE))
    assert revision() == before + 1
    assert timedelta(0) < timedelta(seconds=pages._library_read.for_s) <= timedelta(seconds=1)


def test_a_server_that_is_away_changes_nothing_that_is_in_force(pages: Installation) -> None:
    away = replace(pages.settings, database_url="postgresql://127.0.0.1:1/nowhere")
    other = Installation(settings=away)
    with pytest.raises(DatabaseAway):
        _ = other.library
    other._library_of = 0, pages.library
    assert other.library is pages.library
