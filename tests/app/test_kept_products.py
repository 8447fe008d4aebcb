"""Every product of the library is kept, planned and done: the plan and the door agree."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from tests.app.telling import VAULT
from tests.shop import Shop, codes

from baohao.app.kept import adding, listing, plan
from baohao.app.kept.adding import ProductGone, Wanted
from baohao.app.library import library
from baohao.core.civil import civil_day
from baohao.core.kept import kept_key
from baohao.core.line.prospect import prospect
from baohao.core.money import format_minor
from baohao.core.policy.model import Policy
from baohao.core.upkeep.plan import Step

KEEPER = "h-1"
#: Of products that nothing keeps, or nobody says at what price.
NO_PLAN = frozenset({"upkeep.nothing_keeps", "upkeep.too_many_ways"})


@pytest.fixture
def house(shop: Shop) -> Shop:
    shop.rules = library()
    return shop


def wanted(policy: Policy, shop: Shop) -> Wanted:
    """The card was activated today, with credit for a while."""
    credit = format_minor(1_000 * 10**policy.exponent // 100 * 100, policy.currency)
    return Wanted(
        product=policy.name,
        act="activate",
        on=shop.now().astimezone(policy.zone).date(),
        balance=credit if policy.charges else "",
    )


def test_every_product_is_kept_and_its_plan_comes_true(house: Shop) -> None:
    of, gone = kept_all(house)
    assert {policy.effective_to is not None for policy in gone} == {True}
    now = house.now()
    cards = house.shell.run(lambda conn: listing.of_keepers(conn, house.terms(), VAULT, [KEEPER]))
    assert {card.subject for card in cards} == {*of}
    first: dict[str, Step] = {}
    for card in cards:
        found = plan.of_card(card, now)
        assert found.refusal is None or found.refusal.code in NO_PLAN, found.refusal
        if found.next is not None:
            first[card.subject] = found.next
    assert len(first) > len(of) / 3
    wrong = {}
    for subject, step in sorted(first.items(), key=lambda each: each[1].at):
        house.later(max(timedelta(), step.at - house.now()))
        for said in plan.done(step, max(step.at, now)):
            house.say("record", subject, principal=KEEPER, channel="app", **said)
        told = prospect(house.line(subject), house.rules, house.now()).service_until.earliest
        if (told and told.last_day) != (step.after and _last_day(of[subject], step.after)):
            wrong[of[subject].pin] = (told, step.after)
    assert wrong == {}
    house.is_well()


def kept_all(house: Shop) -> tuple[dict[str, Policy], list[Policy]]:
    """Keep a card of each product that there is today; return them by card, and those that went."""
    now, asks = house.now(), []
    of, gone = dict[str, Policy](), list[Policy]()
    for n, policy in enumerate(adding.products(house.rules, now.date())):
        try:
            said = adding.asked(house.rules, wanted(policy, house), KEEPER, now)
        except ProductGone:
            gone.append(policy)
            continue
        of[subject := kept_key(f"+8526{n:07}", KEEPER)] = policy
        asks.append(house.ask("keep", subject, principal=KEEPER, channel="app", **said))
    assert codes(house.answers(asks)) == [""] * len(asks)
    return of, gone


def _last_day(policy: Policy, at: datetime) -> date:
    return civil_day(at - timedelta(microseconds=1), policy.zone)
