"""
Seals: for each bucket and day, the root of a Merkle tree over the heads of its chains.

A chain alone does not show that its tail was cut off; a root that has left the house does. Days are
UTC, and so is the end of a day. Leaves and nodes are hashed apart, as in RFC 6962, so that none can
pass for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import groupby
from operator import itemgetter

from baohao.core.bucket import BUCKETS
from baohao.core.refusals import Refusal
from baohao.store import clock
from baohao.store.sql import Connection, call, rows, trip

#: A decision is recorded at an instant that it read under its locks, and committed later than that;
#: no transaction lives longer than this, by the limits of every connection.
SETTLING = timedelta(minutes=10)
#: Read at once; some 150,000 heads at ten million lines.
BUCKETS_AT_ONCE = 64


class DayNotOver(Refusal):
    """{day} cannot be sealed before {earliest}: what was asked on it may still be on its way."""

    code = "seal.not_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a bucket had come to at the end of a day."""

    bucket: int
    day: date
    #: How many chains there were.
    subjects: int
    root: bytes


def root_of(heads: Iterable[tuple[str, int, bytes]]) -> tuple[int, bytes]:
    """Return how many heads there are (subject, seq, hash), in order of subject, and their root."""
    level = [
        sha256(b"\0" + f"{subject}\n{seq}\n".encode() + bytes(head)).digest()
        for subject, seq, head in heads
    ]
    count = len(level)
    while len(level) > 1:
        # An odd one goes up as it is.
        paired = [
            sha256(b"\1" + level[n] + level[n + 1]).digest() for n in range(0, len(level) - 1, 2)
        ]
        level = paired + level[len(paired) * 2 :]
    return count, level[0] if level else sha256(b"").digest()


def whole(seals: Sequence[Seal]) -> bytes:
    """Return one root over the seals of a day: short enough to be printed, mailed, read aloud."""
    return root_of((str(seal.bucket), seal.subjects, seal.root) for seal in seals)[1]


def of_day(conn: Connection, day: date) -> Iterator[Seal]:
    """Yield what every bucket had come to at the end of `day`, by its journal as it is now."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    for first in range(0, BUCKETS, BUCKETS_AT_ONCE):
        last = first + BUCKETS_AT_ONCE - 1
        heads = rows(conn, "read_heads", first, last, end)
        found = {
            bucket: root_of((subject, seq, head) for _, subject, seq, head in group)
            for bucket, group in groupby(heads, key=itemgetter(0))
        }
        for bucket in range(first, last + 1):
            subjects, root = found.get(bucket) or root_of(())
            yield Seal(bucket=bucket, day=day, subjects=subjects, root=root)


def seal(conn: Connection, day: date) -> tuple[Seal, ...]:
    """
    Seal a day, and return its seals; a day that was sealed keeps those that it has.

    Raises `DayNotOver`.
    """
    earliest = datetime.combine(day + timedelta(days=1), time(), UTC) + SETTLING
    if clock.now(conn) < earliest:
        raise DayNotOver(day=day.isoformat(), earliest=earliest.isoformat())
    made = [(each.bucket, each.day, each.subjects, each.root) for each in of_day(conn, day)]
    trip(conn, [call("insert_seals", made)])
    return sealed(conn, day)


def sealed(conn: Connection, day: date) -> tuple[Seal, ...]:
    """Return the seals of a day in order of bucket; nothing where it was not sealed."""
    return tuple(
        Seal(bucket=bucket, day=day, subjects=subjects, root=bytes(root))
        for bucket, subjects, root in rows(conn, "read_seals", day)
    )


def days(conn: Connection) -> tuple[date, ...]:
    """Return the days that are sealed, in order."""
    return tuple(day for (day,) in rows(conn, "read_sealed_days"))


# --- on paper -------------------------------------------------------------------------------------


def export(seals: Sequence[Seal]) -> str:
    """Return the seals of a day as text, one a line, to be kept outside the house."""
    lines = [f"{s.day} {s.bucket} {s.subjects} {s.root.hex()}" for s in seals]
    return "\n".join(lines) + f"\n{seals[0].day} all {len(seals)} {whole(seals).hex()}\n"


def imported(text: str) -> Mapping[int, bytes]:
    """Return the roots by bucket that `export` wrote; ValueError for anything else."""
    roots: dict[int, bytes] = {}
    for line in text.splitlines():
        _, bucket, _, root = line.split(" ")
        if bucket != "all":
            roots[int(bucket)] = bytes.fromhex(root)
    return roots
