"""How often cards may be tried: limits as they are written, and what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core import velocity
from baohao.core.velocity import CardsRefused, LimitMalformed, TooManyTries, Try

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def tried(kind: str, *ago: timedelta, card: str = "") -> list[Try]:
    return [Try(kind=kind, at=NOW - each, card=card) for each in ago]


def refused(limits: str, what: str, tries: list[Try]) -> bool:
    try:
        velocity.judge(velocity.limits(limits), {what: [tries]}, NOW)
    except TooManyTries:
        return True
    return False


def test_the_default_is_written_as_limits_are() -> None:
    found = velocity.limits(velocity.DEFAULT)
    assert len(found) == len({each.text for each in found}) == 15
    assert velocity.longest(found) == timedelta(days=365)
    velocity.judge(found, {}, NOW)


@pytest.mark.parametrize("text", ["", " ", "off"])
def test_there_may_be_no_limit(text: str) -> None:
    assert velocity.limits(text) == ()
    assert velocity.longest(()) == timedelta()


@pytest.mark.parametrize(
    "text",
    [
        *("begun payer", "begun payer 0/1h", "begun payer 1/0h", "begun payer 1/1w", "5/1h"),
        *("begun nobody 1/1h", "paid payer 1/1h", "begun payer 1/1h,", "begun payer ١/1h"),
    ],
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(LimitMalformed):
        velocity.limits(text)


def test_a_limit_counts_what_is_in_its_window_alone() -> None:
    limit, second = "begun payer 2/1h", timedelta(seconds=1)
    assert not refused(limit, "payer", tried("begun", HOUR, second))
    assert refused(limit, "payer", tried("begun", HOUR - second, second))
    assert not refused(limit, "payer", tried("declined", second, second, second))
    assert not refused(limit, "number", tried("begun", second, second, second))


def test_cards_are_counted_by_the_card() -> None:
    three = [each for card in ("a", "b", "c") for each in tried("paid", HOUR, card=card)]
    assert not refused("cards payer 3/1d", "payer", tried("paid", *[HOUR] * 9, card="a"))
    assert refused("cards payer 3/1d", "payer", three)
    # Of a card its payments are counted: nobody knows it before.
    assert refused("begun card 1/1d", "card", tried("paid", HOUR, card="a"))


def test_whose_bank_took_money_back_pays_otherwise() -> None:
    limits = velocity.limits("charged_back payer 1/365d")
    back = {"payer": [tried("charged_back", timedelta(days=364))]}
    with pytest.raises(CardsRefused, match="another way"):
        velocity.judge(limits, back, NOW)
    velocity.judge(limits, back, NOW + timedelta(days=1))


@given(
    st.lists(st.tuples(st.sampled_from(velocity.KINDS), st.integers(0, 100_000)), max_size=30),
    st.integers(1, 20),
)
def test_more_tries_never_let_more_through(happened: list[tuple[str, int]], most: int) -> None:
    limit = f"declined payer {most}/1d"
    tries = [Try(kind=kind, at=NOW - timedelta(seconds=ago)) for kind, ago in happened]
    answers = [refused(limit, "payer", tries[:n]) for n in range(len(tries) + 1)]
    assert answers == sorted(answers)
    near = sum(each.kind == "declined" and NOW - each.at < timedelta(days=1) for each in tries)
    assert answers[-1] == (near >= most)
