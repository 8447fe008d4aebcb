"""Identity cards of Macau, Hong Kong and the mainland."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from tests.core.identifiers.writings import birs, hkids

from baohao.core.identifiers import (
    DocumentKind,
    HolderDocument,
    MalformedIdentifier,
    Sex,
    parse_bir,
    parse_hkid,
    parse_mainland_id,
)
from baohao.core.identifiers.hkid import hkid_check_digit


@pytest.mark.parametrize(
    "text", ["12345678", "1234567(8)", "1/234567/8", "1234567 (8)", "１２３４５６７（８）"]
)
def test_one_macau_card_written_in_many_ways(text: str) -> None:
    card = parse_bir(text)
    assert card == HolderDocument(
        kind=DocumentKind.MACAU_BIR, country="MAC", number="12345678", is_checked=False
    )
    assert card.printed == "1234567(8)"
    assert card.masked == "1*****78"


@pytest.mark.parametrize("head", "015789")
def test_first_digits_of_macau_cards(head: str) -> None:
    if head == "9":
        with pytest.raises(MalformedIdentifier) as caught:
            parse_bir(head + "2345678")
        assert caught.value.code == "malformed.bir.head"
    else:
        assert parse_bir(head + "2345678").number == head + "2345678"


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "shape", 0),
        ("1234567", "shape", 7),
        ("123456(7)", "shape", 6),
        ("1234567(8", "shape", 9),
        ("1234567()", "shape", 8),
        ("123456789", "shape", 8),
        ("1/23456/7", "shape", 7),
        ("1234567/8", "shape", 7),
        ("(1)2345678", "shape", 0),
        ("A234567(8)", "character", 0),
        ("2234567(8)", "head", 0),
    ],
)
def test_what_is_wrong_with_a_macau_card_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_bir(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.bir.{code}",
        position,
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A123456(3)", "A1234563"),
        ("a1234563", "A1234563"),
        ("A 123456 (3)", "A1234563"),
        ("Ａ１２３４５６（３）", "A1234563"),
        ("AB987654(3)", "AB9876543"),
        ("G123456(A)", "G123456A"),
        ("g123456a", "G123456A"),
    ],
)
def test_hong_kong_cards(text: str, number: str) -> None:
    card = parse_hkid(text)
    assert card == HolderDocument(kind=DocumentKind.HKID, country="HKG", number=number)
    assert card.is_checked
    assert card.printed == f"{number[:-1]}({number[-1]})"


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "shape", 0),
        ("123456(3)", "shape", 0),
        ("A12345(3)", "shape", 6),
        ("A123456", "shape", 7),
        ("A123456(3", "shape", 9),
        ("A123456(33)", "shape", 9),
        ("A123456B", "shape", 7),
        ("ABC123456(3)", "shape", 2),
        ("A123456(4)", "check_digit", 8),
        (" A1234564", "check_digit", 8),
        ("A123456[3]", "character", 7),
        ("ſ123456(3)", "character", 0),
    ],
)
def test_what_is_wrong_with_a_hong_kong_card_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_hkid(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.hkid.{code}",
        position,
    )


@given(hkids)
def test_a_missing_first_letter_counts_36(number: str) -> None:
    body, check = number[:-1], number[-1]
    letters = [36] * (8 - len(body)) + [int(c, 36) for c in body]
    total = sum(value * weight for value, weight in zip(letters, range(9, 1, -1), strict=True))
    assert (total + int(check, 36)) % 11 == 0
    assert hkid_check_digit(body) == check


def test_mainland_numbers_tell_birth_and_sex() -> None:
    assert parse_mainland_id("11010519491231002x") == HolderDocument(
        kind=DocumentKind.MAINLAND_ID,
        country="CHN",
        number="11010519491231002X",
        birth_date=date(1949, 12, 31),
        sex=Sex.FEMALE,
    )
    assert parse_mainland_id("440524188001010014").sex is Sex.MALE


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "length", 0),
        ("110105491231002", "length", 15),
        ("11010519491231002X1", "length", 18),
        ("1101051949123100X2", "character", 16),
        ("11010519491231002Y", "character", 17),
        ("010105 19491231 002X", "region", 0),
        ("110105 19490230 0020", "birth_date", 7),
        ("110105000000000020", "birth_date", 6),
        ("110105194912310021", "check_digit", 17),
    ],
)
def test_what_is_wrong_with_a_mainland_number_and_where(
    text: str, code: str, position: int
) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_mainland_id(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.mainland_id.{code}",
        position,
    )


def test_a_refused_number_shows_its_outline_only() -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_mainland_id("110105194912310021")
    assert caught.value.message == (
        "Mainland ID '1•••••••••••••••••' is not valid: the digit at index 17 does not check."
    )


@given(birs)
def test_a_document_shows_nothing_personal(number: str) -> None:
    card = parse_bir(number)
    assert number not in repr(card)
    assert number not in f"{card}"
    assert card.masked.count("*") == 5


def test_a_short_number_is_masked_whole() -> None:
    card = HolderDocument(kind=DocumentKind.PASSPORT, country="UTO", number="A1234")
    assert card.masked == "*****"
    assert card.printed == "A1234"
