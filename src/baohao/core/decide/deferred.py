"""How a decision changes deferred revenue: the schedules of what was sold, before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache

from baohao.core.civil import civil_day
from baohao.core.deferral import Schedule, change, month_of, schedule
from baohao.core.line.state import LineState, Sold
from baohao.core.policy.model import Policy

#: As `Decision.deferrals`.
Deferrals = tuple[tuple[str, str, date, int], ...]

#: Lines by the thousand share their price and their days.
_schedule = lru_cache(maxsize=8192)(schedule)


def deferrals(
    policy: Policy, before: LineState | None, after: LineState, now: datetime
) -> Deferrals:
    """Return by how much each month's deferred revenue changes; closed months stay as they are."""
    was = dict(_schedules(policy, before)) if before is not None else {}
    will = dict(_schedules(policy, after))
    open_month = month_of(civil_day(now, policy.zone))
    rows: list[tuple[str, str, date, int]] = []
    for key in sorted({*was, *will}):
        old, new = was.get(key, ()), will.get(key, ())
        if old != new:
            _, plan, currency = key
            changes = change(old, new, open_month)
            rows += [(plan, currency, month, minor) for month, minor in changes.items() if minor]
    return tuple(rows)


def _schedules(policy: Policy, line: LineState) -> Iterator[tuple[tuple[str, str, str], Schedule]]:
    for sold in line.sold:
        if sold.kept_minor:
            key = (sold.act, sold.sale.plan, sold.sale.currency)
            yield key, _of(policy, line, sold)


def _of(policy: Policy, line: LineState, sold: Sold) -> Schedule:
    """Spread what is kept of a price over the paid days that its act gives as the line stands."""
    paid = [b for b in line.standing.benefits if b.act == sold.act and b.kind == "paid"]
    first = civil_day(min((b.start for b in paid), default=sold.at), policy.zone)
    last = civil_day(max((b.end for b in paid), default=sold.at), policy.zone)
    if last <= first:
        return ((month_of(first), sold.kept_minor),)
    return _schedule(sold.kept_minor, first, last)
