"""Listing: all lines as rows, and all reminders that fall due; streamed, not gathered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Any

from baohao.app.show import due_reminders, viewed
from baohao.core.line import codec
from baohao.core.line.fold import Rules, policy_of
from baohao.core.reminders import Wishes
from baohao.store import clock, reports
from baohao.store.sql import Connection

#: The columns of the export.
COLUMNS = (
    "number",
    "operator",
    "plan",
    "policy",
    "custody",
    "iccid",
    "tenure",
    "holder",
    "version",
    "stage",
    "safe_until",
)


def lines(conn: Connection, rules: Rules) -> Iterator[dict[str, object]]:
    """
    Yield every line with the stage that it is in now and the last day on which its number is safe.

    Days are in the zone of the line's policy; empty: no end in sight, or it is lost already.
    """
    for row in reports.stream(conn, "list_lines", clock.now(conn)):
        number, operator, plan, pin, custody, iccid, epoch, holder, version, until, stage = row
        last = ""
        if until is not None:
            zone = policy_of(rules, pin).zone
            last = (until - timedelta(microseconds=1)).astimezone(zone).date().isoformat()
        cells = (number, operator, plan, pin, custody, iccid, epoch, holder, version, stage, last)
        yield dict(zip(COLUMNS, cells, strict=True))


def reminders(
    conn: Connection,
    rules: Rules,
    since: datetime,
    until: datetime,
    wishes_of: Callable[[Connection, str, tzinfo], Wishes],
) -> Iterator[dict[str, Any]]:
    """
    Yield the reminders that fall due from `since` to before `until`, line by line.

    `wishes_of` gives how a holder wants to be told, of a line that is counted in a zone.
    """
    now = clock.now(conn)
    for (state,) in reports.stream(conn, "list_states"):
        line = codec.decode(state)
        if line.tenure is None and line.custody == "issued":
            # In stock, or between two lives: there is nobody to be told.
            continue
        policy, views = viewed(rules, line, max(now, line.standing.at or now))
        holder = "" if line.tenure is None else line.tenure.holder
        wishes = wishes_of(conn, holder, policy.zone)
        yield from due_reminders(policy, views, line, since, until, wishes)
