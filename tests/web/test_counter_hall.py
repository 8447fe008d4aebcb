"""The hall beside its sales: sheets of paper, the terminal's day, cards in drawers, the till."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from tests.shop import Shop
from tests.web.test_counter import PRICE, SECOND, Hall, card, sold
from tests.web.test_operator import BACKEND, working

from baohao.app import days
from baohao.core.points import Point
from baohao.wiring import Installation

if TYPE_CHECKING:
    from django.test import Client

MACAU = ZoneInfo("Asia/Macau")


@pytest.fixture
def hall(pages: Installation, counter: Shop, browser: Client, number: str) -> Hall:
    counter.rules, counter.promotions = pages.library.policies, pages.library.promotions
    return Hall(counter, browser, number)


# --- paper ----------------------------------------------------------------------------------------


def sheet(hall: Hall, n: int, **said: str) -> dict[str, str]:
    usual = {"number": hall.number, "months": "12", "total": "120"}
    return {"what": "enter", "n": str(n)} | usual | said


def test_a_sheet_of_paper_is_entered_once_and_gaps_are_shown(hall: Hall) -> None:
    hall.shop.open(hall.number)
    then = hall.shop.now()
    at = then.astimezone(MACAU).replace(tzinfo=None).isoformat()
    assert "No pad" in hall.post("paper/", 409, **sheet(hall, 3))
    assert hall.post("paper/", what="pad") == "/counter/paper/1/"
    assert hall.post("paper/", what="pad") == "/counter/paper/21/"
    assert "000020" in hall.get("paper/1/")
    assert hall.browser.get("/counter/paper/2/").status_code == 404
    # What the sheet says was paid is not what it costs: nothing is sold, and the sheet is free.
    wrong = sheet(hall, 3, total="110", sold_at=at)
    assert "12000 minor units" in hall.post("paper/", 409, **wrong)
    assert hall.cash() == 0
    hall.post("paper/", **sheet(hall, 3, sold_at=at))
    assert hall.cash() == PRICE
    act = next(act for act in hall.shop.line(hall.number).acts if act.kind == "renewal")
    assert act.at == then
    assert "entered already" in hall.post("paper/", 409, **sheet(hall, 3, sold_at=at))
    assert "7 days" in hall.post("paper/", 409, **sheet(hall, 4, sold_at="2026-01-01T10:00"))
    assert hall.cash() == PRICE
    assert "1, 2 " in hall.get("till/")
    hall.post("paper/", what="enter", n="1", reason="spilt coffee")
    assert "1, 2 " not in hall.get("till/")
    assert "entered already" in hall.post("paper/", 409, **sheet(hall, 1))


# --- the terminal's day ---------------------------------------------------------------------------


def test_the_terminals_day_is_held_against_its_slips(hall: Hall) -> None:
    hall.shop.open(hall.number)
    place = hall.post(hall.promised(), gateway="terminal").removeprefix("/counter/")
    hall.post(place, code="777777")
    blind = hall.get("till/cards/")
    assert "777777" not in blind
    assert "120.00" not in blind
    wrong = {"count": "1", "total": "100"}
    assert "differs from the slips" in hall.post("till/cards/", 409, **wrong)
    wrong["reason"] = "one slip of the neighbour"
    assert "second person" in hall.post("till/cards/", 409, **wrong)
    hall.post("till/cards/", count="1", total="120")
    page = hall.get("till/cards/")
    assert "They agree." in page
    assert "777777" in page


def test_a_small_difference_of_the_till_is_looked_at_afterwards(hall: Hall) -> None:
    from baohao.web.counter.models import Review, Rules

    Rules.objects.create(operator="demo", point=hall.clerk.point, alone_minor=1_000)
    hall.post("till/", verb="open_shift", key="a", amount="0")
    sold(hall)
    hall.post("till/", verb="count", key="b", **{"face-10000": "1", "face-1000": "1"})
    hall.post("till/", verb="close_shift", key="c", amount="0", reason="ten short")
    review = Review.objects.get(subject=hall.till)
    assert (review.verb, review.amount_minor) == ("close_shift", 1_000)
    hall.browser.force_login(hall.clerk, BACKEND)
    assert hall.browser.get("/counter/second/").status_code == 404


# --- cards ----------------------------------------------------------------------------------------


def stocked(hall: Hall, count: int) -> list[str]:
    """Put cards in stock, and return their ICCIDs."""
    found = []
    for n in range(count):
        number = f"+{int(hall.number[1:]) + 60_000 + 10_000 * n}"
        iccid = card(int(number[-6:]))
        hall.shop.answers([hall.shop.stock(number, iccid=iccid)])
        found.append(iccid)
    return found


def test_cards_are_counted_and_what_is_missing_needs_two(hall: Hall) -> None:
    from baohao.web.counter.models import StockTake

    cards = stocked(hall, 3)
    hall.post("cards/", what="take", scanned="\n".join(cards))
    said = {"what": "take", "scanned": f"{cards[0]} {cards[0]}\n{cards[1]}"}
    assert "say why" in hall.post("cards/", 409, **said)
    said["reason"] = "one was shown to a customer"
    assert "second person" in hall.post("cards/", 409, **said)
    page = hall.post("cards/", 409, **said | {"scanned": f"{cards[0]} 12345"})
    assert "not valid" in page
    assert f"{cards[0]} 12345" in page
    hall.post("cards/", **said, **SECOND)
    take = StockTake.objects.filter(point=hall.clerk.point).latest("at")
    assert (take.expected, take.counted, take.missing) == (3, 2, [cards[2]])
    # It is found again: one more than there must be.
    assert "say why" in hall.post("cards/", 409, what="take", scanned=" ".join(cards))


def test_cards_go_from_one_hall_to_another_and_are_counted_there(
    hall: Hall, pages: Installation
) -> None:
    from django.test import Client

    from baohao.web.counter.models import Handover

    there = Hall(hall.shop, Client(SERVER_NAME="localhost"), hall.number)
    for each in (hall, there):
        tills = (each.till,)
        point = Point(
            key=each.clerk.point, operator="demo", name="x", zone="Asia/Macau", tills=tills
        )
        hall.shop.shell.run(partial(days.add, point=point, operators=pages.library.operators))
    cards = stocked(hall, 2)
    hall.post("cards/", what="take", scanned=" ".join(cards))
    send = {"what": "send", "to": there.clerk.point, "scanned": " ".join(cards)}
    assert "another hall of the operator" in hall.post("cards/", 409, **send | {"to": "nowhere"})
    assert "not in stock" in there.post("cards/", 409, **send | {"to": hall.clerk.point})
    key = hall.form("cards/")
    for _ in range(2):
        hall.post("cards/", **send, **key)
    handover = Handover.objects.get(to=there.clerk.point)
    come = {"what": "receive", "handover": str(handover.pk), "scanned": cards[0]}
    hall.post("cards/", 404, **come)
    assert "say why" in there.post("cards/", 409, **come)
    there.post("cards/", **come, **SECOND, reason="one fell out")
    assert "received already" in there.post("cards/", 409, **come)
    handover.refresh_from_db()
    assert handover.missing == [cards[1]]
    there.post("cards/", what="take", scanned=cards[0])


def test_who_waits_is_of_the_demo(hall: Hall) -> None:
    from baohao.web.counter.models import Waiting

    now = hall.shop.now()
    ticket = Waiting.objects.create(operator="demo", at=now, by="x", ticket="A01", name="黃美玲")
    assert "黃美玲" in hall.get("waiting/")
    hall.browser.force_login(working("clerk", "demo2"), BACKEND)
    hall.post("waiting/", 404, waiting=str(ticket.pk))
    assert "黃美玲" not in hall.get("waiting/")
