"""Rows are the same in whatever file they stand, and what is missing shows."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.bank.statement import (
    Ends,
    Place,
    Row,
    Statement,
    Unbalanced,
    balanced,
    folded,
    gaps,
    placed,
)

DAY = date(2026, 3, 2)

rows = st.builds(
    Row,
    line=st.integers(1, 99),
    ref=st.sampled_from(["", "a", "b", "c"]),
    booked_on=st.sampled_from([DAY, DAY + timedelta(days=1)]),
    amount_minor=st.sampled_from([-5, 5, 7]),
    currency=st.just("MOP"),
    text=st.sampled_from(["", "x"]),
)


def row(minor: int = 5, ref: str = "") -> Row:
    return Row(line=1, ref=ref, booked_on=DAY, amount_minor=minor, currency="MOP")


def known_by(*files: list[Row]) -> dict[str, list[tuple[UUID, str]]]:
    """What is kept after some files."""
    kept: dict[str, list[tuple[UUID, str]]] = {}
    for file in files:
        for each in placed("k", folded(file), dict(kept)):
            if each.place is Place.NEW and each.row.ref:
                kept.setdefault(each.row.ref, []).append((each.id, each.row.content))
    return kept


@given(st.lists(rows))
def test_a_file_has_one_id_for_each_row(file: list[Row]) -> None:
    fresh = [each for each in placed("k", folded(file), {}) if each.place is Place.NEW]
    assert len({each.id for each in fresh}) == len(fresh)


@given(st.lists(rows))
def test_the_same_file_again_has_nothing_new(file: list[Row]) -> None:
    first = placed("k", folded(file), {})
    again = placed("k", folded(file), known_by(file))
    assert [each.id for each in again] == [each.id for each in first]
    assert all(each.place is Place.KNOWN for each in again if each.row.ref)


@given(st.lists(rows, max_size=8), st.randoms(use_true_random=False))
def test_rows_without_an_id_are_told_apart_by_their_number(
    file: list[Row], chance: random.Random
) -> None:
    nameless = [replace(each, ref="") for each in file]
    mixed = chance.sample(nameless, len(nameless))
    ids = {each.id for each in placed("k", nameless, {})}
    assert ids == {each.id for each in placed("k", mixed, {})}
    part = mixed[: len(mixed) // 2]
    assert {each.id for each in placed("k", part, {})} <= ids


def test_another_account_has_other_rows() -> None:
    (one,), (other,) = placed("k", [row()], {}), placed("j", [row()], {})
    assert one.id != other.id
    assert one.id.version == 8


def test_what_says_something_else_under_one_id_has_changed() -> None:
    known = known_by([row(ref="a")])
    (each,) = placed("k", [row(6, ref="a")], known)
    assert (each.place, each.id) == (Place.CHANGED, known["a"][0][0])


def test_two_rows_of_one_id_in_one_file_are_two() -> None:
    """A bank may book a payment and its charge under one id."""
    file = [row(ref="a"), row(-1, ref="a"), row(ref="a")]
    assert len(folded(file)) == 2
    assert [each.place for each in placed("k", folded(file), {})] == [Place.NEW, Place.NEW]
    again = placed("k", folded(file[:2]), known_by(file))
    assert [each.place for each in again] == [Place.KNOWN, Place.KNOWN]


@given(st.lists(rows), st.integers(-5, 5))
def test_a_statement_that_does_not_add_up_is_refused(file: list[Row], off: int) -> None:
    closing = sum(each.amount_minor for each in file) + off
    statement = Statement(
        currency="MOP",
        from_on=DAY,
        to_on=DAY,
        opening_minor=0,
        closing_minor=closing,
        rows=tuple(file),
    )
    if off:
        with pytest.raises(Unbalanced):
            balanced(statement)
    else:
        balanced(statement)
    balanced(replace(statement, opening_minor=None))


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.data())
def test_a_missing_day_shows_unless_nothing_happened(moves: list[int], data: st.DataObject) -> None:
    days, balance = [], 0
    for n, moved in enumerate(moves):
        on = DAY + timedelta(days=n)
        days.append(
            Ends(
                id=UUID(int=n),
                from_on=on,
                to_on=on,
                opening_minor=balance,
                closing_minor=balance + moved,
            )
        )
        balance += moved
    assert gaps(days) == frozenset()
    assert gaps(data.draw(st.permutations(days))) == frozenset()
    gone = data.draw(st.integers(0, len(days) - 1))
    left = [each for each in days if each is not days[gone]]
    assert gaps(left) <= {each.id for each in days[gone + 1 : gone + 2]}
    if 0 < gone < len(days) - 1:
        before = {each.closing_minor for each in days[:gone]}
        is_told = days[gone + 1].opening_minor not in before
        assert bool(gaps(left)) is is_told


def test_an_overlap_is_no_gap() -> None:
    def ends(n: int, first: int, last: int, opening: int, closing: int) -> Ends:
        return Ends(
            id=UUID(int=n),
            from_on=DAY + timedelta(days=first),
            to_on=DAY + timedelta(days=last),
            opening_minor=opening,
            closing_minor=closing,
        )

    assert gaps([ends(1, 0, 5, 0, 9), ends(2, 3, 8, 4, 20)]) == frozenset()
    assert gaps([ends(1, 0, 5, 0, 9), ends(2, 6, 8, 4, 20)]) == {UUID(int=2)}
    assert gaps([]) == frozenset()
