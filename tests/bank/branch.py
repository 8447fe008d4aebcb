"""
A house that is paid by bank transfer, and the bank that has its account.

    branch        a shop with lines that are open, and an account at a pretended bank
    branch.begun  quotes a renewal and begins its transfer
    branch.pay    the payer transfers, writing whatever they write
    branch.fetch  takes in what the bank gives out after a day, and lets the next one begin
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.shop import FLOAT, Shop

from baohao.app.bank import by_hand, importing, listing
from baohao.app.bank import carry as transfers
from baohao.app.bank.by_hand import Who
from baohao.app.bank.importing import Taken
from baohao.app.bank.ledger import Ledger
from baohao.app.payments import exceptions
from baohao.app.payments import listing as payments
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import begin
from baohao.app.payments.carry import Carrier
from baohao.app.ports import BankAccount, StatementReader, StatementRefused
from baohao.app.shell import Shell
from baohao.core.payments import PAUSE_MAX
from baohao.outside.bank.camt053 import Camt053
from baohao.outside.bank.columns import columns
from baohao.outside.bank.gateway import BankContract, BankTransfer
from baohao.outside.pretend.bank import HEADINGS, File, PretendBank
from baohao.outside.sealing import SealsOfHouse
from baohao.store import clock
from baohao.store.payments import Kept

ZONE, KEY, NUMBER = ZoneInfo("Asia/Macau"), "bnu", "9012-3456-78"
LINE = "+85366100001"
TRANSFER = timedelta(days=5)
ADA = Who(by="ada", approved_by="bob")


def csv_reader(**more: Any) -> StatementReader:
    said = {"encoding": "utf-8", "date_format": "%d/%m/%Y", "columns": HEADINGS}
    return columns({**said, **more}, "MOP")


@dataclass(kw_only=True)
class Branch(Shop):
    """The house, and its bank."""

    bank: PretendBank = field(
        default_factory=lambda: PretendBank(number="9012345678", currency="MOP")
    )
    seals: SealsOfHouse = field(default_factory=lambda: SealsOfHouse(bytes(32)))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ledger = Ledger(self.make_shell())

    @property
    def account(self) -> BankAccount:
        reader = csv_reader() if self.bank.is_csv else Camt053(zone=ZONE)
        given = {"bank": "Banco Demo"}
        return BankAccount(
            key=KEY, currency="MOP", given=given, number=NUMBER, zone=ZONE, reader=reader
        )

    def ports(self) -> Ports:
        contract = BankContract(accounts={KEY: self.account}, transfer=TRANSFER)
        gateway = BankTransfer(contract, self.ledger)
        return Ports(
            gateways={gateway.name: gateway}, notify_url="", patience={gateway.name: TRANSFER}
        )

    def close(self) -> None:
        self.ledger.close()
        self.shell.close()

    # --- paying -----------------------------------------------------------------------------------

    def today(self) -> date:
        with self.looking() as conn:
            return clock.now(conn).astimezone(ZONE).date()

    def begun(self, number: str = LINE) -> Kept:
        quote = UUID(str(self.say("quote", number, what="renew", term="12 months")["quote"]))
        wanted = by_hand.transfer_for(number, quote, by="h1", channel="counter")
        return begin(self.shell, self.ports(), wanted, self.new_id)

    def pay(self, kept: Kept, text: str | None = None, more: int = 0, back: int = 0) -> None:
        written = kept.given["write"] if text is None else text
        self.bank.move(self.today(), kept.payment.amount_minor + more, written, back=back)

    # --- statements -------------------------------------------------------------------------------

    def take_in(self, file: File, shell: Shell | None = None) -> Taken:
        given = importing.File(name=file.name, data=file.data, account=self.account, by="ada")
        work = partial(importing.take_in, file=given, statements=importing.read(given))
        return (shell or self.shell).run(partial(work, seals=self.seals, new_id=self.new_id))

    def fetch(self, *, is_last: bool = False) -> list[Taken]:
        """Take in what the bank gives out after this day; the next one begins."""
        files = self.bank.files(self.today(), is_last=is_last)
        self.later(timedelta(days=1))
        taken = []
        for file in files:
            if file.is_wrong:
                with pytest.raises(StatementRefused):
                    self.take_in(file)
            else:
                taken.append(self.take_in(file))
        return taken

    def carry(self, shell: Shell | None = None) -> Mapping[str, int]:
        at = shell or self.shell
        ran = Counter(transfers.carry(at, self.new_id))
        ran += Counter(Carrier(at, self.ports(), self.new_id).run())
        # That nothing came is looked at again and again.
        return {what: count for what, count in ran.items() if what != "payable"}

    def settle(self) -> None:
        """Carry until nothing but what a person pays out is due."""
        for _ in range(60):
            self.carry()
            [(due,)] = self.rows(
                "SELECT count(*) FROM payments WHERE next_at IS NOT NULL AND captured_minor > 0"
            )
            if not due:
                return
            self.later(PAUSE_MAX + timedelta(seconds=1))
        raise AssertionError("something is still due")

    # --- by hand ----------------------------------------------------------------------------------

    def match(self, row: str, payment: UUID, who: Who = ADA, shell: Shell | None = None) -> None:
        work = partial(by_hand.match, row=UUID(row), payment=payment, who=who)
        (shell or self.shell).run(partial(work, new_id=self.new_id))

    def give_back(self, row: str, who: Who = ADA) -> None:
        work = partial(by_hand.give_back, row=UUID(row), reason="nobody's", who=who)
        self.shell.run(work)

    def say_paid(self, payout: str) -> None:
        work = partial(by_hand.paid_out, payout=UUID(payout), account=None, by="ada")
        self.shell.run(work)

    # --- looking ----------------------------------------------------------------------------------

    def bank_rows(self, state: str | None = None) -> list[dict[str, Any]]:
        with self.looking() as conn:
            return list(listing.rows(conn, self.seals, state))

    def payouts(self, *, gone: bool = False) -> list[dict[str, Any]]:
        with self.looking() as conn:
            return listing.payouts(conn, self.seals, gone=gone)

    def kept(self, id_: UUID) -> Kept:
        with self.looking() as conn:
            return payments.payment(conn, id_)

    def state(self, kept: Kept) -> str:
        return self.kept(kept.payment.id).payment.state.value

    def waiting(self) -> dict[str, str]:
        """What waits for a person: its subject, and its kind."""
        with self.looking() as conn:
            return {each.subject: each.kind for each in exceptions.listed(conn)}

    def meant(self, row: str) -> list[UUID]:
        """The payments that a row may be for, as far as they name one."""
        found = [each for each in self.bank_rows("held") if each["row"] == row]
        return [UUID(payment) for each in found for payment in each["may_be_for"]]

    def booked(self, account: str) -> int:
        """What was posted to accounts that begin so; debits are positive."""
        [(total,)] = self.rows(
            "SELECT coalesce(sum(amount), 0) FROM entries,"
            " unnest(accounts, amounts) AS p (account, amount) WHERE account LIKE %s",
            f"{account}%",
        )
        return int(total)

    def agree(self) -> None:
        """The bank's books are ours; each of its rows is here once, and has a home."""
        found = self.bank_rows()
        theirs = Counter((each.booked_on, each.amount_minor) for each in self.bank.rows)
        assert Counter((each["booked_on"], each["amount_minor"]) for each in found) == theirs
        foreign = sum(each["amount_minor"] for each in found if each["state"] == "other")
        moved = self.bank.balance_minor - self.bank.opening_minor - foreign
        assert self.booked(f"bank:{KEY}:") == moved
        held = sum(each["amount_minor"] for each in found if each["state"] in ("held", "returning"))
        assert -self.booked("suspense:") == held
        self.is_well()


def make(conninfo: str) -> Branch:
    """A branch with money in the agent's float, to open lines with."""
    made = Branch(conninfo=conninfo)
    made.fund(10_000_000, FLOAT)
    return made
