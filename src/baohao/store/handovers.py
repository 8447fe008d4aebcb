"""Links by which an operator's app hands a holder over."""

from __future__ import annotations

from datetime import datetime, timedelta

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows, run


def add(
    conn: Connection, digest: bytes, operator: str, number: str, good_for: timedelta
) -> datetime | None:
    """
    Keep a link into the open tenure of an operator's line, and return when the link ends.

    `None`: the number is none of the operator's lines, or nobody holds it.
    """
    bucket = bucket_of(number)
    run(conn, "forget_handovers", bucket)
    found = rows(conn, "insert_handover", digest, good_for, bucket, number, operator)
    return found[0][0] if found else None


def use(conn: Connection, bucket: int, digest: bytes) -> tuple[str, int] | None:
    """Use a link: the number and the epoch that it opens; `None`: it is dead."""
    found = rows(conn, "use_handover", bucket, digest, digest)
    return found[0] if found else None
