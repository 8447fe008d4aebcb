from __future__ import annotations

import re

import pytest
from hypothesis import given
from tests.core.identifiers.writings import anything, macau_nationals, near, numbers

from baohao.core.identifiers import (
    MalformedIdentifier,
    NumberKind,
    display_number,
    is_macau,
    mask_number,
    number_kind,
    parse_number,
)
from baohao.core.identifiers.number import E164_NUMBER, MACAU_NUMBER, Number


@pytest.mark.parametrize(
    "text",
    [
        "66123456",
        "6612 3456",
        "6612-3456",
        "85366123456",
        "+85366123456",
        "+853 6612 3456",
        "0085366123456",
        "00 853 6612-3456",
        "６６１２　３４５６",
        "＋８５３６６１２３４５６",
        "\u202a+853 6612 3456\u202c",
        "\ufeff66123456\r\n",
    ],
)
def test_one_macau_number_written_in_many_ways(text: str) -> None:
    assert parse_number(text) == "+85366123456"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+8613800138000", "+8613800138000"),
        ("00852 6123 4567", "+85261234567"),
        ("+6834000", "+6834000"),
        ("+123456789012345", "+123456789012345"),
        # A fixed number whose first digits happen to be the country code.
        ("85366123", "+85385366123"),
    ],
)
def test_other_numbers(text: str, number: str) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "country_missing", 0),
        ("  6612345", "country_missing", 2),
        ("13800138000", "country_missing", 0),
        (" 56123456", "macau_head", 1),
        ("+853 9612 3456", "macau_head", 5),
        ("0085316123456", "macau_head", 5),
        ("+853 6612 345", "macau_length", 13),
        ("+853 6612 3456 7", "macau_length", 15),
        ("853661234567", "macau_length", 11),
        ("+", "length", 1),
        ("00", "length", 2),
        ("+123456", "length", 7),
        ("+1234567890123456", "length", 16),
        ("+0123456789", "country_zero", 1),
        ("000853661234", "country_zero", 2),
        ("+853+66123456", "character", 4),
        ("6612x456", "character", 4),
        ("6612\n3456", "character", 4),
        ("٦٦١٢٣٤٥٦", "character", 0),
        ("66123456.0", "character", 8),
    ],
)
def test_what_is_wrong_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_number(text)
    assert caught.value.code == f"malformed.number.{code}"
    assert caught.value.facts["position"] == position


def test_the_message_reads_well() -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_number("6612٤456")
    assert caught.value.message == (
        "Number '6612٤456' is not valid: ٤ (U+0664) at index 4 is not a digit."
    )


@given(numbers | near | anything)
def test_the_patterns_say_what_is_canonical(text: str) -> None:
    canonical = re.fullmatch(E164_NUMBER, text) and (
        not text.startswith("+853") or re.fullmatch(MACAU_NUMBER, text)
    )
    try:
        is_own_form = parse_number(text) == text
    except MalformedIdentifier:
        is_own_form = False
    assert is_own_form == bool(canonical)


@given(numbers)
def test_the_displayed_number_reads_back(text: str) -> None:
    number = parse_number(text)
    assert parse_number(display_number(number)) == number


@given(numbers)
def test_the_masked_number_hides_at_least_four_digits_or_half(text: str) -> None:
    number = parse_number(text)
    masked = mask_number(number)
    hidden = masked.count("*")
    assert hidden >= min(4, (len(number) - 1) // 2 - 1)
    assert len(masked.replace(" ", "")) == len(number)


def test_how_macau_numbers_look() -> None:
    mobile, fixed = parse_number("66123456"), parse_number("28123456")
    assert display_number(mobile) == "6612 3456"
    assert mask_number(mobile) == "+853 66** **56"
    assert (number_kind(mobile), number_kind(fixed)) == (NumberKind.MOBILE, NumberKind.FIXED)
    assert number_kind(parse_number("85366123")) is NumberKind.FIXED


def test_numbers_abroad_have_no_macau_kind() -> None:
    abroad = parse_number("+8613800138000")
    assert not is_macau(abroad)
    assert number_kind(abroad) is None
    assert display_number(abroad) == abroad
    assert mask_number(abroad) == "+86*********00"


@given(macau_nationals)
def test_a_number_is_the_same_with_and_without_its_country(national: str) -> None:
    number = Number("+853" + national)
    for prefix in ("", "853", "+853", "00853"):
        assert parse_number(prefix + national) == number
