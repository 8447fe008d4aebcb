"""What agents hold: cards in stock, a float, customers."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook
from tests.shop import FLOAT, Shop, granted, registered

from baohao.app.agents import allotting, customers, floats, registry, stock
from baohao.app.agents.allotting import Outcome
from baohao.app.door import Door
from baohao.app.inventory_columns import NumberColumnMissing
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.app.readings import By
from baohao.app.renumber import change_number
from baohao.app.tables import write_table
from baohao.store import clock

A, B, C, D = "+85366000001", "+85366000002", "+85366000003", "+85366000004"
ICCID = "8985301000000000026"
PRICE = 12_000


@pytest.fixture
def kiosks(shop: Shop) -> Shop:
    """A shop with two agents, of whom one is to be told when its float is low."""
    shop.agents = registered("agent-7", float_alarm_minor=50_000) | registered("agent-8")
    shop.listeners = frozenset({"agent-7"})
    operators = read_library(shipped()).accepted().operators
    for agent in shop.agents.values():
        shop.shell.run(partial(registry.add, agent=agent, operators=operators))
    return shop


def put(shop: Shop, *numbers: str, agent: str = "", **card: Any) -> None:
    """Put cards in stock, and perhaps into an agent's."""
    asks = [shop.stock(number, **card) for number in numbers]
    if agent:
        asks += [shop.ask("allot", n, agent=agent, principal="staff") for n in numbers]
    for answer in shop.answers(asks):
        granted(answer)


def due(shop: Shop, agent: str, days: int = 4_000) -> list[str]:
    with shop.looking() as conn:
        until = clock.now(conn) + timedelta(days=days)
        return [each.number for each in customers.due(conn, agent, until)]


# --- stock ----------------------------------------------------------------------------------------


def test_an_agent_s_stock_is_paged_and_counted(kiosks: Shop) -> None:
    put(kiosks, A, B, C, agent="agent-7")
    put(kiosks, D, agent="agent-8", iccid=ICCID)
    with kiosks.looking() as conn:
        first = stock.held(conn, "agent-7", limit=2)
        assert [card.number for card in first] == [A, B]
        assert [card.number for card in stock.held(conn, "agent-7", first[-1].number)] == [C]
        assert stock.counted(conn, "agent-7") == {"keep12": 3}
        [other] = stock.all_held(conn, "agent-8")
    assert (other.number, other.iccid, other.plan) == (D, ICCID, "keep12")
    assert other.since == kiosks.rows("SELECT recorded_at FROM lines WHERE number = %s", D)[0][0]


def test_the_directory_follows_the_line(kiosks: Shop) -> None:
    put(kiosks, A, B, agent="agent-7")
    kiosks.say("allot", A, agent="agent-8", principal="staff")
    assert kiosks.refused("activate", B, term="12 months", paid=FLOAT, principal="agent-8") == (
        "stock.not_yours"
    )
    granted(kiosks.answers([kiosks.activate(B)])[0])
    assert kiosks.rows("SELECT agent, number FROM allotments") == [("agent-8", A)]
    kiosks.say("allot", A, agent="", principal="staff")
    assert kiosks.rows("SELECT agent, number FROM allotments") == []
    kiosks.is_well()


def test_a_file_of_cards_is_allotted_and_again_changes_nothing(
    kiosks: Shop, tmp_path: Path
) -> None:
    put(kiosks, A, iccid=ICCID)
    put(kiosks, B, C, D)
    granted(kiosks.answers([kiosks.activate(D, principal="staff")])[0])
    rows = [
        ("", ICCID),
        (B, ""),
        ("6600 0003", ""),
        (D, ""),
        ("", "8985301000000000034"),
        ("x", ""),
    ]
    by = By(principal="staff", channel="operator", new_id=kiosks.new_id)

    def told(file: Path) -> list[Outcome]:
        cards = allotting.cards_of(file)
        return list(allotting.allot(kiosks.shell, "agent-7", cards, by))

    for name in ("cards.csv", "cards.xlsx"):
        write_table(tmp_path / name, ("number", "iccid"), rows)
    done, again = told(tmp_path / "cards.csv"), told(tmp_path / "cards.xlsx")
    assert [(each.row, each.outcome) for each in done[:3]] == [
        *((2, "allotted"), (3, "allotted"), (4, "allotted"))
    ]
    codes = ["line.not_in_stock", "card.unknown", "malformed.number.character"]
    assert [each.code for each in done[3:]] == codes
    assert {each.outcome for each in again[:3]} == {"there already"}
    assert [each.code for each in again[3:]] == codes
    back = list(allotting.allot(kiosks.shell, "", enumerate([A, B], start=1), by))
    assert {each.outcome for each in back} == {"taken back"}
    with kiosks.looking() as conn:
        assert [card.number for card in stock.all_held(conn, "agent-7")] == [C]
    (tmp_path / "bad.csv").write_text("colour\nred\n")
    with pytest.raises(NumberColumnMissing):
        list(allotting.cards_of(tmp_path / "bad.csv"))


def test_a_workbook_has_what_a_csv_file_has(tmp_path: Path) -> None:
    rows = [("+85366000001", "=1+1"), ("+85366000002", "http://a")]
    for name in ("t.csv", "t.xlsx"):
        assert write_table(tmp_path / name, ("number", "said"), rows) == 2
    sheet = CalamineWorkbook.from_path(tmp_path / "t.xlsx").get_sheet_by_index(0)
    assert list(sheet.iter_rows()) == [["number", "said"], *map(list, rows)]
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8-sig") as file:
        assert list(csv.reader(file))[1] == ["+85366000001", "'=1+1"]


# --- the float ------------------------------------------------------------------------------------


def told_low(shop: Shop) -> list[tuple[str, Any]]:
    found = shop.rows("SELECT subject, data FROM effects WHERE kind = 'event' ORDER BY due_at, id")
    return [(subject, data) for subject, data in found if data["type"] == "float.low"]


def drained(shop: Shop, left_minor: int) -> None:
    shop.say("withdraw", FLOAT, amount_minor=shop.balance() - left_minor, principal="staff")


def test_a_float_that_falls_below_its_alarm_is_told_once(kiosks: Shop) -> None:
    numbers = [f"+8536600{n:04}" for n in range(6)]
    put(kiosks, *numbers, agent="agent-7")
    drained(kiosks, 50_000 + PRICE)
    activate = kiosks.activate
    granted(kiosks.answers([activate(numbers[0])])[0])
    assert told_low(kiosks) == []
    for answer in kiosks.answers([activate(n) for n in numbers[1:4]]):
        granted(answer)
    low = {
        "listener": "agent-7",
        "type": "float.low",
        "balance_minor": 38_000,
        "alarm_minor": 50_000,
    }
    assert told_low(kiosks) == [(FLOAT, low)]
    kiosks.fund(50_000)
    drained(kiosks, 49_999)
    assert [data["balance_minor"] for _, data in told_low(kiosks)] == [38_000, 49_999]
    drained(kiosks, 1)
    assert len(told_low(kiosks)) == 2
    with kiosks.looking() as conn:
        assert floats.below_alarm(conn) == {"agent-7": 1}
    kiosks.is_well()


def test_a_forecast_is_the_average_of_four_weeks(kiosks: Shop) -> None:
    put(kiosks, A, B, C, agent="agent-7")
    seven = kiosks.agents["agent-7"]

    def float_of() -> floats.Float:
        with kiosks.looking() as conn:
            return floats.float_of(conn, seven, clock.now(conn))

    idle = float_of()
    assert (idle.spent_7_minor, idle.spent_28_minor, idle.runs_out_at) == (0, 0, None)
    granted(kiosks.answers([kiosks.activate(A)])[0])
    kiosks.later(timedelta(days=10))
    asks = [kiosks.activate(B), kiosks.activate(C)]
    sold = [granted(answer) for answer in kiosks.answers(asks)]
    undo = {"of": sold[1].answer["id"], "reason": "a slip", "approved_by": "chief"}
    kiosks.say("reverse", C, **undo, mistake=True, expect_version=sold[1].seq)
    drained(kiosks, 6 * PRICE)
    found = float_of()
    # A reversal gives back what was spent; what was paid out was never spent.
    assert (found.balance_minor, found.spent_7_minor, found.spent_28_minor) == (
        *(6 * PRICE, PRICE),
        2 * PRICE,
    )
    assert found.runs_out_at is not None
    assert abs(found.runs_out_at - kiosks.now() - timedelta(days=3 * 28)) < timedelta(minutes=5)
    assert not found.is_low
    kiosks.later(timedelta(days=29))
    assert (float_of().spent_28_minor, float_of().runs_out_at) == (0, None)
    with kiosks.looking() as conn:
        nobody = floats.float_of(conn, kiosks.agents["agent-8"], clock.now(conn))
    assert (nobody.balance_minor, nobody.is_low) == (0, False)


def test_a_float_is_told_day_by_day(kiosks: Shop) -> None:
    put(kiosks, A, B, agent="agent-7")
    seven, zone = kiosks.agents["agent-7"], ZoneInfo("Asia/Macau")
    began = kiosks.balance()

    def days() -> list[int]:
        with kiosks.looking() as conn:
            found = floats.days_of(conn, seven, zone, 4)
        assert found[-1][0] == kiosks.now().astimezone(zone).date()
        return [minor for _, minor in found]

    # All of it came today.
    assert days() == [0, 0, 0, began]
    granted(kiosks.answers([kiosks.activate(A)])[0])
    kiosks.later(timedelta(days=2))
    granted(kiosks.answers([kiosks.activate(B)])[0])
    kiosks.fund(700)
    assert days() == [0, began - PRICE, began - PRICE, began - 2 * PRICE + 700]


def test_a_large_float_runs_out_too() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    assert floats._runs_out(10**9, 10**9, now) == now + floats.MONTH
    assert floats._runs_out(10**12, 1, now) is None


# --- customers ------------------------------------------------------------------------------------


def test_the_due_list_has_whom_the_agent_has_sold_to_first_lost_first(kiosks: Shop) -> None:
    put(kiosks, A, B, C, agent="agent-7")
    put(kiosks, D)
    for number in (B, A):
        granted(kiosks.answers([kiosks.activate(number)])[0])
        kiosks.later(timedelta(days=3))
    granted(kiosks.answers([kiosks.activate(D, principal="staff", paid="till:hall-1:MOP")])[0])
    assert (due(kiosks, "agent-7"), due(kiosks, "agent-8")) == ([B, A], [])
    assert due(kiosks, "agent-7", days=20) == []
    with kiosks.looking() as conn:
        until = clock.now(conn) + timedelta(days=4_000)
        [first] = customers.due(conn, "agent-7", until, limit=1)
        [second] = customers.due(conn, "agent-7", until, first.place)
        assert (first.number, first.plan, first.stage) == (B, "keep12", "active")
        assert customers.due(conn, "agent-7", until, second.place) == []
        assert customers.is_customer(conn, "agent-7", [A, B, C, D, "+85366999999"]) == {A, B}
        assert customers.owns(conn, "agent-7", [A, B, C, D]) == {A, B, C}
        assert customers.owns(conn, "agent-8", [A, B, C, D]) == set()
        assert customers.owns(conn, "agent-7", []) == set()
        listed = list(customers.due_list(conn, kiosks.rules, "agent-7", 4_000))
    last = (first.safe_until - timedelta(microseconds=1)).astimezone(kiosks.rules[first.pin].zone)
    assert listed[0] == (B, "keep12", "active", last.date().isoformat())


def test_a_customer_of_two_agents_is_on_both_lists_and_a_repeat_writes_nothing(
    kiosks: Shop,
) -> None:
    put(kiosks, A, agent="agent-7")
    granted(kiosks.answers([kiosks.activate(A)])[0])
    other = "float:agent-8:MOP"
    kiosks.fund(5 * PRICE, other)
    rows = "SELECT xmin::text, agent, since FROM customers ORDER BY agent"
    first = kiosks.rows(rows)
    granted(kiosks.answers([kiosks.renew(A)])[0])
    assert kiosks.rows(rows) == first
    granted(kiosks.answers([kiosks.renew(A, principal="agent-8", paid=other)])[0])
    assert (due(kiosks, "agent-7"), due(kiosks, "agent-8")) == ([A], [A])
    # Whoever is in no register has no customers.
    kiosks.fund(5 * PRICE, "float:agent-0:MOP")
    granted(kiosks.answers([kiosks.renew(A, paid="float:agent-0:MOP")])[0])
    assert [agent for _, agent, _ in kiosks.rows(rows)] == ["agent-7", "agent-8"]


def test_once_a_number_has_another_holder_its_old_agent_sees_nothing(kiosks: Shop) -> None:
    put(kiosks, A, agent="agent-7")
    granted(kiosks.answers([kiosks.activate(A)])[0])
    kiosks.say("terminate", A, cause="holder", reason="moved away", principal="staff")
    kiosks.later(timedelta(days=400))
    kiosks.say("return", A, principal="staff")
    assert due(kiosks, "agent-7") == []
    kiosks.say("allot", A, agent="agent-8", principal="staff")
    other = "float:agent-8:MOP"
    kiosks.fund(5 * PRICE, other)
    granted(kiosks.answers([kiosks.activate(A, "new", principal="agent-8", paid=other)])[0])
    with kiosks.looking() as conn:
        assert customers.owns(conn, "agent-7", [A]) == set()
        assert customers.is_customer(conn, "agent-8", [A]) == {A}
    assert (due(kiosks, "agent-7"), due(kiosks, "agent-8")) == ([], [A])
    # Sold to again, the new holder is a customer of the first agent too.
    granted(kiosks.answers([kiosks.renew(A)])[0])
    assert kiosks.rows("SELECT agent, epoch FROM customers ORDER BY agent") == [
        *(("agent-7", 2), ("agent-8", 2))
    ]
    kiosks.is_well()


def test_a_customer_who_has_another_number_is_one_still(kiosks: Shop) -> None:
    put(kiosks, A, agent="agent-7")
    granted(kiosks.answers([kiosks.activate(A)])[0])
    ask = kiosks.ask("change_number", A, to=B, approved_by="chief", principal="staff")
    door = Door(kiosks.terms)
    granted(kiosks.shell.run(lambda conn: change_number(conn, door, ask, kiosks.new_id())))
    assert due(kiosks, "agent-7") == [B]
    kiosks.is_well()
