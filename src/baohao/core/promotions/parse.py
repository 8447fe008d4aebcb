"""
Read a promotion document into a value.

A document is what a TOML parser gives. Nothing is ignored: what is not understood is a finding, and
one reading collects them all. The shapes are those of docs/rules/promotions.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, tzinfo

from baohao.core.policy import findings
from baohao.core.policy.findings import Finding, PolicyFault
from baohao.core.policy.parse_head import read_cohort, read_currency, read_titles, read_zone
from baohao.core.policy.parse_selling import VERBS
from baohao.core.policy.table import Reading, Table
from baohao.core.promotions.model import (
    WHOLE_BASIS_POINTS,
    AmountOff,
    CreditGift,
    ExtraTime,
    Give,
    PercentOff,
    Promotion,
)

_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?", re.ASCII)
_GIVES = ("time", "amount", "percent", "credit")
_NO_DAY = date(1, 1, 1)


class PercentWrong(PolicyFault):
    """
    {value!r} is no share of a price: write a percentage as text, above 0 and at most "100", as in
    "12.5".
    """

    code = "promotion.percent"


class GivesNothing(PolicyFault):
    """The promotion gives {what}: write at least one [[gives]], each with one of: {known}."""

    code = "promotion.gives"


class WindowBackwards(PolicyFault):
    """The window ends on {ends}, not after it begins on {starts}."""

    code = "promotion.window"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPromotion:
    """A promotion, or what is wrong with its document."""

    promotion: Promotion | None
    findings: tuple[Finding, ...]


def parse_promotion(
    document: Mapping[str, object], zone_of: Callable[[str], tzinfo]
) -> ParsedPromotion:
    """Read a document; `zone_of` gives the zone of an IANA name or raises `KeyError`."""
    reading = Reading(zone_of, "the promotion")
    promotion = _promotion(reading.open(document, ()))
    reading.close()
    if reading.findings:
        return ParsedPromotion(promotion=None, findings=tuple(reading.findings))
    return ParsedPromotion(promotion=promotion, findings=())


def _promotion(table: Table) -> Promotion:
    currency = read_currency(table)
    _, zone = read_zone(table)
    starts, ends = _window(table)
    return Promotion(
        id=table.name("promotion", dots=True),
        title=table.text("title", need=True),
        titles=read_titles(table),
        operator=table.name("operator"),
        zone=zone,
        currency=currency,
        starts=starts,
        ends=ends,
        gives=_gives(table),
        verbs=table.word_set("verbs", VERBS) or frozenset({"renew"}),
        plans=table.word_set("plans"),
        terms=frozenset(table.spans("terms")) or None,
        channels=table.word_set("channels"),
        min_price_minor=table.money("min_price") or 0,
        cohort=read_cohort(table),
        first_time=table.flag("first_time"),
        per_number=table.whole("per_number", 1),
        per_holder=table.whole("per_holder", 1),
        uses=table.whole("uses", 1),
        budget_minor=table.money("budget"),
        code=table.text("code"),
        priority=table.whole("priority", -1000, 1000) or 0,
        exclusive=table.flag("exclusive"),
        group=table.name("group", need=False),
        invented=table.flag("invented"),
    )


def _window(table: Table) -> tuple[date, date | None]:
    window = table.table("window")
    if window is None:
        if "window" not in table:
            table.missing("window", "{ from = DATE }, and `to` where it ends")
        return _NO_DAY, None
    starts, ends = window.day("from", need=True) or _NO_DAY, window.day("to")
    if ends is not None and ends <= starts:
        refusal = WindowBackwards(starts=starts.isoformat(), ends=ends.isoformat())
        window.refuse("to", refusal, "from")
    return starts, ends


def _gives(table: Table) -> tuple[Give, ...]:
    listed = table.tables("gives")
    if not listed:
        refusal = GivesNothing(what="nothing", known=", ".join(_GIVES))
        table.reading.refuse(table.place, refusal)
    read = [_give(give) for give in listed]
    return tuple(give for give in read if give is not None)


def _give(table: Table) -> Give | None:
    named = [key for key in _GIVES if key in table]
    if len(named) != 1:
        what = " and ".join(named) + " at once" if named else "nothing"
        refusal = GivesNothing(what=what, known=", ".join(_GIVES))
        table.reading.refuse(table.place, refusal)
        for key in _GIVES:
            table.take(key)
        return None
    match named[0]:
        case "time":
            return _time(table)
        case "percent":
            points = read_percent(table)
            return PercentOff(points) if points else None
        case kind:
            amount_minor = table.need_money(kind)
            if amount_minor == 0:
                table.refuse(kind, GivesNothing(what="an amount of 0", known=", ".join(_GIVES)))
            return AmountOff(amount_minor) if kind == "amount" else CreditGift(amount_minor)


def _time(table: Table) -> Give | None:
    span = table.span("time")
    if span is not None and not (span.days or span.months):
        # Bonus time is shown as a day, so it is counted in days or longer units.
        table.refuse("time", findings.SpanNotInDays(key="time", value=str(span)))
        return None
    return None if span is None else ExtraTime(span)


def read_percent(table: Table) -> int:
    """Read `percent` as basis points; 0 where it is none."""
    text = table.text("percent")
    found = _PERCENT.fullmatch(text)
    points = 0
    if found is not None:
        points = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    if not 0 < points <= WHOLE_BASIS_POINTS:
        table.refuse("percent", PercentWrong(value=text))
        return 0
    return points
