"""
Whatever payers, bank and process do: the bank's books are ours, and all money has a home.

The red twins forget the ids of rows, or let two people have one; they must go wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.bank.branch import Branch
from tests.conftest import Campaign
from tests.races.racing import at_once, unlock
from tests.wire.fate import Ended, Fate, FatedShell

from baohao.app.door import Door
from baohao.app.ports import BankAccount
from baohao.app.shell import Shell, connect
from baohao.core.bank.statement import Row, Statement
from baohao.core.refusals import Refusal
from baohao.outside.pretend.bank import FAULTS
from baohao.store.payments import Kept

DAYS = 5


class History:
    """Some days at a bank, the same for the same seed."""

    def __init__(self, branch: Branch, seed: int, numbers: Sequence[str]) -> None:
        self._chance = chance = random.Random(seed)
        self._branch, self._numbers = branch, list(numbers)
        self._orders: list[Kept] = []

        def draw(_: str) -> str:
            return chance.choice(FAULTS) if chance.random() < 0.5 else ""

        branch.bank.draw = draw

    def day(self, shell: FatedShell, *, is_last: bool) -> int:
        """Live one day; return how often a process ended."""
        branch, chance = self._branch, self._chance
        for _ in range(chance.randint(0, 2)):
            if self._numbers:
                self._orders.append(branch.begun(self._numbers.pop()))
        for kept in list(self._orders):
            if chance.random() < 0.6:
                self._pay(kept)
        if chance.random() < 0.3:
            branch.bank.move(branch.today(), -chance.randint(1, 900), "charges")
        self._pay_out()
        branch.fetch(is_last=is_last)
        ended = self._carry(shell)
        self._look_after()
        return ended

    def _pay(self, kept: Kept) -> None:
        """Somebody pays, in some way; now and then twice."""
        chance, reference = self._chance, kept.given["reference"]
        at = chance.randrange(4, 20)
        wrong = reference[:at] + str((int(reference[at]) + 3) % 10) + reference[at + 1 :]
        text = chance.choice(
            [reference, kept.given["write"], f"x {reference.lower()}-", wrong, "?", reference[2:]]
        )
        more = chance.choice([0, 0, 0, 0, 500, -500])
        self._branch.pay(kept, text, more, back=chance.choice([0, 0, 0, 2]))
        if chance.random() < 0.8:
            self._orders.remove(kept)

    def _carry(self, shell: FatedShell) -> int:
        ended = 0
        for _ in range(50):
            try:
                self._branch.carry(shell)
            except Ended:
                ended += 1
                # What it had taken up is free again later.
                self._branch.later(timedelta(minutes=6))
                continue
            return ended
        raise AssertionError("it never came through")

    def _look_after(self) -> None:
        """A person matches what was meant, and gives back the rest; some they leave."""
        branch, chance = self._branch, self._chance
        for row in branch.bank_rows("held"):
            if chance.random() < 0.3:
                continue
            meant = branch.meant(row["row"])
            if meant and chance.random() < 0.8:
                with suppress(Refusal):
                    branch.match(row["row"], meant[0])
                    continue
            branch.give_back(row["row"])

    def _pay_out(self) -> None:
        branch, chance = self._branch, self._chance
        for payout in branch.payouts():
            if chance.random() < 0.4:
                branch.bank.move(branch.today(), -payout["amount_minor"], payout["reference"])
                if chance.random() < 0.5:
                    branch.say_paid(payout["payout"])

    def end(self) -> None:
        """What a person has still to pay out is paid, and all of it has come through."""
        branch = self._branch
        for _ in range(4):
            branch.bank.draw = lambda _: ""
            branch.settle()
            for payout in branch.payouts():
                branch.bank.move(branch.today(), -payout["amount_minor"], payout["reference"])
            branch.fetch(is_last=True)
            branch.later(timedelta(days=3))
        branch.settle()


@pytest.mark.soak
@pytest.mark.parametrize("is_csv", [False, True], ids=["camt", "csv"])
def test_the_banks_books_are_ours_whatever_happens(
    branch: Branch, campaign: Callable[[int], Campaign], is_csv: bool
) -> None:
    drawn, ended = campaign(2), 0
    branch.bank.is_csv = is_csv
    for n in range(drawn.count):
        numbers = [f"+8536612{n:03}{each}" for each in range(4)]
        for number in numbers:
            branch.open(number)
        with closing(FatedShell(Door(branch.terms), lambda: connect(branch.conninfo))) as shell:
            shell.fate = Fate(drawn.seed + n, share=0.04)
            history = History(branch, drawn.seed + n, numbers)
            for day in range(DAYS):
                ended += history.day(shell, is_last=day == DAYS - 1)
        history.end()
        branch.agree()
        assert branch.payouts() == []
        assert set(branch.waiting().values()) <= {
            *("no_order", "amount_differs", "paid_twice"),
            *("paid_out_twice", "statement_gap"),
        }
    assert ended, "nothing ever ended in the middle"


# --- red twins ------------------------------------------------------------------------------------


class Forgetful(Branch):
    """The red twin: every file's rows are new."""

    files = 0

    @property
    def account(self) -> BankAccount:
        self.files += 1
        return replace(super().account, reader=_Renamed(super().account, self.files))


class _Renamed:
    def __init__(self, account: BankAccount, file: int) -> None:
        self._account, self._file = account, file

    def read(self, data: bytes) -> list[Statement]:
        def renamed(row: Row) -> Row:
            return replace(row, ref=f"{self._file}-{row.ref}")

        found = self._account.reader.read(data)
        return [replace(each, rows=tuple(map(renamed, each.rows))) for each in found]


@pytest.mark.parametrize("is_forgetful", [False, True])
def test_who_forgets_the_ids_of_rows_has_money_twice(branch: Branch, is_forgetful: bool) -> None:
    kind = Forgetful if is_forgetful else Branch
    twin = kind(conninfo=branch.conninfo, _numbers=branch._numbers)
    day = twin.today()
    twin.bank.move(day, 500, "?")
    for _ in range(2):
        twin.take_in(twin.bank.file(day, day))
    twin.carry()
    if is_forgetful:
        with pytest.raises(AssertionError):
            twin.agree()
    else:
        twin.agree()
    twin.close()


def matched_at_once(branch: Branch) -> int:
    """Several people say of one row that it is for another payment each; return how many may."""
    begun = [branch.begun() for _ in range(4)]
    branch.pay(begun[0], "?")
    branch.fetch()
    branch.carry()
    (row,) = branch.bank_rows("held")

    def match(shell: Shell, place: int) -> bool:
        try:
            branch.match(row["row"], begun[place].payment.id, shell=shell)
        except Refusal:
            return False
        return True

    return sum(at_once(branch, match, doors=len(begun)))


def test_of_all_who_match_a_row_at_once_one_does(branch: Branch) -> None:
    assert matched_at_once(branch) == 1
    branch.settle()
    branch.agree()


def test_without_its_lock_a_row_is_matched_twice(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlock(monkeypatch, "lock_bank_row", "FOR UPDATE")
    for _ in range(10):
        if matched_at_once(branch) > 1:
            break
    else:
        raise AssertionError("nobody was ever in the way of another")
    with pytest.raises(AssertionError):
        branch.agree()


def test_several_take_in_and_carry_the_same_file_at_once(branch: Branch) -> None:
    kept, day = branch.begun(), branch.today()
    branch.pay(kept)
    for minor in range(1, 20):
        branch.bank.move(day, minor, "?")
    file = branch.bank.file(day, day)

    def work(shell: Shell, _: int) -> None:
        branch.take_in(file, shell)
        branch.carry(shell)

    at_once(branch, work, doors=4)
    branch.settle()
    assert branch.state(kept) == "used"
    assert len(branch.bank_rows("held")) == 19
    branch.agree()
