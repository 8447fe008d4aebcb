"""The spike's door: a batch of renewals in two pipelined trips, with toy rules in Python."""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import psycopg.types.json
import statements as st
from passing import Rows, source, values
from uuid_v7 import uuid7s

PRICE_MINOR = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way to build the door; the defaults are what was decided."""

    #: binary (psycopg's lists as %b), text (the same as %s), literal, json
    passing: str = "binary"
    #: batch, or renewal: an entry of its own for each
    float_entry: str = "batch"
    #: arrays in the entry's row, or rows
    postings: str = "arrays"
    #: journal (by month), or journal_whole
    journal: str = "journal"
    #: text (bucket, principal, key), or uuid
    keys: str = "text"
    #: bounds: the stage boundaries move, HOT; or exact: the indexed due row moves
    due: str = "bounds"
    #: place: its key is the journal's place; or uuid
    benefits: str = "place"
    #: msgspec, or stdlib
    json: str = "msgspec"
    #: early: before deciding; or late: decide on what was read, a CHECK refuses
    float_lock: str = "early"
    prepare: bool = True
    pipeline: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    number: int
    agent: int
    key: UUID

    @property
    def bucket(self) -> int:
        return self.number % 4096


@dataclass(slots=True)
class Writes:
    """The rows of a batch, by where they go."""

    lines: Rows = field(default_factory=list)
    bounds: Rows = field(default_factory=list)
    benefits: Rows = field(default_factory=list)
    events: Rows = field(default_factory=list)
    entries: Rows = field(default_factory=list)
    postings: Rows = field(default_factory=list)
    keys: Rows = field(default_factory=list)
    spent: dict[int, int] = field(default_factory=dict)


class Door:
    def __init__(self, conn: psycopg.Connection[Any], shape: Shape) -> None:
        self.conn, self.shape = conn, shape
        fast = shape.json == "msgspec"
        psycopg.types.json.set_json_loads(msgspec.json.decode if fast else json.loads, conn)
        self.dumps = (lambda v: msgspec.json.encode(v).decode()) if fast else json.dumps

    def batch(self, asks: list[Ask]) -> None:
        """Renew them all; every line is there, every key new and every float deep."""
        asks = sorted(asks, key=lambda a: (a.bucket, a.number))
        early = self.shape.float_lock == "early"
        floats = st.LOCK_FLOATS if early else st.READ_FLOATS
        agents = sorted({(a.agent % 4096, f"float:{a.agent}") for a in asks})
        subjects = [(a.bucket, f"+853{60000000 + a.number}") for a in asks]
        first = [self.used_keys(asks), self.put(st.LOCK_LINES, subjects), self.put(floats, agents)]
        used, lines, money, clock = self.trip([*first, (st.CLOCK, [])])
        assert not used.fetchall()
        writes = self.decide(asks, lines.fetchall(), dict(money.fetchall()))
        self.trip(self.written(writes, clock.fetchone()[0]))
        self.conn.commit()

    def trip(self, sent: list[tuple[str, list[Any]]]) -> list[psycopg.Cursor[Any]]:
        with self.conn.pipeline() if self.shape.pipeline else nullcontext():
            return [self.conn.execute(s, p, prepare=self.shape.prepare) for s, p in sent]

    def put(self, what: st.Statement, rows: Rows, *first: object) -> tuple[str, list[Any]]:
        sql = what.sql.format(src=source(what, self.shape.passing), table=self.shape.journal)
        return sql, [*first, *values(what, self.shape.passing, rows)]

    def used_keys(self, asks: list[Ask]) -> tuple[str, list[Any]]:
        if self.shape.keys == "uuid":
            return self.put(st.USED_KEYS_BY_UUID, [(str(a.key),) for a in asks])
        return self.put(st.USED_KEYS, [(a.bucket, f"agent:{a.agent}", str(a.key)) for a in asks])

    def decide(self, asks: list[Ask], lines: Rows, floats: dict[str, int]) -> Writes:
        w, ids = Writes(), iter(uuid7s(3 * len(asks)))
        for ask, line in zip(asks, lines, strict=True):
            w.spent[ask.agent] = w.spent.get(ask.agent, 0) + PRICE_MINOR
            assert floats[f"float:{ask.agent}"] >= w.spent[ask.agent]
            self.renew(w, ask, line, next(ids), next(ids))
        if self.shape.float_entry == "batch":
            for agent, total in w.spent.items():
                legs = [(f"float:{agent}", -total), ("clearing", total)]
                self.post(w, agent % 4096, next(ids), legs)
        return w

    def renew(self, w: Writes, ask: Ask, line: tuple[Any, ...], entry: str, benefit: str) -> None:
        bucket, number, version, start, seq, head, state = line
        until = date(start.year + 1, start.month, min(start.day, 28))
        event = self.dumps(
            {
                "from": f"{start}",
                "until": f"{until}",
                "price_minor": PRICE_MINOR,
                "key": str(ask.key),
            }
        )
        digest = hashlib.sha256(head + event.encode()).digest()
        state = self.dumps({**state, "stage": "active"})
        w.lines.append((bucket, number, version, until, seq + 1, digest, state))
        w.bounds.append((bucket, number, until))
        place = seq + 1 if self.shape.benefits == "place" else benefit
        w.benefits.append((bucket, place, number, start, until, entry))
        w.events.append((bucket, number, seq + 1, "renewed", event, digest))
        legs = [("clearing", -PRICE_MINOR), ("deferred:yearly", PRICE_MINOR)]
        if self.shape.float_entry == "renewal":
            legs += [(f"float:{ask.agent}", -PRICE_MINOR), ("clearing:in", PRICE_MINOR)]
        self.post(w, bucket, entry, legs)
        answer = self.dumps({"until": str(until), "seq": seq + 1})
        w.keys.append((bucket, f"agent:{ask.agent}", str(ask.key), b"x" * 32, answer))

    def post(self, w: Writes, bucket: int, entry: str, legs: list[tuple[str, int]]) -> None:
        if self.shape.postings == "rows":
            w.postings += [(bucket, entry, account, amount) for account, amount in legs]
        else:
            accounts, amounts = (",".join(map(str, part)) for part in zip(*legs, strict=True))
            w.entries.append((bucket, entry, f"{{{accounts}}}", f"{{{amounts}}}"))

    def written(self, w: Writes, now: object) -> list[tuple[str, list[Any]]]:
        shape = self.shape
        spent = [(agent % 4096, f"float:{agent}", total) for agent, total in w.spent.items()]
        by_place, by_text = shape.benefits == "place", shape.keys == "text"
        books = (st.ADD_ENTRIES, w.entries) if w.entries else (st.ADD_POSTINGS, w.postings)
        return [
            self.put(st.MOVE_LINES, w.lines),
            self.put(st.MOVE_BOUNDS if shape.due == "bounds" else st.MOVE_DUE, w.bounds),
            self.put(st.ADD_BENEFITS if by_place else st.ADD_BENEFITS_BY_UUID, w.benefits),
            self.put(st.ADD_EVENTS, w.events, now),
            self.put(*books, now),
            self.put(st.SPEND, spent),
            self.put(st.ADD_KEYS, w.keys)
            if by_text
            else self.put(st.ADD_KEYS_BY_UUID, [key[2:] for key in w.keys]),
        ]
