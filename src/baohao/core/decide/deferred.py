"""How a decision changes deferred revenue: the schedules of what was sold, before and after."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from baohao.core.civil import civil_day
from baohao.core.deferral import Schedule, change, month_of, schedule
from baohao.core.line.state import LineState, Sold
from baohao.core.policy.model import Policy

#: As `Decision.deferrals`.
Deferrals = tuple[tuple[str, str, date, int], ...]
#: (minor units, first instant, last instant) over which what is kept of a price is spread.
Spread = tuple[int, datetime, datetime]
#: The same, by civil days.
Days = tuple[int, date, date]


def deferrals(
    policy: Policy, before: LineState | None, after: LineState, now: datetime
) -> Deferrals:
    """Return by how much each month's deferred revenue changes; closed months stay as they are."""
    if before is None:
        if not after.sold:
            return ()
    elif before.sold == after.sold and before.standing.benefits == after.standing.benefits:
        return ()
    was = _spreads(before) if before is not None else {}
    will = _spreads(after)
    open_month = month_of(civil_day(now, policy.zone))
    rows: Deferrals = ()
    for key in sorted({*was, *will}):
        old, new = was.get(key), will.get(key)
        # Most of what was sold before is as it was: nothing is counted for it.
        if old != new:
            _, plan, currency = key
            rows += _rows(plan, currency, _days(policy, old), _days(policy, new), open_month)
    return rows


def _spreads(line: LineState) -> dict[tuple[str, str, str], Spread]:
    """Return over which time the price of each act is spread, as the line stands."""
    return {
        (sold.act, sold.sale.plan, sold.sale.currency): _spread(line, sold)
        for sold in line.sold
        if sold.kept_minor
    }


def _spread(line: LineState, sold: Sold) -> Spread:
    act = sold.act
    paid = [b for b in line.standing.benefits if b.act == act and b.kind == "paid"]
    if not paid:
        return sold.kept_minor, sold.at, sold.at
    return sold.kept_minor, min([b.start for b in paid]), max([b.end for b in paid])


def _days(policy: Policy, spread: Spread | None) -> Days | None:
    if spread is None:
        return None
    kept_minor, first, last = spread
    return kept_minor, civil_day(first, policy.zone), civil_day(last, policy.zone)


# Kept: lines by the thousand share their price and their days.
@lru_cache(maxsize=8192)
def _rows(
    plan: str, currency: str, old: Days | None, new: Days | None, open_month: date
) -> Deferrals:
    changes = change(_schedule(old), _schedule(new), open_month)
    return tuple((plan, currency, month, minor) for month, minor in changes.items())


def _schedule(days: Days | None) -> Schedule:
    if days is None:
        return ()
    kept_minor, first, last = days
    if last <= first:
        return ((month_of(first), kept_minor),)
    return schedule(kept_minor, first, last)
