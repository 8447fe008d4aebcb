"""Lines: what is locked of them and what is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

import msgspec

from baohao.core.bucket import bucket_of
from baohao.core.line import codec, given
from baohao.core.line.outlook import Outlook
from baohao.core.line.state import Card, LineState
from baohao.store.sql import Call, Connection, Cursor, call, rows
from baohao.store.writes import Writes

_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it was locked."""

    state: LineState
    #: What the state was read from.
    row: codec.Row
    #: The hash of its last event, and when that was recorded.
    head: bytes
    recorded_at: datetime
    #: What stands in `due`.
    due_at: datetime | None


def lock(numbers: Iterable[str]) -> Call:
    """Return the call that locks lines in one order; those that are not there give no row."""
    return call("lock_lines", sorted((bucket_of(number), number) for number in numbers))


def read(cursor: Cursor) -> Mapping[str, Line]:
    """Return the lines that `lock` found, by number."""
    found: dict[str, Line] = {}
    for number, _, head, recorded_at, due_at, row in cursor.fetchall():
        found[number] = Line(
            state=codec.decode(row),
            row=row,
            head=bytes(head),
            recorded_at=recorded_at,
            due_at=due_at,
        )
    return found


def find(conn: Connection, number: str) -> Line | None:
    """Return one line, unlocked: to be shown, never to be decided on."""
    for _, head, recorded_at, due_at, row in rows(conn, "read_line", bucket_of(number), number):
        state = codec.decode(row)
        return Line(state=state, row=row, head=bytes(head), recorded_at=recorded_at, due_at=due_at)
    return None


def find_all(conn: Connection, numbers: Sequence[str]) -> list[LineState]:
    """Return lines in the order of their numbers, unlocked; those that are not there are not."""
    found = rows(conn, "read_lines", [bucket_of(number) for number in numbers], list(numbers))
    return [codec.decode(row) for (row,) in found]


def number_of(conn: Connection, identifier: str) -> str | None:
    """Return the number that an ICCID or an IMSI is on."""
    found = rows(conn, "find_cards", [bucket_of(identifier)], [identifier])
    return next((number for _, number in found), None)


def write(
    writes: Writes, before: Line | None, after: LineState, head: bytes, outlook: Outlook
) -> None:
    """Add the rows of a line that is new, or has moved on from `before`."""
    bucket, now = bucket_of(after.number), writes.now
    old = before.state if before is not None else None
    due_at = _remind(writes, bucket, after.number, before, outlook)
    tenure = after.tenure
    place = (bucket, after.number)
    who = (after.epoch, tenure.holder if tenure is not None else "", after.card.iccid)
    moved = (after.version, head, now, outlook.safe_until, due_at, written(after, before))
    made = (after.operator, after.plan, after.pin, after.custody)
    if old is None:
        writes.add("insert_lines", *place, *made, *who, *moved)
    else:
        writes.add("update_lines", *place, old.version, *made, *who, *moved)
    _boundaries(writes, place, outlook, is_new=old is None)
    _tenure(writes, place, old, after)
    if old is None or old.card != after.card:
        _card(writes, after.number, old.card if old is not None else Card(), after.card)
    _allotment(writes, after.number, old.agent if old is not None else "", after.agent)
    _benefits(writes, place, old, after)


def remind(writes: Writes, line: Line, outlook: Outlook) -> None:
    """Add the rows of a line that was looked at, and on which nothing had fallen due."""
    number = line.state.number
    bucket = bucket_of(number)
    due_at = _remind(writes, bucket, number, line, outlook)
    if due_at != line.due_at:
        writes.add("move_due", bucket, number, due_at)


def written(state: LineState, before: Line | None) -> str:
    """Return a state as the `state` column takes it; `before` is the line as it was."""
    known = None if before is None else (before.state, before.row)
    return _json(codec.encode(state, known)).decode()


def _remind(
    writes: Writes, bucket: int, number: str, before: Line | None, outlook: Outlook
) -> datetime | None:
    """
    Return what stands in `due` from now on: moved only when the new instant is earlier.

    What lies later is found again by the daily run, which looks at the line anyway.
    """
    known, next_at = before.due_at if before is not None else None, outlook.next_at
    overdue = known is not None and known <= writes.now
    if next_at is None and overdue:
        writes.add("delete_due", bucket, number)
        return None
    if next_at is not None and (known is None or overdue or next_at < known):
        writes.add("put_due", bucket, number, next_at)
        return next_at
    return known


def _boundaries(writes: Writes, place: tuple[int, str], outlook: Outlook, *, is_new: bool) -> None:
    ladder = _ladder(outlook.pin, outlook.stages, outlook.kinds)
    writes.add("insert_ladders", *ladder)
    starts = "{" + ",".join(map(_text, outlook.starts)) + "}"
    writes.add("insert_boundaries" if is_new else "update_boundaries", *place, ladder[0], starts)


# Kept: stages begin at midnights, which lines by the million share.
_text = lru_cache(maxsize=65536)(datetime.isoformat)


@lru_cache(maxsize=4096)
def _ladder(pin: str, stages: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[int, str, str, str]:
    """Return the row of a way through stages; its number is the first 63 bits of its hash."""
    digest = sha256("\n".join((pin, *stages)).encode()).digest()
    number = int.from_bytes(digest[:8], "big") >> 1
    return number, pin, _json(stages).decode(), _json(kinds).decode()


def _tenure(
    writes: Writes, place: tuple[int, str], before: LineState | None, after: LineState
) -> None:
    old, new = before.tenure if before is not None else None, after.tenure
    if old == new:
        return
    if old is not None and (new is None or new.epoch != old.epoch):
        writes.add("end_tenures", *place, old.epoch, new.since if new is not None else writes.now)
    if new is not None and (old is None or new.epoch != old.epoch):
        writes.add("insert_tenures", *place, new.epoch, new.holder, new.since)
    elif new is not None and old is not None and new.holder != old.holder:
        writes.add("hold_tenures", *place, new.epoch, new.holder)


def identifiers(card: Card) -> Mapping[str, str]:
    """Return what must be on one line alone: the ICCID and the IMSI, each with its kind."""
    found = {card.iccid: "iccid", card.imsi: "imsi"}
    return {identifier: kind for identifier, kind in found.items() if identifier}


def _card(writes: Writes, number: str, old: Card, new: Card) -> None:
    was, will = identifiers(old), identifiers(new)
    for identifier in was:
        if identifier not in will:
            writes.add("delete_cards", bucket_of(identifier), identifier)
    for identifier, kind in will.items():
        if identifier not in was:
            writes.add("insert_cards", bucket_of(identifier), identifier, kind, number)
    if old.eid != new.eid:
        if old.eid:
            writes.add("delete_chips", bucket_of(old.eid), old.eid, number)
        if new.eid:
            writes.add("insert_chips", bucket_of(new.eid), new.eid, number)


def _allotment(writes: Writes, number: str, old: str, new: str) -> None:
    if old == new:
        return
    if old:
        writes.add("delete_allotments", bucket_of(old), old, number)
    if new:
        writes.add("insert_allotments", bucket_of(new), new, number, writes.now)


def _benefits(
    writes: Writes, place: tuple[int, str], before: LineState | None, after: LineState
) -> None:
    gone, come = given.change(before, after)
    for benefit in gone:
        writes.add("end_benefits", *place, benefit.clock, benefit.start, benefit.kind)
    for n, benefit in enumerate(come):
        what: tuple[Any, ...] = (benefit.act, benefit.clock, benefit.kind)
        when = (benefit.start, benefit.end)
        writes.add("insert_benefits", *place, after.epoch, after.version, n, *what, *when)
