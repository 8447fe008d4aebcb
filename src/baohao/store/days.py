"""Issuing points, and their days that are closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from baohao.core.books.chart import AccountKind
from baohao.core.bucket import bucket_of
from baohao.core.points import ClosedDay, Particulars, Point
from baohao.store.sql import Connection, Row, rows, run

#: What a receipt says was done -> the act, as the journal has it.
_ACTS = {"renew": "renewal", "top_up": "topup", "reverse": "undone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The day that an issuing point closed last."""

    day: date
    #: Its end.
    until: datetime
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was paid in one way: minor units, to us above zero."""

    #: "till", "float", "wallet", or the gateway that it came through.
    means: str
    kind: str
    verb: str
    plan: str
    currency: str
    count: int
    amount_minor: int


def add_point(conn: Connection, point: Point) -> bool:
    """Register an issuing point; false where the key is taken."""
    row = (point.key, point.operator, point.name, point.zone, list(point.tills), _json(point.told))
    return run(conn, "insert_point", bucket_of(point.key), *row) == 1


def change_point(conn: Connection, point: Point) -> bool:
    """Give an issuing point another name or other tills; false where there is none by that key."""
    place = (bucket_of(point.key), point.key)
    row = (point.name, list(point.tills), _json(point.told))
    return run(conn, "update_point", *row, *place) == 1


def points(conn: Connection) -> Mapping[str, Point]:
    """Return the register by key."""
    return {row[0]: point_of(row) for row in rows(conn, "read_points")}


def lock_point(conn: Connection, key: str) -> Point | None:
    """Lock an issuing point, and return it."""
    return next(map(point_of, rows(conn, "lock_point", bucket_of(key), key)), None)


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


def first_paid(
    conn: Connection, series: Sequence[str], since: datetime, until: datetime
) -> datetime | None:
    """Return when something was first paid there in some time otherwise than into a till."""
    [(found,)] = rows(conn, "find_unclosed_receipt", list(series), since, until)
    at: datetime | None = found
    return at


def moved(
    conn: Connection, tills: Sequence[str], since: datetime, until: datetime
) -> tuple[Moved, ...]:
    """Return what moved these tills in some time, added up."""
    accounts = list(tills)
    return tuple(
        Moved(
            means=AccountKind.TILL,
            kind=kind,
            verb=verb,
            plan=plan,
            currency=currency,
            count=count,
            amount_minor=amount,
        )
        for kind, verb, plan, currency, count, amount in rows(
            conn, "sum_day", accounts, since, until, accounts
        )
    )


def paid(
    conn: Connection, series: Sequence[str], since: datetime, until: datetime
) -> tuple[Moved, ...]:
    """Return what was paid and given back there otherwise than in cash, by its receipts."""
    return tuple(
        Moved(
            means=means,
            # As the books say it of cash: a fee is sold, too.
            kind="sale" if kind == "fee" else kind,
            verb=_ACTS.get(str(what), str(what)),
            plan=plan,
            currency=currency,
            count=count,
            amount_minor=-amount if kind == "reversal" else amount,
        )
        for means, kind, what, plan, currency, count, amount in rows(
            conn, "sum_counter", list(series), since, until
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
    where = (list(point.tills), list(point.series))
    run(conn, "insert_day", *place, *window, *where, totals, at, by, prev)


def point_of(row: Row) -> Point:
    """Return the issuing point that a row of the register is."""
    key, operator, name, zone, tills, told = row
    hours = {day: tuple(spans) for day, spans in told.get("hours", {}).items()}
    lists = {name: tuple(told.get(name, ())) for name in ("closed", "does")}
    return Point(
        key=key,
        operator=operator,
        name=name,
        zone=zone,
        tills=tuple(tills),
        told=Particulars(**{**told, **lists, "hours": hours}),
    )


def _json(told: Particulars) -> str:
    return msgspec.json.encode(told).decode()
