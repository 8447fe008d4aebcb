"""
The shell: it opens the transaction in which the door works, and ends it.

An error at COMMIT is an unknown outcome, not a rollback: the same asks are sent again with the same
keys, on a new connection, and what had been decided answers itself. Who waits in a circle, or finds
that another was first, is sent again. What the database refuses for good is sent ask by ask, and
the one at fault is parked. This is the one place of `app` that begins and commits.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import psycopg
from psycopg import errors

from baohao.app.door import Answer, AskParked, Door
from baohao.core.asks import Ask, Terms
from baohao.core.refusals import Refusal
from baohao.store import parked, partitions
from baohao.store.sql import Connection, RowsMissed

T = TypeVar("T")

log = logging.getLogger(__name__)

#: Limits of every connection: what waits longer than this is stuck, and locks must not outlive it.
LIMITS = {
    "statement_timeout": "60s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
}
#: How often a batch is sent again, and how long the first pause is; each next one is twice as long.
TRIES = 8
PAUSE_S = 0.05
#: Another had the lock for too long, or we waited for each other: the same asks may be sent again.
IN_THE_WAY = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
    errors.QueryCanceled,
)
#: Another may have made the row meanwhile; found now, it is no error. Any oftener it is a defect.
OVERTAKEN_MAX = 3
#: The connection is gone, and with it the knowledge of whether the last COMMIT came through.
GONE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    # The server ended a session that was stopped in the middle; psycopg has that elsewhere.
    errors.IdleInTransactionSessionTimeout,
)


class OutcomeUnknown(Refusal):
    """The database did not answer; ask again with the same key to learn what became of it."""

    code = "outcome.unknown"


def options() -> str:
    """Return the limits as libpq has them."""
    return " ".join(f"-c {name}={value}" for name, value in LIMITS.items())


def connect(conninfo: str) -> Connection:
    """Open a connection with the limits that every one has."""
    return psycopg.connect(conninfo, options=options(), connect_timeout=10)


def steady() -> None:
    """
    Make this process one that runs batches: seldom look for what only circles keep alive.

    A batch makes a hundred thousand records and no circle among them; looking for one takes a tenth
    of the door's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class _Unwritable(Exception):  # noqa: N818 - named like the refusals
    """The database refuses something for good."""


class Shell:
    """Runs batches, each in a transaction of its own, over one connection that it opens anew."""

    def __init__(self, door: Door, connect: Callable[[], Connection]) -> None:
        self._door = door
        self._connect = connect
        self._conn: Connection | None = None

    @property
    def terms(self) -> Terms:
        """What is on offer now."""
        return self._door.terms

    def answer(self, asks: Sequence[Ask]) -> list[Answer]:
        """
        Decide asks and make it last; return one answer for each.

        `OutcomeUnknown` answers where the database stayed away: the caller asks again with the same
        keys, and learns what became of them.
        """
        return [answer for part in parts(asks) for answer in self._answer(part)]

    def _answer(self, asks: Sequence[Ask]) -> list[Answer]:
        try:
            return self._insist(lambda conn: self._door.answer(conn, asks))
        except OutcomeUnknown as unknown:
            return [unknown for _ in asks]
        except _Unwritable as defect:
            if len(asks) == 1:
                return [self._park(asks[0], str(defect))]
            log.warning("a batch of %s asks is sent one by one", len(asks))
            return [answer for ask in asks for answer in self._answer([ask])]

    def run(self, work: Callable[[Connection], T]) -> T:
        """
        Do other work of `app` in a transaction of its own, as often as need be until it is done.

        Raises `OutcomeUnknown`, and what the work raises.
        """
        return self._insist(work)

    def close(self) -> None:
        """Close the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _insist(self, work: Callable[[Connection], T]) -> T:
        """Try until it went through; raises `OutcomeUnknown` or `_Unwritable`."""
        overtaken = 0
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE_S * 2 ** (attempt - 1))
            try:
                return self._once(work)
            except partitions.MonthMissing as missing:
                self._once(partial(partitions.make, first=missing.month))
            except errors.UniqueViolation as error:
                overtaken += 1
                if overtaken == OVERTAKEN_MAX:
                    raise _Unwritable(_reason(error)) from error
            except IN_THE_WAY as error:
                log.info("a batch is sent again after %s", type(error).__name__)
            except GONE as error:
                log.warning("the database went away: %s", type(error).__name__)
                self.close()
            except (psycopg.Error, RowsMissed) as error:
                raise _Unwritable(_reason(error)) from error
        raise OutcomeUnknown()

    def _once(self, work: Callable[[Connection], T]) -> T:
        if self._conn is None:
            self._conn = self._connect()
        conn = self._conn
        try:
            done = work(conn)
            conn.commit()
        except BaseException:
            if not conn.broken:
                conn.rollback()
            raise
        return done

    def _park(self, ask: Ask, reason: str) -> Answer:
        log.error("%s could not be written: %s", ask.verb, reason.partition(":")[0])
        self._insist(lambda conn: parked.put(conn, ask, reason))
        return AskParked()


def parts(asks: Sequence[Ask]) -> Iterator[list[Ask]]:
    """
    Cut asks where a subject comes again, but for repeats under one key.

    Each part has a transaction of its own. One for all would take the locks of the second part
    after those of the first, in no order that others keep to, and doors would wait in a circle.
    """
    part: list[Ask] = []
    seen: dict[str, tuple[str, str]] = {}
    for ask in asks:
        name = (ask.principal, ask.key)
        if seen.get(ask.subject, name) != name:
            yield part
            part, seen = [], {}
        part.append(ask)
        seen[ask.subject] = name
    if part:
        yield part


def _reason(error: Exception) -> str:
    """Say which wall an ask ran into, without the values that the database tells beside it."""
    if isinstance(error, psycopg.Error):
        return f"{type(error).__name__}: {error.diag.message_primary or error}"
    return f"{type(error).__name__}: {error}"
