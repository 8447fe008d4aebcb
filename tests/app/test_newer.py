"""Newer rules come into force: the daily run moves kept cards, and both dates are told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.app.telling import VAULT, teller
from tests.core.decide.test_newer import OLD, follow
from tests.shop import Shop

from baohao.app import daily
from baohao.app.kept import adding, listing
from baohao.app.kept.adding import Wanted
from baohao.app.kept.listing import Card
from baohao.app.messages import remind
from baohao.core.civil import Span, Unit
from baohao.core.kept import kept_key

NUMBER = "+447700900123"
DAY = timedelta(days=1)


@pytest.fixture
def house(shop: Shop) -> Shop:
    """A card is kept; in twenty days ninety days come to be what six months were."""
    today = shop.now().date()
    newer = follow(OLD, "newer", today + 20 * DAY, Span(90, Unit.DAY))
    shop.rules = {each.pin: each for each in (OLD, newer)}
    wanted = Wanted(product=OLD.name, act="sms_out", on=today)
    asked = adding.asked(shop.rules, wanted, "h-1", shop.now())
    shop.say("keep", kept_key(NUMBER, "h-1"), principal="h-1", channel="app", **asked)
    return shop


def card(shop: Shop) -> Card:
    (found,) = shop.shell.run(lambda conn: listing.of_keepers(conn, shop.terms(), VAULT, ["h-1"]))
    return found


def last_days(shop: Shop) -> list[date]:
    """The last day of each reminder that was written down."""
    remind.run(shop.shell, teller(shop), shop.new_id)
    rows = shop.rows("SELECT deadline FROM messages WHERE what = 'reminder' ORDER BY made_at")
    return [(at - DAY).astimezone(OLD.zone).date() for (at,) in rows]


def test_a_card_moves_by_itself_and_both_dates_are_told(house: Shop) -> None:
    began = house.now().date()
    assert daily.run(house.shell, house.new_id).moved == 0
    before = card(house)
    assert before.by_newest is None
    house.later(30 * DAY)
    # Until it moves it is told as well.
    sooner = began + 90 * DAY
    assert (card(house).by_newest, card(house).due) == (sooner, sooner)
    assert daily.run(house.shell, house.new_id).moved == 1
    assert daily.run(house.shell, house.new_id).moved == 0
    after = card(house)
    assert after.policy.version == "newer"
    assert after.glance.paid_until == before.glance.paid_until == before.due
    assert (after.by_newest, after.due) == (sooner, sooner)
    house.is_well()


def test_reminders_are_by_the_earlier_until_it_has_passed(house: Shop) -> None:
    began = house.now().date()
    house.later(85 * DAY)
    daily.run(house.shell, house.new_id)
    assert last_days(house) == [began + 90 * DAY]
    # It was not so: what was reached before counts, and is told of.
    house.later(90 * DAY)
    (_, later) = last_days(house)
    assert later == card(house).glance.paid_until == card(house).due


def test_a_card_moves_through_each_version_that_came_meanwhile(house: Shop) -> None:
    third = follow(OLD, "third", house.now().date() + 50 * DAY, Span(60, Unit.DAY))
    house.rules = {**house.rules, third.pin: third}
    house.later(60 * DAY)
    assert daily.run(house.shell, house.new_id).moved == 2
    line = house.line(kept_key(NUMBER, "h-1"))
    assert [act.pin for act in line.acts if act.kind == "repin"] == [
        f"{OLD.name}@newer",
        third.pin,
    ]
    house.is_well()
