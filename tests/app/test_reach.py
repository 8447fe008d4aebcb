"""The dates that lines reach by whole terms, and the plans that they may move to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.shop import BALANCE180, KEEP12, Shop

from baohao.app import reach
from baohao.core.align import align
from baohao.core.civil import Span, Unit
from baohao.core.decide.case import safe_until
from baohao.core.policy.model import Until

NUMBERS = ["+85366100001", "+85366100002"]


def sold_by(shop: Shop, *terms: str) -> None:
    """Have the plan renewed by other terms."""
    policy = shop.rules[KEEP12]
    year = next(each for each in policy.offers if each.verb == "renew")
    offers = [
        replace(year, term=Span.parse(term), price_minor=1_000 * n)
        for n, term in enumerate(terms, start=1)
    ]
    others = [each for each in policy.offers if each.verb != "renew"]
    shop.rules = {**shop.rules, KEEP12: replace(policy, offers=(*others, *offers))}


def test_lines_half_a_year_apart_come_to_one_date(shop: Shop) -> None:
    sold_by(shop, "6 months", "12 months")
    for number in NUMBERS:
        shop.open(number)
    shop.say(
        "renew", NUMBERS[1], **shop.renew(NUMBERS[1], term="6 months").payload, expect_version=2
    )
    with shop.looking() as conn:
        dates = reach.dates(conn, shop.terms(), NUMBERS)
    assert [len(dates[number]) for number in NUMBERS] == [2, 2]
    found = align(dates)
    assert found is not None
    assert found.apart_days <= 1
    assert [str(found.lines[number].term) for number in NUMBERS] == ["12 months", "6 months"]
    # And so they do.
    for number in NUMBERS:
        chosen = found.lines[number]
        payload = shop.renew(number, term=str(chosen.term)).payload
        shop.say("renew", number, **payload, expect_version=shop.line(number).version)
        assert last_day(shop, number) == chosen.day


def last_day(shop: Shop, number: str) -> date:
    until = safe_until(shop.line(number))
    assert until is not None
    zone = shop.rules[KEEP12].zone
    return (until - timedelta(microseconds=1)).astimezone(zone).date()


def shorter(shop: Shop) -> str:
    """Have a plan whose ladder ends with a clock of its own, a day long; return its pin."""
    policy = shop.rules[KEEP12]
    clock = replace(policy.clocks["service"], id="other", term=Span(1, Unit.DAY))
    made = replace(
        policy,
        name="mo.demo.short",
        clocks={"other": clock},
        stages=(replace(policy.stages[0], until=Until(clock="other")), *policy.stages[1:]),
        events=(),
        offers=tuple(replace(each, plan="short") for each in policy.offers),
    )
    shop.rules = {**shop.rules, made.pin: made}
    return made.pin


def test_a_move_that_loses_paid_time_is_told_as_the_door_decides(shop: Shop) -> None:
    number, pin = NUMBERS[0], shorter(shop)
    shop.open(number)
    shop.later(timedelta(days=30))
    with shop.looking() as conn:
        plans = {each.plan: each for each in reach.plans(conn, shop.terms(), number)}
    assert {name: each.is_possible for name, each in plans.items()} == {
        "balance180": True,
        "rental": True,
        "short": False,
    }
    assert plans["balance180"].paid_until == last_day(shop, number)
    assert shop.refused("change_plan", number, plan="short", pin=pin) == "repin.time_lost"
    shop.say("change_plan", number, plan="balance180", pin=BALANCE180)
    assert plans["balance180"].paid_until == last_day(shop, number)
