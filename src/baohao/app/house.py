"""
The house as a whole: how it is, closed after a restore, opened again.

A restored database is of another time than the world outside: messages may have been sent, payments
captured, numbers ported since. So it opens in a new epoch, refuses every ask, and is opened by a
person once the doctor finds nothing broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from baohao.app.doctor import examine
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection, rows, run


class HouseNotWell(Refusal):
    """The house stays closed: {wrong}. Look with `baohao doctor`, or restore another backup."""

    code = "house.not_well"


class HouseOpen(Refusal):
    """The house is open already; there is nothing to resume."""

    code = "house.open"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How the house is."""

    name: str
    #: Counts restores, from 1.
    epoch: int
    is_open: bool
    now: datetime


def house(conn: Connection) -> House:
    """Return how the house is."""
    ((name, epoch, is_open, now),) = rows(conn, "read_house")
    return House(name=name, epoch=epoch, is_open=is_open, now=now)


def close(conn: Connection) -> None:
    """Close a house that has just been restored, in a new epoch."""
    run(conn, "close_house")


def resume(conn: Connection) -> House:
    """Open the house again; raises `HouseOpen`, and `HouseNotWell` while something is broken."""
    if house(conn).is_open:
        raise HouseOpen()
    wrong = [
        f"{found.name} {found.wrong}"
        for found in examine(conn)
        if found.is_invariant and not found.is_well
    ]
    if wrong:
        raise HouseNotWell(wrong=", ".join(wrong))
    run(conn, "open_house")
    return house(conn)


def reopen(conn: Connection) -> House:
    """
    Open a restored house where nothing but messages ever left it; raises as `resume`.

    Those that waited when the backup was made may have been sent since, and are not sent again.
    Reminders are worked out anew from the dates: what is still due is told, once.
    """
    run(conn, "forget_waiting_messages")
    run(conn, "forget_owed_messages")
    return resume(conn)


def put_clock(conn: Connection, offset: timedelta) -> None:
    """Put the house's clock so far from the database's: a demo plays its past with it."""
    clock.put(conn, offset)
