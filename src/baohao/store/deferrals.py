"""Deferred revenue as it stands: what was earned, and what is forgotten once it is released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from baohao.store.sql import Connection, rows, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one plan has earned in one bucket up to a month."""

    #: A line of the bucket, under which the release is posted.
    subject: str
    plan: str
    currency: str
    amount_minor: int


def lock(conn: Connection) -> None:
    """Let no decision defer revenue until the transaction ends; reading goes on."""
    run(conn, "lock_deferrals")


def earned(conn: Connection, before: date) -> list[Earned]:
    """Return what was deferred to months before `before`, by bucket, plan and currency."""
    return [
        Earned(subject=subject, plan=plan, currency=currency, amount_minor=amount)
        for _, plan, currency, subject, amount in rows(conn, "earned", before)
    ]


def forget(conn: Connection, before: date) -> None:
    """Take months before `before` off all schedules."""
    run(conn, "forget_earned", before, before, before)
