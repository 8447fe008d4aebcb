"""Closing a month: what the schedules say is what becomes revenue, once."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from tests.shop import Shop

from baohao.app.close import Closed, MonthNotOver, close_month
from baohao.core.deferral import month_of

ONE, TWO = "+85366000101", "+85366000102"


def close(shop: Shop, month: date) -> Closed:
    return shop.shell.run(partial(close_month, month=month, now=shop.now(), parent=shop.new_id()))


def scheduled(shop: Shop, until: date) -> int:
    """What is deferred to the months up to one of them."""
    found = shop.rows(
        "SELECT coalesce(sum(m.amount), 0) FROM deferrals d,"
        " unnest(d.months, d.amounts) AS m (month, amount) WHERE m.month <= %s",
        until,
    )
    return int(found[0][0])


def revenue(shop: Shop) -> int:
    found = shop.rows(
        "SELECT coalesce(-sum(amount), 0) FROM entries, unnest(accounts, amounts)"
        " AS p (account, amount) WHERE account LIKE 'revenue:%%' AND %s",
        True,
    )
    return int(found[0][0])


def test_revenue_is_what_the_schedule_says(shop: Shop) -> None:
    shop.open(ONE)
    shop.open(TWO)
    month = month_of(shop.now().date())
    due = scheduled(shop, month)
    assert 0 < due < 24_000
    shop.later(timedelta(days=35))
    closed = close(shop, month)
    assert closed.released == {("keep12", "MOP"): due}
    assert revenue(shop) == due
    assert scheduled(shop, month) == 0
    shop.is_well()


def test_closing_twice_posts_nothing(shop: Shop) -> None:
    shop.open(ONE)
    month = month_of(shop.now().date())
    shop.later(timedelta(days=35))
    first = close(shop, month)
    assert first.entries > 0
    entries = shop.rows("SELECT count(*) FROM entries WHERE %s", True)
    again = close(shop, month)
    assert (again.entries, again.released) == (0, {})
    assert shop.rows("SELECT count(*) FROM entries WHERE %s", True) == entries


def test_what_a_reversal_takes_back_is_not_earned(shop: Shop) -> None:
    shop.open(ONE)
    month = month_of(shop.now().date())
    (sold,) = shop.line(ONE).sold
    shop.say("reverse", ONE, of=sold.act, reason="wrong card")
    shop.later(timedelta(days=35))
    assert close(shop, month).released.get(("keep12", "MOP"), 0) == 0
    assert revenue(shop) == 0


def test_all_of_it_is_earned_in_the_end(shop: Shop) -> None:
    shop.open(ONE)
    shop.later(timedelta(days=420))
    last = month_of(shop.now().date() - timedelta(days=35))
    close(shop, last)
    assert revenue(shop) == 12_000
    shop.is_well()


@pytest.mark.parametrize("days", [0, 31])
def test_a_month_that_is_not_over_cannot_be_closed(shop: Shop, days: int) -> None:
    shop.open(ONE)
    with pytest.raises(MonthNotOver) as refused:
        close(shop, shop.now().date() + timedelta(days=days))
    assert refused.value.code == "close.not_over"
    assert revenue(shop) == 0
