"""Charges: what became in an operator's own charging system of what was sold here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from baohao.core.asks import Effect
from baohao.core.bucket import bucket_of
from baohao.store import reports
from baohao.store.sql import Connection, Row, rows, run
from baohao.store.writes import Writes

#: The kind of the effects that owe one.
KIND = "charge"
PENDING, UNKNOWN, DONE, REFUSED, STUCK = "pending", "unknown", "done", "refused", "stuck"
STATES = (PENDING, UNKNOWN, DONE, REFUSED, STUCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is known of one."""

    number: str
    #: The ask that sold it: the reference by which their system knows it.
    id: UUID
    operator: str
    #: pending · unknown: sent, not answered · done · refused, and given back here · stuck: neither.
    state: str
    since: datetime
    tries: int = 0
    last_at: datetime | None = None
    their_id: str = ""
    their_at: datetime | None = None
    #: Why it is not simply done; their code or ours.
    code: str = ""


def owe(writes: Writes, number: str, effects: Sequence[Effect]) -> None:
    """Add the rows of those effects that owe a charge."""
    for effect in effects:
        if effect.kind == KIND:
            act, operator = UUID(str(effect.data["act"])), effect.data["operator"]
            writes.add("insert_charges", bucket_of(number), number, act, operator, writes.now)


def find(conn: Connection, number: str, id_: UUID) -> Charge | None:
    """Return one charge."""
    found = rows(conn, "read_charge", bucket_of(number), number, id_)
    return _charge(found[0]) if found else None


def of(conn: Connection, acts: Collection[tuple[str, UUID]]) -> tuple[Charge, ...]:
    """Return the charges of some sales, each known by its number and its act."""
    numbers = [number for number, _ in acts]
    ids = [id_ for _, id_ in acts]
    found = rows(conn, "read_charges", list(map(bucket_of, numbers)), numbers, ids)
    return tuple(map(_charge, found))


def page(
    conn: Connection,
    operator: str,
    state: str | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> tuple[Charge, ...]:
    """Return at most `limit` charges of an operator behind one of them, in the order of keys."""
    place = (-1, "", UUID(int=0)) if after is None else (bucket_of(after[0]), *after)
    return tuple(map(_charge, rows(conn, "page_charges", operator, state, *place, limit)))


def move(conn: Connection, charge: Charge) -> None:
    """Note what has become of a charge at `last_at`; `since` moves with its state."""
    state, at = charge.state, charge.last_at
    told = (charge.tries, at, charge.their_id, charge.their_at, charge.code)
    place = (bucket_of(charge.number), charge.number, charge.id)
    run(conn, "move_charge", state, at, state, *told, *place)


def listed(conn: Connection, operator: str | None, state: str | None) -> Iterator[Charge]:
    """Yield charges, the oldest first, a page at a time."""
    return map(_charge, reports.stream(conn, "list_charges", operator, state))


def _charge(row: Row) -> Charge:
    number, id_, operator, state, since, tries, last_at, their_id, their_at, code = row
    return Charge(
        number=number,
        id=id_,
        operator=operator,
        state=state,
        since=since,
        tries=tries,
        last_at=last_at,
        their_id=their_id,
        their_at=their_at,
        code=code,
    )
