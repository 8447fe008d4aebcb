"""Files in the background: their rows in parts, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from baohao.core.bucket import bucket_of
from baohao.store.sql import Connection, Row, rows, run

#: Promotion -> uses, and minor units of its budget.
Uses = Mapping[str, tuple[int, int]]

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file and how far it is; to anybody but its principal it is not there."""

    id: UUID
    principal: str
    #: The principal's own name for it: what is sent again under it is the same file.
    key: str
    channel: str
    #: csv or ndjson.
    format: str
    #: What holds for rows that do not say otherwise: term, paid, till; bound and only: for all.
    usual: Mapping[str, str]
    #: Of the content; empty while it arrives.
    digest: str = ""
    #: arriving, checking, checked, waiting, working, done, failed or stopped.
    state: str = "arriving"
    #: How many rows it has, and how many of them were renewed (now or before) and refused so far.
    rows: int = 0
    done: int = 0
    refused: int = 0
    #: How many parts it has, and how many of them are done.
    parts: int = 0
    at: int = 0
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    #: Why it failed.
    reason: str = ""
    #: How many rows would be renewed so far, and would not be; what the first would cost.
    good: int = 0
    wrong: int = 0
    total_minor: int = 0
    #: Promotion -> how many uses of it they would take, and minor units of its budget.
    uses: Uses = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether there is more to do."""
        return self.state in ("checking", "waiting", "working")

    @property
    def is_checked_first(self) -> bool:
        """Whether somebody is shown what would become of it, and confirms that."""
        return bool(self.usual.get("checks"))

    @property
    def place(self) -> tuple[int, UUID]:
        """Its key in the tables."""
        return bucket_of(self.principal), self.id


def begin(conn: Connection, file: File) -> None:
    """Begin to take a file in."""
    asked = (file.principal, file.key, file.channel, file.format, _json(file.usual).decode())
    run(conn, "insert_bulk_file", *file.place, *asked)


def take(conn: Connection, file: File, part: int, body: str) -> None:
    """Take rows in; the same part again changes nothing."""
    run(conn, "insert_bulk_part", *file.place, part, file.principal, body)


def seal(conn: Connection, file: File, digest: str, count: int, parts: int) -> None:
    """Let a file that is all there wait for a worker."""
    run(conn, "seal_bulk_file", digest, count, parts, *file.place)


def drop(conn: Connection, file: File) -> None:
    """Forget a file that did not arrive."""
    run(conn, "drop_bulk_file", *file.place)


def forget(conn: Connection) -> None:
    """Forget all files that did not arrive within a day."""
    run(conn, "drop_bulk_files")


def find(conn: Connection, principal: str, id_: UUID) -> File | None:
    """Return a file of a principal."""
    return next(
        map(_file, rows(conn, "read_bulk_file", bucket_of(principal), id_, principal)), None
    )


def keyed(conn: Connection, principal: str, key: str) -> File | None:
    """Return the file that has a key; one that still arrives has none."""
    found = rows(conn, "find_bulk_file", bucket_of(principal), principal, key)
    return next(map(_file, found), None)


def listed(conn: Connection, principal: str, before: UUID, limit: int) -> tuple[File, ...]:
    """Return files of a principal that are older than one, the newest first."""
    found = rows(conn, "list_bulk_files", bucket_of(principal), principal, before, limit)
    return tuple(map(_file, found))


def open_files(conn: Connection) -> tuple[tuple[str, UUID], ...]:
    """Return principal and id of each file that is not done, the oldest first."""
    return tuple((principal, id_) for principal, id_ in rows(conn, "find_open_bulk_files"))


def start(conn: Connection, file: File) -> None:
    """Note that a worker has begun."""
    run(conn, "start_bulk_file", *file.place)


def body(conn: Connection, file: File, part: int) -> tuple[str, str | None]:
    """Return the rows of a part, as they were taken in, and what would become of them."""
    ((found, foreseen),) = rows(conn, "read_bulk_part", *file.place, part)
    return found, foreseen


def finish(
    conn: Connection, file: File, part: int, outcome: str, *, done: int, refused: int
) -> None:
    """Keep what became of a part and count it, unless somebody else has done so."""
    if run(conn, "finish_bulk_part", outcome, *file.place, part):
        run(conn, "advance_bulk_file", done, refused, *file.place, part)


def foresee(
    conn: Connection, file: File, foreseen: str, counts: tuple[int, int, int], uses: Uses
) -> None:
    """
    Keep what would become of the part at hand, unless somebody else has come further: its rows,
    how many are good and wrong, and minor units.
    """
    good, wrong, total_minor = counts
    told = (good, wrong, total_minor, _json(uses).decode())
    if run(conn, "count_foreseen_bulk_part", *told, *file.place, file.at):
        run(conn, "foresee_bulk_part", foreseen, wrong, *file.place, file.at)


def foreseen(
    conn: Connection, file: File, part: int, limit: int, *, wrong: bool = False
) -> tuple[tuple[int, str], ...]:
    """Return what would become of the rows of parts from one on; of those with wrong rows alone."""
    found = rows(conn, "read_bulk_foreseen", *file.place, part, int(wrong), limit)
    return tuple((number, text) for number, text in found)


def confirm(conn: Connection, file: File) -> None:
    """Let a file that was looked at be worked through; any other stays as it is."""
    run(conn, "confirm_bulk_file", *file.place)


def check(conn: Connection, file: File) -> None:
    """Let a file that was looked at be looked at once more; any other stays as it is."""
    if run(conn, "check_bulk_file", *file.place):
        run(conn, "unsee_bulk_parts", *file.place)


def sent_before(conn: Connection, file: File) -> File | None:
    """Return the last file of the same content that was worked on."""
    who = (bucket_of(file.principal), file.principal)
    return next(map(_file, rows(conn, "find_sent_bulk_file", *who, file.digest, file.id)), None)


def end(conn: Connection, file: File, state: str, reason: str = "") -> None:
    """Let nobody go on with a file."""
    run(conn, "end_bulk_file", state, reason, *file.place)


def outcomes(conn: Connection, file: File, after: int, limit: int) -> tuple[tuple[int, str], ...]:
    """Return the outcomes of parts that are done, each with its part's number."""
    found = rows(conn, "read_bulk_outcomes", *file.place, after, limit)
    return tuple((part, outcome) for part, outcome in found)


def _file(row: Row) -> File:
    names = (
        *("id", "principal", "key", "channel", "format", "usual", "digest", "state", "rows"),
        *("parts", "at", "done", "refused", "created_at", "started_at", "ended_at", "reason"),
        *("good", "wrong", "total_minor", "uses"),
    )
    told: dict[str, Any] = dict(zip(names, row, strict=True))
    return File(**told)
