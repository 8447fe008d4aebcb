"""
A small shop for tests: a house with the demo's plans, an agent with a float, and somebody who asks.

    shop        on a database of its own, with money in the agent's float
    shop.ask    makes an ask with an id and a key of its own
    shop.say    asks it and returns the answer
    shop.line   puts a number in stock and activates it
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from baohao.app import audit, doctor
from baohao.app.door import Answer, Answered, Door
from baohao.app.policies import load, zone_of
from baohao.app.shell import Shell, connect
from baohao.config import policies_path
from baohao.core.agents import Agent
from baohao.core.asks import Ask, Terms
from baohao.core.bucket import bucket_of
from baohao.core.commissions import CommissionSchedule, parse_commissions
from baohao.core.line import codec
from baohao.core.line.fold import Rules
from baohao.core.line.state import LineState
from baohao.core.points import Point
from baohao.core.promotions.model import Promotion
from baohao.core.promotions.parse import parse_promotion
from baohao.core.refusals import Refusal
from baohao.store import clock, lines
from baohao.store.sql import Connection

HERE = Path(__file__).parent
FLOAT = "float:agent-7:MOP"
TILL = "till:hall-1:MOP"
SEVEN = Agent(key="agent-7", name="Kiosk", operators=frozenset({"demo"}), currency="MOP")
HALL = Point(key="hall", operator="demo", name="Hall", zone="Asia/Macau", tills=(TILL,))
KEEP12 = "mo.demo.keep12@2026-01"
BALANCE180 = "mo.demo.balance180@2026-01"
RENTAL = "test.rental@1"
#: Two readings of its rules, so that it can be watched and not sold.
UNSURE = "hk.cmhk.prepaid@2016-04"


@cache
def rules() -> Rules:
    """The policies of the shop."""
    shipped = policies_path()
    files = [shipped / "demo" / name for name in ("keep12.toml", "balance180.toml")]
    files += [shipped / "hk" / "cmhk.prepaid.toml", HERE / "rental.toml"]
    policies = [load(file).accepted() for file in files]
    return {policy.pin: policy for policy in policies}


@cache
def promotions(*names: str) -> tuple[Promotion, ...]:
    """Promotions by name: of the library, or the shop's own."""
    found = []
    for name in names:
        own, shipped = HERE / f"{name}.toml", policies_path() / "promotions" / f"{name}.toml"
        text = (own if own.exists() else shipped).read_text(encoding="utf-8")
        parsed = parse_promotion(tomllib.loads(text, parse_float=Decimal), zone_of)
        assert parsed.promotion is not None, parsed.findings
        found.append(parsed.promotion)
    return tuple(found)


@cache
def commissions() -> Mapping[str, CommissionSchedule]:
    """The demo operator's commission schedule."""
    text = (policies_path() / "commissions" / "demo.toml").read_text(encoding="utf-8")
    schedule, findings = parse_commissions(tomllib.loads(text), zone_of)
    assert schedule is not None, findings
    return {schedule.operator: schedule}


def registered(*keys: str, **terms: Any) -> dict[str, Agent]:
    """Agents of the demo operator, by their key."""
    usual = {"name": "Kiosk", "operators": frozenset({"demo"}), "currency": "MOP"} | terms
    return {key: Agent(key=key, **usual) for key in keys}


@dataclass(kw_only=True)
class Shop:
    """A house to ask things of."""

    conninfo: str
    rules: Rules = field(default_factory=rules)
    promotions: tuple[Promotion, ...] = ()
    #: None by default: whoever asks is not bound by a register.
    agents: Mapping[str, Agent] = field(default_factory=dict)
    commissions: Mapping[str, CommissionSchedule] = field(default_factory=dict)
    #: Who hears of what happens.
    listeners: frozenset[str] = frozenset()
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.shell = self.make_shell()

    def make_shell(self) -> Shell:
        """Another shell on the same database, with a door of its own."""
        return Shell(Door(self.terms), lambda: connect(self.conninfo))

    def terms(self) -> Terms:
        return Terms(
            rules=self.rules,
            promotions=self.promotions,
            agents=self.agents,
            commissions=self.commissions,
            listeners=self.listeners,
            transfer=self.new_id(),
        )

    def new_id(self) -> UUID:
        """Ids in order, the same in each run."""
        return UUID(int=(0x0190_0000_0000 << 80) | (7 << 76) | (2 << 62) | next(self._numbers))

    # --- asking -----------------------------------------------------------------------------------

    def ask(self, verb: str, subject: str, *, key: str = "", **rest: Any) -> Ask:
        """An ask of the agent at the counter; unknown names are fields of its payload."""
        own = ("principal", "channel", "expect_until", "expect_version", "id")
        made: dict[str, Any] = {name: rest.pop(name) for name in own if name in rest}
        id_ = made.pop("id", None) or self.new_id()
        made = {"principal": "agent-7", "channel": "counter"} | made
        return Ask(id=id_, verb=verb, subject=subject, key=key or str(id_), payload=rest, **made)

    def answers(self, asks: Sequence[Ask]) -> list[Answer]:
        return self.shell.answer(asks)

    def say(self, verb: str, subject: str, **rest: Any) -> Mapping[str, Any]:
        """Ask one thing that must be granted, and return what was answered."""
        return granted(self.shell.answer([self.ask(verb, subject, **rest)])[0]).answer

    def refused(self, verb: str, subject: str, **rest: Any) -> str:
        """Ask one thing that must be refused, and return the code."""
        return refusal(self.shell.answer([self.ask(verb, subject, **rest)])[0]).code

    # --- the usual --------------------------------------------------------------------------------

    def fund(self, amount_minor: int, account: str = FLOAT) -> None:
        self.say("fund", account, amount_minor=amount_minor)

    def stock(self, number: str, pin: str = KEEP12, **rest: Any) -> Ask:
        plan = pin.split("@")[0].split(".")[-1]
        operator = self.rules[pin].operator
        return self.ask("stock", number, operator=operator, plan=plan, pin=pin, **rest)

    def activate(self, number: str, holder: str = "", **rest: Any) -> Ask:
        given = {"holder": holder or f"h{number[1:]}", "document": "bir", "paid": FLOAT}
        return self.ask("activate", number, term="12 months", **(given | rest))

    def renew(self, number: str, **rest: Any) -> Ask:
        """A renewal that expects the line as it is now."""
        if "expect_version" not in rest and "expect_until" not in rest:
            rest["expect_version"] = self.line(number).version
        return self.ask("renew", number, **({"term": "12 months", "paid": FLOAT} | rest))

    def open(self, number: str, holder: str = "") -> None:
        """Put a number-keeping card in stock and activate it; an agent is handed it before."""
        asks = [self.stock(number), self.activate(number, holder)]
        if "agent-7" in self.agents:
            asks.insert(1, self.ask("allot", number, agent="agent-7", principal="staff"))
        for answer in self.answers(asks):
            granted(answer)

    # --- looking ----------------------------------------------------------------------------------

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        with connect(self.conninfo) as conn:
            yield conn
            conn.rollback()

    def line(self, number: str) -> LineState:
        with self.looking() as conn:
            found = lines.find(conn, number)
        assert found is not None
        return found.state

    def states(self) -> dict[str, LineState]:
        """Every line as it stands."""
        found = self.rows("SELECT number, state FROM lines")
        return {number: codec.decode(row) for number, row in found}

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        with self.looking() as conn:
            return conn.execute(query.encode(), parameters).fetchall()

    def balance(self, account: str = FLOAT) -> int:
        found = self.rows(
            "SELECT balance_minor FROM accounts WHERE bucket = %s AND account = %s",
            *(bucket_of(account), account),
        )
        return int(found[0][0]) if found else 0

    def now(self) -> datetime:
        with self.looking() as conn:
            return clock.now(conn)

    def later(self, span: timedelta) -> None:
        """Put the house's clock on."""
        with connect(self.conninfo) as conn:
            conn.execute("UPDATE house SET clock_offset = clock_offset + %s", [span])

    def is_well(self) -> None:
        """Every invariant holds, every chain is whole, every row is what its events make."""
        with self.looking() as conn:
            wrong = [f for f in doctor.examine(conn) if f.is_invariant and not f.is_well]
            assert not wrong, wrong
            faults = audit.verify(conn, self.rules).faults
            assert not faults, faults


def granted(answer: Answer) -> Answered:
    assert isinstance(answer, Answered), (getattr(answer, "code", ""), str(answer))
    return answer


def refusal(answer: Answer) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def codes(answers: Sequence[Answer]) -> list[str]:
    """The codes of refusals, and "" for what was granted."""
    return [answer.code if isinstance(answer, Refusal) else "" for answer in answers]
