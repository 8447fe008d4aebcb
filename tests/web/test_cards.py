"""My other cards: added in a minute, looked after by "I did it", and nobody else's to see."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop
from tests.web.fixtures import entered

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
    form = filled(browser, f"{card}done/", act="call_out", on=early)
    assert browser.post(f"{card}done/", form).status_code == 302
    assert "it changes no date" in text(browser.get(card))


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


def test_a_card_of_somebody_else_is_not_there(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    card = added(browser, "+447400123323", on=counter.now().date().isoformat())
    entered(browser, f"{keeper}-2")
    for address in (card, f"{card}done/"):
        assert browser.get(address).status_code == 404
    assert "123323" not in text(browser.get("/my/cards/"))
