"""
Random asks over all verbs, the same for the same seed, and a clock that a test sets.

What is asked depends on how the lines stand, as with people: mostly it makes sense, and often it
is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from tests.shop import BALANCE180, KEEP12, RENTAL, UNSURE, Shop, commissions, promotions

from baohao.app.shell import connect
from baohao.core.agents import Agent
from baohao.core.asks import Ask, Terms
from baohao.core.decide import MONEY_VERBS
from baohao.core.decide.case import safe_until
from baohao.core.line.state import LineState
from baohao.store import sql

BEGINS = datetime(2026, 1, 5, 3, 0, 0, 123_456, tzinfo=UTC)
FLOATS = tuple(f"float:agent-{n}:MOP" for n in range(4))
#: Worked by shifts as soon as somebody opens one; the other till never is.
DRAWER = "till:hall-2:MOP"
SHIFT_VERBS = ("open_shift", "drop", "count", "close_shift")
PAYERS = (*FLOATS, "till:hall-1:MOP", DRAWER, "wallet:w1:MOP", "advance:p1:MOP")
#: Of the last float's owner nobody has heard, and the one before sells for somebody else.
AGENTS = {
    key: Agent(
        key=key,
        name=key,
        operators=frozenset({operator}),
        currency="MOP",
        tier=tier,
        # In the midst of what goes on.
        float_alarm_minor=5_000_000,
    )
    for key, operator, tier in (
        ("agent-0", "demo", "gold"),
        ("agent-1", "demo", ""),
        ("agent-2", "cmhk", ""),
    )
}
#: Each as often as it stands here.
VERBS = (
    *("renew",) * 8,
    *("top_up",) * 4,
    *("record",) * 4,
    *("activate",) * 4,
    *("stock",) * 3,
    *("allot",) * 2,
    *("reverse",) * 3,
    *("quote",) * 2,
    *SHIFT_VERBS,
    *("register", "transfer", "replace_card", "park", "resume", "hold", "lift", "observe"),
    *(
        "pay_commission",
        "pay_commission",
        "correct",
        "adjust",
        "terminate",
        "return",
        "fund",
        "fund",
        "fund",
        "withdraw",
        "settle",
    ),
)


def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the statements that read the clock so that they read what a test has set."""
    for name, text in sql.STATEMENTS.items():
        reads = text.replace(b"clock_timestamp() + clock_offset", b"(SELECT at FROM test_clock)")
        monkeypatch.setitem(sql.STATEMENTS, name, reads)


class Timed(Shop):
    """A shop at a time that is set, whose transfers have the ids they are given."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.transfer = UUID(int=0)
        self.promotions = promotions("test.scarce", "demo.twelve_plus_six")
        self.agents = AGENTS
        self.commissions = commissions()
        self.listeners = frozenset({"agent-0", "agent-1", "operator:demo"})
        with connect(self.conninfo) as conn:
            conn.execute("CREATE TABLE test_clock (at timestamptz NOT NULL)")
            conn.execute("INSERT INTO test_clock VALUES (%s)", [BEGINS])

    def terms(self) -> Terms:
        return replace(super().terms(), transfer=self.transfer)

    def at(self, now: datetime, transfer: UUID) -> None:
        """Put the clock to an instant; transfers have this id from now on."""
        self.transfer = transfer
        with connect(self.conninfo) as conn:
            conn.execute("UPDATE test_clock SET at = %s", [now])


def _sensible(verb: str, state: LineState | None) -> str:
    """Return what a person would ask instead, who knows how the line stands."""
    if state is None:
        return verb if verb in MONEY_VERBS else "stock"
    if state.tenure is None and verb == "reverse":
        return "allot"
    if state.tenure is None and verb in ("renew", "top_up"):
        return "record" if state.custody == "external" or "balance180" in state.pin else "activate"
    if verb in ("renew", "top_up"):
        if state.custody == "external":
            return "record"
        return "renew" if state.plan == "keep12" else "top_up"
    if verb in ("reverse", "correct") and not state.sold:
        return "renew" if state.plan == "keep12" else "top_up"
    if verb == "hold" and state.standing.held_since is not None:
        return "lift"
    if verb == "park" and state.standing.parked_since is not None:
        return "resume"
    return verb


class Asking:
    """Somebody who asks at random."""

    def __init__(self, seed: int, lines: int, *, by_date: bool = False) -> None:
        self._random = Random(seed)
        #: They were shown a line's date, which no schedule of runs changes; or its version.
        self._by_date = by_date
        self._numbers = [f"+85366{n:06}" for n in range(lines)]
        # Two who ask at once have ids and keys of their own.
        self._count = seed * 1_000_000
        self._last: list[Ask] = []
        self._quotes: dict[str, str] = {}

    def groups(self, total: int, most: int) -> Iterator[tuple[datetime, UUID, int]]:
        """Yield when each group of asks is made, its transfer and its size."""
        now, left, group = BEGINS, total, 0
        while left:
            size = min(left, self._random.randint(1, most))
            left, group = left - size, group + 1
            yield now, UUID(int=(2 << 96) + group), size
            now += timedelta(minutes=self._random.choice((0, 7, 600, 1_500, 9_000, 20_000)))

    def ask(self, states: Mapping[str, LineState], now: datetime) -> Ask:
        """Return another ask; now and then one that was made before."""
        chance = self._random
        if self._last and chance.random() < 0.05:
            return chance.choice(self._last)
        self._count += 1
        verb, number = chance.choice(VERBS), chance.choice(self._numbers)
        state = states.get(number)
        if chance.random() < 0.9:
            verb = _sensible(verb, state)
        if verb == "settle" and self._by_date:
            verb = "record"
        payload = self._payload(verb, state, now)
        subject = number
        if verb in MONEY_VERBS:
            subject = chance.choice(FLOATS if verb == "pay_commission" else PAYERS)
        if verb in SHIFT_VERBS:
            subject = DRAWER
        shown = state is not None and chance.random() < 0.97
        made = Ask(
            id=UUID(int=(0x0190_0000_0000 << 80) + (7 << 76) + (self._count << 24)),
            verb=verb,
            subject=subject,
            key=f"k{self._count}",
            principal=self._principal(verb, state),
            channel="counter",
            payload=payload,
            expect_until=safe_until(state) if state and shown and self._by_date else None,
            expect_version=state.version if state and shown and not self._by_date else None,
        )
        self._last = [*self._last[-20:], made]
        return made

    def _principal(self, verb: str, state: LineState | None) -> str:
        """Return who asks: mostly one who may."""
        if verb in ("allot", *SHIFT_VERBS) and self._random.random() < 0.9:
            return "clerk-1"
        if state is not None and state.agent and self._random.random() < 0.6:
            return state.agent
        if verb == "activate" and self._random.random() < 0.9:
            return (state.agent if state is not None else "") or "clerk-1"
        return self._random.choice(("clerk-1", "agent-0", "agent-1"))

    def quoted(self, number: str, quote: str) -> None:
        """Remember a quote: the next renewal of the number may come with it."""
        self._quotes[number] = quote

    def _payload(self, verb: str, state: LineState | None, now: datetime) -> dict[str, Any]:
        chance = self._random
        sold = [s.act for s in state.sold] if state is not None else []
        of = chance.choice(sold or ["none"])
        why = {"reason": "because", "approved_by": "somebody"}
        paid = {"paid": chance.choice(PAYERS)}
        codes = {"codes": ["SCARCE"]} if chance.random() < 0.3 else {}
        term = {"term": chance.choice(("12 months", "12 months", "1 year", "3 months"))}
        holder = {"holder": f"h{chance.randrange(40)}", "document": "bir"}
        on_top = {}
        if paid["paid"] in FLOATS[:2] and chance.random() < 0.3:
            on_top["service_fee_minor"] = chance.choice((500, 2_000, 2_001))
        buys = term | paid | codes | on_top
        if state is not None and state.number in self._quotes and chance.random() < 0.5:
            buys["quote"] = self._quotes.pop(state.number)
        given: dict[str, dict[str, Any]] = {
            "stock": self._card(),
            "allot": {"agent": chance.choice((*AGENTS, *AGENTS, "agent-3", ""))},
            "activate": holder | (paid if state is not None and state.plan == "rental" else buys),
            "renew": buys,
            "top_up": {"amount_minor": chance.choice((5_000, 10_000))} | paid | on_top,
            "quote": term | codes,
            "record": self._record(now),
            "reverse": {"of": of, "mistake": chance.random() < 0.3} | why,
            "correct": {"of": of} | term | paid | why,
            "register": holder | {"lock": chance.random() < 0.1},
            "transfer": holder | {"cause": "court"} | paid,
            "replace_card": {"iccid": f"8985301{chance.randrange(300):012}"} | paid,
            "hold": {"cause": "fraud"} | why,
            "lift": dict(why),
            "observe": {"balance": "main", "amount_minor": chance.randrange(9_000)},
            "adjust": {"clock": "service", "until": (now + timedelta(days=99)).isoformat()} | why,
            "terminate": {"cause": "holder"} | why,
            "fund": {"amount_minor": chance.choice((20_000, 900_000))},
            "withdraw": {"amount_minor": chance.choice((5_000, 50_000, 5_000_000))},
            "open_shift": {"float_minor": chance.choice((0, 50_000))} | why,
            "drop": {"amount_minor": chance.choice((5_000, 500_000))},
            "count": {"pieces": {"10000": chance.randrange(9), "50": chance.randrange(9)}},
            "close_shift": {"leave_minor": chance.choice((0, 5_000))} | why,
            "pay_commission": {"amount_minor": chance.choice((500, 90_000)), "month": "2026-01"},
        }
        return given.get(verb, {})

    def _card(self) -> dict[str, Any]:
        chance = self._random
        pin = chance.choice((KEEP12, KEEP12, KEEP12, RENTAL, RENTAL, BALANCE180, UNSURE))
        custody = "external" if pin == UNSURE or chance.random() < 0.1 else "issued"
        return {
            "operator": "cmhk" if pin == UNSURE else "demo",
            "plan": pin.split("@")[0].split(".")[-1],
            "pin": pin,
            "custody": custody,
            "iccid": f"8985301{chance.randrange(3_000):012}",
        }

    def _record(self, now: datetime) -> dict[str, Any]:
        chance = self._random
        kind = chance.choice(("activate", "topup", "topup", "call_out", "data"))
        late = timedelta(minutes=chance.choice((0, 0, 0, 90, 20_000)))
        given: dict[str, Any] = {"kind": kind, "at": (now - late).isoformat()}
        if kind == "topup":
            given |= {"amount_minor": chance.choice((2_000, 5_000)), "accept_shorter": True}
        return given


def asked(asking: Asking, shop: Timed, size: int) -> list[Ask]:
    """A group of asks, made by how the lines of that shop stand."""
    states, now = shop.states(), shop.now()
    return [asking.ask(states, now) for _ in range(size)]


#: As they are.
SAME = (
    *("lines", "tenures", "due", "boundaries", "benefits", "quotes", "cards", "chips", "holdings"),
    *("allotments", "customers"),
    *("promotion_totals", "promotion_uses", "journal", "accounts", "deferrals", "keys", "parked"),
    *("agent_sales", "shifts", "standing_orders"),
)
#: Entries of events as they are; the payers' added up: how many there are is the batches' business.
BOOKS = """
SELECT e::text FROM entries e WHERE seq > 0
UNION ALL
SELECT concat_ws(' ', bucket, subject, kind, currency, recorded_at, transfer, account, sum(amount))
FROM entries, unnest(accounts, amounts) AS p (account, amount) WHERE seq = 0
GROUP BY bucket, subject, kind, currency, recorded_at, transfer, account HAVING sum(amount) <> 0
ORDER BY 1
"""


def ledger(shop: Shop) -> dict[str, list[str]]:
    """Everything that was written, as text, in one order."""
    found = {name: shop.rows(f"SELECT t::text FROM {name} t ORDER BY 1") for name in SAME}
    found["effects"] = shop.rows("SELECT e::text FROM effects e ORDER BY 1")
    found["receipts owed"] = shop.rows("SELECT p::text FROM receipt_places p ORDER BY 1")
    found["books"] = shop.rows(BOOKS)
    return {name: [text for (text,) in rows] for name, rows in found.items()}


@contextmanager
def timed(conninfo: str) -> Iterator[Timed]:
    """A shop whose clock is set, on a database."""
    made = Timed(conninfo=conninfo)
    try:
        yield made
    finally:
        made.shell.close()
