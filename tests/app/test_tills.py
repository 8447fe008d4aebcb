"""Tills by the door: shifts that lack payments, what is never told, and what is paid back later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.conftest import Campaign
from tests.shop import TILL, Shop, codes

from baohao.app import audit
from baohao.app.door import Answered
from baohao.core.asks import Ask

CLERK = {"principal": "clerk-1"}
WHY = {"reason": "missing", "approved_by": "chief"}
NUMBER = "+85366000001"


def pieces(minor: int) -> dict[str, int]:
    """Some money, in notes and coins."""
    found = {}
    for face in (100_000, 50_000, 10_000, 5_000, 1_000, 100, 1):
        found[str(face)], minor = divmod(minor, face)
    return {face: many for face, many in found.items() if many}


def posted(shop: Shop, account: str) -> int:
    """What was posted to an account: debits above zero."""
    [(total,)] = shop.rows(
        "SELECT coalesce(sum(amount), 0)::bigint FROM entries, unnest(accounts, amounts)"
        " AS p (account, amount) WHERE account = %s",
        account,
    )
    return int(total)


@pytest.fixture
def till(shop: Shop) -> Shop:
    """A till with 500.00 in it, whose shift is open."""
    shop.fund(50_000, TILL)
    shop.say("open_shift", TILL, float_minor=50_000, **CLERK)
    return shop


@pytest.mark.soak
def test_a_shift_closes_short_by_what_never_came_in(
    shop: Shop, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(12)
    chance, numbers = Random(drawn.seed), [f"+853660001{n:02}" for n in range(6)]
    for number in numbers:
        shop.open(number)
    short = 0
    for _ in range(drawn.count):
        float_ = shop.balance(TILL)
        shop.say("open_shift", TILL, float_minor=float_, **CLERK)
        drawer, missing = _worked(shop, chance, numbers, float_)
        counted = shop.say("count", TILL, pieces=pieces(drawer - missing), **CLERK)
        assert counted["difference"] == -missing
        left = chance.choice((0, drawer - missing))
        if missing:
            # Nobody gets there alone, or with somebody who is not another.
            for by in ({}, {"approved_by": "clerk-1"}, {"approved_by": ""}):
                alone = shop.refused("close_shift", TILL, reason="?", **by, **CLERK)
                assert alone == "verb.not_allowed.second_person"
            assert shop.refused("open_shift", TILL, float_minor=0, **CLERK) == "till.shift_open"
        closed = shop.say(
            "close_shift", TILL, leave_minor=left, **(WHY if missing else {}), **CLERK
        )
        assert closed["banked"] == drawer - missing - left
        assert shop.balance(TILL) == left
        short += missing
        assert posted(shop, "adjustments:cash_short:MOP") == short
    assert short > 0
    shop.is_well()


def _worked(shop: Shop, chance: Random, numbers: list[str], drawer: int) -> tuple[int, int]:
    """Work a shift; return what must be in the drawer, and what of it never came in."""
    missing = 0
    for _ in range(chance.randrange(8)):
        act = chance.choice(("sell", "sell", "sell", "steal", "drop", "bring", "undo"))
        number = chance.choice(numbers)
        if act in ("sell", "steal", "undo"):
            [sold] = shop.answers([shop.renew(number, paid=TILL, **CLERK)])
            if not isinstance(sold, Answered):
                continue
            drawer += sold.answer["total"]
            missing += sold.answer["total"] if act == "steal" else 0
            if act == "undo":
                of = shop.line(number).sold[-1].act
                drawer -= shop.say("reverse", number, of=of, reason="?", **CLERK)["back"]
        elif act == "bring":
            assert shop.say("fund", TILL, amount_minor=700) == {}
            drawer += 700
        else:
            amount = chance.randrange(1, 30_000)
            [dropped] = shop.answers([shop.ask("drop", TILL, amount_minor=amount, **CLERK)])
            drawer -= amount if isinstance(dropped, Answered) else 0
            # Who dropped what they had not taken is not told so, either.
            missing = min(missing, drawer)
    return drawer, missing


def test_nobody_is_told_what_must_be_in_the_drawer(till: Shop) -> None:
    till.open(NUMBER)
    asks: list[Ask] = [
        till.renew(NUMBER, paid=TILL, **CLERK),
        till.ask("fund", TILL, amount_minor=17),
        till.ask("withdraw", TILL, amount_minor=17),
        till.ask("withdraw", TILL, amount_minor=10**9),
        till.ask("drop", TILL, amount_minor=10**9, **CLERK),
        till.ask("drop", TILL, amount_minor=1_000, **CLERK),
        till.ask("open_shift", TILL, float_minor=1, **CLERK),
        till.ask("close_shift", TILL, **CLERK),
        till.ask("count", TILL, pieces={"x": 1}, **CLERK),
        till.ask("count", TILL, pieces={"100": 1}, principal="clerk-2"),
    ]
    told = "".join(
        str(a.answer) if isinstance(a, Answered) else f"{a.code} {a} {a.facts}"
        for ask in asks
        for a in till.answers([ask])
    )
    expected = till.balance(TILL)
    assert expected == 50_000 + 12_000 + 17 - 1_000
    for secret in (expected, expected + 1_000, expected - 17):
        assert str(secret) not in told
    counted = till.say("count", TILL, pieces={"1": expected + 3}, **CLERK)
    assert counted == {"shift": 1, "counted": expected + 3, "difference": 3}


def test_more_than_is_there_is_not_paid_back_and_not_told(till: Shop) -> None:
    till.open(NUMBER)
    till.say("renew", NUMBER, term="12 months", paid=TILL, expect_version=2, **CLERK)
    till.say("drop", TILL, amount_minor=60_000, **CLERK)
    of = till.line(NUMBER).sold[-1].act
    assert till.refused("reverse", NUMBER, of=of, reason="?", **CLERK) == "till.short"


def test_what_was_sold_in_another_shift_is_paid_back_by_two_people(till: Shop) -> None:
    till.open(NUMBER)
    till.say("renew", NUMBER, term="12 months", paid=TILL, expect_version=2, **CLERK)
    of = till.line(NUMBER).sold[-1].act
    back: dict[str, Any] = {"of": of, "reason": "changed their mind"}
    assert till.refused("reverse", NUMBER, **back, principal="clerk-2") == "till.other_clerk"
    till.say("count", TILL, pieces=pieces(62_000), **CLERK)
    assert till.refused("reverse", NUMBER, **back, **CLERK) == "till.counted"
    till.say("close_shift", TILL, leave_minor=62_000, **CLERK)
    before = till.rows("SELECT s::text FROM shifts s")
    for asked in (CLERK, CLERK | {"approved_by": "chief"}):
        assert till.refused("reverse", NUMBER, **back, **asked) == "till.no_shift"
    till.later(timedelta(minutes=1))
    till.say("open_shift", TILL, float_minor=62_000, principal="clerk-2")
    other = {"principal": "clerk-2"}
    alone = "verb.not_allowed.second_person.shift"
    assert till.refused("reverse", NUMBER, **back, **other) == alone
    assert till.refused("reverse", NUMBER, **back, **other, approved_by="clerk-2") == alone
    assert till.say("reverse", NUMBER, **back, **other, approved_by="chief")["back"] == 12_000
    assert till.rows("SELECT s::text FROM shifts s WHERE n = 1") == before
    assert till.balance(TILL) == 50_000
    till.is_well()


def test_a_till_that_never_had_a_shift_goes_on_as_before(shop: Shop) -> None:
    shop.open(NUMBER)
    for principal in ("clerk-1", "clerk-2"):
        shop.answers([shop.renew(NUMBER, paid=TILL, principal=principal)])
    of = shop.line(NUMBER).sold[-1].act
    assert shop.say("reverse", NUMBER, of=of, reason="?", principal="clerk-3")["back"] == 12_000
    assert shop.say("withdraw", TILL, amount_minor=12_000) == {"balance": 0}


def test_a_batch_that_opens_a_shift_sells_in_it(shop: Shop) -> None:
    shop.open(NUMBER)
    opening = shop.ask("open_shift", TILL, float_minor=0, **CLERK)
    renewal = shop.renew(NUMBER, paid=TILL, principal="clerk-2")
    assert codes(shop.answers([opening, renewal])) == ["", "till.other_clerk"]


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE shifts SET counted_minor = counted_minor + 1, expected_minor = expected_minor + 1",
        "UPDATE shifts SET clerk = 'somebody'",
        "DELETE FROM shifts",
        (
            "INSERT INTO shifts SELECT bucket, account, 2, clerk, opened_at, 0, 0, 0, 0,"
            " counted_at, counted_by, pieces, 0, 0, closed_at, 0, '' FROM shifts"
        ),
    ],
)
def test_a_shift_that_was_tampered_with_is_found(till: Shop, harm: str) -> None:
    till.say("count", TILL, pieces=pieces(50_000), **CLERK)
    till.say("close_shift", TILL, **CLERK)
    till.is_well()
    with till.looking() as conn:
        assert conn.execute(harm.encode()).rowcount == 1
        faults = audit.verify(conn, till.rules).faults
    assert [(fault.subject, fault.what) for fault in faults] == [(TILL, "row")]


def test_the_schema_keeps_a_difference_from_one_person(till: Shop) -> None:
    till.say("count", TILL, pieces=pieces(49_000), **CLERK)
    till.say("close_shift", TILL, **WHY, **CLERK)
    with till.looking() as conn, pytest.raises(Exception, match="shifts_two_people"):
        conn.execute(b"UPDATE shifts SET approved_by = clerk")
