"""
Money that payers' banks take back: what was bought stays, the books say what is missing, and any
order in which it is told ends alike.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import Campaign
from tests.payments.cashdesk import NUMBER, Desk

from baohao.app.payments import claims, exceptions, listing
from baohao.app.payments.carry import Carrier
from baohao.core.payments import SecondPersonForRefund, State
from baohao.outside.acquirer import NAME
from baohao.store.payments import Kept

PRICE = 12_000
Notice = tuple[dict[str, str], bytes]


def paid(desk: Desk, number: str = NUMBER) -> Kept:
    """A payment whose money has come, and is known."""
    kept = desk.begun(number)
    assert desk.twin.pay(kept.payment.order)
    desk.tell()
    return kept


def used(desk: Desk, number: str = NUMBER) -> Kept:
    kept = paid(desk, number)
    desk.settle()
    assert desk.state(kept.payment.id) == "used"
    return kept


def taken(desk: Desk, kept: Kept, *, minor: int | None = None) -> str:
    case = desk.twin.charge_back(kept.payment.order, minor=minor)
    desk.tell()
    desk.settle()
    return case


def ended(desk: Desk, kept: Kept, case: str, *, won: bool) -> None:
    desk.twin.end_case(kept.payment.order, case, won=won)
    desk.tell()
    desk.settle()


def money(desk: Desk, id_: UUID) -> Mapping[str, int]:
    """Where the money of a payment stands; credits are below zero, what is nothing is left out."""
    names = [f"bank:{NAME}:MOP", "adjustments:chargeback:MOP", "bank:icbc:MOP"]
    names += [f"{kind}:{id_}:MOP" for kind in ("advance", "refunds", "chargebacks")]
    found = {name.split(":")[0] if str(id_) in name else name: desk.account(name) for name in names}
    return {name: minor for name, minor in found.items() if minor}


def close(desk: Desk, kept: Kept, **said: str) -> Kept:
    given: dict[str, Any] = {
        "reason": "it is how it is",
        "by": "alice",
        "key": str(desk.new_id()),
        **said,
    }
    return claims.close(desk.shell, claims.Closing(payment=kept.payment.id, **given), desk.new_id)


# --- what was bought stays ------------------------------------------------------------------------


def test_what_it_bought_stays_and_is_claimed_of_the_payer(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        before = desk.line(NUMBER)
        taken(desk, kept)
        assert (desk.state(kept.payment.id), desk.waiting()) == ("chargeback", ["chargeback"])
        assert desk.line(NUMBER) == before
        assert money(desk, kept.payment.id) == {"chargebacks": PRICE}
        desk.agree()


def test_what_is_won_comes_back_and_nobody_waits(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        case = taken(desk, kept)
        ended(desk, kept, case, won=True)
        assert (desk.state(kept.payment.id), desk.waiting()) == ("chargeback", [])
        assert money(desk, kept.payment.id) == {f"bank:{NAME}:MOP": PRICE}
        desk.agree()


def test_what_is_lost_waits_for_a_person_who_is_paid_or_gives_up(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        ended(desk, kept, taken(desk, kept), won=False)
        assert desk.waiting() == ["chargeback"]
        with pytest.raises(claims.NothingClaimed):
            claims.close(
                desk.shell,
                claims.Closing(
                    payment=kept.payment.id, amount_minor=PRICE + 1, reason="x", by="a", key="k"
                ),
                desk.new_id,
            )
        part = claims.Closing(
            payment=kept.payment.id,
            amount_minor=800,
            bank="icbc",
            reason="paid at the counter",
            by="alice",
            key="k1",
        )
        for _ in range(2):
            claims.close(desk.shell, part, desk.new_id)
        assert money(desk, kept.payment.id) == {"chargebacks": 11_200, "bank:icbc:MOP": 800}
        assert desk.waiting() == ["chargeback"]
        close(desk, kept)
        assert desk.waiting() == []
        assert money(desk, kept.payment.id) == {
            "adjustments:chargeback:MOP": 11_200,
            "bank:icbc:MOP": 800,
        }
        with pytest.raises(claims.NothingClaimed):
            close(desk, kept)
        desk.agree()


def test_what_was_given_up_and_is_won_after_all_is_given_back(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        case = taken(desk, kept)
        close(desk, kept)
        assert money(desk, kept.payment.id) == {"adjustments:chargeback:MOP": PRICE}
        ended(desk, kept, case, won=True)
        assert money(desk, kept.payment.id) == {f"bank:{NAME}:MOP": PRICE}
        desk.agree()


def test_much_is_given_up_by_two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baohao.core.payments.ALONE_MAX", 50)
    with desk.connected():
        kept = used(desk)
        taken(desk, kept)
        for other in ("", "alice"):
            with pytest.raises(SecondPersonForRefund):
                close(desk, kept, approved_by=other)
        close(desk, kept, approved_by="bob")
        assert desk.waiting() == []


def test_a_person_who_takes_back_what_it_bought_owes_nobody_twice(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        ended(desk, kept, taken(desk, kept), won=False)
        said = {"of": str(kept.payment.act), "reason": "charged back", "approved_by": "bob"}
        desk.answers([desk.ask("reverse", NUMBER, mistake=True, **said)])
        desk.settle()
        (refund,) = desk.refunds(kept.payment.id)
        assert (refund.state, refund.amount_minor) == ("done", PRICE)
        assert money(desk, kept.payment.id) == {}
        assert not desk.twin.orders[kept.payment.order].refunds
        desk.carry()
        assert desk.account(f"chargebacks:{kept.payment.id}:MOP") == 0
        desk.is_well()


# --- what bought nothing --------------------------------------------------------------------------


@pytest.mark.parametrize("won", [False, True])
def test_what_bought_nothing_buys_nothing_more_and_goes_back(desk: Desk, won: bool) -> None:
    with desk.connected():
        kept = paid(desk)
        case = taken(desk, kept)
        payment = desk.kept(kept.payment.id).payment
        assert (payment.state, payment.spent_minor) == (State.CHARGEBACK, 0)
        assert money(desk, payment.id) == {"chargebacks": PRICE, "advance": -PRICE}
        (each,) = desk.shell.run(exceptions.listed)
        shut = partial(exceptions.close, id_=each.id, action="none", by="a", why="b")
        with pytest.raises(exceptions.MoneyWithoutHome):
            desk.shell.run(shut)
        ended(desk, kept, case, won=won)
        (refund,) = desk.refunds(payment.id)
        assert refund.state == "done"
        # Lost, the payer has it from their bank; won, the gateway gives it back.
        assert len(desk.twin.orders[payment.order].refunds) == won
        assert (money(desk, payment.id), desk.waiting()) == ({}, [])
        desk.agree()


def test_a_refund_is_kept_back_while_the_payment_is_disputed(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        case = taken(desk, kept)
        said = {"of": str(kept.payment.act), "reason": "no", "approved_by": "bob"}
        desk.answers([desk.ask("reverse", NUMBER, mistake=True, **said)])
        desk.settle()
        (refund,) = desk.refunds(kept.payment.id)
        assert (refund.state, refund.code) == ("owed", "disputed")
        desk.is_well()
        ended(desk, kept, case, won=True)
        assert [each.state for each in desk.refunds(kept.payment.id)] == ["done"]
        assert len(desk.twin.orders[kept.payment.order].refunds) == 1
        assert (money(desk, kept.payment.id), desk.waiting()) == ({}, [])
        desk.agree()


def test_a_part_of_it_is_claimed_as_a_part(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        first = taken(desk, kept, minor=1_000)
        taken(desk, kept, minor=2_000)
        assert desk.account(f"chargebacks:{kept.payment.id}:MOP") == 3_000
        ended(desk, kept, first, won=True)
        assert desk.account(f"chargebacks:{kept.payment.id}:MOP") == 2_000
        told = desk.shell.run(partial(listing.whole, id_=kept.payment.id))["chargebacks"]
        assert [(each["outcome"], each["booked"]) for each in told] == [
            ("won", "won"),
            ("open", "taken"),
        ]
        desk.agree()


# --- payments that are not known ------------------------------------------------------------------


def test_one_of_a_payment_that_is_not_known_waits_and_is_joined(desk: Desk) -> None:
    with desk.connected():
        kept = desk.begun()
        assert desk.twin.pay(kept.payment.order)
        told, desk.twin.notices = desk.twin.notices, []
        desk.twin.draw = lambda what: "" if what.startswith("notice") else "broken"
        case = desk.twin.charge_back(kept.payment.order)
        desk.tell()
        for _ in range(110):
            desk.carry()
            desk.later(timedelta(minutes=15))
        assert desk.waiting() == ["chargeback_unknown", "no_answer"]
        desk.is_well()
        desk.twin.draw = lambda _: ""
        del told
        desk.settle()
        assert desk.waiting() == ["chargeback"]
        assert desk.kept(kept.payment.id).payment.spent_minor == 0
        ended(desk, kept, case, won=False)
        assert (money(desk, kept.payment.id), desk.waiting()) == ({}, [])
        desk.agree()


def test_another_amount_for_one_case_waits_for_a_person(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        desk.twin.draw = lambda what: "wrong" if what == "notice.chargeback" else ""
        case = taken(desk, kept)
        assert desk.account(f"chargebacks:{kept.payment.id}:MOP") == PRICE + 1
        desk.twin.draw = lambda _: ""
        ended(desk, kept, case, won=False)
        assert desk.waiting() == ["chargeback", "chargeback_differs"]
        desk.is_well()


# --- any order ------------------------------------------------------------------------------------


def history(desk: Desk, number: str, *, won: bool) -> tuple[Kept, list[Notice]]:
    """A payment that was paid and charged back; nobody has been told yet."""
    desk.twin.notices.clear()
    kept = desk.begun(number)
    assert desk.twin.pay(kept.payment.order)
    case = desk.twin.charge_back(kept.payment.order)
    desk.twin.end_case(kept.payment.order, case, won=won)
    told, desk.twin.notices = desk.twin.notices, []
    return kept, told


@pytest.mark.parametrize("won", [False, True])
def test_any_order_of_notices_ends_in_one_state(desk: Desk, won: bool) -> None:
    ends = []
    with desk.connected():
        for n, order in enumerate(permutations(range(3))):
            number = f"+853661400{n:02}"
            desk.open(number)
            kept, told = history(desk, number, won=won)
            for each in (*order, order[0]):
                desk.told(*told[each])
            desk.settle()
            payment = desk.kept(kept.payment.id).payment
            balance = money(desk, payment.id)
            ends.append((payment.state, payment.spent_minor, payment.returned_minor, balance))
            assert desk.waiting() == []
    assert [each == ends[0] for each in ends] == [True] * 6
    desk.agree()


@pytest.mark.soak
def test_whatever_is_told_when_all_sums_are_zero(
    desk: Desk, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(6)
    with desk.connected():
        for n in range(drawn.count):
            chance = random.Random(drawn.seed + n)
            number = f"+8536615{n % 10_000:04}"
            desk.open(number)
            kept, told = history(desk, number, won=chance.random() < 0.5)
            for notice in chance.choices(told, k=6) + chance.sample(told, 3):
                desk.told(*notice)
                if chance.random() < 0.3:
                    desk.carry()
            desk.settle()
            for each in desk.shell.run(exceptions.listed):
                assert (each.kind, each.subject) == ("chargeback", str(kept.payment.id))
                assert desk.account(f"chargebacks:{kept.payment.id}:MOP") == PRICE
                close(desk, kept)
            desk.agree()
            total = sum(
                minor for name, minor in desk.balances().items() if str(kept.payment.id) in name
            )
            assert total == 0


class Heedless(Carrier):
    """The red twin: who takes nothing of it into the books."""

    def run(self) -> Mapping[str, int]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(claims, "book_due", lambda *_: [])
            return super().run()


def test_who_leaves_it_out_of_the_books_is_found_out(desk: Desk) -> None:
    with desk.connected():
        kept = used(desk)
        desk.twin.charge_back(kept.payment.order)
        desk.tell()
        Heedless(desk.shell, desk.ports(), desk.new_id).run()
        with pytest.raises(AssertionError):
            desk.agree()
        desk.settle()
        desk.agree()
