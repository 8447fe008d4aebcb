"""Effects are claimed by one worker at a time, for as long as the lease says, and done once."""

from __future__ import annotations

from datetime import timedelta

from tests.shop import Shop

from baohao.store import effects

A, B = "+85366000001", "+85366000002"
MINUTE = timedelta(minutes=1)


def test_two_workers_never_have_the_same_effect(shop: Shop) -> None:
    shop.open(A)
    shop.open(B)
    now = shop.now()
    with shop.looking() as one, shop.looking() as other:
        first = effects.claim(one, now, now + MINUTE, 3)
        rest = effects.claim(other, now, now + MINUTE, 100)
        one.commit()
        other.commit()
    assert len(first) == 3
    assert {e.id for e in first} & {e.id for e in rest} == set()
    assert {e.tries for e in (*first, *rest)} == {1}
    with shop.looking() as conn:
        assert effects.claim(conn, now, now + MINUTE, 100) == ()


def test_a_lease_that_ended_passes_to_another_and_the_first_finishes_nothing(shop: Shop) -> None:
    shop.open(A)
    now = shop.now()
    with shop.looking() as conn:
        mine = effects.claim(conn, now, now + MINUTE, 100)
        theirs = effects.claim(conn, now + 2 * MINUTE, now + 3 * MINUTE, 100)
        assert {e.id for e in theirs} == {e.id for e in mine}
        assert effects.finish(conn, mine) == 0
        assert effects.finish(conn, theirs) == len(theirs) > 0
        assert effects.finish(conn, ()) == effects.postpone(conn, ()) == 0
        assert conn.execute("SELECT count(*) FROM effects").fetchone() == (0,)


def test_what_could_not_be_done_comes_back_later(shop: Shop) -> None:
    shop.open(A)
    now = shop.now()
    with shop.looking() as conn:
        claimed = effects.claim(conn, now, now + MINUTE, 100)
        assert effects.postpone(conn, [(e, now + 5 * MINUTE) for e in claimed]) == len(claimed)
        assert effects.claim(conn, now + 4 * MINUTE, now + 9 * MINUTE, 100) == ()
        again = effects.claim(conn, now + 5 * MINUTE, now + 9 * MINUTE, 100)
        assert [e.tries for e in again] == [2] * len(claimed)


def test_an_effect_knows_whose_it_is(shop: Shop) -> None:
    shop.open(A)
    shop.say("port_out", A, recipient="them")
    now = shop.now()
    with shop.looking() as conn:
        owed = effects.claim(conn, now, now + MINUTE, 100)
    told = {(e.kind, str(e.data.get("what", ""))): e.epoch for e in owed}
    # What is said of a number that has gone is said to whoever had it last.
    assert told["message", "ported_out"] == 1
