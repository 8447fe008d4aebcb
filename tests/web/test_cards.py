"""My other cards: added in a minute, looked after by "I did it", and nobody else's to see."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop, granted
from tests.web.fixtures import entered
from tests.web.statements import MOST, counted
from tests.web.test_bad_input import BAD

from baohao.core.kept import kept_key
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

GIFFGAFF = "gb.giffgaff.payg"


@pytest.fixture
def keeper(browser: Client, number: str) -> str:
    """Somebody who has signed in."""
    holder = f"k{number[1:]}"
    entered(browser, holder)
    return holder


def text(answer: Any) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))


def filled(browser: Client, address: str, **said: str) -> dict[str, str]:
    """A form as it stands, with what is typed."""
    page = browser.get(address).content.decode()
    (key,) = re.findall(r'name="key" value="([^"]+)"', page)
    return {"key": key, **said}


def added(browser: Client, number: str, product: str = GIFFGAFF, **said: str) -> str:
    """Add a card; return its page."""
    typed = {"product": product, "number": number, "act": "sms_out", "on": said.pop("on", "")}
    form = filled(browser, f"/my/cards/new/?product={product}", **(typed | said))
    answer = browser.post("/my/cards/new/", form)
    assert answer.status_code == 302, text(answer)
    return str(answer["Location"])


def test_a_card_is_found_added_and_dated(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    assert "Add your first card" in text(browser.get("/my/cards/"))
    found = browser.get("/my/cards/new/?q=giff").content.decode()
    assert f"?product={GIFFGAFF}" in found
    assert "lyca" not in re.sub(r"<datalist.*?</datalist>", "", found, flags=re.DOTALL).lower()
    today = counter.now().date()
    chinese = {"Accept-Language": "zh-hant"}
    page = browser.get(f"/my/cards/new/?product={GIFFGAFF}", headers=chinese).content.decode()
    # As fields of a day take it, whatever the reader's language.
    assert f'value="{today.isoformat()}"' in page
    form = filled(
        browser,
        f"/my/cards/new/?product={GIFFGAFF}",
        product=GIFFGAFF,
        number="07400 123321",
        act="sms_out",
        on=(today - timedelta(days=10)).isoformat(),
        name="London",
    )
    # Twice, as an impatient finger does.
    places = {browser.post("/my/cards/new/", form)["Location"] for _ in range(2)}
    assert places == {f"/my/cards/447400123321~{keeper}/"}
    page = text(browser.get(places.pop()))
    assert "London" in page
    assert "+44 7400 123321" in page
    listed = text(browser.get("/my/cards/"))
    assert "days left" in listed
    assert "Send a text message" in text(browser.get("/my/cards/next/"))
    kept = kept_key("+447400123321", keeper)
    assert len(counter.rows("SELECT 1 FROM lines WHERE number = %s", kept)) == 1


def test_i_did_it_moves_the_date_or_says_that_it_does_not(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date()
    card = added(browser, "+447400123322", on=(today - timedelta(days=100)).isoformat())
    form = filled(browser, f"{card}done/", act="call_out", on=today.isoformat())
    assert browser.post(f"{card}done/", form).status_code == 302
    assert "good until" in text(browser.get(card))
    early = (today - timedelta(days=50)).isoformat()
    for again in (early, today.isoformat()):
        form = filled(browser, f"{card}done/", act="sms_out", on=again)
        assert browser.post(f"{card}done/", form).status_code == 302
        assert "already" in text(browser.get(card)), again


def test_what_does_not_count_is_said_to_count_for_nothing(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date()
    said = {"amount": "50", "on": (today - timedelta(days=9)).isoformat()}
    card = added(browser, "+85366123457", "mo.ctm.idd", act="topup", **said)
    form = filled(browser, f"{card}done/", act="topup", on=today.isoformat(), amount="10")
    assert browser.post(f"{card}done/", form).status_code == 302
    assert "it does not count now" in text(browser.get(card))


def test_what_is_refused_is_said_beside_its_field_and_nothing_typed_is_lost(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    form = filled(
        browser,
        f"/my/cards/new/?product={GIFFGAFF}",
        product=GIFFGAFF,
        number="12",
        act="",
        name="my drawer",
    )
    answer = browser.post("/my/cards/new/", form)
    assert answer.status_code == 409
    assert 'value="my drawer"' in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()


def test_a_card_that_its_rules_have_lost_is_kept_by_what_its_operator_says(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date()
    card = added(browser, "+447400123330", on=(today - timedelta(days=400)).isoformat())
    assert "By its rules the number is lost" in text(browser.get(card))
    assert text(browser.get("/my/cards/next/")).strip() == ""
    until = (today + timedelta(days=50)).isoformat()
    assert added(browser, "+447400123330", act="unknown", until=until) == card
    page = text(browser.get(card))
    assert "By its rules the number is lost" not in page
    assert "49 days left" in page or "50 days left" in page


def test_whatever_is_typed_into_a_new_card_breaks_nothing(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    product = "hk.csl.rechargeable"
    today = counter.now().date().isoformat()
    good = {"product": product, "number": "51234567", "act": "topup", "on": today}
    form = filled(browser, f"/my/cards/new/?product={product}", **good, amount="", balance="1")
    assert "looks at the amount" in text(browser.post("/my/cards/new/", form))
    for name in (*form, "until", "name", "sku"):
        for bad in BAD.values():
            answer = browser.post("/my/cards/new/", {**form, "amount": "50", name: bad})
            assert answer.status_code < 500, (name, bad[:40])
            assert "<script>alert" not in answer.content.decode()


def test_a_card_of_somebody_else_is_not_there(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    card = added(browser, "+447400123323", on=counter.now().date().isoformat())
    entered(browser, f"{keeper}-2")
    for address in (card, f"{card}done/"):
        assert browser.get(address).status_code == 404
    assert "123323" not in text(browser.get("/my/cards/"))


def test_a_wrong_record_is_taken_back(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date()
    card = added(browser, "+447400123324", on=(today - timedelta(days=100)).isoformat())
    before = text(browser.get(card)).split("By its rules, good until")[1][:40]
    form = filled(browser, f"{card}done/", act="call_out", on=today.isoformat())
    browser.post(f"{card}done/", form)
    page = browser.get(card).content.decode()
    assert before not in text(browser.get(card))
    undo = unescape(re.findall(r'href="([^"]+/undo/[^"]+)"', page)[0])
    assert "Without it the card was good until" in text(browser.get(undo))
    said = {"act": undo.partition("act=")[2], "why": "another card"}
    # Twice, as an impatient finger does.
    places = {browser.post(f"{card}undo/", said)["Location"] for _ in range(2)}
    assert places == {card}
    after = text(browser.get(card))
    assert before in after
    assert "taken back" in after
    assert "another card" in after


def test_what_the_operator_says_stands_beside_and_none_of_it_is_lost(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date()
    card = added(browser, "+447400123325", on=today.isoformat())
    assert browser.post(f"{card}says/", filled(browser, f"{card}says/")).status_code == 409
    for days, how in ((30, "dialled *100#"), (40, "the app")):
        until = (today + timedelta(days=days)).isoformat()
        form = filled(browser, f"{card}says/", until=until, evidence=how)
        assert browser.post(f"{card}says/", form).status_code == 302
    page = text(browser.get(card))
    assert "The operator has said different things" in page
    assert "dialled *100#" in page
    # Of two that contradict each other on one day, the earlier.
    assert "29 days left" in page or "30 days left" in page
    # What is planned comes before what the operator says, too.
    assert (today + timedelta(days=23)).strftime("%-d %B %Y") in text(browser.get(f"{card}plan/"))


def test_a_number_is_let_go_by_more_than_one_tap_and_kept_anew(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date().isoformat()
    card = added(browser, "+447400123326", on=today)
    hanging = {"add": ["bank", "mail"], "more": "HSBC"}
    assert browser.post(f"{card}hangs/", hanging).status_code == 302
    ticked = {"shown": ["bank", "mail", "HSBC"], "moved": ["mail"]}
    assert browser.post(f"{card}hangs/", ticked).status_code == 302
    asked = text(browser.get(f"{card}leave/"))
    assert "2 things still hang on this number" in asked
    assert "HSBC" in asked
    assert browser.post(f"{card}leave/").status_code == 409
    for _ in range(2):
        assert browser.post(f"{card}leave/", {"sure": "on"}).status_code == 302
    assert "1 card that is gone" in text(browser.get("/my/cards/"))
    assert "Keep it anew" in text(browser.get(card))
    again = added(browser, "+447400123326", on=today)
    assert again == card
    page = text(browser.get(card))
    assert "It was let go" in page
    assert "This card is gone" not in page


def test_another_product_begins_where_the_old_one_ends(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    today = counter.now().date().isoformat()
    card = added(browser, "+447400123327", on=today)
    assert "Which product is it now?" in text(browser.get(f"{card}product/?q=0044"))
    form = filled(
        browser,
        f"{card}product/?product=gb.0044.global",
        product="gb.0044.global",
        number="+447400123327",
        act="topup",
        on=today,
        amount="10",
    )
    for _ in range(2):
        answer = browser.post(f"{card}product/", form)
        assert answer.status_code == 302, text(answer)
    page = text(browser.get(card))
    assert "0044 global SIM card" in page
    assert "Kept here, as giffgaff" in page
    (kept,) = counter.rows("SELECT 1 FROM lines WHERE number LIKE %s", f"%~{keeper}")
    assert kept


def test_two_who_write_at_once_lose_nothing(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    card = added(browser, "+447400123328", on=counter.now().date().isoformat())
    form = {"version": "0", "name": "mine", "whose": "", "note": ""}
    assert browser.post(f"{card}about/", form | {"name": "theirs"}).status_code == 302
    second = browser.post(f"{card}about/", form)
    assert second.status_code == 409
    assert "theirs" in text(second)
    assert 'value="mine"' in second.content.decode()
    (version,) = re.findall(r'name="version" value="(\d+)"', second.content.decode())
    assert browser.post(f"{card}about/", form | {"version": version}).status_code == 302
    assert "mine" in text(browser.get("/my/cards/"))
    # Two who tick different things of one list: each tick stays.
    browser.post(f"{card}hangs/", {"add": ["bank", "mail"]})
    shown = {"shown": ["bank", "mail"]}
    for tick in ("bank", "mail"):
        browser.post(f"{card}hangs/", shown | {"moved": [tick]})
    assert "All that hung on it has been moved" in text(browser.get(f"{card}leave/"))


@pytest.mark.parametrize("count", [1, 30])
def test_pages_of_many_cards_cost_the_same_few_statements(
    pages: Installation, counter: Shop, browser: Client, keeper: str, count: int
) -> None:
    counter.rules = pages.library.policies
    said = {"operator": "giffgaff", "plan": "payg", "policy": GIFFGAFF, "holder": keeper}
    said["last"] = {"kind": "sms_out"}  # type: ignore[assignment]
    asks = [
        counter.ask("keep", kept_key(f"+4474001300{n:02}", keeper), principal=keeper, **said)
        for n in range(count)
    ]
    for answer in counter.answers(asks):
        granted(answer)
    for address in ("", "next/", "calendar/", "cost/", f"447400130000~{keeper}/"):
        browser.get(f"/my/cards/{address}")
        with counted() as sent:
            assert browser.get(f"/my/cards/{address}").status_code == 200
        assert len(sent) <= MOST, (address, len(sent), sent)
    planned = browser.get("/my/cards/next/").content.decode()
    assert planned.count("Send a text message") == min(count, 5)


def test_the_calendar_of_the_phone_has_kept_cards(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    added(browser, "+447400123329", on=counter.now().date().isoformat(), name="London")
    browser.post("/my/preferences/", {"language": "en"})
    browser.post("/my/calendar/", {"what": "make"})
    page = browser.get("/my/preferences/").content.decode()
    (address,) = set(re.findall(r"/calendar/[\w-]+\.ics", page))
    written = browser.get(address).content.decode()
    assert "SUMMARY" in written
    assert "~" not in re.sub(r"URL:.*\r\n( .*\r\n)*", "", written)
    assert "enew" not in written
