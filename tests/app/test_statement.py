"""The statement of an agent's month: it is the books, and its sales tell of the same money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.conftest import Campaign
from tests.shop import FLOAT, SEVEN, Shop, commissions, granted
from tests.shop.asking import AGENTS, Asking, Timed, asked

from baohao.app.agents.statement import (
    Commission,
    Float,
    Statement,
    StatementNotOver,
    StatementPaid,
    detail,
    due,
    name_of,
    statement,
)
from baohao.core.agents import Agent
from baohao.core.civil import add_months
from baohao.core.decide.pay_commission import NothingOwed
from baohao.core.deferral import month_of

MACAU = ZoneInfo("Asia/Macau")
ONE, TWO = "+85366000101", "+85366000102"
BEGINS = datetime(2026, 11, 2, 4, tzinfo=UTC)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
WHY = {"reason": "because", "approved_by": "somebody"}


@pytest.fixture
def kiosk(timed_shops: Callable[[], Timed]) -> Timed:
    """Agent 7 sells in November 2026: a tenth of it comes back, and a fee is paid."""
    shop = timed_shops()
    shop.agents, shop.commissions = {SEVEN.key: SEVEN}, commissions()
    shop.at(BEGINS, shop.new_id())
    shop.fund(100_000)
    shop.open(ONE)
    shop.open(TWO)
    shop.say("renew", ONE, term="12 months", paid=FLOAT, expect_version=2, service_fee_minor=500)
    act = shop.line(ONE).sold[-1].act
    shop.say("reverse", ONE, of=act, mistake=True, **WHY)
    return shop


def of_month(shop: Shop, month: date, agent: Agent = SEVEN) -> Statement:
    with shop.looking() as conn:
        return statement(conn, agent, month, MACAU)


def owed(shop: Shop, month: date, agent: Agent = SEVEN) -> int:
    with shop.looking() as conn:
        return due(conn, agent, month, MACAU, "staff")


def pay(shop: Shop, month: date, agent: Agent = SEVEN) -> Any:
    """Pay as the command does, under the month's own key."""
    ask = shop.ask(
        "pay_commission",
        agent.float_account,
        key=f"commission:{agent.key}:{name_of(month)}",
        principal="staff",
        amount_minor=owed(shop, month, agent),
        month=name_of(month),
    )
    return granted(shop.answers([ask])[0])


def test_a_statement_tells_what_was_earned_and_what_the_float_did(kiosk: Timed) -> None:
    told = of_month(kiosk, NOVEMBER)
    assert told.commission == Commission(
        opening_minor=0,
        accrued_minor=1_600 * 2 + 600,
        clawed_back_minor=600,
        paid_out_minor=0,
        closing_minor=3_200,
    )
    assert told.float_ == Float(
        opening_minor=0,
        funded_minor=100_000,
        spent_minor=36_000,
        given_back_minor=12_000,
        withdrawn_minor=0,
        commission_minor=0,
        closing_minor=76_000,
    )
    sold = [(s.verb, s.plan, s.count, s.total_minor, s.commission_minor) for s in told.sales]
    assert sold == [
        ("activate", "keep12", 2, 24_000, 3_200),
        ("renew", "keep12", 1, 12_000, 600),
        ("reverse", "keep12", 1, -12_000, -600),
    ]
    assert (told.service_fees_minor, told.unlisted_minor, told.agrees) == (500, 0, True)
    kiosk.is_well()


def test_a_month_is_the_zones(kiosk: Timed) -> None:
    # 23:59 of 30 November and midnight of 1 December in Macau.
    for at in (datetime(2026, 11, 30, 15, 59, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)):
        kiosk.at(at, kiosk.new_id())
        kiosk.fund(1)
    assert of_month(kiosk, NOVEMBER).float_.funded_minor == 100_001
    assert of_month(kiosk, DECEMBER).float_.funded_minor == 1


def test_the_detail_names_each_sale_and_what_took_it_back(kiosk: Timed) -> None:
    with kiosk.looking() as conn:
        rows = list(detail(conn, SEVEN, NOVEMBER, MACAU))
    assert [(row.number, row.epoch, row.what.verb) for row in rows] == [
        (ONE, 1, "activate"),
        (TWO, 1, "activate"),
        (ONE, 1, "renew"),
        (ONE, 1, "reverse"),
    ]
    assert rows[-1].what.of == rows[-2].ask


def test_a_month_is_paid_once_it_is_over_and_once(kiosk: Timed) -> None:
    with pytest.raises(StatementNotOver):
        owed(kiosk, NOVEMBER)
    kiosk.at(BEGINS + timedelta(days=30), kiosk.new_id())
    kiosk.say("renew", TWO, term="12 months", paid=FLOAT, expect_version=2)
    held = kiosk.balance()
    first, again = pay(kiosk, NOVEMBER), pay(kiosk, NOVEMBER)
    assert (first.answer["paid"], again.answer, again.is_repeat) == (3_200, first.answer, True)
    assert kiosk.balance() == held + 3_200
    # December's own is still owed, and November's was paid in December.
    told = of_month(kiosk, DECEMBER)
    assert (told.commission.opening_minor, told.commission.paid_out_minor) == (3_200, 3_200)
    assert (told.commission.closing_minor, told.float_.commission_minor) == (600, 3_200)
    kiosk.at(BEGINS + timedelta(days=70), kiosk.new_id())
    assert pay(kiosk, DECEMBER).answer["paid"] == 600
    # Asked again after the next month: still the same answer, and nothing moves.
    assert pay(kiosk, NOVEMBER).is_repeat
    with pytest.raises(NothingOwed):
        owed(kiosk, add_months(NOVEMBER, -1))
    with pytest.raises(StatementPaid), kiosk.looking() as conn:
        due(conn, SEVEN, NOVEMBER, MACAU, "another")
    kiosk.is_well()


def test_what_is_reversed_after_it_was_paid_is_owed_by_the_agent(kiosk: Timed) -> None:
    kiosk.at(BEGINS + timedelta(days=30), kiosk.new_id())
    pay(kiosk, NOVEMBER)
    act = kiosk.line(TWO).sold[-1].act
    kiosk.say("reverse", TWO, of=act, mistake=True, **WHY)
    assert of_month(kiosk, DECEMBER).commission.closing_minor == -1_600
    kiosk.at(BEGINS + timedelta(days=70), kiosk.new_id())
    with pytest.raises(NothingOwed):
        owed(kiosk, DECEMBER)
    kiosk.is_well()


def test_a_later_month_is_not_paid_twice_by_an_earlier_one(kiosk: Timed) -> None:
    kiosk.at(BEGINS + timedelta(days=30), kiosk.new_id())
    kiosk.say("renew", TWO, term="12 months", paid=FLOAT, expect_version=2)
    kiosk.at(BEGINS + timedelta(days=70), kiosk.new_id())
    assert pay(kiosk, DECEMBER).answer["paid"] == 3_800
    with pytest.raises(NothingOwed):
        owed(kiosk, NOVEMBER)


def test_what_a_float_paid_before_it_was_registered_is_told(kiosk: Timed) -> None:
    kiosk.agents = {}
    kiosk.say("renew", TWO, term="12 months", paid=FLOAT, expect_version=2)
    told = of_month(kiosk, NOVEMBER)
    assert (told.unlisted_minor, told.agrees) == (12_000, True)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE agent_sales SET commission_minor = commission_minor + 1 WHERE verb = 'activate'",
        "DELETE FROM agent_sales WHERE verb = 'reverse'",
        "UPDATE entries SET kind = 'adjustment' WHERE kind = 'funding'",
    ],
)
def test_a_statement_that_does_not_agree_says_so(kiosk: Timed, harm: str) -> None:
    with kiosk.looking() as conn:
        conn.execute(harm.encode())
        assert not statement(conn, SEVEN, NOVEMBER, MACAU).agrees


def months(shop: Timed) -> Iterator[date]:
    """The months from the first to the one that it is."""
    month = date(2026, 1, 1)
    while month <= month_of(shop.now().date()):
        yield month
        month = add_months(month, 1)


@pytest.mark.soak
def test_statements_of_any_history_agree_with_the_books(
    timed_shops: Callable[[], Timed], campaign: Callable[[int], Campaign]
) -> None:
    drawn, shop = campaign(1_500), timed_shops()
    asking = Asking(drawn.seed + 40, 80)
    for now, transfer, size in asking.groups(drawn.count, most=40):
        shop.at(now, transfer)
        shop.answers(asked(asking, shop, size))
    shop.at(shop.now() + timedelta(days=40), shop.new_id())
    for agent in AGENTS.values():
        closing = (0, 0)
        for month in months(shop):
            told = of_month(shop, month, agent)
            assert told.agrees, told
            assert (told.unlisted_minor, month) == (0, month)
            assert (told.commission.opening_minor, told.float_.opening_minor) == closing
            closing = told.commission.closing_minor, told.float_.closing_minor
        assert closing[1] == shop.balance(agent.float_account)
    sold = of_month(shop, date(2026, 2, 1), AGENTS["agent-0"]).sales
    assert any(each.commission_minor > 0 for each in sold)
    assert any(each.is_back and each.commission_minor < 0 for each in sold)
    shop.is_well()
