"""
A policy: one product's retention rules, validated and frozen.

The shapes are those of docs/rules/policy-language.md; `app/policies.py` reads them from TOML. Money
is in minor units of its currency, spans keep their units, instants are the fold's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, tzinfo

from baohao.core.civil import CLAMP, MonthEnd, Span
from baohao.core.policy.examples import Example
from baohao.core.policy.terms import Extension

#: What may work on a line, in the order in which it is shown.
SERVICES = (
    "voice_out",
    "voice_in",
    "sms_out",
    "sms_in",
    "mms_out",
    "data",
    "roaming",
    "emergency",
    "topup",
    "port_out",
    "balance_use",
)
#: Where the holder is: at home, in a neighbouring network's land, anywhere else.
PLACES = ("home", "neighbouring", "elsewhere")

#: Where people and systems act; a policy's rules may name any of them.
CHANNELS = (
    "counter",
    "app",
    "web",
    "wechat",
    "telegram",
    "sms",
    "ussd",
    "sim_toolkit",
    "phone",
    "hotline",
    "chat",
    "mail",
    "agent",
    "shop",
    "bank",
    "kiosk",
    "voucher",
    "api",
    "operator",
    "other",
)

STAGE_KINDS = ("stock", "live", "grace", "suspended", "lost", "quarantined", "recycled")
#: Stages in which the number is still the holder's.
KEEPING = frozenset({"stock", "live", "grace", "suspended"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a rule was read, and when it was last looked at."""

    url: str
    checked: date
    #: S operator's own page, P press or users, L low quality, M memory, NC not confirmed,
    #: X invented.
    confidence: str
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something the sources do not say: a path into the document and its finite alternatives."""

    path: str
    alternatives: tuple[object, ...]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowFloor:
    """A clock that runs while a balance is under a floor."""

    balance: str
    floor_minor: int
    #: True: at the floor counts as under it.
    at_most: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulates:
    """A clock that counts civil days of being barred within each calendar year."""

    limit_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """A clock that waits while another runs."""

    clock: str
    #: "original" or "restart".
    then: str = "original"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A named deadline: what starts it, how long it is, and where its last day ends."""

    id: str
    kind: str
    #: Names of starts: "activation", "event:topup", "charge_failed:rental", "stage:grace",
    #: "never" ...
    starts: tuple[str, ...] = ("activation",)
    below: BelowFloor | None = None
    term: Span | None = None
    #: "end_of_day", "start_of_day", "exact" or "at".
    ends: str = "end_of_day"
    #: For `ends` "at": the wall-clock time.
    wall: time | None = None
    zone: tzinfo
    inclusive: bool = False
    month_end: MonthEnd = CLAMP
    never_shorten: bool = False
    unless: Unless | None = None
    accumulates: Accumulates | None = None
    #: A hold or moratorium stops it.
    holds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A threshold over several acts: a sum of amounts or a count, within a window."""

    #: A rolling span, or "day", "month", "year", or "clock:ID".
    over: Span | str
    #: Minor units for a sum, a number of acts for a count.
    at_least: int
    #: True: strictly more than `at_least`.
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """Which acts count, and what they do. A `None` filter lets everything through."""

    id: str
    kinds: frozenset[str]
    stages: frozenset[str] | None = None
    channels: frozenset[str] | None = None
    actors: frozenset[str] | None = None
    skus: frozenset[str] | None = None
    tags: frozenset[str] = frozenset()
    not_tags: frozenset[str] = frozenset()
    min_minor: int | None = None
    above_minor: int | None = None
    max_minor: int | None = None
    below_minor: int | None = None
    #: "face", "paid", "net" or "credited".
    measure: str = "face"
    sum: Tally | None = None
    count: Tally | None = None
    #: "posted", "requested", "paid" or "used".
    at: str = "posted"
    also: bool = False
    #: The balance credited with the act's credited amount, or "none"; empty: "main" for top-ups
    #: and vouchers.
    credit: str = ""
    extends: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRule:
    """One bucket of a line's prepaid money."""

    id: str
    max_minor: int | None = None
    #: "truncate" or "reject".
    excess: str = "truncate"
    #: The clock whose passing forfeits it.
    expires: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the operator takes from a balance by itself."""

    id: str
    kind: str
    amount_minor: int
    every: Span
    starts: tuple[str, ...] = ("activation",)
    first_at_start: bool = False
    balance: str = "main"
    stages: frozenset[str] | None = None
    order: int = 0
    partial: bool = False
    #: "skip", "retry" or "stop".
    on_failure: str = "skip"
    #: Inactivity: the kinds of act that spare it, and within which span.
    unless_kinds: frozenset[str] = frozenset()
    unless_within: Span | None = None
    #: Shortfall: the least spend of a cycle.
    minimum_spend_minor: int = 0
    extends: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """When a stage ends: at a clock, or at the earliest or latest of several."""

    clock: str | None = None
    #: "earliest_of" or "latest_of", with `parts`.
    how: str = ""
    parts: tuple[Until, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The way back out of a stage."""

    by: tuple[str, ...]
    min_minor: int = 0
    fee_minor: int = 0
    #: `None`: any channel.
    channels: frozenset[str] | None = None
    identity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceEffect:
    """What a stage does to the line's balances."""

    #: "keep", "freeze", "forfeit", "forfeit_after", "refundable_until" or "revalidate".
    kind: str = "keep"
    span: Span | None = None
    fee_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One rung of the ladder down: how long, what works, and how to climb back."""

    name: str
    kind: str
    until: Until | None = None
    lasts: Span | None = None
    #: A clock from whose deadline `lasts` counts; `None`: from the end of the stage before.
    origin: str | None = None
    #: place -> services that work there.
    services: Mapping[str, frozenset[str]]
    barred: bool = False
    balance: BalanceEffect = BalanceEffect()
    restore: Restore | None = None
    #: Which class of the quarantine is meant; empty: none.
    number_class: str = ""

    @property
    def keeping(self) -> bool:
        """Whether the number is still the holder's."""
        return self.kind in KEEPING


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """What happens between the loss of a number and its next life."""

    min: Span | None = None
    max: Span | None = None
    #: class -> (min, max), for classes with their own.
    classes: Mapping[str, tuple[Span | None, Span | None]] = field(default_factory=dict)
    former_holder_fee_minor: int | None = None
    former_holder_within: Span | None = None
    donor_return: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something that a holder may buy for an issued line."""

    plan: str
    title: str
    #: "renew", "top_up" or "activate".
    verb: str
    term: Span | None
    price_minor: int
    allowances: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """What is given back when a paid act is undone."""

    #: "first": bonus time goes before paid time is counted · "pro_rata": it is treated like paid
    #: time.
    bonus: str = "first"
    #: "pro_rata_days", "pro_rata_months", "none" or "full".
    paid: str = "pro_rata_days"
    #: Inside this span everything is given back.
    within: Span | None = None
    #: "one": paid and bonus are one step · "two": paid, then bonus.
    promotion_steps: str = "one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Who may do a verb, where and when. `None` lets everyone through."""

    allowed: bool = True
    channels: frozenset[str] | None = None
    stages: frozenset[str] | None = None
    causes: frozenset[str] | None = None
    second_person: bool = False
    cooling: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """A pause at the holder's wish."""

    max: Span | None = None
    per_year: int | None = None
    #: "by_itself" or "on_request".
    resumes: str = "by_itself"
    services: Mapping[str, frozenset[str]]
    #: "run": clocks go on · "wait": deadlines move by the length of the park.
    clocks: str = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose documents are taken, and how many cards a person may hold."""

    documents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    quota_person: int | None = None
    quota_organisation: int | None = None
    #: Whether the quota is counted per "operator" or in "total".
    quota_per: str = "operator"
    minor_below_years: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRule:
    """When a deadline is told to whoever should act on it."""

    #: One of the two is set.
    clock: str | None = None
    stage: str | None = None
    leads: tuple[Span, ...]
    margin: Span | None = None
    escalate_from: Span | None = None
    escalate_per_day: int = 1
    quiet: tuple[time, time] | None = None
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What a person must do for an act in a channel."""

    act: str
    channel: str
    dial: str = ""
    page: str = ""
    steps: tuple[str, ...] = ()
    #: language -> the same steps.
    steps_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    price_minor: int | None = None
    abroad: bool | None = None
    checked: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Which lines a policy is for; empty parts let everyone in."""

    activated_from: date | None = None
    activated_to: date | None = None
    plans: frozenset[str] = frozenset()
    batches: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The retention rules of one product, in one version, in one world."""

    name: str
    version: str
    title: str
    titles: Mapping[str, str] = field(default_factory=dict)
    country: str
    operator: str
    brand: str = ""
    zone: tzinfo
    zone_name: str
    currency: str
    #: Digits after the point in the currency.
    exponent: int
    invented: bool = False
    effective_from: date
    effective_to: date | None = None
    cohort: Cohort = Cohort()
    overlays: tuple[str, ...] = ()
    confidence: str
    #: Enforcement was seen to differ from the contract; only the contract is scheduled on.
    contractual_only: bool = False
    observed: str = ""
    sources: tuple[Source, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    clocks: Mapping[str, Clock]
    events: tuple[EventRule, ...]
    balances: Mapping[str, BalanceRule]
    charges: tuple[Charge, ...] = ()
    stages: tuple[Stage, ...]
    quarantine: Quarantine = Quarantine()
    offers: tuple[Offer, ...] = ()
    reversal: Reversal = Reversal()
    #: stage kind -> "restore", "restore_with_fee" or "refund".
    late_payment: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    park: Park | None = None
    people: People = People()
    repin_on_renewal: bool = False
    repin_notice: Span | None = None
    reminders: tuple[ReminderRule, ...] = ()
    operator_notices: tuple[tuple[str, Span], ...] = ()
    how: tuple[How, ...] = ()
    examples: tuple[Example, ...] = ()
    #: Every reading of the document that its unknowns allow; empty where nothing is unknown, and in
    #: the worlds themselves. `worlds_of` gives the policy itself then.
    worlds: tuple[Policy, ...] = ()

    @property
    def pin(self) -> str:
        """What a line is pinned to."""
        return f"{self.name}@{self.version}"

    @property
    def sellable(self) -> bool:
        """Whether a promise can be made under it: nothing unknown in an extension."""
        return not any(".extend" in u.path for u in self.unknowns)

    def is_in_force(self, day: date) -> bool:
        """Whether lines may come under it on a civil day of its zone."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)

    def stage(self, name: str) -> Stage:
        """Return the stage of that name; raises `KeyError`."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)
