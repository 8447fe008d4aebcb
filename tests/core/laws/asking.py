"""Random sequences of asks over all verbs, and what came of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from tests.core.laws.lives import EXTRA, FIRST_DAY, brief, policies

from baohao.core.agents import Agent
from baohao.core.asks import Ask, Decision, Facts, Terms
from baohao.core.civil import Span, Unit, at_wall
from baohao.core.commissions import VERBS, CommissionSchedule, Rate
from baohao.core.decide import decide
from baohao.core.decide.change_number import carried
from baohao.core.line.course import course_of
from baohao.core.line.evolve import settle
from baohao.core.line.state import LineState
from baohao.core.policy.model import Policy
from baohao.core.promotions.apply import consume, release
from baohao.core.promotions.model import (
    CreditGift,
    ExtraTime,
    PercentOff,
    Promotion,
    PromotionFacts,
)
from baohao.core.refusals import Refusal

NUMBER, OTHER = "+85366000001", "+85366000002"
PAYERS = ("float:agent-7:MOP", "wallet:w-1:MOP", "till:t-1:MOP", "advance:p-1:MOP")
RICH = 10**9
AGENT = Agent(key="agent-7", name="Kiosk", operators=frozenset({"o"}), currency="MOP")
#: An odd share, so that what is earned is seldom a whole amount.
POINTS = 777
SCHEDULE = CommissionSchedule(
    operator="o",
    currency="MOP",
    effective_from=FIRST_DAY,
    rates=(Rate(verbs=frozenset(VERBS), basis_points=POINTS),),
)
#: What a person does with a line most of all, and now and then.
OFTEN = ("renew", "renew", "top_up", "record", "record", "reverse", "quote", "settle")
SELDOM = (
    *("correct", "adjust", "observe", "park", "resume", "hold", "lift", "repin", "change_plan"),
    *("register", "transfer", "replace_card", "terminate", "return", "recycle", "restore"),
    *("activate", "port_in", "port_out", "stock", "change_number"),
)


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody means to do; the ask is made when it is known where the line stands."""

    wait: timedelta
    verb: str
    number: int
    flag: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One ask and what came of it."""

    before: LineState | None
    ask: Ask
    facts: Facts
    now: datetime
    result: Decision | Refusal

    @property
    def decision(self) -> Decision | None:
        return self.result if isinstance(self.result, Decision) else None


@dataclass(frozen=True, slots=True, repr=False)
class Story:
    """Terms, and all that is asked under them of one line."""

    terms: Terms
    policies: tuple[Policy, Policy]
    moves: tuple[Move, ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def __repr__(self) -> str:
        moves = map(str, self.moves)
        promotions = len(self.terms.promotions)
        return "\n".join((*map(brief, self.policies), f"{promotions} promotions", *moves))


@st.composite
def _moves(draw: st.DrawFn) -> Move:
    days = draw(st.sampled_from([0, 0, 0, 1, 3, 10, 25, 60]))
    return Move(
        wait=timedelta(days=days, minutes=draw(st.integers(0, 1_440))),
        verb=draw(st.one_of(st.sampled_from(OFTEN), st.sampled_from(SELDOM))),
        number=draw(st.integers(0, 11)),
        flag=draw(st.booleans()),
    )


@st.composite
def stories(draw: st.DrawFn, *, most: int = 22, extra: tuple[str, ...] = EXTRA) -> Story:
    """Draw a story under two policies of one product."""
    first = draw(policies(extra=extra))
    zone = first.zone
    assert isinstance(zone, ZoneInfo)
    other = draw(policies(version="2", zone=zone, extra=extra))
    terms = Terms(
        rules={first.pin: first, other.pin: other},
        promotions=draw(st.sampled_from([(), _promotions(zone)])),
        agents={AGENT.key: AGENT},
        commissions={"o": SCHEDULE},
        transfer=UUID(int=9),
    )
    moves = draw(st.lists(_moves(), min_size=most // 3, max_size=most))
    return Story(terms=terms, policies=(first, other), moves=tuple(moves))


def _promotions(zone: ZoneInfo) -> tuple[Promotion, ...]:
    half, some = Span(6, Unit.MONTH), Span(10, Unit.DAY)
    gives: tuple[Any, ...] = (
        (ExtraTime(half), ("renew", "activate"), "time"),
        (PercentOff(2_500), ("renew", "top_up"), "money"),
        (CreditGift(700), ("renew", "activate", "top_up"), "gift"),
        (ExtraTime(some), ("renew",), "time"),
    )
    return tuple(
        Promotion(
            id=f"promotion.{index}",
            title="",
            operator="o",
            zone=zone,
            currency="MOP",
            starts=FIRST_DAY,
            gives=(give,),
            verbs=frozenset(verbs),
            per_number=3,
            group=group,
            priority=index,
        )
        for index, (give, verbs, group) in enumerate(gives)
    )


def told(story: Story) -> Iterator[Step]:
    """Play a story: every decision is taken, every refusal is passed over."""
    zone = story.policies[0].zone
    now = at_wall(FIRST_DAY, time(10), zone)
    facts = Facts(available=dict.fromkeys(PAYERS, RICH), promotions=PromotionFacts())
    state: LineState | None = None
    begin = Move(timedelta(0), "stock", 0, False), Move(timedelta(hours=1), "activate", 0, False)
    for index, move in enumerate((*begin, *story.moves)):
        now += move.wait
        move = _sensible(story, state, move, now)
        ask = _ask(story, state, move, index, now)
        step = Step(state, ask, facts, now, decide(state, facts, ask, story.terms, now))
        yield step
        decision = step.decision
        if decision is None:
            continue
        if ask.verb == "change_number":
            # The other half of the move comes at once, to a number that is new here.
            second = carried(ask, decision.events[-1], UUID(int=10_000 + index))
            state = None
            step = Step(None, second, facts, now, decide(None, facts, second, story.terms, now))
            yield step
            assert step.decision is not None, step.result
            decision = step.decision
        state = decision.state
        if ask.verb != "quote":
            facts = replace(
                facts,
                promotions=consume(release(facts.promotions, decision.released), decision.uses),
                quote=None,
            )
        elif decision.quote is not None:
            facts = replace(facts, quote=decision.quote)


def _sensible(story: Story, state: LineState | None, move: Move, now: datetime) -> Move:
    """Turn a move that could only be refused into one that has a chance, most of the time."""
    if state is None or move.number == 11:
        return move
    settled, _ = settle(state, story.terms.rules, now)
    standing, verb = settled.standing, move.verb
    stage = course_of(story.terms.rules[settled.pin]).stages[standing.stage or "stock"]
    if standing.ended in ("recycle", "port_out"):
        verb = "stock"
    elif settled.tenure is None:
        verb = ("activate", "port_in", "activate", "quote")[move.number % 4]
    elif not stage.keeping:
        verb = ("restore", "restore", "return", "recycle", "record", "settle")[move.number % 6]
    elif verb in ("park", "resume"):
        verb = "resume" if standing.parked_since else "park"
    elif verb in ("hold", "lift"):
        verb = "lift" if standing.held_since else "hold"
    elif verb in ("activate", "port_in", "stock", "return", "recycle", "restore"):
        verb = "renew"
    return replace(move, verb=verb)


def _ask(story: Story, state: LineState | None, move: Move, index: int, now: datetime) -> Ask:
    payload = _payload(story, state, move, now)
    version = state.version if state is not None else None
    return Ask(
        id=UUID(int=1_000 + index),
        verb=move.verb,
        subject=state.number if state is not None else NUMBER,
        key=str(index),
        principal="clerk",
        channel="counter",
        payload=payload,
        expect_version=version,
    )


def _payload(story: Story, state: LineState | None, move: Move, now: datetime) -> dict[str, object]:
    payer = PAYERS[move.number % len(PAYERS)]
    term = f"{(1, 3, 6, 12)[move.number % 4]} months"
    why: dict[str, object] = {"reason": "because", "approved_by": "other"}
    sold = state.sold if state is not None else ()
    of = sold[move.number % len(sold)].act if sold else "none"
    accepts: dict[str, object] = {"accept_shorter": True} if move.flag else {}
    other = next(
        (p.pin for p in story.policies if state is None or p.pin != state.pin),
        story.policies[0].pin,
    )
    holder: dict[str, object] = {"holder": f"h{move.number % 2}", "document": "bir"}
    given: dict[str, dict[str, object]] = {
        "stock": {"operator": "o", "plan": "p", "pin": story.policies[0].pin, "iccid": "8985301"},
        "activate": {**holder, "paid": payer, "term": "6 months"},
        "renew": {"term": term, "paid": payer, **accepts},
        "restore": {"term": term, "paid": payer},
        "top_up": {"amount_minor": (5_000, 10_000)[move.number % 2], "paid": payer, **accepts},
        "quote": {"what": "renew", "term": term},
        "record": {**_record(move, now), **accepts},
        "observe": {"clock": "service", "until": (now + timedelta(days=9)).isoformat()},
        "reverse": {"of": of, "mistake": move.flag, **why},
        "correct": {"of": of, "term": term, "paid": payer, **why},
        "adjust": {**_adjust(move, now), **why},
        "hold": {"cause": "fraud", **why},
        "lift": dict(why),
        "repin": {"pin": other},
        "change_plan": {"pin": other, "plan": ("p", "q")[move.number % 2]},
        "register": {**holder, "lock": move.flag},
        "transfer": {"holder": f"h{move.number}", **why},
        "replace_card": {"iccid": f"898530{move.number}"},
        "terminate": {"cause": "holder", **why},
        "port_in": dict(holder),
        "port_out": {"recipient": "them"},
        "change_number": {"to": f"+8536600{move.number:04}", **why},
    }
    return given.get(move.verb, {})


def _record(move: Move, now: datetime) -> dict[str, object]:
    kinds = ("call_out", "topup", "data", "pack", "topup", "renewal")
    kind = kinds[move.number % len(kinds)]
    late = timedelta(days=(0, 0, 0, 7, 40)[move.number % 5])
    given: dict[str, object] = {"kind": kind, "at": (now - late).isoformat()}
    if kind in ("topup", "renewal"):
        given["amount_minor"] = 2_000
    if kind == "call_out":
        given["spend_minor"] = 100 * move.number
    if kind in ("renewal", "pack"):
        given["term"] = "1 month"
    return given


def _adjust(move: Move, now: datetime) -> dict[str, object]:
    if move.flag:
        return {"balance": "main", "amount_minor": 100 * move.number}
    return {"clock": "service", "until": (now + timedelta(days=20 * move.number)).isoformat()}


def decisions(story: Story) -> Sequence[Decision]:
    """All decisions of a story, in order."""
    return [step.decision for step in told(story) if step.decision is not None]


def month_of(day: date) -> date:
    return day.replace(day=1)
