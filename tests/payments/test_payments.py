"""What is paid through a gateway ends as what was quoted, a refund, or before a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.payments.cashdesk import HASTY_S, NUMBER, Desk
from tests.shop import BALANCE180, HALL, KEEP12, granted, receipts

from baohao.app import figures
from baohao.app.days import close_day
from baohao.app.payments import exceptions, refunding
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import GatewayUnknown, begin
from baohao.app.payments.refunding import NothingToGiveBack, Wish
from baohao.core.decide.selling import QuoteOver, QuoteUnknown
from baohao.core.payments import RefundTooMuch, SecondPersonForRefund
from baohao.core.refusals import Refusal
from baohao.store import days

OTHER = "+85366100002"


def test_what_is_paid_is_renewed(desk: Desk) -> None:
    before = desk.line(NUMBER).standing.clocks["service"].day
    with desk.connected():
        kept = desk.begun()
        assert kept.payment.state == "payable"
        assert kept.given["code_url"].endswith(kept.payment.order)
        assert desk.twin.pay(kept.payment.order)
        desk.tell()
        assert desk.state(kept.payment.id) == "captured"
        assert desk.carry() == {"used": 1}
        after = desk.line(NUMBER).standing.clocks["service"].day
        assert before is not None
        assert after is not None
        assert after.year == before.year + 1
        assert desk.kept(kept.payment.id).payment.spent_minor == kept.payment.amount_minor
        assert desk.balance(str(kept.payment.advance)) == 0
        assert (desk.due(), desk.waiting()) == (0, [])
        desk.agree()


def test_one_quote_is_one_order_however_often_it_is_begun(desk: Desk) -> None:
    with desk.connected():
        quote = desk.quoted()
        made = [
            begin(desk.shell, desk.ports(), desk.beginning(quote), desk.new_id) for _ in range(3)
        ]
        assert {kept.payment.order for kept in made} == {quote.hex}
        assert len(desk.twin.orders) == 1
        nobody = Ports(gateways={}, notify_url="")
        with pytest.raises(GatewayUnknown):
            begin(desk.shell, nobody, desk.beginning(quote), desk.new_id)
        with pytest.raises(QuoteUnknown):
            begin(desk.shell, desk.ports(), desk.beginning(desk.new_id()), desk.new_id)
        late = desk.quoted()
        desk.later(timedelta(minutes=16))
        with pytest.raises(QuoteOver):
            begin(desk.shell, desk.ports(), desk.beginning(late), desk.new_id)


@pytest.mark.parametrize("fault", ["slow", "lost", "broken", "forged", "old", "tampered"])
def test_an_answer_that_says_nothing_is_unknown_and_asked_for(desk: Desk, fault: str) -> None:
    faults = iter([fault])
    with desk.connected(lambda what: next(faults, "") if what == "pay" else "", HASTY_S):
        kept = desk.begun()
        assert kept.payment.state == "unknown"
        desk.later(timedelta(seconds=6))
        assert desk.carry() == {"payable": 1}
        assert desk.twin.heard[-2:] == ["query", "pay"], "it is asked for first"
        assert desk.kept(kept.payment.id).given["code_url"]
        desk.twin.pay(kept.payment.order)
        desk.twin.notices.clear()
        desk.settle()
        assert desk.state(kept.payment.id) == "used"
        desk.agree()


def test_who_does_not_pay_in_time_cannot_pay_later(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.settle()
        assert desk.state(kept.payment.id) == "closed"
        assert not desk.twin.pay(kept.payment.order)
        desk.agree()


def test_money_that_comes_late_buys_what_it_still_can(desk: Desk) -> None:
    """The notice comes a day later, the quote is over: it is quoted anew, at the same price."""
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.later(timedelta(days=1))
        desk.settle()
        assert desk.state(kept.payment.id) == "used"
        desk.agree()


@pytest.mark.parametrize("years", [1.05, 1.3, 3])
def test_money_for_a_line_that_is_lost_meanwhile_has_it_back_or_goes_back(
    desk: Desk, years: float
) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.later(timedelta(days=int(365 * years)))
        desk.settle()
        state = desk.kept(kept.payment.id).payment
        assert state.state in ("used", "refunded"), state
        assert desk.waiting() == []
        desk.agree()


def test_who_pays_second_for_what_is_there_gets_the_money_back(desk: Desk) -> None:
    """A child and a parent each pay for the same year."""
    with desk.connected():
        one, other = desk.begun(), desk.begun()
        for kept in (one, other):
            desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        assert sorted(map(desk.state, (one.payment.id, other.payment.id))) == ["refunded", "used"]
        assert desk.waiting() == []
        desk.agree()


def test_a_line_that_moved_without_harm_is_renewed_all_the_same(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.say("observe", NUMBER, balance="main", amount_minor=5)
        desk.tell()
        desk.settle()
        assert desk.state(kept.payment.id) == "used"
        desk.agree()


def test_credit_is_bought_too(desk: Desk) -> None:
    with desk.connected():
        desk.say("stock", OTHER, operator="demo", plan="balance180", pin=BALANCE180)
        desk.say("record", OTHER, kind="activate")
        kept = desk.begun(OTHER, "top_up")
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        assert desk.state(kept.payment.id) == "used"
        desk.agree()


def test_a_number_is_begun_by_whoever_pays(desk: Desk) -> None:
    with desk.connected():
        desk.say("stock", OTHER, operator="demo", plan="keep12", pin=KEEP12)
        kept = desk.begun(OTHER, "activate", holder="h9", document="bir")
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        assert desk.state(kept.payment.id) == "used"
        tenure = desk.line(OTHER).tenure
        assert tenure is not None
        assert tenure.holder == "h9"
        desk.agree()


@pytest.mark.parametrize(("minor", "currency"), [(8_799, ""), (8_801, ""), (None, "HKD")])
def test_money_that_is_not_what_was_asked_for_waits_for_a_person(
    desk: Desk, minor: int | None, currency: str
) -> None:
    with desk.connected():
        kept = desk.begun()
        id_ = kept.payment.id
        desk.twin.pay(kept.payment.order, minor=minor, currency=currency)
        desk.tell()
        desk.settle()
        assert (desk.state(id_), desk.waiting()) == ("captured", ["amount_differs"])
        desk.agree()
        with desk.looking() as conn:
            (each,) = exceptions.listed(conn)
            with pytest.raises(exceptions.MoneyWithoutHome):
                exceptions.close(conn, each.id, action="none", by="ada", why="bored")
        wish = Wish(payment=id_, reason="not the price", by="ada", approved_by="bob", key="k1")
        for _ in range(2):
            refunding.refund(desk.shell, wish, desk.new_id)
        desk.settle()
        assert (desk.state(id_), desk.waiting()) == ("refunded", [])
        desk.agree()


@pytest.mark.parametrize("lie", ["wrong", "currency"])
def test_a_gateway_that_says_another_amount_than_was_paid_is_looked_at(
    desk: Desk, lie: str
) -> None:
    with desk.connected(lambda what: lie if what == "notice.paid" else ""):
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("captured", ["amount_differs"])
        desk.is_well()


def test_a_refund_by_hand_is_whole_or_partial_and_never_more(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        id_ = kept.payment.id
        desk.twin.pay(kept.payment.order, minor=100_000)
        desk.tell()
        desk.settle()

        def wish(minor: int | None, key: str, approved_by: str = "") -> Wish:
            return Wish(
                payment=id_,
                amount_minor=minor,
                reason="too much",
                by="ada",
                approved_by=approved_by,
                key=key,
            )

        with pytest.raises(SecondPersonForRefund):
            refunding.refund(desk.shell, wish(60_000, "a", "ada"), desk.new_id)
        with pytest.raises(RefundTooMuch):
            refunding.refund(desk.shell, wish(100_001, "a", "bob"), desk.new_id)
        refunding.refund(desk.shell, wish(30_000, "a"), desk.new_id)
        with pytest.raises(RefundTooMuch):
            refunding.refund(desk.shell, wish(70_001, "b", "bob"), desk.new_id)
        desk.settle()
        assert desk.kept(id_).payment.returned_minor == 30_000
        desk.agree()
        refunding.refund(desk.shell, wish(None, "c", "bob"), desk.new_id)
        desk.settle()
        assert (desk.state(id_), len(desk.refunds(id_))) == ("refunded", 2)
        with pytest.raises(NothingToGiveBack):
            refunding.refund(desk.shell, wish(1, "d"), desk.new_id)
        desk.agree()


def test_what_was_bought_is_given_back_as_the_policy_says(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.twin.takes_time = True
        desk.tell()
        desk.settle()
        wish = Wish(payment=kept.payment.id, reason="moving away", by="ada", key="k")
        refunding.refund(desk.shell, wish, desk.new_id)
        assert desk.carry() == {"refund pending": 1}
        desk.settle()
        desk.tell()
        payment = desk.kept(kept.payment.id).payment
        assert 0 < payment.returned_minor == payment.refunded_minor
        assert desk.account(f"refunds:{payment.id}:MOP") == 0
        desk.agree()


def test_a_reversal_at_the_counter_gives_the_payers_money_back(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        act = str(kept.payment.act)
        desk.say("reverse", NUMBER, of=act, reason="wrong number", mistake=True, approved_by="bob")
        desk.settle()
        assert desk.state(kept.payment.id) == "refunded"
        desk.agree()


def test_what_is_paid_by_a_code_at_a_point_is_on_its_day(desk: Desk, tmp_path: Path) -> None:
    desk.shell.run(lambda conn: days.add_point(conn, HALL))
    with desk.connected():
        beginning = desk.beginning(desk.quoted())
        beginning = replace(beginning, asked=replace(beginning.asked, point=HALL.key))
        kept = begin(desk.shell, desk.ports(), beginning, desk.new_id)
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        act = kept.payment.act
        undo = desk.ask("reverse", NUMBER, of=str(act), reason="?", mistake=True, approved_by="bob")
        granted(desk.answers([replace(undo, point=HALL.key)])[0])
        desk.settle()
    giving = receipts.desk(desk, receipts.issuer(tmp_path))
    giving.catch_up()
    sold = giving.issue(act)
    assert sold.facts["receipt"].startswith("hall/")
    paid_with = desk.kept(kept.payment.id).payment.capture
    assert paid_with is not None
    means = {"kind": "advance", "gateway": "acquirer", "means": paid_with.means}
    assert sold.facts["means"] == means
    assert giving.issue(undo.id).facts["means"]["gateway"] == "acquirer"
    day = sold.day
    desk.later(timedelta(days=1))
    closed = desk.shell.run(lambda conn: close_day(conn, HALL.key, day, by="chief"))
    month = datetime.fromisoformat(sold.facts["sold_at"]).astimezone(UTC).date().replace(day=1)
    found = desk.shell.run(lambda conn: figures.sold(conn, month))
    assert ("acquirer", 1) in {(each.means, each.count) for each in found}
    told = [(t["means"], t["what"], t["minor"]) for t in closed.totals]
    price = kept.payment.amount_minor
    assert told == [("acquirer", "reversal", -price), ("acquirer", "sale", price)]
    desk.is_well()


def test_a_refund_that_is_declined_waits_for_a_person(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        id_ = kept.payment.id
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        placed = desk.twin.orders[kept.payment.order]
        desk.say(
            "reverse", NUMBER, of=str(kept.payment.act), reason="no", mistake=True, approved_by="b"
        )
        placed.paid_minor -= 1
        desk.settle()
        placed.paid_minor += 1
        assert (desk.state(id_), desk.waiting()) == ("refunding", ["refund_declined"])
        desk.is_well()
        with desk.looking() as conn:
            (each,) = exceptions.listed(conn)
            with pytest.raises(exceptions.MoneyWithoutHome):
                exceptions.close(conn, each.id, action="none", by="ada", why="bored")
        refunding.by_hand(desk.shell, id_, "main", desk.new_id)
        assert (desk.state(id_), desk.waiting()) == ("refunded", [])
        desk.is_well()


def test_money_for_an_order_that_is_not_known_here_is_kept_and_can_go_back(desk: Desk) -> None:
    """As after a restore: the order was made by a house that remembers nothing of it."""
    with desk.connected():
        kept = desk.begun()
        id_ = kept.payment.id
        desk.twin.pay(kept.payment.order)
        with desk.shell._connect() as conn:
            conn.execute("DELETE FROM payments")
        desk.tell()
        desk.settle()
        assert (desk.state(id_), desk.waiting()) == ("captured", ["no_order"])
        desk.agree()
        wish = Wish(payment=id_, reason="unknown", by="ada", key="k")
        refunding.refund(desk.shell, wish, desk.new_id)
        desk.settle()
        assert (desk.state(id_), desk.waiting()) == ("refunded", [])
        desk.agree()


def test_orders_of_others_and_money_that_comes_twice_are_put_before_a_person(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle()
        placed = desk.twin.orders[kept.payment.order]
        told = {"event": "payment.paid", **desk.twin._told(placed)}
        desk.twin.tell({**told, "txn": "another"}, "")
        desk.twin.tell({**told, "orderRef": "of-a-shop-next-door"}, "")
        refund = {**told, "event": "refund.done", "refundRef": "r-1", "status": "DONE"}
        desk.twin.tell(refund, "")
        desk.tell()
        assert desk.waiting() == ["no_order", "paid_twice", "refund_unknown"]
        with desk.looking() as conn:
            for each in exceptions.listed(conn):
                exceptions.take(conn, each.id, "ada")
                exceptions.close(conn, each.id, action="asked them", by="ada", why="theirs")
            assert exceptions.listed(conn) == []
            assert len(exceptions.listed(conn, closed=True)) == 3
            with pytest.raises(Refusal):
                exceptions.take(conn, each.id, "ada")


def test_a_gateway_that_says_nothing_for_an_hour_is_put_before_a_person(desk: Desk) -> None:
    silent = [True]
    with desk.connected(lambda _: "broken" if silent[0] else ""):
        kept = desk.begun()
        for _ in range(8):
            desk.later(timedelta(minutes=8))
            desk.carry()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("unknown", ["no_answer"])
        silent[0] = False
        desk.settle()
        assert (desk.state(kept.payment.id), desk.waiting()) == ("closed", [])
        desk.agree()


def test_a_house_that_is_closed_carries_nothing(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.tell()
        with desk.shell._connect() as conn:
            conn.execute("UPDATE house SET is_open = false")
        assert desk.carry() == {}
        assert desk.state(kept.payment.id) == "captured"


def test_what_is_reversed_before_its_buying_was_noted_is_left_alone_afterwards(desk: Desk) -> None:
    """The process ended between buying and noting it, and a clerk was quicker than the next one."""
    with desk.connected():
        kept = desk.begun()
        desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.carry()
        with desk.shell._connect() as conn:
            conn.execute("UPDATE payments SET state = 'captured', spent_minor = 0, next_at = now()")
        act = str(kept.payment.act)
        desk.say("reverse", NUMBER, of=act, reason="wrong number", mistake=True, approved_by="bob")
        desk.settle()
        assert (desk.state(kept.payment.id), desk.due()) == ("refunded", 0)
        desk.agree()
