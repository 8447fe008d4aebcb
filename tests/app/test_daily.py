"""The daily run settles what is due, once, and moves its reminders on."""

from __future__ import annotations

from datetime import timedelta

from tests.shop import FLOAT, KEEP12, RENTAL, Shop

from baohao.app import daily

A, B = "+85366000001", "+85366000002"


def opened(shop: Shop) -> None:
    shop.answers([shop.stock(A, RENTAL)])
    shop.say("activate", A, holder="h", document="bir", paid=FLOAT)
    shop.say("top_up", A, amount_minor=5_000, paid=FLOAT, expect_version=2)


def test_what_fell_due_is_taken_down_once(shop: Shop) -> None:
    opened(shop)
    shop.later(timedelta(days=70))
    before = shop.balance("float:agent-7:MOP")
    first = daily.run(shop.shell, shop.new_id)
    assert (first.looked, first.settled, first.refused) == (1, 1, {})
    version = shop.line(A).version
    assert shop.line(A).standing.balances == {"main": 5_000 - 2 * 700}
    again = daily.run(shop.shell, shop.new_id)
    assert (again.looked, again.settled) == (0, 0)
    assert shop.line(A).version == version
    assert shop.balance("float:agent-7:MOP") == before
    shop.is_well()


def test_a_reminder_that_came_too_early_is_moved_on(shop: Shop) -> None:
    shop.open(B)
    for _ in range(2):
        shop.answers([shop.renew(B)])
    [(early,)] = shop.rows("SELECT at FROM due")
    shop.later(timedelta(days=370))
    version = shop.line(B).version
    ran = daily.run(shop.shell, shop.new_id)
    assert (ran.looked, ran.settled) == (1, 0)
    [(later,)] = shop.rows("SELECT at FROM due")
    assert later == shop.line(B).standing.clocks["service"].deadline
    assert later > early
    assert shop.line(B).version == version
    shop.is_well()


def test_a_life_goes_by_without_anybody(shop: Shop) -> None:
    shop.open(B)
    for _ in range(24):
        shop.later(timedelta(days=30))
        daily.run(shop.shell, shop.new_id)
    line = shop.line(B)
    assert line.standing.stage == "recycled"
    assert shop.rows("SELECT at FROM due") == []
    assert shop.rows("SELECT due_at FROM lines") == [(None,)]
    kinds = shop.rows("SELECT kind, ask, principal FROM journal WHERE subject = %s AND seq > 2", B)
    assert kinds == [("settled", None, "")] * 4
    shop.is_well()


def test_a_line_that_cannot_be_settled_holds_nobody_up(shop: Shop) -> None:
    opened(shop)
    shop.open(B)
    shop.later(timedelta(days=400))
    shop.rules = {pin: policy for pin, policy in shop.rules.items() if pin != KEEP12}
    ran = daily.run(shop.shell, shop.new_id)
    assert (ran.looked, ran.settled, ran.refused) == (2, 1, {"policy.missing": 1})


def test_more_lines_than_a_batch_holds_are_settled(shop: Shop) -> None:
    numbers = [f"+85366{n:06}" for n in range(daily.AT_ONCE + 20)]
    shop.fund(12_000 * len(numbers))
    shop.answers([shop.stock(number) for number in numbers])
    shop.answers([shop.activate(number) for number in numbers])
    shop.later(timedelta(days=370))
    ran = daily.run(shop.shell, shop.new_id)
    assert ran.settled == len(numbers)
    assert {stage for (stage,) in shop.rows(STAGES)} == {"grace"}


STAGES = "SELECT DISTINCT stages ->> 0 FROM boundaries JOIN ladders USING (ladder)"
