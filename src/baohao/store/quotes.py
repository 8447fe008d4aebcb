"""Quotes that ended: they are forgotten, and what they kept of promotions is given back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.core.line.codec import use_of
from baohao.store.sql import Connection, call, rows, trip


def end(conn: Connection, now: datetime, limit: int) -> int:
    """Forget at most `limit` quotes that had ended at `now`; return how many."""
    found = rows(conn, "find_ended_quotes", now, limit)
    if not found:
        return 0
    totals: Counter[str] = Counter()
    costs: Counter[str] = Counter()
    had: Counter[tuple[str, str]] = Counter()
    for *_, uses in found:
        for use in map(use_of, uses):
            totals[use.promotion] += 1
            costs[use.promotion] += use.cost_minor
            had[use.number, use.promotion] += 1
            if use.holder:
                had[use.holder, use.promotion] += 1
    calls = [call("delete_quotes", [(bucket, id_) for bucket, id_, _ in found], meets=len(found))]
    if totals:
        back = [(bucket_of(name), name, n, costs[name]) for name, n in sorted(totals.items())]
        calls.append(call("give_back_totals", back))
        uses_back = sorted((bucket_of(who), who, name, n) for (who, name), n in had.items())
        calls.append(call("give_back_uses", uses_back))
    trip(conn, calls)
    return len(found)
