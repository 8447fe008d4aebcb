"""Customers of people who keep cards for others: what is said of each, sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, rows, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a keeper says of one customer, or of themself."""

    #: A random id; empty: the keeper themself.
    customer: str
    version: int
    sealed: str
    #: The keeper's, sealed; empty: it was destroyed.
    key: str


def of_keeper(conn: Connection, keeper: str) -> list[Said]:
    """Return what a keeper says of their customers."""
    return [
        Said(customer=customer, version=version, sealed=sealed, key=key or "")
        for customer, version, sealed, key in rows(
            conn, "list_kept_customers", bucket_of(keeper), keeper
        )
    ]


def lock(conn: Connection, keeper: str) -> None:
    """Wait for whoever writes for a keeper now, and have others wait."""
    rows(conn, "lock_keeper", bucket_of(keeper), keeper)


def write(
    conn: Connection, keeper: str, customer: str, sealed: str, version: int, now: datetime
) -> bool:
    """Keep what is said of a customer, in place of a version; False: another wrote meanwhile."""
    bucket = bucket_of(keeper)
    if not version:
        return run(conn, "insert_kept_customer", bucket, keeper, customer, sealed, now) == 1
    return run(conn, "update_kept_customer", sealed, now, bucket, keeper, customer, version) == 1
