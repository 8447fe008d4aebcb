"""The specimens of ICAO Doc 9303 and what can go wrong with them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.identifiers.writings import READ_ON, TD1, TD1_LONG_NUMBER, TD2, TD3, flipped

from baohao.core.identifiers import (
    DocumentKind,
    HolderDocument,
    MalformedIdentifier,
    Sex,
    parse_mrz,
)
from baohao.core.identifiers.mrz import mrz_check_digit

ZONES = st.sampled_from([TD3, TD1, TD1_LONG_NUMBER, TD2])


def read(text: str) -> HolderDocument:
    return parse_mrz(text, read_on=READ_ON)


def passport(
    *,
    line: str = "L898902C3",
    nationality: str = "UTO",
    birth: str = "740812",
    sex: str = "F",
    expiry: str = "120415",
    personal: str = "ZE184226B<<<<<",
    personal_check: str | None = None,
    head: str = "P<UTOERIKSSON<<ANNA<MARIA",
) -> str:
    """Return the specimen with other fields and every check digit right, but as given."""
    number, born, ends = (field + mrz_check_digit(field) for field in (line, birth, expiry))
    last = personal + (mrz_check_digit(personal) if personal_check is None else personal_check)
    whole = mrz_check_digit(number + born + ends + last)
    return head.ljust(44, "<") + "\n" + number + nationality + born + sex + ends + last + whole


def test_the_passport_of_doc_9303() -> None:
    assert passport() == TD3
    assert read(TD3) == HolderDocument(
        kind=DocumentKind.PASSPORT,
        country="UTO",
        number="L898902C3",
        birth_date=date(1974, 8, 12),
        expires_on=date(2012, 4, 15),
        sex=Sex.FEMALE,
        nationality="UTO",
        surname="ERIKSSON",
        given_names="ANNA MARIA",
    )


@pytest.mark.parametrize("text", [TD1, TD2])
def test_the_cards_of_doc_9303(text: str) -> None:
    assert read(text) == HolderDocument(
        kind=DocumentKind.TRAVEL_CARD,
        country="UTO",
        number="D23145890",
        birth_date=date(1974, 8, 12),
        expires_on=date(2012, 4, 15),
        sex=Sex.FEMALE,
        nationality="UTO",
        surname="ERIKSSON",
        given_names="ANNA MARIA",
    )


def test_a_long_number_goes_on_in_the_optional_field() -> None:
    card = read(TD1_LONG_NUMBER)
    assert card.number == "D23145890734"
    assert card.surname == "STEVENSON"
    assert card.birth_date == date(1934, 7, 12)
    assert card.expires_on == date(1995, 7, 12)


def test_a_zone_may_be_typed_joined_small_or_full_width() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if c != "\n" else "\r\n" for c in TD3)
    for text in (TD3.replace("\n", ""), TD3.lower(), f"  {TD3[:20]} {TD3[20:]}\r\n", wide):
        assert read(text) == read(TD3)


@given(ZONES.flatmap(lambda zone: flipped(st.just(zone))))
def test_one_wrong_digit_is_refused(text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        read(text)


@given(st.dates(date(1927, 1, 1), READ_ON))
def test_a_birth_within_a_century_is_read_right(born: date) -> None:
    assert read(passport(birth=f"{born:%y%m%d}")).birth_date == born


@given(st.dates(READ_ON - timedelta(days=15000), READ_ON + timedelta(days=15000)))
def test_an_expiry_is_read_right(day: date) -> None:
    assert read(passport(expiry=f"{day:%y%m%d}")).expires_on == day


def test_a_birth_is_not_after_the_day_of_reading() -> None:
    assert read(passport(birth="261122")).birth_date == READ_ON
    assert read(passport(birth="261123")).birth_date == date(1926, 11, 23)
    assert read(passport(birth="000229")).birth_date == date(2000, 2, 29)


@pytest.mark.parametrize("birth", ["<<<<<<", "74<<<<", "7408<<"])
def test_an_unknown_birth_is_none(birth: str) -> None:
    assert read(passport(birth=birth)).birth_date is None


@pytest.mark.parametrize(
    ("sex", "meaning"),
    [("F", Sex.FEMALE), ("M", Sex.MALE), ("<", Sex.UNSPECIFIED), ("X", Sex.UNSPECIFIED)],
)
def test_sexes(sex: str, meaning: Sex) -> None:
    assert read(passport(sex=sex)).sex is meaning


@pytest.mark.parametrize("check", ["<", "0"])
def test_an_empty_personal_number_needs_no_check_digit(check: str) -> None:
    assert read(passport(personal="<" * 14, personal_check=check)).number == "L898902C3"


def test_germany_writes_one_letter() -> None:
    german = read(passport(head="P<D<<MUSTERMANN<<ERIKA", nationality="D<<"))
    assert (german.country, german.nationality, german.surname) == ("DEU", "DEU", "MUSTERMANN")


def test_a_holder_may_have_one_name() -> None:
    one = read(passport(head="P<UTOARKFREITH"))
    assert (one.surname, one.given_names) == ("ARKFREITH", "")


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "length", None),
        (TD3[:-1], "length", None),
        (TD3 + "<", "length", None),
        ("V" + TD3[1:], "type", 0),
        ("P" + TD1[1:], "type", 0),
        (TD3.replace("L898902C3", "L898902C4"), "check_digit", 54),
        (TD3.replace("P<UTO", "P<U7O"), "country", 2),
        (TD3.replace("UTO74", "U7O74"), "country", 55),
        (TD3.replace("ANNA", "4NNA"), "name", 15),
        (TD3.replace("ERIKSSON<<ANNA<MARIA", "<" * 20), "name", 5),
        (passport(birth="740230"), "date", 58),
        (passport(birth="740229"), "date", 58),
        (passport(birth="7<0812"), "date", 58),
        (passport(expiry="121304"), "date", 66),
        (passport(sex="Z"), "sex", 65),
        (passport(line="<<<<<<<<<"), "number", 45),
        (passport(personal_check="2"), "check_digit", 87),
        (passport(personal_check="<"), "check_digit", 87),
        (TD3[:-1] + "1", "check_digit", 88),
        (" " + TD3[:-1] + "1", "check_digit", 89),
        (TD3.replace("ANNA", "ANſA"), "character", 17),
        (TD3.replace("ANNA", "AN\x00A"), "character", 17),
        (TD3.replace("ANNA", "AN-A"), "character", 17),
    ],
)
def test_what_is_wrong_and_where(text: str, code: str, position: int | None) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        read(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.mrz.{code}",
        position,
    )
    told = caught.value.message + repr(caught.value.facts)
    assert "ERIKSSON" not in told
    assert "898902" not in told


def test_the_refusal_names_the_field() -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        read(TD3.replace("7408122", "7408123"))
    assert caught.value.facts["field"] == "birth"
    assert caught.value.facts["position"] == 64
