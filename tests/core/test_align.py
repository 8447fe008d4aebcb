"""Dates of several lines come as near to one another as whole terms allow."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from baohao.core.align import Reached, align
from baohao.core.civil import Span

DAY = date(2027, 1, 1)


def reached(days: int, price: int = 100) -> Reached:
    return Reached(term=Span.parse("12 months"), price_minor=price, day=DAY + timedelta(days=days))


options = st.lists(st.builds(reached, st.integers(0, 400), st.integers(0, 50)), max_size=4)


def test_one_date_where_there_is_one() -> None:
    found = align({"a": [reached(30), reached(90)], "b": [reached(90), reached(200)]})
    assert found is not None
    assert found.apart_days == 0
    assert {each.day for each in found.lines.values()} == {DAY + timedelta(days=90)}


def test_the_cheaper_of_those_alike() -> None:
    found = align({"a": [reached(30, 5), reached(90, 1)], "b": [reached(30, 5), reached(90, 1)]})
    assert found is not None
    assert sum(each.price_minor for each in found.lines.values()) == 2


def test_one_line_is_nothing_to_align() -> None:
    assert align({"a": [reached(30)], "b": []}) is None


@given(st.dictionaries(st.sampled_from("abc"), options))
def test_no_choice_of_terms_is_nearer(lines: dict[str, list[Reached]]) -> None:
    found = align(lines)
    can = [each for each in lines.values() if each]
    assert (found is None) == (len(can) < 2)
    if found is None:
        return
    every = product(*can)
    least = min((max(e.day for e in p) - min(e.day for e in p)).days for p in every)
    assert found.apart_days == least
    days = [each.day for each in found.lines.values()]
    assert (max(days) - min(days)).days <= least
