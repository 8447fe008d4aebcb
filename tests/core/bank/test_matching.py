"""By itself a transfer is matched where everything fits, and never twice."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.bank.matching import (
    NotByTransfer,
    PaidAlready,
    PaysTooLittle,
    SecondPersonForMatch,
    Verdict,
    approve,
    judge,
    match_by_hand,
)
from baohao.core.payments import BY_BANK, Capture, Payment, Wanted

WANTED = Wanted(number="+85366100001", epoch=1, verb="renew", version=1)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def payment(n: int = 1, captured: str = "", gateway: str = BY_BANK) -> Payment:
    come = Capture(payment=captured, amount_minor=100, currency="MOP", at=NOW) if captured else None
    return Payment(
        id=UUID(int=n),
        gateway=gateway,
        amount_minor=100,
        currency="MOP",
        wanted=WANTED,
        act=UUID(int=9),
        capture=come,
    )


@given(st.integers(1, 200), st.sampled_from(["MOP", "HKD"]), st.lists(st.booleans(), max_size=3))
def test_only_what_fits_in_everything_fits(minor: int, currency: str, taken: list[bool]) -> None:
    named = [payment(n, "other" if is_taken else "") for n, is_taken in enumerate(taken, 1)]
    judged = judge("row", minor, currency, named)
    fits = taken == [False] and (minor, currency) == (100, "MOP")
    assert (judged.verdict is Verdict.FITS) is fits
    if len(named) != 1:
        assert judged.verdict is Verdict.NO_ORDER


def test_what_was_paid_by_something_else_is_paid_twice() -> None:
    assert judge("row", 100, "MOP", [payment(captured="other")]).verdict is Verdict.PAID_TWICE
    assert judge("row", 100, "MOP", [payment(captured="row")]).verdict is Verdict.FITS


@given(st.integers(1, 200), st.sampled_from(["MOP", "HKD"]))
def test_a_person_may_take_more_and_never_less(minor: int, currency: str) -> None:
    if currency == "MOP" and minor >= 100:
        match_by_hand(payment(), minor, currency)
    else:
        with pytest.raises(PaysTooLittle):
            match_by_hand(payment(), minor, currency)


def test_what_no_person_can_match() -> None:
    with pytest.raises(PaidAlready):
        match_by_hand(payment(captured="other"), 100, "MOP")
    with pytest.raises(NotByTransfer):
        match_by_hand(payment(gateway="wechat"), 100, "MOP")


def test_much_takes_two() -> None:
    approve(50_000, "MOP", "ada", "")
    approve(50_001, "MOP", "ada", "bob")
    for second in ("", "ada"):
        with pytest.raises(SecondPersonForMatch):
            approve(50_001, "MOP", "ada", second)
