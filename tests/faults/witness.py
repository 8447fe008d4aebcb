"""
The witness: what askers were told, kept outside the database, and held against it afterwards.

The system under test is never asked alone whether it lost something.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from tests.faults.house import FLOAT, FLOAT_MINOR, PRICE_MINOR, VERBS, terms

from baohao.app.audit import verify
from baohao.app.doctor import examine
from baohao.app.door import Answered
from baohao.core.asks import Ask


@dataclass(frozen=True, slots=True)
class Witness:
    """A file of one line for each batch that was acknowledged."""

    file: Path

    def write(self, asks: Sequence[Ask], answers: Sequence[Answered]) -> None:
        """Note what was answered, in one write: a kill leaves all of it or nothing."""
        told = [
            [ask.principal, ask.key, answer.subject, answer.seq, dict(answer.answer)]
            for ask, answer in zip(asks, answers, strict=True)
        ]
        handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, json.dumps(told).encode() + b"\n")
        os.close(handle)

    @property
    def size(self) -> int:
        """How much was noted so far, in bytes."""
        return self.file.stat().st_size if self.file.exists() else 0

    def batches(self) -> list[list[list[Any]]]:
        """Return what was noted so far."""
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_bytes().splitlines(keepends=True)]


def told(witnesses: Sequence[Witness]) -> Iterator[list[Any]]:
    """Yield principal, key, subject, place and answer of every ask that was acknowledged."""
    for witness in witnesses:
        for batch in witness.batches():
            yield from batch


def lost(conn: psycopg.Connection[Any], witnesses: Sequence[Witness]) -> list[str]:
    """Return the keys whose acknowledged answer the database does not have, or has otherwise."""
    kept = {
        (principal, key): [subject, seq, json.loads(answer)]
        for principal, key, subject, seq, answer in conn.execute(
            "SELECT principal, key, subject, seq, answer FROM keys"
        )
    }
    events = set(conn.execute("SELECT subject, seq FROM journal").fetchall())
    return [
        key
        for principal, key, *answer in told(witnesses)
        if kept.get((principal, key)) != answer or (answer[0], answer[1]) not in events
    ]


def doubled(conn: psycopg.Connection[Any]) -> list[str]:
    """Return the lines to which something happened twice, and the float if it paid otherwise."""
    counts = conn.execute(
        "SELECT subject, count(*) FROM journal WHERE subject <> %s GROUP BY subject", [FLOAT]
    ).fetchall()
    found = [subject for subject, events in counts if events > len(VERBS)]
    # Put in stock is free; every event after that was paid for.
    owed = FLOAT_MINOR - PRICE_MINOR * sum(max(0, events - 1) for _, events in counts)
    (held,) = conn.execute(
        "SELECT balance_minor FROM accounts WHERE account = %s", [FLOAT]
    ).fetchone() or (None,)
    (booked,) = conn.execute(
        "SELECT -sum(amount) FROM entries, unnest(accounts, amounts) AS t (account, amount)"
        " WHERE account = %s",
        [FLOAT],
    ).fetchone() or (None,)
    if not held == booked == owed:
        found.append(f"{FLOAT}: {held} held, {booked} booked, {owed} by the journal")
    return found


def ails(conn: psycopg.Connection[Any]) -> list[str]:
    """Return what the doctor and the audit find broken."""
    found = [
        f"{finding.name}: {finding.wrong} of {finding.looked}"
        for finding in examine(conn)
        if finding.is_invariant and not finding.is_well
    ]
    return found + [str(fault) for fault in verify(conn, terms().rules).faults]
