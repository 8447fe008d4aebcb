"""Deferred revenue: what was earned is taken off the schedules, to be released."""

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


def take(conn: Connection, before: date) -> list[Earned]:
    """
    Take months before `before` off all schedules; return what was deferred to them, by bucket,
    plan and currency.

    One closes at a time. Decisions go on meanwhile: it is one statement, so what they defer is
    either in it or waits for the next time.
    """
    run(conn, "lock_house")
    return [
        Earned(subject=subject, plan=plan, currency=currency, amount_minor=amount)
        for plan, currency, subject, amount in rows(conn, "take_earned", *[before] * 4)
    ]
