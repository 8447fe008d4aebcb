"""Read clocks: what starts them, how long they run, where their last day ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, tzinfo

from baohao.core.civil import CLAMP, MonthEnd
from baohao.core.policy import findings
from baohao.core.policy.model import Accumulates, BelowFloor, Clock, Unless
from baohao.core.policy.table import Table

CLOCK_KINDS = (
    "activate_by",
    "register_by",
    "credit",
    "outgoing",
    "service",
    "number",
    "inactivity",
    "cycle",
    "document",
    "bonus",
    "refund_claim",
    "quarantine",
    "deactivated",
)
#: What a clock or a charge can start at, besides an event, a failed charge or a stage.
STARTS = ("purchase", "first_use", "activation", "identity", "first_topup", "port_in", "never")
#: Prefixes of starts that point at something else in the policy.
POINTERS = ("event", "charge_failed", "stage")

_ENDS = ("end_of_day", "start_of_day", "exact")
_MONTH_ENDS = {"clamp": "clamp", "keep_anchor": "keep", "overflow": "overflow"}


def clocks(document: Table, zone: tzinfo) -> dict[str, Clock]:
    """Read `[clocks.*]`; `zone` is where the policy's deadlines are civil."""
    return {name: _clock(name, table, zone) for name, table in document.named("clocks")}


def _clock(name: str, table: Table, zone: tzinfo) -> Clock:
    zone_name = table.text("zone")
    accumulates = table.table("accumulates")
    unless = table.table("unless")
    ends, wall = _ends(table)
    default_starts = ("activation",) if accumulates is None else ()
    below = _below(table)
    return Clock(
        id=name,
        kind=table.word("kind", CLOCK_KINDS),
        starts=() if below is not None else starts(table, default_starts),
        below=below,
        term=table.span("term"),
        ends=ends,
        wall=wall,
        zone=(table.zone("zone", zone_name) or zone) if zone_name else zone,
        inclusive=table.word("count", ("exclusive", "inclusive"), "exclusive") == "inclusive",
        month_end=_month_end(table),
        never_shorten=table.flag("never_shorten"),
        unless=None if unless is None else _unless(unless),
        accumulates=None if accumulates is None else _accumulates(accumulates),
        holds=table.flag("holds", default=True),
    )


def starts(table: Table, default: tuple[str, ...]) -> tuple[str, ...]:
    """Read `starts` as names."""
    if table.take("starts") is None:
        return default
    names = table.words("starts")
    for name in names:
        prefix, colon, pointed = name.partition(":")
        known = prefix in POINTERS and bool(pointed) if colon else name in STARTS
        if not known:
            table.refuse("starts", findings.StartUnknown(value=name, allowed=", ".join(STARTS)))
    return names


def _below(table: Table) -> BelowFloor | None:
    """Read `starts` where it is a table: a balance under a floor."""
    if not isinstance(table.take("starts"), Mapping):
        return None
    floor = table.table("starts")
    if floor is None:
        return None
    if "below" in floor and "at_most" in floor:
        why = "a floor is either counted as under it or not"
        refusal = findings.KeysTogether(first="below", second="at_most", why=why)
        floor.refuse("below", refusal, "at_most")
    at_most = floor.money("at_most")
    below_minor = floor.money("below") if at_most is not None else floor.need_money("below")
    return BelowFloor(
        balance=floor.name("balance"),
        floor_minor=below_minor or 0 if at_most is None else at_most,
        at_most=at_most is not None,
    )


def _ends(table: Table) -> tuple[str, time | None]:
    """Read `ends`: a word, or a time of day. A pair of times has become two worlds before."""
    value = table.take("ends")
    if isinstance(value, str) and value[:1].isdigit():
        return "at", table.wall("ends")
    if isinstance(value, Mapping):
        both = table.reading.open(value, table.at("ends"))
        both.wrong("between", 'two times, as in ["05:00", "11:00"]', both.take("between"))
        return "end_of_day", None
    return table.word("ends", _ENDS, "end_of_day"), None


def _month_end(table: Table) -> MonthEnd:
    value = table.take("month_end")
    if isinstance(value, Mapping):
        fixed = table.table("month_end")
        day = None if fixed is None else fixed.whole("day", 1, 28)
        if fixed is not None and "day" not in fixed:
            fixed.missing("day", "a day of the month from 1 to 28")
        return MonthEnd("day", day or 28)
    word = table.word("month_end", tuple(_MONTH_ENDS), "clamp")
    return CLAMP if word == "clamp" else MonthEnd(_MONTH_ENDS.get(word, "clamp"))


def _unless(table: Table) -> Unless:
    return Unless(
        clock=table.name("clock"),
        then=table.word("then", ("original", "restart"), "original"),
    )


def _accumulates(table: Table) -> Accumulates:
    table.word("what", ("barred",))
    table.word("per", ("calendar_year",))
    limit = table.need_span("limit")
    if limit.days == 0 and "limit" in table:
        table.refuse("limit", findings.SpanNotInDays(key="limit", value=str(limit)))
    return Accumulates(limit_days=limit.days)
