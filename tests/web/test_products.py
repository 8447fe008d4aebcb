"""The library's pages: every product renders, is found, and says what is known and what is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.web.fixtures import entered
from tests.web.statements import counted

from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.app.products import products
from baohao.app.yearly import Yearlies, yearly
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

#: What is sold here: whoever holds it renews it here.
OURS = {"mo.demo.keep12", "mo.demo.balance180", "hk.demo2.yearly"}
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_every_product_has_a_page(pages: Installation, browser: Client) -> None:
    names = {policy.name for policy in pages.library.policies.values()}
    assert len(names) > 60
    for name in sorted(names):
        answer = browser.get(f"/products/{name}/")
        assert answer.status_code == 200, name
        page = answer.content.decode()
        assert '<svg class="life"' in page, name
        assert f'"/my/cards/new/?product={name}"' in page or name in OURS, name
    assert browser.get("/products/mo.nobody.nothing/").status_code == 404


def test_a_page_says_what_keeps_the_number_and_what_is_not_known(
    pages: Installation, browser: Client
) -> None:
    page = browser.get("/products/mo.ctm.prepaid/").content.decode().replace("\xa0", " ")
    for said in (
        "180 days",
        "MOP$50.00 or more",
        "From which day the new time is counted",
        "Dates and plans take the worst of these.",
        "*122*1#",
        "MOP$10.00 every 30 days",
        "from which day is not known",
        "about MOP$105.50 a year",
    ):
        assert said in page, said
    invented = browser.get("/products/mo.demo.keep12/").content.decode()
    assert "This product is invented" in invented
    over = browser.get("/products/my.hotlink.bagus/").content.decode()
    assert "left the market" in over
    unpriced = browser.get("/products/gb.o2.payg/").content.decode()
    assert "Nothing whose price is known keeps the number for a year" in unpriced


def test_whoever_holds_a_card_takes_it_under_watch(pages: Installation, browser: Client) -> None:
    page = browser.get("/products/gb.giffgaff.payg/").content.decode()
    link = re.search(r'href="(/my/cards/new/[^"]+)"', page)
    assert link is not None
    entered(browser, "a traveller")
    form = browser.get(link[1]).content.decode()
    assert 'name="product" value="gb.giffgaff.payg"' in form
    ours = browser.get("/products/mo.demo.keep12/").content.decode()
    assert "/my/cards/new/" not in ours
    assert 'href="/renew/"' in ours


def test_the_cheapest_year_is_a_page_and_a_part_of_one(
    pages: Installation, browser: Client
) -> None:
    address = "/products/hk.valuegb.local/year/"
    assert "</html>" in browser.get(address).content.decode()
    part = browser.get(address, headers={"hx-request": "true"}).content.decode()
    assert "</html>" not in part
    assert "HK$50.00" in part


def test_products_are_found_by_words_by_country_and_from_abroad(
    pages: Installation, browser: Client
) -> None:
    def found(asked: str) -> set[str]:
        page = browser.get(f"/products/?{asked}").content.decode()
        return set(re.findall(r'href="/products/([^"/]+)/"', page))

    assert "gb.giffgaff.payg" in found("")
    assert found("q=GIFFGAFF") == {"gb.giffgaff.payg"}
    assert found("q=澳門電訊+預付") >= {"mo.ctm.prepaid", "mo.ctm.best"}
    assert {name[:2] for name in found("country=HK")} == {"hk"}
    abroad = found("abroad=1")
    assert "hk.cmhk.prepaid" in abroad
    assert "hk.hahasim.yearly" not in abroad
    assert found("q=nothing+is+called+so") == set()


def test_the_list_searches_for_no_plan(pages: Installation, browser: Client) -> None:
    browser.get("/products/")
    with counted() as statements:
        browser.get("/products/")
    assert len(statements) < 5


def test_a_version_in_force_stands_for_its_product() -> None:
    policy = read_library(shipped()).policies["mo.ctm.prepaid@2022-11"]
    first = policy.effective_from
    old = replace(policy, version="1", effective_from=first.replace(year=2010), effective_to=first)
    next_ = replace(policy, version="3", effective_from=NOW.date().replace(year=2027))
    found = products([old, policy, next_], NOW)["mo.ctm.prepaid"]
    assert (found.policy.version, found.standing) == ("2022-11", "in_force")
    assert [each.version for each in found.versions] == ["3", "2022-11", "1"]
    assert products([old, next_], NOW)["mo.ctm.prepaid"].policy.version == "3"
    assert products([old], NOW)["mo.ctm.prepaid"].standing == "over"
    assert not found.is_stale
    later = products([policy], NOW.replace(year=2028))["mo.ctm.prepaid"]
    assert later.is_stale


# --- what is shipped ------------------------------------------------------------------------------


def test_what_is_shipped_is_what_would_be_found() -> None:
    """Of every text of the library there is an answer; the quick ones are searched for again."""
    library, known = read_library(shipped()), Yearlies()
    for pin, policy in library.policies.items():
        shipped_ = known.known(library.texts[pin])
        assert shipped_ is not None, f"{pin}: run docs/make_library.py"
        if len(policy.worlds) <= 3 and len(shipped_.deeds) <= 3:
            assert yearly(policy) == shipped_, f"{pin}: run docs/make_library.py"


def test_another_text_is_searched_for_once() -> None:
    library, known = read_library(shipped()), Yearlies()
    text = library.texts["mo.ctm.prepaid@2022-11"] + "# of ours\n"
    policy = library.policies["mo.ctm.prepaid@2022-11"]
    assert known.known(text) is None
    assert known.of(policy, text) is known.of(policy, text) is known.known(text)
