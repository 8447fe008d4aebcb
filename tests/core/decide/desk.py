"""A desk: one line, asked one thing after another, at instants that are said in Macau's time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from baohao.app import policies
from baohao.core.agents import Agent
from baohao.core.asks import Ask, Decision, Facts, Quote, Terms
from baohao.core.books.entry import Entry, totals
from baohao.core.civil import Span, Unit
from baohao.core.commissions import CommissionSchedule, Rate
from baohao.core.decide import decide
from baohao.core.fees import Fee, FeeSchedule
from baohao.core.line.evolve import evolve
from baohao.core.line.state import LineState
from baohao.core.policy.model import BalanceRule, Cohort, Policy, Unknown
from baohao.core.policy.terms import Base, Cap, Window
from baohao.core.promotions.model import CreditGift, ExtraTime, Give, Promotion, PromotionFacts
from baohao.core.refusals import Refusal
from baohao.core.shifts import Shift

MACAU = ZoneInfo("Asia/Macau")
ROOT = Path(__file__).parents[3]
NUMBER = "+85366123456"
FLOAT, TILL, WALLET = "float:agent-7:MOP", "till:t-1:MOP", "wallet:w-1:MOP"
SEVEN = Agent(key="agent-7", name="Kiosk", operators=frozenset({"demo"}), currency="MOP")
NO_RATE = Rate(verbs=frozenset())
RICH: Mapping[str, int] = {FLOAT: 10**7, TILL: 10**7, WALLET: 10**7, "advance:p-1:MOP": 10**7}

#: Each refusal that a verb lists, and an ask that meets it.
Refused = Mapping[str, Mapping[type[Refusal], Callable[[], Decision | Refusal]]]


@cache
def load(path: str) -> Policy:
    return policies.load(ROOT / "policies" / path).accepted()


KEEP12 = load("demo/keep12.toml")
BALANCE180 = load("demo/balance180.toml")


def macau(text: str) -> datetime:
    """Read "2026-01-10" (its noon) or "2026-01-10 15:30", in Macau."""
    local = datetime.fromisoformat(text if " " in text else f"{text} 12:00")
    return local.replace(tzinfo=MACAU)


def money(entries: tuple[Entry, ...]) -> dict[str, int]:
    """What entries post to each account but for clearing: debits above zero."""
    return {str(a): n for a, n in totals(entries).items() if n and a.kind != "clearing"}


def fees(**of: int) -> dict[str, FeeSchedule]:
    """The fees of verbs at the counter; what is not said is not offered."""
    offered = {(verb, "counter"): Fee(fee_minor=minor) for verb, minor in of.items()}
    schedule = FeeSchedule(
        operator="demo", currency="MOP", effective_from=date(2025, 1, 1), fees=offered
    )
    return {"demo": schedule}


#: The demo operator offers nothing at all.
NOTHING = fees()


def gift(give: Give, *verbs: str) -> Promotion:
    return Promotion(
        id="gift",
        title="",
        operator="demo",
        zone=MACAU,
        currency="MOP",
        starts=date(2025, 1, 1),
        gives=(give,),
        verbs=frozenset(verbs),
    )


HALF_A_YEAR = ExtraTime(Span(6, Unit.MONTH))
TEN = CreditGift(1_000)

#: The desk's own clerk has a shift at the till; it is counted; it is over; it is somebody else's.
AT_WORK = Shift(
    n=1,
    clerk="clerk-1",
    opened_at=macau("2026-01-01"),
    float_minor=0,
    opening_difference_minor=0,
)
COUNTED = replace(
    AT_WORK, counted_at=macau("2026-01-02"), counted_minor=0, expected_minor=0, pieces={}
)
CLOSED = replace(COUNTED, closed_at=macau("2026-01-03"), left_minor=0)
OTHERS = replace(AT_WORK, clerk="clerk-2")


class Desk:
    """One line and what may be asked of it."""

    def __init__(
        self,
        policy: Policy = KEEP12,
        *others: Policy,
        plan: str = "",
        custody: str = "issued",
        promotions: tuple[Promotion, ...] = (),
        available: Mapping[str, int] = RICH,
    ) -> None:
        self.policy = policy
        self.plan = plan or policy.name.rpartition(".")[2]
        self.custody = custody
        self.state: LineState | None = None
        self.now = macau("2026-01-10")
        self.rules = {each.pin: each for each in (policy, *others)}
        self.fees: Mapping[str, FeeSchedule] = {}
        self.agents: Mapping[str, Agent] = {}
        self.commissions: Mapping[str, CommissionSchedule] = {}
        self.there: frozenset[str] = frozenset()
        self.promotions = promotions
        self.facts = Facts(available=available, promotions=PromotionFacts.unused(promotions))
        self.principal = "clerk-1"
        self.channel = "counter"
        #: What is asked of.
        self.subject = NUMBER
        self._asked = 0

    # -- setting the scene -------------------------------------------------------------------------

    def at(self, text: str) -> Desk:
        self.now = macau(text)
        return self

    def through(self, channel: str) -> Desk:
        self.channel = channel
        return self

    def by(self, principal: str, *agents: Agent) -> Desk:
        """Somebody else asks; there are these agents, or those that there were."""
        self.principal = principal
        if agents:
            self.agents = {agent.key: agent for agent in agents}
        return self

    def charging(self, schedules: Mapping[str, FeeSchedule]) -> Desk:
        self.fees = schedules
        return self

    def selling(self, rate: Rate = NO_RATE, **agent: Any) -> Desk:
        """Register agent 7 of the demo operator, who earns by a rate and may take MOP 20 on top."""
        self.agents = {"agent-7": replace(SEVEN, **agent)}
        self.commissions = {
            "demo": CommissionSchedule(
                operator="demo",
                currency="MOP",
                effective_from=date(2025, 1, 1),
                rates=(rate,),
                service_fee_max_minor=2_000,
            )
        }
        return self

    def mastered_there(self) -> Desk:
        """From now on the operator's own charging system is master."""
        self.there = frozenset({"demo"})
        return self

    def varied(self, **parts: Any) -> Desk:
        """Change the policy under the line's feet, pin and all."""
        self.policy = replace(self.policy, **parts)
        self.rules[self.policy.pin] = self.policy
        return self

    def knowing(self, **facts: Any) -> Desk:
        self.facts = replace(self.facts, **facts)
        return self

    def stocked(self) -> Desk:
        self.do(
            "stock",
            operator="demo",
            plan=self.plan,
            pin=self.policy.pin,
            custody=self.custody,
            iccid="8985301000000000001",
        )
        return self

    def active(self, **payload: object) -> Desk:
        """Activate on 10 January 2026 at noon, so that a year is good to 10 January 2027."""
        self.stocked()
        if self.custody == "external":
            self.do("record", kind="activate", **payload)
        elif any(offer.verb == "activate" for offer in self.policy.offers):
            given: dict[str, object] = {
                "term": "12 months",
                "paid": FLOAT,
                "holder": "h-1",
                "document": "bir",
            }
            self.do("activate", **{**given, **payload})
        else:
            self.do("port_in", **{"holder": "h-1", "document": "bir", **payload})
        return self

    # -- asking ------------------------------------------------------------------------------------

    @property
    def line(self) -> LineState:
        assert self.state is not None
        return self.state

    @property
    def terms(self) -> Terms:
        return Terms(
            rules=self.rules,
            promotions=self.promotions,
            fees=self.fees,
            agents=self.agents,
            commissions=self.commissions,
            authority_there=self.there,
            transfer=UUID(int=99),
        )

    def asking(self, verb: str, **payload: object) -> Ask:
        self._asked += 1
        return Ask(
            id=UUID(int=self._asked),
            verb=verb,
            subject=self.subject,
            key=str(self._asked),
            principal=self.principal,
            channel=self.channel,
            payload=payload,
            expect_version=self.state.version if self.state is not None else None,
        )

    def answer(self, ask: Ask) -> Decision | Refusal:
        return decide(self.state, self.facts, ask, self.terms, self.now)

    def ask(self, verb: str, **payload: object) -> Decision | Refusal:
        return self.answer(self.asking(verb, **payload))

    def do(self, verb: str, **payload: object) -> Decision:
        """Ask, and go on from what was decided; the journal must give the row."""
        before = self.state
        decision = self.ask(verb, **payload)
        assert isinstance(decision, Decision), f"{verb}: {decision!r} {decision}"
        for event in decision.events:
            before = evolve(before, event, self.rules)
        assert before == decision.state
        self.state = decision.state
        if decision.quote is not None:
            self.facts = replace(self.facts, quote=decision.quote)
        return decision

    # -- looking -----------------------------------------------------------------------------------

    @property
    def stage(self) -> str:
        return self.line.standing.stage

    @property
    def last_day(self) -> str:
        """The last good day of the service clock."""
        return self.line.standing.clocks["service"].day.isoformat()

    @property
    def balance(self) -> int:
        return self.line.standing.balances.get("main", 0)


SEVEN = Agent(key="agent-7", name="Kiosk", operators=frozenset({"demo"}), currency="MOP")
EIGHT = replace(SEVEN, key="agent-8")


# -- policies that say something else --------------------------------------------------------------


def extending(policy: Policy, event: str, **parts: Any) -> tuple[Any, ...]:
    """The events of a policy, with the extensions of one of them changed."""
    return tuple(
        replace(rule, extends=tuple(replace(e, **parts) for e in rule.extends))
        if rule.id == event
        else rule
        for rule in policy.events
    )


def with_base(policy: Policy, event: str, base: Base) -> dict[str, Any]:
    return {"events": extending(policy, event, base=base, cap=None)}


def with_cap(policy: Policy, event: str, days: int) -> dict[str, Any]:
    cap = Cap(max=Span(days, Unit.DAY), excess="reject")
    return {"events": extending(policy, event, cap=cap)}


def with_window(policy: Policy, event: str) -> dict[str, Any]:
    window = Window(earliest=Span(30, Unit.DAY))
    return {"events": extending(policy, event, window=window)}


def unsellable() -> dict[str, Any]:
    """Something of an extension is not known."""
    unknown = Unknown(path="events.renew.extend.0.base", alternatives=("STACK", "RESET"))
    return {"unknowns": (unknown,)}


def full(policy: Policy) -> dict[str, Any]:
    """The main balance has no room for anything."""
    rule = replace(policy.balances["main"], max_minor=0) if "main" in policy.balances else None
    return {"balances": {"main": rule or BalanceRule(id="main", max_minor=0)}}


def version_2(policy: Policy, **parts: Any) -> Policy:
    return replace(policy, version="2", cohort=Cohort(), **parts)


def quote_until(desk: Desk, minutes: int) -> Quote:
    """The desk's quote, as if it ended some minutes after now."""
    quote = desk.facts.quote
    assert quote is not None
    return replace(quote, until=desk.now + timedelta(minutes=minutes))
