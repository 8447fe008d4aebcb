"""Keepers make keys for robots: of their own cards, shown once, put away at once."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.shop import Shop
from tests.web.test_holder import signed_in

from baohao.app.kept import adding, leaving, robots
from baohao.app.kept.adding import Wanted
from baohao.app.partners import keys
from baohao.core.credentials import KeyUnknown, Listed, read
from baohao.core.kept import kept_key
from baohao.outside.ids import new_id
from baohao.store.sql import Connection
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

MINE, THEIRS = "+447700900123", "+447700900124"
FORM = "01900000-0000-7000-8000-00000000000"


@pytest.fixture
def keeper(pages: Installation, counter: Shop, browser: Client, number: str) -> str:
    """Somebody who has signed in and keeps a card; somebody else keeps another."""
    name = f"h{number[1:]}"
    counter.open(number, name)
    signed_in(browser, pages, number)
    counter.rules = pages.terms().rules
    now = counter.now()
    wanted = Wanted(product="gb.giffgaff.payg", act="sms_out", on=now.date() - timedelta(days=9))
    for card, who in ((MINE, name), (THEIRS, f"x{name}")):
        said = adding.asked(counter.rules, wanted, who, now)
        counter.say("keep", kept_key(card, who), principal=who, channel="app", **said)
    return name


def of(counter: Shop, keeper: str) -> list[Listed]:
    return counter.shell.run(lambda conn: robots.keys_of(conn, keeper))


def test_a_key_is_shown_once_and_dies_at_once(counter: Shop, browser: Client, keeper: str) -> None:
    page = browser.get("/my/cards/keys/").content.decode()
    assert MINE in page
    assert THEIRS not in page
    said = {"form": f"{FORM}1", "label": "kitchen", "cards": [MINE], "kinds": ["topup"]}
    made = browser.post("/my/cards/keys/", said)
    (whole,) = set(re.findall(r"bh_live_\w{48}", made.content.decode()))
    assert made["Cache-Control"] == "no-store"
    (row,) = of(counter, keeper)
    assert [*row.credential.cards, *row.credential.kinds] == [MINE, "topup"]
    assert keys.fits(row.credential, read(whole)[1])
    # A second tap makes none, and nothing shows it again.
    assert browser.post("/my/cards/keys/", said).status_code == 302
    page = browser.get("/my/cards/keys/").content.decode()
    assert row.credential.shown in page
    assert whole not in page
    browser.post("/my/cards/keys/away/", {"key": row.credential.id})
    assert of(counter, keeper) == []
    with pytest.raises(KeyUnknown):
        counter.shell.run(lambda conn: keys.find(conn, row.credential.id))


def test_nobody_makes_a_key_for_cards_of_others_or_too_many(
    pages: Installation, counter: Shop, browser: Client, keeper: str
) -> None:
    wrongs: tuple[dict[str, object], ...] = (
        {"cards": [THEIRS]},
        {"cards": []},
        {"cards": [MINE], "label": "<b>"},
    )
    for wrong in wrongs:
        asked = {"form": f"{FORM}1", "label": "x", "kinds": []} | wrong
        assert 'class="error"' in browser.post("/my/cards/keys/", asked).content.decode()

    def ten(conn: Connection) -> None:
        for n in range(10):
            mine, some = frozenset({MINE}), secrets.token_bytes
            robots.make_key(conn, keeper, f"k{n}", mine, frozenset(), some)

    counter.shell.run(ten)
    said = {"form": f"{FORM}2", "label": "more", "cards": [MINE], "kinds": []}
    assert "10 keys already" in browser.post("/my/cards/keys/", said).content.decode()
    # Somebody else's key is not put away; and with its keeper's cards every key is forgotten.
    browser.post("/my/cards/keys/away/", {"key": "!"})
    assert len(of(counter, keeper)) == 10
    leaving.erase(counter.shell, pages.vault, new_id, keeper)
    assert of(counter, keeper) == []
