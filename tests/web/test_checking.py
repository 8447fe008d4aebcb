"""Until when a number is safe: told to whoever holds it, and nothing to anybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.shop import Shop

from baohao.outside.pretend.handset import Handset
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture(autouse=True)
def fresh(pages: Installation) -> Iterator[None]:
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


def sent(house: Installation, number: str) -> list[str]:
    texts = house.texts
    assert isinstance(texts, Handset)
    return dict(texts.shown()).get(number, [])


def code(house: Installation, number: str) -> str:
    found = re.search(r"\d{6}", sent(house, number)[0])
    assert found is not None
    return found[0]


def plain(answer: Any) -> str:
    """A page without what differs each time, or by the number that was typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return re.sub(r"\+853 [\d•]+", "NUMBER", text)


def test_whoever_holds_the_number_learns_the_date(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    assert browser.post("/check/", {"number": number})["Location"] == "/check/code/"
    answer = browser.post("/check/code/", {"code": code(pages, number)}, follow=True)
    page = answer.content.decode()
    assert "Safe until" in page
    assert "no-store" in answer["Cache-Control"]
    # A code is good once.
    assert browser.post("/check/code/", {"code": code(pages, number)})["Location"] == "/check/"


def test_every_number_is_answered_alike(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    nobody = "+85366000001"
    seen = []
    for each in (number, nobody):
        first = browser.post("/check/", {"number": each})
        page = browser.get("/check/code/")
        wrong = browser.post("/check/code/", {"code": "000000"})
        seen.append((first.status_code, first["Location"], plain(page), plain(wrong)))
    assert seen[0] == seen[1]
    assert sent(pages, number)
    assert not sent(pages, nobody)


def test_a_code_is_not_guessed_and_not_old(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    browser.post("/check/", {"number": number})
    right = code(pages, number)
    for _ in range(5):
        assert browser.post("/check/code/", {"code": "x"}).status_code == 200
    assert browser.post("/check/code/", {"code": right}).status_code == 200
    browser.post("/check/", {"number": number})
    session = browser.session
    found, mark, _, tries = session["check"]
    session["check"] = [found, mark, (counter.now() - timedelta(seconds=1)).isoformat(), tries]
    session.save()
    assert browser.post("/check/code/", {"code": code(pages, number)}).status_code == 200
    assert right not in str(dict(session))


def test_what_was_proved_ends_with_the_tenure(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    browser.post("/check/", {"number": number})
    browser.post("/check/code/", {"code": code(pages, number)})
    session = browser.session
    found, epoch, ends = session["checked"]
    session["checked"] = [found, epoch + 1, ends]
    session.save()
    assert browser.get("/check/told/")["Location"] == "/check/"


def test_codes_and_guesses_have_budgets(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    answers = [browser.post("/check/", {"number": number}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    # Nobody's handset is flooded, though each of them came through.
    assert len(sent(pages, number)) == 3
    guessed = [browser.get(f"/renew/8536600{n:04}/").status_code for n in range(25)]
    assert guessed == [404] * 20 + [429] * 5
    # From then on a number of ours answers as any other.
    assert browser.get(f"/renew/{number[1:]}/").status_code == 429


def test_a_guest_is_not_told_the_date_of_today(
    pages: Installation, counter: Shop, browser: Client, number: str
) -> None:
    counter.open(number)
    asked = browser.post(f"/renew/{number[1:]}/", {"term": "12 months"})
    page = browser.get(asked["Location"]).content.decode()
    assert "Safe until" in page
    assert "Paid for until now" not in page
