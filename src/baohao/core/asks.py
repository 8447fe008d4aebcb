"""
Asks and decisions: one request to change one subject, and what becomes true.

An ask comes from a person or a machine through a channel; the door folds repeated keys, decides in
order of arrival, and writes what was decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from baohao.core.agents import Agent
from baohao.core.books.entry import Entry
from baohao.core.commissions import CommissionSchedule, Earned
from baohao.core.fees import FeeSchedule
from baohao.core.line.event import Event, Json
from baohao.core.line.fold import Rules
from baohao.core.line.state import LineState
from baohao.core.promotions.model import Promotion, PromotionFacts, Use
from baohao.core.shifts import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request to change one subject."""

    #: Made by the client, in order of time (UUIDv7); what the ask brings about carries it.
    id: UUID
    verb: str
    #: An E.164 number, or a guarded account's text such as "float:agent-7:MOP".
    subject: str
    #: Unique for the principal, for ever.
    key: str
    #: The agent, holder or staff member; never the credential.
    principal: str
    channel: str
    payload: Json = field(default_factory=dict)
    #: The issuing point where it was asked, whose series numbers its receipt; empty: at none.
    point: str = ""
    #: The deadline that the asker was shown; `None` where the asker is no person or agent.
    expect_until: datetime | None = None
    #: The version that the asker was shown; the other way to compare and set.
    expect_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Work outside the database that a decision owes."""

    #: "network", "message", "event", "charge" ...
    kind: str
    due_at: datetime
    data: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What lies outside the line, as the asks before it in the batch left it."""

    #: Guarded account's text -> minor units available. An account that is missing has nothing.
    available: Mapping[str, int] = field(default_factory=dict)
    #: Account of what is owed -> minor units, a claim below zero; known to who moves it alone.
    owed: Mapping[str, int] = field(default_factory=dict)
    #: Till -> its last shift; one that is missing is worked without shifts.
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    promotions: PromotionFacts = field(default_factory=PromotionFacts)
    #: A binding quote that the ask refers to.
    quote: Quote | None = None
    #: How many cards the holder has with the operator, for quotas.
    holder_cards: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is on offer: the same for every ask of a batch."""

    rules: Rules
    promotions: tuple[Promotion, ...] = ()
    #: By operator.
    fees: Mapping[str, FeeSchedule] = field(default_factory=dict)
    #: By operator.
    commissions: Mapping[str, CommissionSchedule] = field(default_factory=dict)
    #: By key.
    agents: Mapping[str, Agent] = field(default_factory=dict)
    #: Operators whose own charging system is master: what is sold is owed to it, too.
    authority_there: frozenset[str] = frozenset()
    #: Agents, and operators as "operator:KEY", that are told of their lines' events.
    listeners: frozenset[str] = frozenset()
    #: Joins the two sides of every payment of the batch in clearing.
    transfer: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A promise: price, promotions, bonus and the exact new deadline, good until it ends."""

    id: UUID
    number: str
    #: The line's version that it was made for.
    version: int
    #: The instant that it judged the stage at.
    now: datetime
    until: datetime
    #: What is bought and what it costs, as `core/quote.py` writes it.
    terms: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes true."""

    #: The line as it will be; `None`: the subject is no line.
    state: LineState | None
    events: tuple[Event, ...]
    entries: tuple[Entry, ...] = ()
    effects: tuple[Effect, ...] = ()
    #: How deferred revenue changes: (plan, currency, first day of the month, minor units).
    deferrals: tuple[tuple[str, str, date, int], ...] = ()
    #: What it earned agents, or took back from them.
    earned: tuple[Earned, ...] = ()
    quote: Quote | None = None
    #: The shift of the till that was asked of, as it is from now on.
    shift: Shift | None = None
    #: Promotion uses that it takes, and that it gives back.
    uses: tuple[Use, ...] = ()
    released: tuple[Use, ...] = ()
    #: What is told to the asker and stored for ever: at most 200 bytes as JSON.
    answer: Json = field(default_factory=dict)
