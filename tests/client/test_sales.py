"""Everything else that is sold by the client, against a running API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.api.serving import BALANCE180, Served
from tests.client.road import Fault, Road

from baohao.app.door import Answered
from baohao.client import Client, OutcomeUnknown, Refused, Row
from baohao.core.asks import Ask
from baohao.outside.ids import new_id

N, OTHER, POOR = "+85366120001", "+85366120002", "+85366120003"
FLOAT_MINOR = 100_000


@pytest.fixture
def keep(served: Served) -> Iterator[Client]:
    served.fund(FLOAT_MINOR)
    with Client(served.url, served.partner().key) as found:
        yield found


def test_a_top_up(served: Served, keep: Client) -> None:
    served.stock(N, pin=BALANCE180)
    # This plan has no activation on offer: its lines come from elsewhere, at a counter.
    came = {"holder": "h-1", "document": "bir", "paid": "till:hall-1:MOP"}
    ask = Ask(
        id=new_id(),
        verb="port_in",
        subject=N,
        key="port-1",
        payload=came,
        principal="clerk-1",
        channel="counter",
    )
    assert isinstance(served.shell.answer([ask])[0], Answered)
    sold = keep.top_up(N, 5_000, expect_version=2, key="slip-1")
    assert sold.total_minor == 5_000
    assert keep.top_up(N, 5_000, expect_version=2, key="slip-1") == sold
    assert served.balance() == FLOAT_MINOR - 5_000


def test_from_stock_to_a_reversal_with_receipts(served: Served, keep: Client) -> None:
    served.stock(N, agent="agent-7")
    held = keep.activate(N, "12 months", holder={"holder": "h-1", "document": "bir"})
    receipt = keep.receipt(held.id)
    assert (receipt.what, receipt.total_minor) == ("activate", held.total_minor)
    assert (receipt.until, receipt.reversed_at) == (held.until, None)
    back = keep.reverse(held.id, "wrong number on the slip")
    assert (back.of, back.number) == (held.id, N)
    assert served.balance() == FLOAT_MINOR - held.total_minor + back.back_minor
    assert keep.receipt(held.id).reversed_at is not None


def test_many_renewals_are_told_in_order(served: Served, keep: Client) -> None:
    served.open(N, OTHER)
    rows: list[Row] = [
        {"number": N, "term": "12 months", "expect_version": 2},
        {"number": POOR, "term": "12 months", "expect_version": 2},
        {"number": OTHER, "term": "a while"},
        {"number": OTHER, "term": "12 months", "expect_version": 2},
    ]
    found = list(keep.renew_many(rows, key="sheet-1"))
    assert [each.number for each in found] == [row["number"] for row in rows]
    assert [each.status for each in found] == [201, 404, 422, 201]
    assert [each.refused.code if each.refused else "" for each in found] == [
        *("", "line.unknown", "malformed.span", "")
    ]
    assert served.balance() == FLOAT_MINOR - 24_000
    again = list(keep.renew_many(rows, key="sheet-1"))
    assert [again[0], again[3]] == [found[0], found[3]]
    assert served.balance() == FLOAT_MINOR - 24_000


def test_many_renewals_survive_a_lost_answer(
    served: Served, keep: Client, road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baohao.client.pages.ROWS_AT_ONCE", 2)
    numbers = [f"+8536613{n:04}" for n in range(5)]
    served.open(*numbers)
    rows: list[Row] = [{"number": n, "term": "12m", "expect_version": 2} for n in numbers]
    key = served.partner(label="by the road").key
    road.meet([Fault.LOST, Fault.NONE, Fault.HALF])
    with Client(road.url, key) as far:
        assert [each.status for each in far.renew_many(rows)] == [201] * 5
    assert served.balance() == FLOAT_MINOR - 5 * 12_000
    assert len(road.keys) == 3
    road.meet([Fault.NONE, Fault.LOST])
    more: list[Row] = [{"number": n, "term": "12m"} for n in numbers[:3]]
    with Client(road.url, key, patience_s=0) as far, pytest.raises(OutcomeUnknown) as unknown:
        list(far.renew_many(more, key="s-2"))
    assert unknown.value.key == "s-2"


def test_what_was_reversed_is_not_reversed_again(served: Served, keep: Client) -> None:
    served.open(N)
    sold = keep.renew(N, "12 months", expect_version=2)
    first = keep.reverse(sold.id, "a mistake", key="back-1")
    assert keep.reverse(sold.id, "a mistake", key="back-1") == first
    with pytest.raises(Refused) as refused:
        keep.reverse(sold.id, "a mistake")
    assert refused.value.code in ("act.reversed", "act.unknown")
