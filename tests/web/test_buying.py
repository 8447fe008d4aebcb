"""A holder pays once, whatever happens to the network, for one number or for several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.shop import Shop
from tests.web.paying import Till, till

from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

__all__ = ["till"]

PRICE = 12_000
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Lost(Exception):  # noqa: N818 - a fault of the network
    """The answer did not arrive."""


@pytest.fixture
def mine(pages: Installation, counter: Shop, browser: Client, number: str) -> Shop:
    """A number with a holder who has signed in, and has money for three years in the wallet."""
    from baohao.web.accounts.models import Account

    counter.open(number, holder_of(number))
    counter.fund(3 * PRICE, wallet_of(number))
    account = Account.objects.of_holder(holder_of(number))
    browser.force_login(account, BACKEND)
    return counter


def holder_of(number: str) -> str:
    return f"h{number[1:]}"


def wallet_of(number: str) -> str:
    return f"wallet:{holder_of(number)}:MOP"


def more(shop: Shop, number: str, count: int) -> list[str]:
    """Open more numbers of the same holder."""
    numbers = [f"{number[:-7]}{n}{number[-6:]}" for n in range(1, count)]
    for each in numbers:
        shop.open(each, holder_of(number))
    return [number, *numbers]


def quoted(browser: Client, number: str) -> str:
    answer = browser.post(f"/my/{number[1:]}/renew/", {"term": "12 months"})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def years(shop: Shop, *numbers: str) -> list[int]:
    return [len(shop.line(number).sold) for number in numbers]


@contextmanager
def losing(browser: Client) -> Iterator[None]:
    """Do all that is asked, and lose every answer."""
    request = browser.request

    def lost(*args: Any, **more: Any) -> Any:
        request(*args, **more)
        raise Lost

    browser.request = lost  # type: ignore[method-assign]
    try:
        with pytest.raises(Lost):
            yield
    finally:
        browser.request = request  # type: ignore[method-assign]


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# --- one number -----------------------------------------------------------------------------------


def test_what_was_paid_from_the_wallet_is_told_by_the_same_page(
    mine: Shop, browser: Client, number: str
) -> None:
    page = quoted(browser, number)
    assert browser.post(page, {"gateway": "wallet"}, follow=True).redirect_chain == [(page, 302)]
    for _ in range(2):
        assert "Paid. The number is safe." in text(browser.get(page))
        assert browser.post(page, {"gateway": "wallet"}).status_code == 302
    assert years(mine, number) == [2]
    assert mine.balance(wallet_of(number)) == 2 * PRICE
    told = text(browser.get(page))
    receipt = re.findall(r"/my/receipts/[0-9a-f-]+\.pdf", told)[0]
    assert browser.get(receipt).content.startswith(b"%PDF")


def test_an_answer_that_was_lost_after_paying_from_the_wallet(
    mine: Shop, browser: Client, number: str
) -> None:
    page = quoted(browser, number)
    with losing(browser):
        browser.post(page, {"gateway": "wallet"})
    # The browser sends the form again, or loads the page: it says what happened.
    assert browser.post(page, {"gateway": "wallet"}).status_code == 302
    assert "Paid. The number is safe." in text(browser.get(page))
    assert years(mine, number) == [2]


def test_a_request_that_was_lost_before_it_reached_us(
    mine: Shop, browser: Client, number: str
) -> None:
    page = quoted(browser, number)
    assert "To pay" in text(browser.get(page))
    assert years(mine, number) == [1]
    browser.post(page, {"gateway": "wallet"})
    assert years(mine, number) == [2]


@pytest.mark.parametrize("is_same", [True, False])
def test_the_quote_is_what_keeps_it_from_being_paid_twice(
    mine: Shop, browser: Client, number: str, is_same: bool
) -> None:
    """The twin: with a quote of its own each tap, every tap pays."""
    page = quoted(browser, number)
    for _ in range(3):
        browser.post(page if is_same else quoted(browser, number), {"gateway": "wallet"})
    assert years(mine, number) == [2 if is_same else 4]


def test_a_lost_connection_while_paying_at_a_gateway(
    mine: Shop, till: Till, browser: Client, number: str
) -> None:
    page = quoted(browser, number)
    with losing(browser):
        browser.post(page, {"gateway": "acquirer"})
    # Whatever is done next ends at the same order.
    there = ""
    for _ in range(2):
        there = browser.post(page, {"gateway": "acquirer"})["Location"]
        assert browser.get(page)["Location"] == there
    (order,) = till.twin.orders
    assert there == f"/pay/{UUID(order)}/"
    assert "Pay with your phone" in text(browser.get(there))
    till.paid(order)
    assert "Paid. The number is safe." in text(browser.get(there))
    assert "Paid. The number is safe." in text(browser.get(page))
    for _ in range(2):
        assert browser.post(page, {"gateway": "acquirer"}).status_code == 302
        assert browser.post(page, {"gateway": "wallet"}).status_code == 302
    assert len(till.twin.orders) == 1
    assert years(mine, number) == [2]
    assert mine.balance(wallet_of(number)) == 3 * PRICE


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_notice_that_was_lost_is_asked_for(
    mine: Shop, till: Till, browser: Client, number: str, is_asked: bool
) -> None:
    """And its twin: where nobody asks, nobody learns of it."""
    from datetime import timedelta

    from baohao.web.desk import desk

    page = quoted(browser, number)
    there = browser.post(page, {"gateway": "acquirer"})["Location"]
    till.paid(next(iter(till.twin.orders)), is_told=False)
    mine.later(timedelta(seconds=6))
    if is_asked:
        desk().carrier().run()
    assert ("Paid. The number is safe." in text(browser.get(f"{there}state/"))) is is_asked


def test_a_guest_who_comes_back_is_told(
    mine: Shop, till: Till, browser: Client, number: str
) -> None:
    browser.logout()
    answer = browser.post(f"/renew/{number[1:]}/", {"term": "12 months"})
    page = answer["Location"]
    there = browser.post(page, {"gateway": "acquirer"})["Location"]
    till.paid(next(iter(till.twin.orders)))
    assert browser.get(page)["Location"] == there
    assert browser.post(page, {"gateway": "acquirer"})["Location"] == there
    assert "Paid. The number is safe." in text(browser.get(there))
    assert years(mine, number) == [2]


# --- several numbers ------------------------------------------------------------------------------


def together(browser: Client, numbers: list[str]) -> str:
    """Choose numbers and terms; return the page with the sum."""
    digits = [each[1:] for each in numbers]
    assert browser.get("/my/several/", {"n": digits}).status_code == 200
    terms = {f"term-{each}": "12 months" for each in digits}
    answer = browser.post("/my/several/", {"n": digits, **terms})
    assert answer.status_code == 302, text(answer)
    return str(answer["Location"])


def test_several_are_paid_from_the_wallet_once(mine: Shop, browser: Client, number: str) -> None:
    numbers = more(mine, number, 3)
    page = together(browser, numbers)
    assert "3 numbers, one payment" in text(browser.get(page))
    with losing(browser):
        browser.post(page, {"gateway": "wallet"})
    for _ in range(2):
        assert browser.post(page, {"gateway": "wallet"}).status_code == 302
        assert text(browser.get(page)).count("Safe until") == 3
    assert years(mine, *numbers) == [2, 2, 2]
    assert mine.balance(wallet_of(number)) == 0


def test_each_of_several_has_an_outcome(mine: Shop, browser: Client, number: str) -> None:
    numbers = more(mine, number, 3)
    page = together(browser, numbers)
    mine.say("renew", numbers[1], **mine.renew(numbers[1]).payload, expect_version=2)
    browser.post(page, {"gateway": "wallet"})
    told = text(browser.get(page))
    assert (told.count("Safe until"), told.count("Not renewed")) == (2, 1)
    assert mine.balance(wallet_of(number)) == PRICE


def test_several_are_paid_at_a_gateway_and_what_is_not_bought_goes_back(
    mine: Shop, till: Till, browser: Client, number: str
) -> None:
    numbers = more(mine, number, 3)
    page = together(browser, numbers)
    with losing(browser):
        browser.post(page, {"gateway": "acquirer"})
    there = browser.post(page, {"gateway": "acquirer"})["Location"]
    (order,) = till.twin.orders
    assert till.twin.orders[order].amount_minor == 3 * PRICE
    # Twice, so that it has the promised day already, promotion and all.
    for version in (2, 3):
        mine.say("renew", numbers[1], **mine.renew(numbers[1]).payload, expect_version=version)
    till.paid(order)
    told = text(browser.get(there))
    assert (told.count("Safe until"), told.count("Not renewed")) == (2, 1)
    assert browser.get(page)["Location"] == there
    assert browser.post(page, {"gateway": "wallet"})["Location"] == there
    assert years(mine, *numbers) == [2, 3, 2]
    from baohao.web.desk import desk

    desk().carrier().run()
    assert [minor for minor, _ in till.twin.orders[order].refunds.values()] == [PRICE]
    assert mine.balance(wallet_of(number)) == 3 * PRICE
    # Who is not its payer sees no whole number.
    browser.logout()
    stranger = text(browser.get(there))
    assert number[1:5] not in re.sub(r"\s", "", stranger) or "•••" in stranger


def test_several_of_others_are_not_there(mine: Shop, browser: Client, number: str) -> None:
    other = f"{number[:-7]}9{number[-6:]}"
    mine.open(other, "somebody")
    for numbers in ([other], [number, other], [number, "+85366000000"], ["x"]):
        digits = [each.lstrip("+") for each in numbers]
        assert browser.get("/my/several/", {"n": digits}).status_code == 404
        assert browser.post("/my/several/", {"n": digits}).status_code == 404
    page = together(browser, [number])
    from django.test import Client

    from baohao.web.accounts.models import Account

    stranger = Client(SERVER_NAME="localhost")
    stranger.force_login(Account.objects.of_holder("somebody"), BACKEND)
    assert stranger.get(page).status_code == 404
    assert stranger.post(page, {"gateway": "wallet"}).status_code == 404


def test_prices_that_are_over_are_shown_again(mine: Shop, browser: Client, number: str) -> None:
    from datetime import timedelta

    page = together(browser, [number])
    mine.later(timedelta(minutes=16))
    answer = browser.post(page, {"gateway": "wallet"}, follow=True)
    assert "Nothing was paid. Look at them again." in text(answer)
    assert years(mine, number) == [1]


def test_what_cannot_be_quoted_is_left_out_and_said(
    mine: Shop, browser: Client, number: str
) -> None:
    numbers = more(mine, number, 2)
    digits = [each[1:] for each in numbers]
    terms = {f"term-{digits[0]}": "12 months", f"term-{digits[1]}": "5 months"}
    answer = browser.post("/my/several/", {"n": digits, **terms}, follow=True)
    assert "is not among them" in text(answer)
    assert "1 number, one payment" in text(answer)
    none = browser.post("/my/several/", {"n": digits[1:], f"term-{digits[1]}": "5 months"})
    assert none.status_code == 409
    assert "can be renewed now" in text(none)
    assert browser.post("/my/several/", {}).status_code == 409


def test_all_that_run_out_soon_are_offered(mine: Shop, browser: Client, number: str) -> None:
    from datetime import timedelta

    numbers = more(mine, number, 2)
    assert "within 60 days" not in text(browser.get("/my/"))
    mine.say("renew", numbers[1], **mine.renew(numbers[1]).payload, expect_version=2)
    mine.later(timedelta(days=320))
    try:
        page = text(browser.get("/my/several/?soon=1"))
        assert f'value="{number[1:]}" checked' in page
        assert numbers[1][1:] not in page
    finally:
        mine.later(timedelta(days=-320))


def test_the_receipt_of_another_is_not_there(mine: Shop, browser: Client, number: str) -> None:
    other = f"{number[:-7]}8{number[-6:]}"
    mine.open(other, "somebody")
    [sold] = mine.line(other).sold
    assert browser.get(f"/my/receipts/{sold.act}.pdf").status_code == 404
    [ours] = mine.line(number).sold
    assert browser.get(f"/my/receipts/{ours.act}.pdf").status_code == 200


# --- one date, another plan -----------------------------------------------------------------------


def test_the_dates_of_several_are_told_before_anything_is_quoted(
    mine: Shop, browser: Client, number: str
) -> None:
    from datetime import timedelta

    numbers = more(mine, number, 2)
    mine.say("renew", numbers[1], **mine.renew(numbers[1]).payload, expect_version=2)
    page = text(browser.get("/my/several/", {"n": [each[1:] for each in numbers]}))
    assert "the dates come within 365 days" in page or "within 366 days" in page
    told = re.findall(r"12 months</strong> · MOP\$120\.00<br>Safe until ([^<]+)\.<", page)
    assert len(set(told)) == 2
    until = mine.line(numbers[0]).standing.clocks["service"].deadline - timedelta(seconds=1)
    assert str(until.year + 1) in told[0]


def test_a_line_moves_to_another_plan_once(mine: Shop, browser: Client, number: str) -> None:
    address = f"/my/{number[1:]}/plans/"
    page = browser.get(address).content.decode()
    assert "balance180" not in text(browser.get(f"/my/{number[1:]}/"))
    found = dict(re.findall(r'name="(key|plan|pin)" value="([^"]+)"', page))
    for _ in range(2):
        answer = browser.post(address, found)
        assert (answer.status_code, answer["Location"]) == (302, f"/my/{number[1:]}/")
    line = mine.line(number)
    assert (line.plan, line.pin) == (found["plan"], found["pin"])
    assert line.version == 3
    wrong = {"plan": "keep12", "pin": "no.such@1", "key": "1"}
    assert browser.post(address, wrong).status_code == 404


def test_nobody_moves_the_line_of_another(mine: Shop, browser: Client, number: str) -> None:
    other = f"{number[:-7]}7{number[-6:]}"
    mine.open(other, "somebody")
    address = f"/my/{other[1:]}/plans/"
    assert browser.get(address).status_code == 404
    assert browser.post(address, {"plan": "balance180", "pin": "x", "key": "1"}).status_code == 404
