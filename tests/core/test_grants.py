"""Grants: what they allow, until when, and that none outlives its tenure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.core.grants import (
    PAYING,
    Grant,
    GrantMalformed,
    NotGranted,
    Scope,
    allows,
    granted,
    withdraw,
)

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
SEE, PAY, ACT = Scope.SEE, Scope.PAY, Scope.ACT


def grant(*scopes: Scope, **parts: object) -> Grant:
    facts: dict[str, object] = {"number": "+85366123456", "epoch": 2, "grantee": "h-child"}
    facts |= {"scopes": frozenset(scopes or (PAY,)), "since": SINCE, "until": UNTIL}
    return Grant(**{**facts, **parts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scopes", "verbs", "allowed"),
    [
        ({SEE}, (), {"see"}),
        ({PAY}, (), PAYING),
        ({SEE, PAY}, (), {"see", *PAYING}),
        ({ACT}, ("park", "resume"), {"park", "resume"}),
        ({ACT}, ("renew",), {"renew"}),
    ],
)
def test_a_grant_allows_what_it_names_and_nothing_else(
    scopes: set[Scope], verbs: tuple[str, ...], allowed: set[str]
) -> None:
    given_one = grant(*scopes, verbs=frozenset(verbs))
    asked = {"see", "quote", "renew", "top_up", "park", "resume", "transfer", "terminate"}
    assert {act for act in asked if allows(given_one, act, SINCE, epoch=2)} == set(allowed)


def test_a_grant_is_half_open() -> None:
    at = [SINCE - MICRO, SINCE, UNTIL - MICRO, UNTIL]
    assert [allows(grant(), "renew", t, epoch=2) for t in at] == [False, True, True, False]
    assert allows(grant(until=None), "renew", UNTIL, epoch=2)


@pytest.mark.parametrize("epoch", [1, 3, None])
def test_a_grant_ends_with_its_tenure(epoch: int | None) -> None:
    assert not allows(grant(until=None), "renew", SINCE, epoch=epoch)


@pytest.mark.parametrize(
    "parts",
    [
        {"scopes": frozenset()},
        {"scopes": frozenset({ACT})},
        {"verbs": frozenset({"park"})},
        {"until": SINCE},
    ],
)
def test_a_grant_that_allows_nothing_is_not_given(parts: dict[str, object]) -> None:
    with pytest.raises(GrantMalformed):
        grant(**parts)


def test_the_grant_that_lasts_longest_is_found() -> None:
    short, long, endless = grant(until=SINCE + MICRO), grant(), grant(until=None)
    assert granted([short, long], "h-child", "renew", SINCE, epoch=2) == long
    assert granted([long, endless, short], "h-child", "renew", SINCE, epoch=2) == endless
    for who, act in (("h-other", "renew"), ("h-child", "park")):
        with pytest.raises(NotGranted):
            granted([long], who, act, SINCE, epoch=2)


@given(st.integers(-48, 48), st.none() | st.integers(1, 48), st.integers(-48, 72))
def test_law_withdrawing_only_takes(at: int, until: int | None, asked: int) -> None:
    hour = timedelta(hours=1)
    given_one = grant(until=None if until is None else SINCE + until * hour)
    left = withdraw(given_one, SINCE + at * hour)
    moment = SINCE + asked * hour
    before = allows(given_one, "renew", moment, epoch=2)
    after = left is not None and allows(left, "renew", moment, epoch=2)
    assert after == (before and asked < at)
