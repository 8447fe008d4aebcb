"""Deferred revenue: exact to the minor unit, whatever the days, and put right when time moves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.deferral import (
    NothingToSpread,
    Schedule,
    change,
    left_after,
    month_of,
    monthly,
    schedule,
)

days = st.dates(date(2024, 1, 1), date(2030, 1, 1))
amounts = st.integers(0, 10**9)
spreads = st.builds(
    lambda amount, first, length: schedule(amount, first, first + timedelta(days=length)),
    amounts,
    days,
    st.integers(1, 900),
)


def test_a_year_for_120_is_earned_by_the_days_of_its_months() -> None:
    # Rounded down they make 11996; the four units go to the largest remainders: March's 17 days,
    # February, and the first two months of 30 days.
    year = schedule(12000, date(2026, 3, 15), date(2027, 3, 15))
    assert year == (
        (date(2026, 3, 1), 559),
        (date(2026, 4, 1), 987),
        (date(2026, 5, 1), 1019),
        (date(2026, 6, 1), 987),
        (date(2026, 7, 1), 1019),
        (date(2026, 8, 1), 1019),
        (date(2026, 9, 1), 986),
        (date(2026, 10, 1), 1019),
        (date(2026, 11, 1), 986),
        (date(2026, 12, 1), 1019),
        (date(2027, 1, 1), 1019),
        (date(2027, 2, 1), 921),
        (date(2027, 3, 1), 460),
    )


def test_a_day_is_earned_in_its_month() -> None:
    assert schedule(7, date(2026, 2, 28), date(2026, 3, 1)) == ((date(2026, 2, 1), 7),)


def test_less_than_a_unit_a_month_is_still_all_there() -> None:
    assert sum(minor for _, minor in schedule(3, date(2026, 1, 1), date(2027, 1, 1))) == 3


@pytest.mark.parametrize(("amount", "days"), [(-1, 30), (100, 0), (100, -1)])
def test_what_cannot_be_spread_is_refused(amount: int, days: int) -> None:
    first = date(2026, 1, 1)
    with pytest.raises(NothingToSpread):
        schedule(amount, first, first + timedelta(days=days))


@given(amounts, days, st.integers(1, 900))
def test_law_a_schedule_adds_up_and_is_never_negative(
    amount: int, first: date, length: int
) -> None:
    spread = schedule(amount, first, first + timedelta(days=length))
    months = [month for month, _ in spread]
    assert sum(minor for _, minor in spread) == amount
    assert all(minor >= 0 for _, minor in spread)
    assert months == sorted(set(months))
    assert (months[0], months[-1]) == (
        month_of(first),
        month_of(first + timedelta(days=length - 1)),
    )


@given(st.lists(spreads, max_size=6), st.permutations(range(6)))
def test_law_the_order_of_benefits_does_not_matter(
    spread: list[Schedule], order: list[int]
) -> None:
    shuffled = [spread[i] for i in order if i < len(spread)]
    assert monthly(shuffled) == monthly(spread)
    assert sum(monthly(spread).values()) == sum(minor for each in spread for _, minor in each)


@given(st.just(()) | spreads, st.just(()) | spreads, days.map(month_of))
def test_law_a_change_adds_up_and_leaves_closed_months_alone(
    old: Schedule, new: Schedule, open_month: date
) -> None:
    changed = change(old, new, open_month)
    total = sum(minor for _, minor in new) - sum(minor for _, minor in old)
    assert sum(changed.values()) == total
    assert all(month >= open_month for month in changed)
    assert change(old, old, open_month) == {}


@given(spreads, days.map(month_of), days.map(month_of))
def test_law_selling_and_undoing_leaves_no_month_behind(
    spread: Schedule, sold_in: date, later: date
) -> None:
    """Whatever was closed in between, in the end nothing stays released."""
    sold = change((), spread, sold_in)
    undone = change(spread, (), max(sold_in, later))
    assert sum(sold.values()) + sum(undone.values()) == 0


def test_a_benefit_undone_after_its_months_were_closed_is_put_right_in_the_open_month() -> None:
    whole = schedule(9000, date(2026, 1, 1), date(2026, 4, 1))
    served = schedule(3100, date(2026, 1, 1), date(2026, 2, 1))
    assert [minor for _, minor in whole] == [3100, 2800, 3100]
    assert change(whole, served, date(2026, 3, 1)) == {date(2026, 3, 1): -5900}
    assert change(whole, served, date(2026, 2, 1)) == {
        date(2026, 2, 1): -2800,
        date(2026, 3, 1): -3100,
    }


@given(amounts, days, st.integers(1, 900), st.integers(-10, 910))
def test_law_what_is_left_is_a_share_and_only_shrinks(
    amount: int, first: date, length: int, cut: int
) -> None:
    last = first + timedelta(days=length)
    left = left_after(amount, first, last, first + timedelta(days=cut))
    assert 0 <= left <= amount
    assert left >= left_after(amount, first, last, first + timedelta(days=cut + 1))
    assert left_after(amount, first, last, first) == amount
    assert left_after(amount, first, last, last) == 0
