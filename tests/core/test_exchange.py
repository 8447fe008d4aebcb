"""Rates of exchange: as they are stated, and never more given back than was paid."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.books import funds
from baohao.core.books.chart import AccountKind, account
from baohao.core.books.entry import totals
from baohao.core.exchange import (
    ROUNDINGS,
    Exchanged,
    NoRate,
    Rate,
    RateSchedule,
    parse_rates,
    stated,
)
from baohao.core.money import exponent_of

GOOD = """
operator = "demo"
currency = "MOP"
effective = { from = 2026-01-01 }
[[rates]]
currency = "HKD"
rate = "1.03"
since = 2025-12-31
source = "invented"
rounding = "up"
step = "0.10"
"""
TRANSFER = UUID(int=1)


def read(text: str = GOOD) -> RateSchedule:
    schedule, findings = parse_rates(tomllib.loads(text), ZoneInfo)
    assert schedule is not None, findings
    return schedule


def test_a_price_comes_to_what_the_rate_says() -> None:
    rates = {"demo": read()}
    found = stated(rates, "demo", 8_800, "MOP", "HKD")
    assert found == Exchanged(
        own_minor=8_800,
        own_currency="MOP",
        # 85.4368..., up to a whole ten cents.
        paid_minor=8_550,
        paid_currency="HKD",
        rate="1.03",
        since=date(2025, 12, 31),
        source="invented",
    )
    assert found.value(8_550) == 8_806
    assert stated(rates, "demo", 8_800, "MOP", "MOP") is None
    assert stated(rates, "demo", 8_800, "MOP", "") is None


@pytest.mark.parametrize(("rounding", "paid"), [("up", 8_550), ("nearest", 8_540), ("down", 8_540)])
def test_it_is_rounded_as_is_said(rounding: str, paid: int) -> None:
    rate = read(GOOD.replace('"up"', f'"{rounding}"')).rate("HKD")
    assert rate.exchanged(8_800, "MOP").paid_minor == paid


@pytest.mark.parametrize(
    ("operator", "own", "currency"),
    [("demo", "MOP", "USD"), ("demo", "HKD", "MOP"), ("other", "MOP", "HKD"), ("demo", "MOP", "?")],
)
def test_where_no_rate_is_stated_it_is_refused(operator: str, own: str, currency: str) -> None:
    with pytest.raises(NoRate) as refused:
        stated({"demo": read()}, operator, 8_800, own, currency)
    assert f"pay in {own}" in refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('"1.03"', '"0"', "exchange.rate"),
        ('"1.03"', '"0.000"', "exchange.rate"),
        ('"1.03"', '"-1.03"', "exchange.rate"),
        ('"1.03"', '"1,03"', "exchange.rate"),
        ('"1.03"', '"1e3"', "exchange.rate"),
        ('"1.03"', '".5"', "exchange.rate"),
        ('"1.03"', '"1.123456789"', "exchange.rate"),
        ('"1.03"', "1.03", "policy.type"),
        ('rate = "1.03"', "", "policy.key.missing"),
        ('source = "invented"', "", "policy.key.missing"),
        ("since = 2025-12-31", "", "policy.key.missing"),
        ('currency = "HKD"', 'currency = "MOP"', "exchange.itself"),
        ('currency = "HKD"', 'currency = "XXX"', "malformed.currency"),
        ('"up"', '"away"', "policy.word"),
        ('"0.10"', '"0.101"', "malformed.money"),
    ],
)
def test_a_wrong_file_is_refused_by_name(old: str, new: str, code: str) -> None:
    assert old in GOOD
    schedule, findings = parse_rates(tomllib.loads(GOOD.replace(old, new, 1)), ZoneInfo)
    assert schedule is None
    assert code in [finding.code for finding in findings]


def test_a_currency_has_one_rate() -> None:
    twice = GOOD + GOOD[GOOD.index("[[rates]]") :]
    assert [each.code for each in parse_rates(tomllib.loads(twice), ZoneInfo)[1]] == [
        "exchange.twice"
    ]


CURRENCIES = ("MOP", "HKD", "CNY", "JPY", "KWD")


@st.composite
def exchanges(draw: st.DrawFn) -> tuple[Rate, Exchanged]:
    """Any amount, at any rate and rounding, between currencies of 0, 2 and 3 places."""
    ours, theirs = draw(st.permutations(CURRENCIES))[:2]
    digits = draw(st.integers(1, 10**10))
    rate = Rate(
        currency=theirs,
        rate=f"{digits // 10**6}.{digits % 10**6:06}",
        since=date(2026, 1, 1),
        source="invented",
        step_minor=draw(st.sampled_from((1, 1, 5, 10, 100))),
        rounding=draw(st.sampled_from(ROUNDINGS)),
    )
    return rate, rate.exchanged(draw(st.integers(1, 10**9)), ours)


@given(exchanges())
def test_law_what_is_paid_is_the_price_to_within_a_step(case: tuple[Rate, Exchanged]) -> None:
    rate, each = case
    ours, theirs = exponent_of(each.own_currency), exponent_of(each.paid_currency)
    exact = Fraction(each.own_minor, 10**ours) / Fraction(rate.rate) * 10**theirs
    assert each.paid_minor % rate.step_minor == 0
    assert each.paid_minor >= rate.step_minor
    if each.paid_minor > rate.step_minor:
        assert abs(each.paid_minor - exact) < rate.step_minor
        assert {"up": each.paid_minor >= exact, "down": each.paid_minor <= exact}.get(
            rate.rounding, True
        )


@given(exchanges(), st.lists(st.integers(1, 10**9), max_size=6))
def test_law_parts_that_go_back_never_come_to_more_and_all_is_all(
    case: tuple[Rate, Exchanged], parts: list[int]
) -> None:
    _, each = case
    before = gone = 0
    for part in [*parts, each.own_minor]:
        now = min(part, each.own_minor - before)
        if now:
            gone += each.back(now, before)
            before += now
        assert 0 <= gone <= each.paid_minor
    assert (before, gone) == (each.own_minor, each.paid_minor)


@given(exchanges(), st.integers(1, 10**9))
def test_law_every_currency_balances_and_what_went_whole_leaves_nothing(
    case: tuple[Rate, Exchanged], part: int
) -> None:
    """Money comes in one currency, is kept in another, and goes back, in one part or two."""
    _, each = case
    advance = account(AccountKind.ADVANCE, "p-1", each.own_currency)
    bank = account(AccountKind.BANK, "acquirer", each.paid_currency)

    def moved(minor: int) -> funds.Changed:
        return funds.Changed(minor=minor, value_minor=each.value(minor), transfer=TRANSFER)

    came = funds.pay_in_exchanged(advance, bank, each.own_minor, moved(each.paid_minor))
    assert [entry.currency for entry in came] == [each.paid_currency, each.own_currency][
        : len(came)
    ]
    assert {entry.transfer for entry in came} == {TRANSFER}
    for entry in came:
        assert sum(posting.amount_minor for posting in entry.postings) == 0
    whole = funds.pay_out_exchanged(advance, bank, each.own_minor, moved(each.paid_minor))
    assert not any(totals([*came, *whole]).values())
    first = min(part, each.own_minor)
    if first < each.own_minor and each.back(first):
        parts = (first, 0), (each.own_minor - first, first)
        gone = [
            entry
            for own, before in parts
            if each.back(own, before)
            for entry in funds.pay_out_exchanged(advance, bank, own, moved(each.back(own, before)))
        ]
        left = totals([*came, *gone])
        if all(each.back(own, before) for own, before in parts):
            assert left.get(advance, 0) == left.get(bank, 0) == 0
            # What two roundings may differ by.
            assert abs(left.get(account(AccountKind.ROUNDING, "", each.own_currency), 0)) <= 1
