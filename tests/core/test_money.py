"""Money: exact, in whole minor units, with a reason where it is not money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.money import (
    EXPONENTS,
    CurrencyUnknown,
    MoneyMalformed,
    SplitImpossible,
    exponent_of,
    format_minor,
    parse_minor,
    split_minor,
)

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
MINOR = st.integers(-(10**15) + 1, 10**15 - 1)


@pytest.mark.parametrize(
    ("currency", "exponent"),
    [
        ("MOP", 2),
        ("JPY", 0),
        ("KWD", 3),
        ("IDR", 2),
        ("TWD", 2),
        ("VND", 0),
        ("ETB", 2),
        ("BHD", 3),
    ],
)
def test_digits_are_those_of_iso_4217(currency: str, exponent: int) -> None:
    assert exponent_of(currency) == exponent


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("50.00", "MOP", 5000),
        ("50", "MOP", 5000),
        ("0.5", "MOP", 50),
        ("660", "JPY", 660),
        ("1.005", "KWD", 1005),
        ("-0.05", "USD", -5),
        ("5000", "IDR", 500000),
    ],
)
def test_amounts_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("50.005", "MOP", "at most 2 digits"),
        ("1.0", "JPY", "no digits"),
        ("1,000.00", "MOP", "separators"),
        ("1e3", "MOP", "powers"),
        (" 5", "MOP", "space"),
        ("", "MOP", "empty"),
        ("５０", "MOP", "digits and a point"),
        ("5.", "MOP", "digits and a point"),
        ("+5", "MOP", "digits and a point"),
        ("9" * 16, "MOP", "15 digits"),
    ],
)
def test_what_is_no_amount_says_why(text: str, currency: str, reason: str) -> None:
    with pytest.raises(MoneyMalformed) as refused:
        parse_minor(text, currency)
    assert reason in refused.value.message


def test_a_currency_that_is_none_is_refused() -> None:
    with pytest.raises(CurrencyUnknown, match="MPO"):
        parse_minor("1", "MPO")


@given(minor=MINOR, currency=CURRENCIES)
def test_writing_and_reading_are_inverse(minor: int, currency: str) -> None:
    assert parse_minor(format_minor(minor, currency), currency) == minor


@given(text=st.text(max_size=20), currency=CURRENCIES)
def test_any_text_is_read_or_refused(text: str, currency: str) -> None:
    try:
        read = parse_minor(text, currency)
    except MoneyMalformed as refusal:
        said = refusal
    else:
        assert isinstance(read, int)
        return
    assert said.message


@given(total=MINOR, weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_split_loses_nothing_and_is_fair(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    if whole == 0:
        with pytest.raises(SplitImpossible):
            split_minor(total, weights)
        return
    parts = split_minor(total, weights)
    assert sum(parts) == total
    # No part is a whole unit away from its exact share.
    assert all(
        abs(part * whole - total * weight) < whole
        for part, weight in zip(parts, weights, strict=True)
    )


def test_a_split_gives_what_is_left_to_the_largest_remainder() -> None:
    assert split_minor(100, [1, 1, 1]) == (34, 33, 33)
    assert split_minor(10, [1, 2, 0]) == (3, 7, 0)
    assert split_minor(-100, [1, 1, 1]) == (-34, -33, -33)


@pytest.mark.parametrize("weights", [[], [0], [-1, 2]])
def test_a_split_without_shares_is_refused(weights: list[int]) -> None:
    with pytest.raises(SplitImpossible):
        split_minor(100, weights)
