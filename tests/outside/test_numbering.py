from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.identifiers.writings import anything, macau_nationals

from baohao.core.identifiers import MalformedIdentifier, parse_number
from baohao.core.identifiers.number import MalformedNumber
from baohao.outside.numbering import parse


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("０１３８００１３８０００", "CN", "+8613800138000"),
        ("6123.4567", "HK", "+85261234567"),
        ("001 86 138 0013 8000", "HK", "+8613800138000"),
        ("0086 138 0013 8000", "MO", "+8613800138000"),
        ("0086 138 0013 8000", None, "+8613800138000"),
        ("0086 138 0013 8000", "US", "+8613800138000"),
        ("06 698 12345", "IT", "+390669812345"),
        ("66123456", "MO", "+85366123456"),
        ("+853 6612 3456", "GB", "+85366123456"),
        # The core's plan decides on Macau, also in ranges that the library does not know.
        ("61000000", "MO", "+85361000000"),
        ("+853 6890 0000", None, "+85368900000"),
    ],
)
def test_numbers_of_the_world(text: str, region: str | None, number: str) -> None:
    assert parse(text, region) == number


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("61234567", None, "country_missing"),
        ("11111", "GB", "unassigned"),
        ("+44 1", None, "unassigned"),
        ("+999 123 4567", None, "unassigned"),
        ("138 0013 8000", "XX", "unassigned"),
        ("+1 800 FLOWERS", "US", "character"),
        ("٠٢٠٧٩٤٦٠٩٥٨", "GB", "character"),
        ("020 7946 0958\x00", "GB", "character"),
        ("4.42E+11", "GB", "scientific"),
        ("56123456", "MO", "macau_head"),
        ("+8536612345", "HK", "macau_length"),
        ("9" * 500, "GB", "unassigned"),
    ],
)
def test_what_is_wrong(text: str, region: str | None, code: str) -> None:
    with pytest.raises(MalformedNumber) as caught:
        parse(text, region)
    assert caught.value.code == f"malformed.number.{code}"


@given(macau_nationals, st.sampled_from(["", "853", "+853", "00853"]))
def test_macau_is_read_by_the_core_alone(national: str, prefix: str) -> None:
    assert parse(prefix + national, "MO") == parse_number(prefix + national)


@given(anything, st.sampled_from([None, "MO", "HK", "CN", "US", "GB", "XX"]))
def test_any_text_is_read_or_refused(text: str, region: str | None) -> None:
    try:
        number = parse(text, region)
    except MalformedIdentifier:
        return
    assert parse(number) == number
