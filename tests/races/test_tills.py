"""Two clerks at one till: one of them has the shift. And a day that closes while somebody sells."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.races.racing import DOORS, altered, at_once, unlock
from tests.races.test_locks import ROUNDS
from tests.shop import HALL, TILL, Shop

from baohao.app import days
from baohao.app.door import Answered
from baohao.app.shell import Shell
from baohao.core.refusals import Refusal


def opened(shop: Shop) -> int:
    """Open a shift from every door at once, each as another clerk; return how many have one."""

    def ask(shell: Shell, door: int) -> int:
        asked = shop.ask("open_shift", TILL, float_minor=0, principal=f"clerk-{door}")
        (answer,) = shell.answer([asked])
        assert isinstance(answer, Answered) or answer.code == "till.shift_open"
        return isinstance(answer, Answered)

    return sum(at_once(shop, ask))


def closed(shop: Shop) -> None:
    [(clerk,)] = shop.rows("SELECT clerk FROM shifts WHERE closed_at IS NULL")
    shop.say("count", TILL, pieces={}, principal=clerk)
    shop.say("close_shift", TILL, principal=clerk)


def test_of_all_who_open_a_shift_at_once_one_has_it(shop: Shop) -> None:
    # The first time there is no row that could be locked.
    for _ in range(3):
        assert opened(shop) == 1
        closed(shop)
    shop.is_well()


def test_without_its_lock_a_shift_is_kept_by_its_key(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened(shop) == 1
    closed(shop)
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    assert opened(shop) == 1


def test_without_lock_and_key_two_clerks_have_one_till(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened(shop) == 1
    closed(shop)
    unlock(monkeypatch, "lock_accounts", "FOR UPDATE OF a")
    altered(shop, "DROP INDEX shifts_open", "ALTER TABLE shifts DROP CONSTRAINT shifts_pkey")
    for _ in range(ROUNDS):
        if opened(shop) > 1:
            return
        closed(shop)
    raise AssertionError("nothing went wrong without the lock")


def test_a_drawer_is_counted_once(shop: Shop) -> None:
    shop.say("open_shift", TILL, float_minor=0, principal="clerk-1")

    def count(shell: Shell, door: int) -> int:
        asked = shop.ask("count", TILL, pieces={"1": door}, principal="clerk-1")
        (answer,) = shell.answer([asked])
        return isinstance(answer, Answered)

    assert sum(at_once(shop, count)) == 1


def test_a_day_is_closed_once_by_whoever_comes(shop: Shop) -> None:
    shop.shell.run(lambda conn: days.add(conn, HALL, {"demo": None}))  # type: ignore[dict-item]
    shop.fund(100, TILL)
    shop.say("open_shift", TILL, float_minor=100, principal="clerk-1")
    shop.say("count", TILL, pieces={"100": 1}, principal="clerk-1")
    shop.say("close_shift", TILL, principal="clerk-1")
    day = shop.now().date()
    shop.later(timedelta(days=2))

    def close(shell: Shell, door: int) -> str:
        try:
            done = shell.run(lambda conn: days.close_day(conn, HALL.key, day, by=f"c-{door}"))
        except Refusal as refusal:
            return refusal.code
        return done.closed_by

    assert len(set(at_once(shop, close, DOORS))) == 1
    shop.is_well()
