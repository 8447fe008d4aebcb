"""
A house that sells for Demo Harbour, whose own charging system is master; and that system's twin.

    harbour          the house: a shop in Hong Kong, with money in the agent's float
    harbour.twin     the operator's system, pretended, on this machine
    harbour.settle   carries until nothing is owed, however long that takes by the house's clock
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from tests.shop import Shop, granted
from tests.wire.fate import Ended

from baohao.app.charging import drift, listing
from baohao.app.charging.carry import LEASE, PAUSE_MAX, Carrier
from baohao.app.library import Library, read_library
from baohao.app.ports import ChargingSystem, TopUp
from baohao.app.shell import Shell
from baohao.config import policies_path
from baohao.core.asks import Terms
from baohao.core.line.fold import Rules
from baohao.outside.pretend.charging import Draw, PretendCharging, Product
from baohao.outside.pretend.charging import Rules as TheirRules
from baohao.outside.tmf654 import Patience, Tmf654
from baohao.store.charges import Charge

FLOAT = "float:agent-7:HKD"
YEARLY = "hk.demo2.yearly@2026-01"
PAID_IN = 10_000_000
TOKEN = "for-tests"
#: Whoever is answered by nobody is to notice soon; who is answered has all the time there is.
HASTY, CALM = Patience(read_s=0.5), Patience()
PRODUCTS = {
    "HARBOUR-START-365": Product(days=365, opens=True),
    "HARBOUR-KEEP-365": Product(days=365),
}
THEIRS = TheirRules(currency="HKD", zone=ZoneInfo("Asia/Hong_Kong"), products=PRODUCTS)


#: Systems that know nothing of references cannot be helped where a request comes twice.
FORGETFUL = replace(THEIRS, keeps_references=False)


@cache
def library() -> Library:
    return read_library(policies_path()).accepted()


def rules() -> Rules:
    return {YEARLY: library().policies[YEARLY]}


@dataclass(kw_only=True)
class Harbour(Shop):
    """The house, and the twin that it is connected to."""

    rules: Rules = field(default_factory=rules)
    there: frozenset[str] = frozenset({"demo2"})
    twin: PretendCharging = field(init=False, repr=False)
    system: Tmf654 = field(init=False, repr=False)
    #: What each act cost, in cents.
    paid: dict[str, int] = field(default_factory=dict)

    def terms(self) -> Terms:
        return replace(super().terms(), authority_there=self.there)

    @contextmanager
    def connected(
        self,
        draw: Draw = lambda _: "",
        theirs: TheirRules = THEIRS,
        patience: Patience = CALM,
    ) -> Iterator[None]:
        """Run the twin, and a client of it."""
        self.twin = PretendCharging(theirs, self.now, token=TOKEN, draw=draw)
        with self.twin:
            self.system = Tmf654(self.twin.url, TOKEN, patience)
            try:
                yield
            finally:
                self.system.close()

    # --- selling ----------------------------------------------------------------------------------

    def opened(self, number: str, plan: str = "yearly") -> str:
        """Sell a year of a number; return the act."""
        stock = self.ask("stock", number, operator="demo2", plan=plan, pin=YEARLY)
        granted(self.answers([stock])[0])
        holder = {"holder": f"h{number}", "document": "hkid"}
        return self.sold("activate", number, term="365 days", **holder)

    def renewed(self, number: str) -> str:
        return self.sold("renew", number, term="365 days")

    def topped_up(self, number: str) -> str:
        return self.sold("top_up", number, amount_minor=5_000)

    def sold(self, verb: str, number: str, **said: Any) -> str:
        version = self.line(number).version
        answer = self.say(verb, number, paid=FLOAT, expect_version=version, **said)
        self.paid[str(answer["id"])] = int(answer["total"])
        return str(answer["id"])

    # --- carrying ---------------------------------------------------------------------------------

    def carrier(self, system: ChargingSystem | None = None, shell: Shell | None = None) -> Carrier:
        systems = {"demo2": system or self.system}
        products = library().products
        return Carrier(shell or self.shell, self.rules, systems, products, self.new_id)

    def settle(self, carrier: Carrier | None = None, rounds: int = 400) -> int:
        """Carry until nothing is owed; what ends in the middle goes on."""
        ended = 0
        for _ in range(rounds):
            try:
                (carrier or self.carrier()).run()
            except Ended:
                ended += 1
            if not self.owed():
                return ended
            self.later(LEASE + PAUSE_MAX + timedelta(seconds=1))
        raise AssertionError(f"still owed: {self.charges()}")

    def owed(self) -> int:
        return int(self.rows("SELECT count(*) FROM effects WHERE kind = 'charge'")[0][0])

    # --- looking ----------------------------------------------------------------------------------

    def charges(self) -> Mapping[str, Charge]:
        """By act."""
        with self.looking() as conn:
            return {str(each.id): each for each in listing.charges(conn)}

    def drifts(self) -> list[drift.Drift]:
        with self.looking() as conn:
            return list(drift.drifts(conn, self.rules, ["demo2"]))

    def done_once(self) -> None:
        """
        Every charge has ended: done there once, or not at all and the money is back; the books of
        both agree.
        """
        spent = 0
        for act, charge in self.charges().items():
            assert charge.state in ("done", "refused"), charge
            assert self.times(act) == (charge.state == "done"), charge
            spent += self.paid[act] if charge.state == "done" else 0
        assert self.balance(FLOAT) == PAID_IN - spent
        for number, state in self.states().items():
            there = self.at_theirs(number)
            assert there.last_day == state.standing.clocks["service"].day
            # Credit that they gave too much was told, and is theirs to take back.
            mine = [act for act, charge in self.charges().items() if charge.number == number]
            over = sum(self._given_too_much(act) for act in mine)
            assert there.balance == hkd(state.standing.balances["main"]) + over
        self.is_well()

    def _given_too_much(self, act: str) -> int:
        is_told = self.charges()[act].code == "amount_differs"
        return int(is_told and "product" not in self.twin.found(act)[0])

    def wanted(self, act: str, number: str) -> TopUp:
        """What is sent for a number that begins."""
        return TopUp(
            reference=act,
            number=number,
            product="HARBOUR-START-365",
            amount_minor=self.paid[act],
            currency="HKD",
            channel="counter",
        )

    def times(self, act: str) -> int:
        """How often the twin applied an act."""
        return len(self.twin.found(act))

    def at_theirs(self, number: str) -> Any:
        """What the twin has for a number."""
        return self.twin.books.accounts[number.removeprefix("+")]

    def last_day(self, number: str) -> Any:
        """The last good day that is computed here."""
        return self.line(number).standing.clocks["service"].day

    def observed(self, number: str) -> dict[str, Any]:
        found = self.line(number).readings
        return {r.name: r.until if r.until is not None else r.amount_minor for r in found}


def hkd(amount_minor: int) -> Decimal:
    return Decimal(amount_minor) / 100


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
