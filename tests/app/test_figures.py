"""Figures of a month are what the books say, whatever happened in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.shop import FLOAT, TILL, Shop, registered

from baohao.app import figures, ledger
from baohao.app.account_codes import CodeMissing, code_of
from baohao.app.close import close_month
from baohao.core.deferral import month_of

NUMBERS = [f"+8536600020{n}" for n in range(4)]


def months(shop: Shop) -> list[date]:
    [(first, last)] = shop.rows("SELECT min(recorded_at), max(recorded_at) FROM entries")
    found, month = [], month_of(first.date())
    while month <= last.date():
        found.append(month)
        month = month_of(month + timedelta(days=31))
    return found


@pytest.fixture
def quarter(shop: Shop) -> Shop:
    """Sales, reversals and closed months, over some months."""
    for number in NUMBERS:
        shop.open(number)
    for n, number in enumerate(NUMBERS):
        shop.later(timedelta(days=35))
        paid = TILL if n % 2 else FLOAT
        shop.answers([shop.renew(number, paid=paid, channel="app" if n % 2 else "counter")])
        of = shop.line(NUMBERS[n - 1]).sold[-1].act
        shop.answers([shop.ask("reverse", NUMBERS[n - 1], of=of, reason="?")])
        now = shop.now()
        before = month_of(now.date() - timedelta(days=33))
        shop.shell.run(
            lambda conn, month=before, at=now: close_month(  # type: ignore[misc]
                conn, month, now=at, parent=shop.new_id()
            )
        )
    return shop


def test_deferred_revenue_rolls_from_month_to_month(quarter: Shop) -> None:
    last: dict[str, int] = {}
    with quarter.looking() as conn:
        for month in months(quarter):
            rolled = {each.plan: each for each in figures.roll_forward(conn, month)}
            for plan, each in rolled.items():
                assert each.opening_minor == last.get(plan, 0)
                assert (each.added_minor >= 0, each.released_minor <= 0) == (True, True)
                last[plan] = each.closing_minor
        books = {b.account: -b.balance_minor for b in ledger.trial_balance(conn)}
    assert last == {"keep12": books["deferred:keep12:MOP"]}


def test_revenue_of_all_months_is_what_the_books_have(quarter: Shop) -> None:
    earned: dict[str, int] = {}
    with quarter.looking() as conn:
        for month in months(quarter):
            for account, minor in figures.revenue(conn, month).items():
                earned[account] = earned.get(account, 0) + minor
        books = {b.account: -b.balance_minor for b in ledger.trial_balance(conn)}
    assert earned["revenue:keep12:MOP"] > 0
    for account, minor in earned.items():
        assert books[account] == minor


def test_what_was_sold_through_whom_adds_up_to_what_payers_paid(quarter: Shop) -> None:
    with quarter.looking() as conn:
        found = [each for month in months(quarter) for each in figures.sold(conn, month)]
    [(paid,)] = quarter.rows(
        "SELECT sum(amount)::bigint FROM entries, unnest(accounts, amounts) AS p (account, amount)"
        " WHERE kind = 'transfer' AND (account LIKE 'float:%%' OR account LIKE 'till:%%')"
    )
    assert sum(each.sold_minor - each.reversed_minor for each in found) == paid
    assert {each.channel for each in found} == {"app", "counter"}
    assert {each.agent for each in found} == {"agent-7", ""}
    assert {(each.means, bool(each.agent)) for each in found} == {("float", True), ("till", False)}
    assert {each.plan for each in found} == {"keep12"}


def test_the_oldest_money_of_a_float_is_spent_first(shop: Shop) -> None:
    shop.agents = registered("agent-7")
    for days in (40, 40, 20):
        shop.later(timedelta(days=days))
        shop.fund(1_000)
    shop.later(timedelta(days=5))
    shop.say("withdraw", FLOAT, amount_minor=10_000_000 + 300)
    with shop.looking() as conn:
        [aged] = figures.ageing(conn, shop.now())
    assert (aged.account, aged.balance_minor) == (FLOAT, 2_700)
    assert aged.by_age_minor == (2_000, 0, 700, 0)


def test_an_account_has_the_code_of_its_longest_beginning() -> None:
    codes = {"till": "1", "till:hall-1": "2", "till:hall-1:MOP": "3", "tille": "4"}
    found = [code_of(a, codes) for a in ("till:x:MOP", "till:hall-1:HKD", "till:hall-1:MOP")]
    assert found == ["1", "2", "3"]
    with pytest.raises(CodeMissing):
        code_of("float:a:MOP", codes)
