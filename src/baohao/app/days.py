"""
Days of issuing points: the register of points, and days that are closed for good.

    Refusal
    ├── DayRunning        its midnight has not come yet
    ├── DayOutOfOrder     a later one is closed already
    ├── DayLeftOut        something was paid on a day between, that is not closed
    ├── DayUnfinished     a shift of it is still open
    ├── DayUncounted      a till moved that was never counted
    └── DayOpen           it has not been closed

A day is closed once it is over, under the locks of its tills: whoever began to sell before has
finished then, and the door reads its clock after it has these locks and never before the accounts
were last dated, so that what comes later has a later date, though somebody set the clock back.
Nothing keeps a closed day shut but that, and its digest shows if it was not enough. What was paid
otherwise than in cash is counted by the receipts of the point's series, which are dated alike:
whoever gives one holds the point, and dates it no earlier than the last day was closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo

import msgspec

from baohao.app.policies import zone_of
from baohao.core.civil import civil_day, midnight
from baohao.core.operators import Operator
from baohao.core.points import ClosedDay, Point, PointKnown, PointMalformed, PointUnknown
from baohao.core.refusals import Refusal
from baohao.store import books, clock, days, shifts
from baohao.store.sql import Connection, run, trip

_json = msgspec.json.Encoder(order="sorted").encode


class DayRunning(Refusal):
    """{day} is not over at {point}; it can be closed when it is."""

    code = "day.running"


class DayOutOfOrder(Refusal):
    """{point} has closed {last}; {day} was before, and what it was not is not made now."""

    code = "day.out_of_order"


class DayLeftOut(Refusal):
    """{point} has not closed {before} yet, on which something was paid there; close it first."""

    code = "day.before"


class DayUnfinished(Refusal):
    """{clerk} has not closed the shift at {till}; a day is closed when all its shifts are."""

    code = "day.unfinished"


class DayUncounted(Refusal):
    """Cash moved at {till} without a shift; open one there, count it and close it first."""

    code = "day.uncounted"


class DayOpen(Refusal):
    """{point} has not closed {day}."""

    code = "day.open"


# --- the register ---------------------------------------------------------------------------------


def known(conn: Connection) -> Mapping[str, Point]:
    """Return every issuing point by its key."""
    return days.points(conn)


def add(conn: Connection, point: Point, operators: Mapping[str, Operator]) -> bool:
    """
    Register an issuing point; the same one again changes nothing, and false is returned.

    Raises `PointKnown` for a key or a till that another has, `PointMalformed`.
    """
    if point.operator not in operators:
        reason = f"there is no operator {point.operator} in the library"
        raise PointMalformed(part="operator", reason=reason)
    _zone(point)
    others = _alone(conn, point)
    if others.get(point.key, point) != point:
        raise PointKnown(point=point.key, part="key", value=point.key)
    return days.add_point(conn, point)


def change(conn: Connection, point: Point) -> None:
    """
    Give an issuing point another name, other particulars or other tills.

    Raises `PointUnknown` and `PointKnown`. Receipts that were given keep what was true then.
    """
    if point.key not in _alone(conn, point):
        raise PointUnknown(point=point.key)
    days.change_point(conn, point)


def _alone(conn: Connection, point: Point) -> Mapping[str, Point]:
    """Return the register; raises `PointKnown` where a till or a series is another point's."""
    # One at a time: no key holds a till to one point.
    run(conn, "lock_house")
    found = days.points(conn)
    for other in found.values():
        for till in point.tills if other.key != point.key else ():
            if till in other.tills:
                raise PointKnown(point=other.key, part="till", value=till)
        for series in point.series if other.key != point.key else ():
            if series in other.series:
                raise PointKnown(point=other.key, part="series of receipts", value=series)
    return found


# --- closing --------------------------------------------------------------------------------------


def close_day(conn: Connection, key: str, day: date, *, by: str) -> ClosedDay:
    """
    Close a day at an issuing point; one that is closed is returned as it was.

    Raises `PointUnknown` and what the module's docstring draws.
    """
    point = days.lock_point(conn, key)
    if point is None:
        raise PointUnknown(point=key[:40])
    found = days.read(conn, key, day)
    if found is not None:
        return found
    if day >= civil_day(clock.now(conn), _zone(point)):
        raise DayRunning(day=day.isoformat(), point=key)
    since, until = window = _window(point, day)
    trip(conn, [books.lock(point.tills)])
    last = days.last(conn, key)
    if last is not None:
        _follows(conn, point, last, day, since)
    _counted(conn, point, since, until)
    moved = days.moved(conn, point.tills, since, until)
    totals = [
        {
            "means": each.means,
            "what": each.kind,
            "verb": each.verb,
            "plan": each.plan,
            "currency": each.currency,
            "count": each.count,
            "minor": each.amount_minor,
        }
        for each in (*moved, *days.paid(conn, point.series, since, until))
    ]
    prev, now = last.digest if last is not None else b"", clock.now(conn)
    books.date_from(conn, point.tills, now)
    days.close(
        conn,
        point,
        day,
        window,
        totals=_json(totals).decode(),
        at=now,
        by=by,
        prev=prev,
    )
    return day_of(conn, key, day)


def day_of(conn: Connection, key: str, day: date) -> ClosedDay:
    """Return a day as it was closed; raises `DayOpen`."""
    found = days.read(conn, key, day)
    if found is None:
        raise DayOpen(point=key[:40], day=day.isoformat())
    return found


def _follows(conn: Connection, point: Point, last: days.Last, day: date, since: datetime) -> None:
    if day < last.day:
        raise DayOutOfOrder(point=point.key, last=last.day.isoformat(), day=day.isoformat())
    cash = days.first_moved(conn, point.tills, last.until, since)
    other = days.first_paid(conn, point.series, last.until, since)
    if cash is not None or other is not None:
        before = civil_day(min(at for at in (cash, other) if at is not None), _zone(point))
        raise DayLeftOut(point=point.key, before=before.isoformat())


def _counted(conn: Connection, point: Point, since: datetime, until: datetime) -> None:
    """Ask for every shift of the day to be closed, and every till that moved to have one."""
    worked = shifts.last(conn, point.tills)
    for till in point.tills:
        shift = worked.get(till)
        if shift is None:
            if days.first_moved(conn, [till], since, until) is not None:
                raise DayUncounted(till=till)
        elif shift.is_open and shift.opened_at < until:
            raise DayUnfinished(clerk=shift.clerk, till=till)


def _window(point: Point, day: date) -> tuple[datetime, datetime]:
    zone = _zone(point)
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def _zone(point: Point) -> tzinfo:
    try:
        return zone_of(point.zone)
    except KeyError:
        raise PointMalformed(part="zone", reason=f"there is no zone {point.zone}") from None
