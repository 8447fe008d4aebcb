"""Issuing points, and their days that are closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from baohao.core.bucket import bucket_of
from baohao.core.points import ClosedDay, Point
from baohao.store.sql import Connection, Row, rows, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The day that an issuing point closed last."""

    day: date
    #: Its end.
    until: datetime
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What moved tills in one way: minor units, into them above zero."""

    kind: str
    verb: str
    plan: str
    currency: str
    count: int
    amount_minor: int


def add_point(conn: Connection, point: Point) -> bool:
    """Register an issuing point; false where the key is taken."""
    row = (point.key, point.operator, point.name, point.zone, list(point.tills))
    return run(conn, "insert_point", bucket_of(point.key), *row) == 1


def change_point(conn: Connection, point: Point) -> bool:
    """Give an issuing point another name or other tills; false where there is none by that key."""
    place = (bucket_of(point.key), point.key)
    return run(conn, "update_point", point.name, list(point.tills), *place) == 1


def points(conn: Connection) -> Mapping[str, Point]:
    """Return the register by key."""
    return {row[0]: _point(row) for row in rows(conn, "read_points")}


def lock_point(conn: Connection, key: str) -> Point | None:
    """Lock an issuing point, and return it."""
    return next(map(_point, rows(conn, "lock_point", bucket_of(key), key)), None)


def last(conn: Connection, point: str) -> Last | None:
    """Return the day that an issuing point closed last."""
    for day, until, digest in rows(conn, "find_last_day", bucket_of(point), point):
        return Last(day=day, until=until, digest=bytes(digest))
    return None


def read(conn: Connection, point: str, day: date) -> ClosedDay | None:
    """Return a day as it was closed; `None`: it is not."""
    for row in rows(conn, "read_day", bucket_of(point), point, day):
        found, since, until, tills, totals, closed_at, closed_by, digest, is_whole = row
        return ClosedDay(
            point=point,
            day=found,
            since=since,
            until=until,
            tills=tuple(tills),
            totals=totals,
            closed_at=closed_at,
            closed_by=closed_by,
            digest=bytes(digest),
            is_whole=is_whole,
        )
    return None


def first_moved(
    conn: Connection, tills: Sequence[str], since: datetime, until: datetime
) -> datetime | None:
    """Return when any of these tills first moved in some time."""
    [(found,)] = rows(conn, "find_unclosed", list(tills), since, until)
    at: datetime | None = found
    return at


def moved(
    conn: Connection, tills: Sequence[str], since: datetime, until: datetime
) -> tuple[Moved, ...]:
    """Return what moved these tills in some time, added up."""
    accounts = list(tills)
    return tuple(
        Moved(kind=kind, verb=verb, plan=plan, currency=currency, count=count, amount_minor=amount)
        for kind, verb, plan, currency, count, amount in rows(
            conn, "sum_day", accounts, since, until, accounts
        )
    )


def close(
    conn: Connection,
    point: Point,
    day: date,
    window: tuple[datetime, datetime],
    *,
    totals: str,
    at: datetime,
    by: str,
    prev: bytes,
) -> None:
    """Write the row of a day, with its digest; `totals` is JSON, `prev` the last day's digest."""
    place = (bucket_of(point.key), point.key, day)
    run(conn, "insert_day", *place, *window, list(point.tills), totals, at, by, prev)


def _point(row: Row) -> Point:
    key, operator, name, zone, tills = row
    return Point(key=key, operator=operator, name=name, zone=zone, tills=tuple(tills))
