"""A file of cards is looked at and taken in; all goes out again, and is forgotten on a word."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.fixtures import entered

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

SAMPLES = Path(__file__).parents[1] / "app" / "brought"
NEW = "/my/cards/import/"


@pytest.fixture
def keeper(browser: Client, number: str) -> str:
    """Somebody who has signed in."""
    holder = f"k{number[1:]}"
    entered(browser, holder)
    return holder


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def sent(browser: Client, data: bytes, name: str = "cards.csv") -> Any:
    return browser.post(NEW, {"file": SimpleUploadedFile(name, data)})


def taken(browser: Client, page: str, **said: str) -> Any:
    """What became of a file, once everything in it was asked for."""
    answer = browser.post(page, said)
    assert answer.status_code == 302, text(answer)
    for _ in range(9):
        answer = browser.get(page)
        if "Go on" not in text(answer):
            return answer
        assert browser.post(f"{page}on/").status_code == 302
    raise AssertionError("it never ends")


def test_a_file_is_looked_at_chosen_and_taken_once(
    pages: Installation, browser: Client, keeper: str
) -> None:
    shown = browser.get(f"{NEW}example.csv").content
    assert "2 cards in your file" in text(browser.get(sent(browser, shown)["Location"]))
    data = (SAMPLES / "cards.csv").read_bytes()
    page = sent(browser, data)["Location"]
    looked = text(browser.get(page))
    assert "3 cards in your file" in looked
    assert "1 name is not clear" in looked
    assert "a spreadsheet rounded it" in looked
    assert "No card" not in text(browser.get("/my/cards/"))
    done = text(taken(browser, page))
    assert "Kept from now on 2" in done
    assert "Nobody said which product this is" in done
    # What was left out comes as it was sent, with the reason beside.
    left = browser.get(f"{page}left-out.csv").content.decode("utf-8-sig")
    assert left.splitlines()[0].startswith("number,product,name")
    assert "CTM,Mum" in left
    assert "4.48E+11" in left
    # Mended and sent again: the rest goes in, and nothing twice.
    page = sent(browser, data)["Location"]
    index = re.search(
        r'for="product-(\d)">.{0,80}CTM', browser.get(page).content.decode(), re.DOTALL
    )
    assert index is not None
    done = text(taken(browser, page, **{f"product-{index[1]}": "mo.ctm.prepaid"}))
    assert "Kept from now on 1" in done
    assert "nothing new 2" in done
    assert "Bank card" in text(browser.get("/my/cards/"))


def test_what_a_file_does_not_say_is_asked(
    pages: Installation, browser: Client, keeper: str
) -> None:
    days = b"number,product,until\n+447700900131,giffgaff,3/4/2027\n"
    page = sent(browser, days)["Location"]
    assert "Which comes first" in text(browser.get(page))
    browser.post(page, {"order": "dmy"})
    assert "1 card in your file" in text(browser.get(page))
    assert "April" in text(browser.get(page))
    balance = (SAMPLES / "prepaid-balance.csv").read_bytes()
    page = sent(browser, balance)["Location"]
    assert "does not say which card" in text(browser.get(page))
    refused = browser.post(page, {"number": "12"})
    assert refused.status_code == 409
    done = taken(browser, page, number="+447700900132", **{"product-0": "gb.giffgaff.payg"})
    assert "Say when something was last done" in text(done)


def test_what_is_no_file_of_cards_is_refused_and_files_are_their_senders(
    pages: Installation, browser: Client, keeper: str
) -> None:
    refused = sent(browser, b"\x89PNG\0\0", "me.png")
    assert refused.status_code == 409
    assert "no workbook that can be read" in text(refused)
    page = sent(browser, (SAMPLES / "cards.csv").read_bytes())["Location"]
    entered(browser, f"{keeper}x")
    for address in (page, f"{page}left-out.csv"):
        assert browser.get(address).status_code == 404
    assert browser.post(f"{page}on/").status_code == 404


def test_all_goes_out_and_is_forgotten_on_a_word(
    pages: Installation, browser: Client, keeper: str
) -> None:
    data = (SAMPLES / "simkeeper.json").read_bytes()
    taken(browser, sent(browser, data, "backup.json")["Location"])
    whole = json.loads(browser.get("/my/cards/export.json").content)
    (bank,) = [card for card in whole["cards"] if card["number"] == "+447700900111"]
    assert bank["about"]["hangs"][0] == "中国银行 (尾号 8888)"
    assert [act["kind"] for act in bank["done"]] == ["topup", "sms_out"]
    assert {"happened_at", "written_down_at"} <= bank["history"][0].keys()
    assert "银行卡" in browser.get("/my/cards/export.csv").content.decode()
    asked = browser.get("/my/cards/erase/")
    assert "2 cards" in text(asked)
    assert browser.post("/my/cards/erase/", {"word": "yes"}).status_code == 409
    assert len(json.loads(browser.get("/my/cards/export.json").content)["cards"]) == 2
    gone = browser.post("/my/cards/erase/", {"word": " erase "}, follow=True)
    assert "2 cards were erased" in text(gone)
    assert "银行卡" not in text(gone)
    assert json.loads(browser.get("/my/cards/export.json").content)["cards"] == []
    assert "Nothing is kept" in text(browser.get("/my/cards/erase/"))
