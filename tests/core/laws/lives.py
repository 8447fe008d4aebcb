"""
Random policies, histories and asks, made so that they are valid: what the laws are held against.

Everything is drawn as values of the core; instants lie where mistakes lie, at midnights and a
moment beside them, in zones that change their clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from baohao.core.civil import MonthEnd, Span, Unit, at_wall
from baohao.core.line.acts import Act
from baohao.core.line.fold import Rules
from baohao.core.policy.model import (
    PLACES,
    SERVICES,
    Accumulates,
    BalanceEffect,
    BalanceRule,
    BelowFloor,
    Charge,
    Clock,
    EventRule,
    Offer,
    Park,
    Permission,
    Policy,
    Quarantine,
    Restore,
    Reversal,
    Stage,
    Unless,
    Until,
)
from baohao.core.policy.terms import (
    Base,
    Bought,
    CalendarEnd,
    Cap,
    Extension,
    Fixed,
    PerUnit,
    Tiers,
    UntilDate,
    Window,
)

ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "Asia/Macau",
        "Europe/London",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/Santiago",  # midnight itself is skipped there when summer begins
    )
)
FIRST_DAY = date(2025, 11, 20)
#: Long enough for a life to pass a leap day, a ladder and two New Years.
DAYS = 1_100
FULL = dict.fromkeys(PLACES, frozenset(SERVICES))
NONE = dict.fromkeys(PLACES, frozenset[str]())
DAY = Unit.DAY

days = st.one_of(st.sampled_from([1, 7, 30, 45, 90]), st.integers(1, 120)).map(
    lambda n: Span(n, DAY)
)
months = st.sampled_from([1, 1, 2, 3, 6, 12]).map(lambda n: Span(n, Unit.MONTH))
civil_spans = st.one_of(days, months, st.just(Span(1, Unit.YEAR)))
spans = st.one_of(civil_spans, civil_spans, st.just(Span(36, Unit.HOUR)))
month_ends = st.sampled_from(
    [MonthEnd(), MonthEnd("keep"), MonthEnd("overflow"), MonthEnd("day", 28)]
)


@st.composite
def instants(draw: st.DrawFn, zone: ZoneInfo, *, last: int = DAYS) -> datetime:
    """
    Draw an instant within `last` days: midnights and the moments beside them more than others.
    """
    day = FIRST_DAY + timedelta(days=draw(st.integers(0, last)))
    moment = draw(st.sampled_from(["midnight", "before", "after", "noon", "any"]))
    if moment == "noon":
        return at_wall(day, time(12), zone)
    if moment == "any":
        return at_wall(day, time(draw(st.integers(0, 23)), draw(st.integers(0, 59))), zone)
    beside = {"midnight": 0, "before": -1, "after": 1}[moment]
    return at_wall(day, time(0), zone) + timedelta(microseconds=beside)


# --- policies -------------------------------------------------------------------------------------


@st.composite
def clocks(draw: st.DrawFn, /, zone: ZoneInfo, name: str = "service", **fixed: Any) -> Clock:
    """Draw a clock that counts calendar days, ends at a wall time, or to the minute."""
    ends = draw(st.sampled_from(["end_of_day", "end_of_day", "start_of_day", "exact", "at"]))
    drawn: dict[str, Any] = {
        "kind": "service",
        "term": draw(civil_spans),
        "ends": ends,
        "wall": time(19, 59) if ends == "at" else None,
        "inclusive": draw(st.booleans()) if ends != "exact" else False,
        "month_end": draw(month_ends),
        "never_shorten": draw(st.booleans()),
        "holds": draw(st.sampled_from([True, True, True, False])),
    }
    return Clock(id=name, zone=zone, **(drawn | fixed))


caps = st.one_of(
    st.none(),
    st.none(),
    st.builds(
        Cap,
        max=st.one_of(days, months, st.just(Span(365, DAY))),
        origin=st.sampled_from(["event", "event", "activation"]),
        excess=st.sampled_from(["truncate", "reject", "queue"]),
    ),
    st.builds(
        Cap, until=st.just(date(2027, 12, 31)), excess=st.sampled_from(["truncate", "queue"])
    ),
    st.builds(Cap, per_event=days, excess=st.sampled_from(["truncate", "queue"])),
)
terms = st.one_of(
    st.just(Bought()),
    st.builds(Fixed, spans),
    st.builds(CalendarEnd, st.sampled_from(["month", "year"])),
    st.just(UntilDate(date(2027, 3, 31))),
    st.just(PerUnit(100, Span(3, DAY))),
    st.just(Tiers(((1000, Span(20, DAY)), (5000, Span(4, Unit.MONTH)), (9000, Span(2, DAY))))),
)
bases = st.sampled_from([base for base in Base if base is not Base.AFTER_PRODUCT])


@st.composite
def extensions(draw: st.DrawFn, /, clock: str, **fixed: Any) -> Extension:
    """Draw what an act does to a clock."""
    drawn: dict[str, Any] = {
        "base": draw(bases),
        "term": draw(terms),
        "cap": draw(caps),
        "never_shorten": draw(st.booleans()),
        "window": draw(
            st.sampled_from(
                [None, None, None, Window(earliest=Span(200, DAY)), Window(latest=Span(1, DAY))]
            )
        ),
    }
    return Extension(clock=clock, **(drawn | fixed))


@st.composite
def ladders(draw: st.DrawFn, names: frozenset[str]) -> tuple[Stage, ...]:
    """Draw the stages from live to recycled."""
    until = Until(clock="service")
    if "inactivity" in names:
        how = draw(st.sampled_from(["earliest_of", "latest_of"]))
        until = Until(how=how, parts=(until, Until(clock="inactivity")))
    if "low" in names and draw(st.booleans()):
        until = Until(how="earliest_of", parts=(until, Until(clock="low")))
    fee = draw(st.sampled_from([0, 0, 700]))
    effects = st.sampled_from(
        [
            BalanceEffect(),
            BalanceEffect(kind="forfeit"),
            BalanceEffect(kind="forfeit_after", span=Span(9, DAY)),
        ]
    )
    grace = Stage(
        name="grace", kind="grace", lasts=draw(days), services=FULL, balance=draw(effects)
    )
    if "respite" in names:
        grace = Stage(name="grace", kind="grace", until=Until(clock="respite"), services=FULL)
    return (
        Stage(name="active", kind="live", until=until, services=FULL),
        grace,
        Stage(
            name="suspended",
            kind="suspended",
            lasts=draw(st.one_of(days, months)),
            services=NONE,
            barred=draw(st.booleans()),
            balance=draw(effects),
            restore=Restore(by=("late", "topup"), fee_minor=fee),
        ),
        Stage(name="quarantined", kind="quarantined", lasts=draw(days), services=NONE),
        Stage(name="recycled", kind="recycled", services=NONE),
    )


@st.composite
def charges(draw: st.DrawFn) -> Charge:
    """Draw what the operator takes by itself."""
    kind = draw(st.sampled_from(["rental", "rental", "inactivity", "shortfall", "pause"]))
    return Charge(
        id=kind,
        kind=kind,
        amount_minor=draw(st.sampled_from([200, 1500])),
        every=draw(st.sampled_from([Span(1, Unit.MONTH), Span(30, DAY), Span(5, DAY)])),
        starts=draw(st.sampled_from([("activation",), ("first_topup",), ("stage:grace",)])),
        first_at_start=draw(st.booleans()),
        stages=draw(st.sampled_from([None, frozenset({"active", "grace"})])),
        order=draw(st.integers(0, 2)),
        partial=draw(st.booleans()),
        on_failure=draw(st.sampled_from(["skip", "retry", "stop"])),
        unless_kinds=frozenset({"call_out"}),
        unless_within=Span(40, DAY),
        minimum_spend_minor=300,
    )


#: Clocks that a policy may have beside its service.
EXTRA = ("inactivity", "credit", "deactivated", "low", "respite", "product")


@st.composite
def _clocks(draw: st.DrawFn, zone: ZoneInfo, extra: tuple[str, ...]) -> dict[str, Clock]:
    found = {"service": draw(clocks(zone))}
    some = draw(st.sets(st.sampled_from(extra), max_size=3)) if extra else set()
    if "inactivity" in some:
        starts = ("activation", "event:used")
        found["inactivity"] = draw(clocks(zone, "inactivity", kind="inactivity", starts=starts))
    if "credit" in some:
        found["credit"] = draw(clocks(zone, "credit", kind="credit", starts=("first_topup",)))
    if "product" in some:
        found["product"] = draw(clocks(zone, "product", kind="bonus", starts=("never",)))
        then = draw(st.sampled_from(["original", "restart"]))
        found["service"] = draw(clocks(zone, unless=Unless(clock="product", then=then)))
    if "deactivated" in some:
        found["deactivated"] = Clock(
            id="deactivated",
            kind="deactivated",
            zone=zone,
            starts=(),
            accumulates=Accumulates(limit_days=draw(st.integers(5, 120))),
        )
    if "low" in some:
        floor = BelowFloor(balance="main", floor_minor=500, at_most=draw(st.booleans()))
        found["low"] = draw(clocks(zone, "low", kind="credit", starts=(), below=floor))
    if "respite" in some:
        found["respite"] = draw(
            clocks(zone, "respite", starts=("stage:grace",), term=Span(20, DAY))
        )
    return found


@st.composite
def _events(draw: st.DrawFn, names: frozenset[str]) -> tuple[EventRule, ...]:
    both = frozenset({"active", "grace"})
    topup = [draw(extensions("service"))]
    if "credit" in names:
        topup.append(draw(extensions("credit", term=Fixed(draw(civil_spans)))))
    events = [
        EventRule(
            id="renew",
            kinds=frozenset({"renewal"}),
            stages=both,
            extends=(draw(extensions("service", term=Bought())),),
        ),
        EventRule(
            id="late",
            kinds=frozenset({"renewal"}),
            stages=frozenset({"suspended"}),
            extends=(
                draw(
                    extensions(
                        "service",
                        term=Bought(),
                        base=draw(st.sampled_from([Base.STACK, Base.RESET])),
                    )
                ),
            ),
        ),
        EventRule(
            id="topup",
            kinds=frozenset({"topup"}),
            stages=both | {"suspended"},
            min_minor=draw(st.sampled_from([None, 1000])),
            extends=tuple(topup),
        ),
        EventRule(
            id="used",
            kinds=frozenset({"call_out", "data"}),
            stages=draw(st.sampled_from([None, both])),
        ),
    ]
    if "product" in names:
        extension = draw(extensions("product", term=Bought(), window=None))
        events.append(EventRule(id="pack", kinds=frozenset({"pack"}), extends=(extension,)))
    return tuple(events)


OFFERS = (
    *(
        Offer(plan="p", title="", verb="renew", term=Span(n, Unit.MONTH), price_minor=1_000 * n)
        for n in (1, 3, 6, 12)
    ),
    Offer(plan="p", title="", verb="activate", term=Span(6, Unit.MONTH), price_minor=5_000),
    Offer(plan="p", title="", verb="top_up", term=None, price_minor=5_000),
    Offer(plan="p", title="", verb="top_up", term=None, price_minor=10_000),
)


@st.composite
def policies(
    draw: st.DrawFn,
    *,
    version: str = "1",
    zone: ZoneInfo | None = None,
    extra: tuple[str, ...] = EXTRA,
) -> Policy:
    """Draw a policy of one world."""
    zone = zone or draw(st.sampled_from(ZONES))
    found = draw(_clocks(zone, extra))
    names = frozenset(found)
    expires = "credit" if "credit" in names and draw(st.booleans()) else None
    park = Park(
        max=draw(st.sampled_from([None, Span(28, DAY), Span(3, Unit.MONTH)])),
        resumes=draw(st.sampled_from(["by_itself", "on_request"])),
        services=NONE,
        clocks=draw(st.sampled_from(["run", "wait"])),
    )
    return Policy(
        name="law",
        version=version,
        title="",
        country="MO",
        operator="o",
        zone=zone,
        zone_name=zone.key,
        currency="MOP",
        exponent=2,
        effective_from=FIRST_DAY,
        confidence="X",
        clocks=found,
        events=draw(_events(names)),
        balances={
            "main": BalanceRule(
                id="main", max_minor=draw(st.sampled_from([None, None, 30_000])), expires=expires
            )
        },
        charges=tuple(draw(st.lists(charges(), max_size=2, unique_by=lambda c: c.id))),
        stages=draw(ladders(names)),
        quarantine=Quarantine(
            min=Span(5, DAY), former_holder_within=Span(20, DAY), former_holder_fee_minor=900
        ),
        offers=OFFERS,
        reversal=Reversal(
            bonus=draw(st.sampled_from(["first", "pro_rata"])),
            paid=draw(st.sampled_from(["pro_rata_days", "pro_rata_months", "none", "full"])),
            within=draw(st.sampled_from([None, Span(7, DAY)])),
            promotion_steps=draw(st.sampled_from(["one", "two"])),
        ),
        permissions={"transfer": Permission()},
        park=park,
    )


@st.composite
def worlds(draw: st.DrawFn) -> Policy:
    """Draw a policy of two worlds, alike in their clocks' names and their stages'."""
    first = draw(policies())
    other = replace(
        first,
        clocks={
            name: clock
            if clock.accumulates is not None
            else replace(clock, term=draw(civil_spans), month_end=draw(month_ends))
            for name, clock in first.clocks.items()
        },
    )
    return replace(first, worlds=(first, other))


def rules_of(*given: Policy) -> Rules:
    """Return policies by their pins."""
    return {policy.pin: policy for policy in given}


# --- histories ------------------------------------------------------------------------------------

_KINDS = (
    *("renewal", "renewal", "topup", "topup", "call_out", "data", "pack"),
    *("park", "resume", "hold", "lift", "adjust", "spend"),
)


@st.composite
def acts(draw: st.DrawFn, policy: Policy, index: int, *, kinds: tuple[str, ...] = _KINDS) -> Act:
    """Draw something that happens to a line under a policy."""
    zone = policy.zone
    assert isinstance(zone, ZoneInfo)
    kind, at = draw(st.sampled_from(kinds)), draw(instants(zone))
    given: dict[str, Any] = {}
    if kind in ("renewal", "pack"):
        given["term"] = draw(months if kind == "renewal" else days)
        given["bonus"] = tuple(draw(st.lists(months, max_size=2)))
        given["amount_minor"] = draw(st.sampled_from([1_000, 6_000]))
    elif kind == "topup":
        given["amount_minor"] = draw(st.sampled_from([300, 1_000, 5_000, 9_500]))
    elif kind == "spend":
        kind, given["spend_minor"] = "call_out", draw(st.integers(1, 3_000))
    elif kind == "adjust" and draw(st.booleans()):
        given |= {"clock": "service", "until": draw(instants(zone, last=DAYS + 200))}
    elif kind == "adjust":
        given |= {"balance": "main", "amount_minor": draw(st.integers(0, 8_000))}
    return Act(id=f"{index:02}", kind=kind, at=at, **given)


@st.composite
def histories(
    draw: st.DrawFn, policy: Policy, *, most: int = 9, kinds: tuple[str, ...] = _KINDS
) -> tuple[Act, ...]:
    """Draw the acts of a line, in their order; it is activated in its first weeks."""
    zone = policy.zone
    assert isinstance(zone, ZoneInfo)
    begins = draw(instants(zone, last=20))
    begun = Act(id="begun", kind="activate", at=begins)
    rest = [draw(acts(policy, i, kinds=kinds)) for i in range(draw(st.integers(0, most)))]
    return tuple(sorted((begun, *rest), key=lambda act: (act.at, act.id)))


def brief(policy: Policy) -> str:
    """Say what a drawn policy is made of: all of it would fill pages."""
    clocks = (f"{c.id}: {c.term} {c.ends} {c.month_end.rule}" for c in policy.clocks.values())
    rules = (
        f"{rule.id}: {ext.clock} {ext.base} {ext.term} {ext.cap} guard={ext.never_shorten}"
        for rule in policy.events
        for ext in rule.extends
    )
    rungs = (f"{s.name} {s.lasts or s.until} {s.balance.kind}" for s in policy.stages)
    parts = (policy.zone_name, *clocks, *rules, *rungs, *map(str, policy.charges), policy.park)
    return "\n  ".join(map(str, (*parts, policy.balances, policy.reversal)))


@dataclass(frozen=True, kw_only=True, repr=False)
class Life:
    """A policy and what happened under it."""

    policy: Policy
    acts: tuple[Act, ...]
    #: Some instant of it.
    at: datetime

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def __repr__(self) -> str:
        acts = (f"{a.id} {a.kind} {a.at} {a.term} {a.bonus} {a.amount_minor}" for a in self.acts)
        return "\n  ".join((brief(self.policy), *acts, str(self.at)))

    @property
    def rules(self) -> Rules:
        return rules_of(self.policy)

    @property
    def pin(self) -> str:
        return self.policy.pin


@st.composite
def lives(
    draw: st.DrawFn,
    *,
    most: int = 9,
    kinds: tuple[str, ...] = _KINDS,
    many: bool = False,
    extra: tuple[str, ...] = EXTRA,
) -> Life:
    """Draw a life; with `many`, of a policy that may have two worlds."""
    one = policies(extra=extra)
    policy = draw(st.one_of(one, worlds()) if many else one)
    zone = policy.zone
    assert isinstance(zone, ZoneInfo)
    history = draw(histories(policy, most=most, kinds=kinds))
    return Life(policy=policy, acts=history, at=draw(instants(zone)))


#: The end of every random life, and some rest.
END = datetime.combine(FIRST_DAY + timedelta(days=DAYS + 3), time(0), UTC)
