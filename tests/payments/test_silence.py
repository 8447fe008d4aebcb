"""
Gateways that say nothing for an hour, clocks that are wrong by a day, and notices that come again.

Whatever came meanwhile is found once it is over, and nobody's money waits for another's gateway.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from tests.payments.cashdesk import ASKED, NUMBER, Desk
from tests.payments.gates import GATES, HASTY_S, NOTIFY_URL, connected, contract

from baohao.app.payments.asking import SILENT_MAX, Ports
from baohao.app.payments.begin import Beginning, begin
from baohao.app.payments.carry import Carrier
from baohao.app.payments.notices import Sent, take
from baohao.app.ports import Paid, Refunded
from baohao.core.payments import State
from baohao.core.refusals import Refusal
from baohao.outside.acquirer import Acquirer
from baohao.outside.pretend.wechat_pay import RETRIES

HOUR = timedelta(hours=1)
#: A worker looks each minute.
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def renewals(desk: Desk, number: str = NUMBER) -> int:
    """How often a line was renewed: it was put in stock and activated before."""
    return desk.line(number).version - 2


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("paid", ["before", "meanwhile"])
def test_a_gateway_is_silent_for_an_hour_and_what_was_paid_is_found(
    desk: Desk, gate: str, paid: str
) -> None:
    with desk.connected(read_s=HASTY_S, gate=gate):
        kept = desk.begun()
        if paid == "before":
            assert desk.gate.pay(kept.payment.order)
        desk.gate.misbehave(lambda _: "lost")
        for minute in range(60):
            desk.later(MINUTE)
            desk.carry()
            if minute == 10 and paid == "meanwhile":
                assert desk.gate.pay(kept.payment.order)
        # Its order's end has gone by long ago, and still nobody takes silence for an answer.
        assert desk.state(kept.payment.id) == "unknown" or desk.waiting() == ["no_answer"]
        assert renewals(desk) == 0
        desk.gate.told()
        desk.gate.misbehave(lambda _: "")
        desk.settle()
        assert (desk.state(kept.payment.id), renewals(desk)) == ("used", 1)
        assert desk.waiting() == []
        desk.agree()


def test_a_gateway_that_is_silent_keeps_nobody_else_waiting(desk: Desk) -> None:
    """Twelve orders hang at one gateway; what came through the other is bought in the same run."""
    with ExitStack() as stack:
        one = stack.enter_context(connected("acquirer", desk.now, read_s=HASTY_S))
        other = stack.enter_context(connected("wechat", desk.now))
        ports = Ports(
            gateways={one.name: one.gateway, other.name: other.gateway}, notify_url=NOTIFY_URL
        )
        paid = _begun(desk, ports, NUMBER, other.name)
        hanging = [f"+853661009{n:02}" for n in range(12)]
        for number in hanging:
            desk.open(number)
            _begun(desk, ports, number, one.name)
        asked: list[str] = []

        def hang(what: str) -> str:
            asked.append(what)
            return "slow"

        one.misbehave(hang)
        desk.later(timedelta(seconds=6))
        assert other.pay(paid)
        for headers, body in other.told():
            sent = Sent(gateway=other.gateway, headers=headers, body=body)
            assert take(desk.shell, [sent], desk.new_id) == [None]
        ran = Carrier(desk.shell, ports, desk.new_id).run()
        assert ran["used"] == 1
        # Two were asked about; of a gateway that is silent the others are not, for now.
        assert len(asked) == SILENT_MAX
        one.misbehave(lambda _: "")
        desk.later(HOUR)
        Carrier(desk.shell, ports, desk.new_id).run()
        states = [kept.payment.state for kept in desk.all()]
        assert sorted(states) == [*[State.CLOSED] * 12, State.USED]
        desk.is_well()


def _begun(desk: Desk, ports: Ports, number: str, gateway: str) -> str:
    beginning = Beginning(
        number=number, quote=desk.quoted(number), gateway=gateway, asked=ASKED, said={}
    )
    return begin(desk.shell, ports, beginning, desk.new_id).payment.order


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("by", [DAY, -DAY], ids=["a day ahead", "a day behind"])
def test_with_a_clock_that_is_wrong_notices_are_refused_and_nothing_is_lost(
    desk: Desk, gate: str, by: timedelta
) -> None:
    """The gateway's clock is right; ours is not, and is put right after a while."""
    with desk.connected(gate=gate):
        kept = desk.begun()
        assert desk.gate.pay(kept.payment.order)
        notices = desk.gate.told()
        desk.later(by)
        reasons = [desk.told(*notice) for notice in notices]
        assert reasons in (["it is not of now"], ["its time is not now"])
        assert desk.state(kept.payment.id) == "payable"
        desk.later(-by)
        # Told again, it is taken; and if it is told no more, the janitor asks.
        if by > timedelta():
            assert [desk.told(*notice) for notice in notices] == [""]
        desk.later(timedelta(seconds=6))
        desk.settle()
        assert (desk.state(kept.payment.id), renewals(desk)) == ("used", 1)
        assert desk.waiting() == []
        desk.agree()


@pytest.mark.parametrize("gate", GATES)
def test_told_again_by_the_whole_schedule_it_is_renewed_once(desk: Desk, gate: str) -> None:
    """Our answers got lost: WeChat Pay tells fifteen times more, over 24 hours."""
    assert len(RETRIES) == 15
    assert sum(RETRIES, timedelta()) == timedelta(hours=24, minutes=4)
    with desk.connected(gate=gate):
        kept = desk.begun()
        assert desk.gate.pay(kept.payment.order)
        [notice] = desk.gate.told()
        assert desk.told(*notice) == ""
        for wait in RETRIES:
            desk.later(wait)
            # What they tell again is what they told, signed anew.
            assert desk.told(*desk.gate.anew(kept.payment.order)) == ""
            desk.carry()
        assert (desk.state(kept.payment.id), renewals(desk)) == ("used", 1)
        [(count,)] = desk.rows("SELECT count(*) FROM payment_notices")
        assert (count, desk.waiting()) == (1, [])
        desk.agree()


class Careless(Acquirer):
    """One that passes on what no database takes."""

    def notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Paid | Refunded:
        told = super().notice(headers, body, now)
        assert isinstance(told, Paid)
        return replace(told, order="of-a-\0shop")


def test_one_notice_that_cannot_be_kept_costs_the_others_nothing(desk: Desk) -> None:
    with desk.connected(), ExitStack() as stack:
        careless = Careless(contract(), desk.now)
        stack.callback(careless.close_connections)
        one = desk.begun()
        assert desk.gate.pay(one.payment.order)
        [(headers, body)] = desk.gate.told()
        good = Sent(gateway=desk.gateway, headers=headers, body=body)
        notices = [replace(good, gateway=careless), good, replace(good, headers={}), good]
        found = take(desk.shell, notices, desk.new_id)
        codes = [each.code if isinstance(each, Refusal) else "" for each in found]
        assert codes == ["defect.notice", "", "payment.notice", ""]
        assert desk.state(one.payment.id) == "captured"


def test_a_batch_of_notices_ends_as_they_do_one_by_one(desk: Desk) -> None:
    """Twice the same, another amount, another merchant's order, a second payment: in one batch."""
    with desk.connected():
        first, second = desk.begun(), desk.begun()
        for kept, minor in ((first, None), (second, 8_000)):
            assert desk.gate.pay(kept.payment.order, minor=minor)
        told = {
            "event": "payment.paid",
            **desk.twin._told(desk.twin.orders[first.payment.order]),
        }
        desk.twin.tell({**told, "txn": "another"}, "")
        desk.twin.tell({**told, "orderRef": "of-a-shop-next-door", "txn": "y"}, "")
        found = desk.gate.told()
        notices = [
            Sent(gateway=desk.gateway, headers=headers, body=body)
            for headers, body in (*found, *found)
        ]
        batch = partial(take, desk.shell, notices, desk.new_id)
        for _ in range(2):
            assert batch() == [None] * 8
            states = [desk.state(kept.payment.id) for kept in (first, second)]
            assert states == ["captured", "captured"]
            assert desk.waiting() == ["amount_differs", "no_order", "paid_twice"]
        assert desk.kept(first.payment.id).payment.fits
