"""Laws that hold for every identifier."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.identifiers import writings
from tests.core.identifiers.writings import READ_ON, anything, flipped, written

from baohao.core.identifiers import (
    MalformedIdentifier,
    parse_activation_code,
    parse_bir,
    parse_eid,
    parse_hkid,
    parse_iccid,
    parse_imei,
    parse_imsi,
    parse_mainland_id,
    parse_mrz,
    parse_number,
    parse_printed_iccid,
)
from baohao.core.identifiers.writing import FULL_WIDTH, LINE_ENDS, SEPARATORS, fold, where

PARSERS: dict[str, Callable[[str], object]] = {
    "number": parse_number,
    "iccid": parse_iccid,
    "iccid without check digit": lambda text: parse_iccid(text, check_digit_missing=True),
    "printed iccid": parse_printed_iccid,
    "imsi": parse_imsi,
    "imei": parse_imei,
    "eid": parse_eid,
    "activation code": parse_activation_code,
    "bir": parse_bir,
    "hkid": parse_hkid,
    "mainland id": parse_mainland_id,
    "mrz": lambda text: parse_mrz(text, read_on=READ_ON),
}
GOOD: dict[str, tuple[Callable[[str], str], st.SearchStrategy[str]]] = {
    "number": (parse_number, writings.numbers),
    "iccid": (parse_iccid, writings.iccids),
    "imsi": (parse_imsi, writings.imsis),
    "imei": (lambda text: parse_imei(text).number, writings.imeis),
    "eid": (parse_eid, writings.eids),
    "bir": (lambda text: parse_bir(text).number, writings.birs),
    "hkid": (lambda text: parse_hkid(text).number, writings.hkids),
    "mainland id": (lambda text: parse_mainland_id(text).number, writings.mainland_ids),
}
CHECKED = ("iccid", "imei", "eid", "hkid", "mainland id")


def leaves(kind: type[MalformedIdentifier]) -> list[type[MalformedIdentifier]]:
    return [leaf for child in kind.__subclasses__() for leaf in leaves(child)] or [kind]


def refused(parse: Callable[[str], object], text: str) -> MalformedIdentifier | None:
    try:
        parse(text)
    except MalformedIdentifier as refusal:
        return refusal
    return None


LEAVES = leaves(MalformedIdentifier)


@pytest.mark.parametrize("kind", PARSERS)
@given(text=anything)
def test_any_text_is_read_or_refused_with_facts_fit_to_show(kind: str, text: str) -> None:
    refusal = refused(PARSERS[kind], text)
    if refusal is None:
        return
    position = refusal.facts["position"]
    assert position is None or (isinstance(position, int) and 0 <= position <= len(text))
    assert refusal.facts["what"] == refusal.what
    assert str(refusal.facts["reason"]) in refusal.message
    assert all(str(fact).isprintable() for fact in refusal.facts.values())
    assert refusal.message.isprintable()


@pytest.mark.parametrize("kind", GOOD)
@given(data=st.data())
def test_what_people_write_is_read_in_its_one_form(kind: str, data: st.DataObject) -> None:
    parse, good = GOOD[kind]
    canonical, text = data.draw(written(good))
    assert parse(text) == canonical
    assert parse(canonical) == canonical


@pytest.mark.parametrize("kind", CHECKED)
@given(data=st.data())
def test_one_wrong_digit_is_refused(kind: str, data: st.DataObject) -> None:
    parse, good = GOOD[kind]
    with pytest.raises(MalformedIdentifier):
        parse(data.draw(flipped(good)))


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("poison", ["\x00", "\ud800", "٤", "५", "²", "Ⅷ", "𝟗"])
@given(data=st.data())
def test_poison_is_refused_where_it_stands(kind: str, poison: str, data: st.DataObject) -> None:
    parse, good = GOOD[kind]
    text = data.draw(good)
    place = data.draw(st.integers(0, len(text)))
    with pytest.raises(MalformedIdentifier) as caught:
        parse(text[:place] + poison + text[place:])
    assert caught.value.code.endswith(".character")
    assert caught.value.facts["position"] == place


@pytest.mark.parametrize("kind", ["iccid", "imsi", "imei", "eid", "number", "mainland id"])
@pytest.mark.parametrize("text", ["8.985301E+18", "8,98e18", "1E+17", " 6.6123456E+07\n"])
def test_what_a_spreadsheet_rounded_is_refused_by_name(kind: str, text: str) -> None:
    with pytest.raises(MalformedIdentifier, match="a spreadsheet rounded it") as caught:
        PARSERS[kind](text)
    assert caught.value.code.endswith(".scientific")


@pytest.mark.parametrize("kind", ["bir", "hkid", "mainland id"])
@given(data=st.data())
def test_a_refused_document_is_not_shown(kind: str, data: st.DataObject) -> None:
    parse, good = GOOD[kind]
    text = data.draw(good) + "5"
    with pytest.raises(MalformedIdentifier) as caught:
        parse(text)
    told = caught.value.message + repr(caught.value.facts)
    assert not any(text[start : start + 4] in told for start in range(len(text) - 3))


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_refusal_says_what_is_wrong_in_one_way(leaf: type[MalformedIdentifier]) -> None:
    message = (leaf.__doc__ or "").strip()
    assert message.startswith(f"{leaf.what} '{{value}}' is not valid: ")
    assert leaf.code.startswith("malformed.")
    assert leaf.code.count(".") == 2


def test_codes_are_unique() -> None:
    assert len({leaf.code for leaf in LEAVES}) == len(LEAVES)


def test_a_refusal_survives_pickling() -> None:
    with pytest.raises(MalformedIdentifier) as caught:
        parse_iccid("8985301000000000001")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy == caught.value
    assert copy.message == caught.value.message


@given(anything)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(anything)
def test_where_points_at_the_character_that_was_kept(text: str) -> None:
    plain = fold(text)
    for index, character in enumerate(plain):
        original = text[where(text, index)]
        assert chr(FULL_WIDTH.get(ord(original), ord(original))) == character
    assert where(text, len(text)) == len(text)


def test_separators_and_full_width_are_what_they_are_said_to_be() -> None:
    assert fold(SEPARATORS + LINE_ENDS) == ""
    assert fold("６６ー") == "66ー"
    assert fold("（Ａ）＋＜９－") == "(A)+<9"
    assert fold("66\n12") == "66\n12"
