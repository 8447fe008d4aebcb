"""
Whatever gateway, network and process do: all captured money has a home, and both books agree.

The red twins take a time-out for a failure, or forget what they have set apart; they must go wrong.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Campaign
from tests.payments.cashdesk import HASTY_S, WALLET, Desk
from tests.payments.gates import GATES, Notice
from tests.races.racing import at_once
from tests.shop import FLOAT, SEVEN, Shop
from tests.shop.receipts import issuer, operators, printer
from tests.wire.fate import Ended, Fate, FatedShell

from baohao.app import ledger
from baohao.app.door import Door
from baohao.app.payments.begin import begin
from baohao.app.payments.carry import Carrier
from baohao.app.ports import (
    Absent,
    Declined,
    Gateway,
    Order,
    Paid,
    Payable,
    Refund,
    Refunded,
    Unknown,
    Unpaid,
)
from baohao.app.receipts.desk import Desk as Receipts
from baohao.app.receipts.facts import NothingPaid
from baohao.app.shell import Shell, connect
from baohao.core.payments import Deposit, State, Wanted
from baohao.core.refusals import Refusal
from baohao.outside.pretend.acquirer import by_seed
from baohao.outside.signing import IssuerOfHouse
from baohao.store.payments import Kept

#: What payers pay in, where the gateway takes more than one currency.
CURRENCIES = ("", "", "HKD", "CNY")


class FatedGateway:
    """One whose caller may end before and after each call."""

    def __init__(self, gateway: Gateway, fate: Fate) -> None:
        self._gateway, self._fate, self.name = gateway, fate, gateway.name
        self.notice, self.bill = gateway.notice, gateway.bill

    def create(self, order: Order) -> Payable | Declined | Unknown:
        return self._fate.step(lambda: self._gateway.create(order))

    def query(self, order: str) -> Paid | Unpaid | Absent | Unknown:
        return self._fate.step(lambda: self._gateway.query(order))

    def close(self, order: str) -> Unpaid | Paid | Absent | Unknown:
        return self._fate.step(lambda: self._gateway.close(order))

    def refund(self, refund: Refund) -> Refunded | Declined | Unknown:
        return self._fate.step(lambda: self._gateway.refund(refund))

    def find_refund(self, refund: str, order: str) -> Refunded | Declined | Absent | Unknown:
        return self._fate.step(lambda: self._gateway.find_refund(refund, order))


@contextmanager
def fated(desk: Desk, fate: Fate) -> Iterator[tuple[FatedShell, Gateway]]:
    """A shell and a gateway whose process may end at each step."""
    with closing(FatedShell(Door(desk.terms), lambda: connect(desk.conninfo))) as shell:
        shell.fate = fate
        yield shell, FatedGateway(desk.gateway, fate)


class History:
    """What payers, clerks, clocks and the network do, by seed."""

    def __init__(self, desk: Desk, issuer: IssuerOfHouse, seed: int, numbers: list[str]) -> None:
        self.desk, self.chance, self.numbers = desk, random.Random(seed), numbers
        self.issuer = issuer
        self.begun: list[Kept] = []
        self.told: list[Notice] = []

    def step(self, shell: Shell, gateway: Gateway) -> None:
        """Do one thing; the process may end in it."""
        others = (*(self.pays,) * 4, self.tells, self.waits, self.moves, self.reverses)
        of_processes = (*(self.begins, self.deposits, self.returns) * 2, self.proves)
        n = self.chance.randrange(len(others) + len(of_processes))
        if n >= len(others):
            of_processes[n - len(others)](shell, gateway)
        else:
            others[n]()

    @property
    def currency(self) -> str:
        return self.chance.choice(CURRENCIES) if self.desk.gate.name == "acquirer" else ""

    def deposits(self, shell: Shell, gateway: Gateway) -> None:
        """A tap, often twice; at times the agent is put out before the money comes."""
        account = self.chance.choice((WALLET, FLOAT))
        minor, currency = self.chance.randrange(1_000, 40_000), self.currency
        depositing = self.desk.depositing(minor, account, currency=currency)
        for _ in range(self.chance.choice((1, 2))):
            self.desk.register(SEVEN)
            self.begun.append(self.desk.put(depositing, shell, gateway))
        self.desk.register(replace(SEVEN, is_active=self.chance.random() < 0.7))

    def returns(self, shell: Shell, gateway: Gateway) -> None:
        """Somebody wants a deposit back, or a part of it, which may be spent."""
        taken = [kept for kept in self.begun if isinstance(kept.payment.wanted, Deposit)]
        if taken:
            kept = self.chance.choice(taken)
            minor = self.chance.choice((None, self.chance.randrange(1, 20_000)))
            key = self.chance.choice("ab")
            with suppress(Refusal):
                self.desk.give_back(kept, minor, second="bob", key=key, shell=shell)

    def begins(self, shell: Shell, gateway: Gateway) -> None:
        number = self.chance.choice(self.numbers)
        if self.chance.random() < 0.3:
            renewal = self.desk.renew(number, paid=WALLET, principal="h1", channel="app")
            shell.answer([renewal])
            return
        quote = self.desk.quoted(number)
        beginning = self.desk.beginning(quote, number, self.currency)
        for _ in range(self.chance.choice((1, 1, 2))):
            self.begun.append(begin(shell, self.desk.ports(gateway), beginning, self.desk.new_id))

    def proves(self, shell: Shell, _: Gateway) -> None:
        """Somebody wants the receipt of what was bought, or of what was not."""
        if self.begun:
            with suppress(NothingPaid):
                act = self.chance.choice(self.begun).payment.act
                receipts(self.desk, self.issuer, shell).issue(act)

    def pays(self) -> None:
        if self.begun:
            # Mostly at once; who waits may find it closed.
            which = self.begun[-2:] if self.chance.random() < 0.8 else self.begun
            order = self.chance.choice(which).payment.order
            minor = self.chance.choice((*(None,) * 6, 8_000))
            currency = self.chance.choice((*("",) * 6, "HKD"))
            self.desk.gate.pay(order, minor=minor, currency=currency)

    def tells(self) -> None:
        """Notices come late, twice, in any order, or not at all."""
        self.told += self.desk.gate.told()
        told = self.chance.choices(self.told, k=len(self.told)) if self.told else ()
        for headers, body in told:
            self.desk.told(headers, body)

    def waits(self) -> None:
        self.desk.later(timedelta(seconds=self.chance.choice((6, 60, 600, 86_400, 40 * 86_400))))

    def moves(self) -> None:
        number = self.chance.choice(self.numbers)
        self.desk.answers([self.desk.ask("observe", number, balance="main", amount_minor=1)])

    def reverses(self) -> None:
        kept = self.chance.choice(self.begun) if self.begun else None
        if kept is not None and isinstance(kept.payment.wanted, Wanted):
            said: dict[str, Any] = {"of": str(kept.payment.act), "reason": "no"}
            if self.chance.random() < 0.5:
                said |= {"mistake": True, "approved_by": "bob"}
            self.desk.answers([self.desk.ask("reverse", kept.payment.wanted.number, **said)])


def receipts(desk: Desk, issuer: IssuerOfHouse, shell: Shell) -> Receipts:
    """What gives receipts, over a shell; nothing is printed."""
    return Receipts(shell, desk.terms(), operators(), issuer, printer())


def live(desk: Desk, issuer: IssuerOfHouse, seed: int, numbers: list[str], steps: int = 40) -> int:
    """Live through a history of faults and ends; return how often a process ended."""
    history, ended = History(desk, issuer, seed, numbers), 0
    desk.gate.misbehave(by_seed(seed, 0.25, desk.gate.faults))
    with fated(desk, Fate(seed)) as (shell, gateway):
        for _ in range(steps):
            with suppress(Ended):
                history.step(shell, gateway)
                desk.carrier(gateway, shell).run()
                continue
            ended += 1
        return ended + desk.settle(desk.carrier(gateway, shell))


def proved(desk: Desk, issuer: IssuerOfHouse) -> None:
    """Every act that money moved for has its one receipt, and they are numbered from 1 on."""
    giving = receipts(desk, issuer, desk.shell)
    giving.catch_up()
    assert giving.catch_up() == 0
    for _, _, numbers in desk.rows(
        "SELECT point, year, array_agg(number ORDER BY number) FROM receipts GROUP BY 1, 2"
    ):
        assert numbers == list(range(1, len(numbers) + 1))
    [(count, asks)] = desk.rows("SELECT count(*), count(DISTINCT ask) FROM receipts")
    assert count == asks > 0


def balanced(desk: Desk, hledger: str, file: Path) -> None:
    """The books add up to zero in each currency; so says somebody who knows nothing of us."""
    sums = desk.rows(
        "SELECT currency, sum(amount) FROM entries, unnest(amounts) AS amount GROUP BY 1"
    )
    assert {total for _, total in sums} == {0}
    with desk.looking() as conn:
        file.write_text("\n".join(ledger.hledger(conn)) + "\n", encoding="utf-8")
    checked = subprocess.run(
        [hledger, "-f", file, "check", "--strict"],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.soak
@pytest.mark.parametrize("gate", GATES)
def test_all_money_has_a_home_whatever_ends_where(
    desk: Desk,
    gate: str,
    campaign: Callable[[int], Campaign],
    debian_tool: Callable[[str], str],
    tmp_path: Path,
) -> None:
    drawn, ended, by = campaign(3), 0, issuer(tmp_path / "issuer")
    desk.register()
    with desk.connected(read_s=HASTY_S, gate=gate):
        for n in range(drawn.count):
            desk.gate.misbehave(lambda _: "")
            desk.register(SEVEN)
            numbers = [f"+8536612{n:03}{each}" for each in range(3)]
            for number in numbers:
                desk.open(number)
            ended += live(desk, by, drawn.seed + n, numbers)
            desk.agree()
            proved(desk, by)
            assert set(desk.waiting()) <= {"amount_differs", "no_answer"}
    balanced(desk, debian_tool("hledger"), tmp_path / "books.journal")
    assert ended, "nothing ever ended in the middle"


def test_several_carriers_at_once_use_each_payment_once(desk: Desk) -> None:
    with desk.connected():
        numbers = [f"+853661300{each:02}" for each in range(8)]
        for number in numbers:
            desk.open(number)
            desk.twin.pay(desk.begun(number).payment.order)
        desk.tell()

        def carry(shell: Shell, _: int) -> int:
            return desk.carrier(shell=shell).run().get("used", 0)

        assert sum(at_once(desk, carry, doors=4)) == 8
        desk.settle()
        assert {kept.payment.state for kept in desk.all()} == {State.USED}
        desk.agree()


def paid_once(desk: Desk) -> None:
    """One intent is paid once, as the gateway has it."""
    paid = [placed for placed in desk.twin.orders.values() if placed.paid_minor]
    assert len(paid) == 1, paid


def pay_and_time_out(desk: Desk, again: Callable[[Kept], Kept]) -> None:
    """The payer pays, the gateway does not say so in time, and the payer is asked again."""
    desk.twin.notices.clear()
    first = desk.begun()
    assert desk.twin.pay(first.payment.order)
    desk.twin.draw = lambda _: "lost"
    desk.later(timedelta(seconds=6))
    desk.carry()
    desk.twin.draw = lambda _: ""
    desk.twin.pay(again(first).payment.order)


def test_who_is_asked_again_has_the_same_order(desk: Desk) -> None:
    def again(first: Kept) -> Kept:
        beginning = desk.beginning(first.payment.id)
        return begin(desk.shell, desk.ports(), beginning, desk.new_id)

    with desk.connected():
        pay_and_time_out(desk, again)
        paid_once(desk)
        desk.settle()
        desk.agree()


def test_who_takes_a_time_out_for_a_failure_lets_the_payer_pay_twice(desk: Desk) -> None:
    with desk.connected():
        pay_and_time_out(desk, lambda _: desk.begun())
        with pytest.raises(AssertionError):
            paid_once(desk)
        desk.settle()
        # Nobody loses by it all the same: the second goes back.
        assert sorted(kept.payment.state.value for kept in desk.all()) == ["refunded", "used"]
        desk.agree()


class Forgetful(Carrier):
    """The red twin: what cannot be used is closed and forgotten."""

    def _give_back(self, kept: Kept, code: str) -> Kept:
        query = "UPDATE payments SET next_at = NULL WHERE id = %s"
        self._shell.run(lambda conn: conn.execute(query, [kept.payment.id]))
        return kept


def test_who_forgets_what_cannot_be_used_is_found_out(desk: Desk) -> None:
    with desk.connected():
        one, other = desk.begun(), desk.begun()
        for kept in (one, other):
            desk.twin.pay(kept.payment.order)
        desk.tell()
        desk.settle(Forgetful(desk.shell, desk.ports(), desk.new_id))
        with pytest.raises(AssertionError, match="payments"):
            Shop.is_well(desk)
