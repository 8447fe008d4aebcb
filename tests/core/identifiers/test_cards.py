"""ICCID, IMSI, IMEI, EID."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.identifiers.writings import digits, iccids

from baohao.core.identifiers import (
    Imei,
    MalformedIdentifier,
    PartialIccid,
    iccid_issuer,
    imsi_network,
    parse_eid,
    parse_iccid,
    parse_imei,
    parse_imsi,
    parse_printed_iccid,
)
from baohao.core.identifiers.eid import eid_check_digits
from baohao.core.identifiers.iccid import ICCID
from baohao.core.identifiers.luhn import DOUBLED, luhn_digit, luhn_remainder

CTM, HUTCHISON = "8985301000000000000", "8985303000000000008"


def luhn_by_hand(text: str) -> int:
    total = 0
    for place, character in enumerate(reversed(text)):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10


@given(digits(0, 40))
def test_luhn_agrees_with_the_sum_by_hand(text: str) -> None:
    assert luhn_remainder(text) == luhn_by_hand(text)
    assert luhn_remainder(text + luhn_digit(text)) == 0


@given(digits(0, 40))
def test_the_published_weights_are_the_ones_used(text: str) -> None:
    turned = text[::-1]
    total = sum(map(int, turned[::2])) + sum(DOUBLED[int(c)] for c in turned[1::2])
    assert total % 10 == luhn_remainder(text)


@pytest.mark.parametrize("iccid", [CTM, HUTCHISON, "89853010000000000004"])
def test_whole_iccids(iccid: str) -> None:
    assert parse_iccid(iccid) == iccid
    assert parse_iccid(f" {iccid[:6]} {iccid[6:]}F ") == iccid
    assert parse_iccid(iccid + "f") == iccid


def test_eighteen_digits_lack_their_check_digit() -> None:
    assert parse_iccid(HUTCHISON[:18]) == HUTCHISON


def test_nineteen_digits_lack_it_only_when_the_source_says_so() -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_iccid("8985301000000000001")
    assert caught.value.code == "malformed.iccid.check_digit"
    assert caught.value.facts["expected"] == "0"
    assert parse_iccid("8985301000000000001", check_digit_missing=True) == "89853010000000000012"
    # This one passes by chance, or is whole: only the source knows.
    assert parse_iccid(CTM, check_digit_missing=True) == CTM + luhn_digit(CTM)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "length", 0),
        ("89853010000000000", "length", 17),
        ("898530100000000000000", "length", 20),
        ("8985301 000000000001", "check_digit", 19),
        ("8885301000000000000", "prefix", 1),
        ("1985301000000000000", "prefix", 0),
        ("9858031000000000000F", "swapped", 0),
        ("898530100000000000OF", "character", 18),
        ("8985301F000000000000", "character", 7),
        ("8985301000000000000FF", "character", 19),
        ("8.98530100000000E+18", "scientific", 0),
    ],
)
def test_what_is_wrong_with_an_iccid_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_iccid(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.iccid.{code}",
        position,
    )


def test_twenty_digits_do_not_lack_a_check_digit() -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_iccid("89853010000000000004", check_digit_missing=True)
    assert caught.value.code == "malformed.iccid.unchecked_length"
    assert caught.value.facts["position"] == 19


@given(iccids)
def test_the_pattern_covers_every_canonical_iccid(text: str) -> None:
    assert re.fullmatch(ICCID, parse_iccid(text))


@given(iccids, st.integers(8, 17), st.integers(0, 2))
def test_a_printed_part_finds_its_card(text: str, length: int, start: int) -> None:
    printed = text[start : start + length]
    part = parse_printed_iccid(printed)
    assert isinstance(part, PartialIccid)
    assert part.printed == part.digits == printed
    assert part.matches(parse_iccid(text))


def test_a_printed_part_keeps_its_form() -> None:
    part = parse_printed_iccid(" 8985-3030 00000 ")
    assert part == PartialIccid(printed="8985-3030 00000", digits="8985303000000")
    assert part.matches(parse_iccid(HUTCHISON))
    assert not part.matches(parse_iccid(CTM))


def test_a_whole_print_is_no_part() -> None:
    assert parse_printed_iccid(CTM) == CTM
    for text in ("8985303", "8985303000000000007", "898530300000x"):
        with pytest.raises(MalformedIdentifier):
            parse_printed_iccid(text)


def test_issuers_by_head() -> None:
    assert iccid_issuer(parse_iccid(CTM)) == "CTM"
    assert iccid_issuer(parse_iccid(HUTCHISON)) == "Hutchison"
    assert iccid_issuer(parse_iccid("898601000000000000")) is None


def test_networks_of_macau_by_imsi() -> None:
    operators = {}
    for mnc in ("01", "02", "03", "04", "05", "07"):
        network = imsi_network(parse_imsi(f"455{mnc}1234567890"))
        assert network is not None
        assert (network.mcc, network.mnc) == ("455", mnc)
        operators[mnc] = network.operator
    assert operators == {
        "01": "CTM",
        "02": "China Telecom (Macau)",
        "03": "Hutchison",
        "04": "CTM",
        "05": "Hutchison",
        "07": "China Telecom (Macau)",
    }
    assert imsi_network(parse_imsi("455991234567890")) is None
    assert imsi_network(parse_imsi("460011234567890")) is None


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("45501", "length", 5),
        ("4550112345678901", "length", 15),
        ("455 01 12345a", "character", 12),
    ],
)
def test_what_is_wrong_with_an_imsi_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_imsi(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.imsi.{code}",
        position,
    )


def test_imei_and_imeisv_name_the_same_device() -> None:
    assert parse_imei("49-015420-323751-8") == Imei(number="490154203237518")
    assert parse_imei("4901542032375101") == Imei(number="490154203237518", software_version="01")


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("490154203237517", "check_digit", 14),
        ("49015420323751", "length", 14),
        ("49015420323751801", "length", 16),
        ("49015420323751O", "character", 14),
    ],
)
def test_what_is_wrong_with_an_imei_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_imei(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.imei.{code}",
        position,
    )


def test_eids() -> None:
    eid = "89049032123451234512345678901235"  # the example of GSMA SGP.22
    assert parse_eid(eid) == eid
    assert parse_eid("8904 9032 1234 5123 4512 3456 7890 1235") == eid
    assert eid_check_digits(eid[:30]) == "35"


@given(digits(30))
def test_the_check_digits_of_an_eid_leave_one_modulo_97(body: str) -> None:
    assert int(body + eid_check_digits(body)) % 97 == 1


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("89049032123451234512345678901236", "check_digits", 30),
        ("8904903212345123451234567890123", "length", 31),
        ("890490321234512345123456789012355", "length", 32),
        ("9" * 5000, "length", 32),
        ("8904903212345123451234567890123x", "character", 31),
    ],
)
def test_what_is_wrong_with_an_eid_and_where(text: str, code: str, position: int) -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_eid(text)
    assert (caught.value.code, caught.value.facts["position"]) == (
        f"malformed.eid.{code}",
        position,
    )
    assert len(caught.value.message) < 200
