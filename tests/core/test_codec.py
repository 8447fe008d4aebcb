"""What is written of a line and its events is read back as it was, every field of it."""

from __future__ import annotations

import builtins
import json
from collections import abc
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.books.chart import Account, AccountKind, account
from baohao.core.civil import Span, Unit
from baohao.core.line import codec
from baohao.core.line.event import Event
from baohao.core.line.lost import Lost
from baohao.core.line.state import LineState

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
wholes = st.integers(-(2**53), 2**53)
json_values = st.recursive(
    st.none() | st.booleans() | wholes | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=3,
)
SIMPLE: Mapping[Any, st.SearchStrategy[Any]] = {
    str: words,
    int: wholes,
    bool: st.booleans(),
    type(None): st.none(),
    object: json_values,
    UUID: st.uuids(),
    date: st.dates(date(1970, 1, 1), date(2400, 1, 1)),
    datetime: st.datetimes(
        datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis wants bounds without a zone
        datetime(2400, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    Span: st.builds(Span, st.integers(0, 999_999), st.sampled_from(Unit)),
    Account: st.sampled_from(
        [account(AccountKind.FLOAT, "agent-7", "MOP"), account(AccountKind.TILL, "t.1", "HKD")]
    ),
}


@cache
def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type; of a record every field is drawn, so that none can be forgotten."""
    if hint in SIMPLE:
        return SIMPLE[hint]
    parts = get_args(hint)
    match get_origin(hint):
        case None:
            hints = get_type_hints(hint)
            return st.builds(hint, **{f.name: any_of(hints[f.name]) for f in fields(hint)})
        case builtins.tuple if parts[1:] == (...,):
            return st.lists(any_of(parts[0]), max_size=2).map(tuple)
        case builtins.tuple:
            return st.tuples(*map(any_of, parts))
        case builtins.frozenset:
            return st.frozensets(any_of(parts[0]), max_size=2)
        case abc.Mapping:
            return st.dictionaries(any_of(parts[0]), any_of(parts[1]), max_size=2)
        case _:
            return st.one_of(*map(any_of, parts))


def travelled(value: Any) -> Any:
    return json.loads(json.dumps(value))


@given(any_of(LineState))
def test_a_line_is_read_as_it_was_written(state: LineState) -> None:
    assert codec.decode(travelled(codec.encode(state))) == state


@given(any_of(Event))
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    parts: Mapping[str, Any] = travelled(codec.encode_event(event))
    assert codec.decode_event(event.kind, event.effective_at, parts) == event


@given(any_of(LineState))
def test_what_is_written_is_the_same_again(state: LineState) -> None:
    written = codec.encode(state)
    assert codec.encode(codec.decode(travelled(written))) == written


@given(any_of(LineState), any_of(LineState), st.integers(0, 2), st.integers(0, 2))
def test_what_was_written_before_need_not_be_written_again(
    before: LineState, after: LineState, acts: int, sold: int
) -> None:
    moved = replace(
        after, acts=(*before.acts[:acts], *after.acts), sold=(*before.sold[:sold], *after.sold)
    )
    row = codec.encode(before)
    assert codec.encode(moved, (before, row)) == codec.encode(moved)
    assert row == codec.encode(before)


def test_a_sale_of_before_there_were_agents_is_read_and_stays_as_it_is() -> None:
    sale = ["demo", "keep12", "MOP", 12_000, 0, 0, 0, [], [], "till:hall-1:MOP", None]
    row = ["act", 0, "counter", sale, 12_000, []]
    parts = {"v": 1, "sold": row}
    event = codec.decode_event("acted", datetime(2026, 1, 1, tzinfo=UTC), parts)
    assert event.sold is not None
    assert (event.sold.agent, event.sold.commission_minor) == ("", 0)
    assert codec.encode_event(event) == parts
    by_agent = replace(event, sold=replace(event.sold, agent="agent-7", commission_minor=600))
    # The doctor reads positions 4 to 7 of the sale.
    assert codec.encode_event(by_agent)["sold"] == [*row, "agent-7", 600, 0]


def test_a_line_in_nobody_s_stock_is_written_as_it_ever_was() -> None:
    state = LineState(number="+85366123456", operator="o", plan="p", first_pin="a@1", pin="a@1")
    row, held = codec.encode(state), codec.encode(replace(state, agent="agent-7"))
    assert held == [*row, {"agent": "agent-7"}]
    assert len(row) == 16
    assert codec.decode(row) == state


def test_another_format_is_not_guessed_at() -> None:
    state = LineState(number="+85366123456", operator="o", plan="p", first_pin="a@1", pin="a@1")
    row = codec.encode(state)
    with pytest.raises(ValueError, match="format 2"):
        codec.decode([2, *row[1:]])
    with pytest.raises(ValueError, match="format 2"):
        codec.decode_event("closed", datetime(2026, 1, 1, tzinfo=UTC), {"v": 2})
    assert codec.decode(codec.encode(replace(state, pin="b@1"))).pin == "b@1"


def test_a_line_whose_card_is_there_is_written_as_it_ever_was() -> None:
    state = LineState(number="+85366123456", operator="o", plan="p", first_pin="a@1", pin="a@1")
    lost = replace(state, lost=Lost(datetime(2027, 1, 5, tzinfo=UTC), "ask-1"))
    assert len(codec.encode(state)) == 16
    assert codec.encode(lost)[-1] == {"lost": ["2027-01-05T00:00:00+00:00", "ask-1"]}
    assert codec.decode(codec.encode(lost)) == lost
