"""References that payers write: published values, and what may go wrong on the way."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.bank.reference import (
    TEXT_MAX,
    check_digits,
    find,
    is_valid,
    make,
    reference_of,
    written,
)

ids = st.uuids()
SEPARATORS = ("", " ", "-", "\u00a0", ".", "/", "\n", "\u200b", "－")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        # As python-stdnum has them for ISO 7064 MOD 97-10.
        ("99991234567890121414", "90"),
        ("4354111611551114", "31"),
        ("22181321402534321446701611", "35"),
        # An IBAN is one, too: its country and check digits go to the end (ISO 13616, GB and DE).
        ("WEST12345698765432GB", "82"),
        ("370400440532013000DE", "89"),
    ],
)
def test_check_digits_are_those_that_were_published(text: str, digits: str) -> None:
    assert check_digits(text) == digits


@pytest.mark.parametrize("reference", ["RF18539007547034", "RF18000000000539007547034"])
def test_published_references_are_valid(reference: str) -> None:
    assert is_valid(reference)
    assert is_valid(make(reference[4:]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RF",
        "RF18",
        "RF1853900754703",
        "rf18539007547034",
        "RF18 5390 0754 7034",
        "RF١٨539007547034",
    ],
)
def test_what_is_not_written_plainly_is_none(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize("body", ["", "A" * 22, "abc", "1 2", "٣"])
def test_nothing_else_has_a_reference(body: str) -> None:
    with pytest.raises(ValueError, match="1 to 21"):
        make(body)


@given(ids)
def test_a_reference_follows_from_its_payment_alone(id_: UUID) -> None:
    reference = reference_of(id_)
    assert (len(reference), is_valid(reference)) == (20, True)
    assert reference == reference_of(UUID(str(id_)))
    assert reference != reference_of(id_, "back")
    assert find(reference).exact == (reference,)


def test_a_reference_stays_what_it_was_given_out_as() -> None:
    """Payers keep it for days, and banks for years: no release changes it."""
    assert reference_of(UUID(int=5)) == "RF565372676121150316"


@given(ids, st.sampled_from(SEPARATORS), st.booleans(), st.text(max_size=40), st.text(max_size=40))
def test_however_it_is_written_it_is_found(
    id_: UUID, separator: str, lower: bool, before: str, after: str
) -> None:
    reference = reference_of(id_)
    text = separator.join(reference.lower() if lower else reference)
    assert reference in find(f"{before}#{text}#{after}").exact
    assert find(written(reference)).exact == (reference,)


@given(ids)
def test_full_width_is_read(id_: UUID) -> None:
    reference = reference_of(id_)
    wide = "".join(chr(ord(character) + 0xFEE0) for character in reference)
    assert find(f"備註：{wide}，多謝").exact == (reference,)


@given(ids, st.integers(2, 19), st.integers(1, 9))
def test_one_wrong_digit_is_never_taken_and_always_meant(id_: UUID, at: int, by: int) -> None:
    reference = reference_of(id_)
    wrong = reference[:at] + str((int(reference[at]) + by) % 10) + reference[at + 1 :]
    found = find(wrong)
    assert found.exact == ()
    assert reference in found.near


@given(ids, st.integers(2, 18))
def test_two_swapped_digits_are_never_taken_and_always_meant(id_: UUID, at: int) -> None:
    reference = reference_of(id_)
    wrong = reference[:at] + reference[at : at + 2][::-1] + reference[at + 2 :]
    if wrong != reference:
        assert find(wrong).exact == ()
        assert reference in find(wrong).near


@given(ids)
def test_digits_alone_and_letters_for_digits_are_only_meant(id_: UUID) -> None:
    reference = reference_of(id_)
    for wrong in (reference[2:], reference[:2] + reference[2:].replace("0", "O")):
        if wrong != reference:
            assert find(wrong).exact == ()
            assert reference in find(wrong).near


@given(ids, ids)
def test_two_references_are_both_found(one: UUID, other: UUID) -> None:
    both = (reference_of(one), reference_of(other))
    assert set(find(" ".join(both)).exact) == set(both)


@given(st.text())
def test_whatever_is_written_is_read(text: str) -> None:
    found = find(text)
    assert all(map(is_valid, (*found.exact, *found.near)))


@pytest.mark.parametrize(
    "text", ["RF" * 5000, "RF0" * 5000, "0" * 50_000, "R" + "F" * 9000, "\ud800RF"]
)
def test_noise_costs_little(text: str) -> None:
    found = find(text)
    assert len(found.exact) <= TEXT_MAX
    assert len(found.near) < 200
