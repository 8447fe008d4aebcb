"""Limits of a connection: whoever is held up for too long is told so, and nothing of it remains."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
from psycopg.errors import IdleInTransactionSessionTimeout
from tests.faults import house
from tests.faults.witness import ails, doubled

from baohao.app import shell
from baohao.app.door import Answer, Door
from baohao.app.shell import OutcomeUnknown
from baohao.core.asks import Ask
from baohao.store.sql import Connection


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between tries: the limits are what is tried here."""
    monkeypatch.setattr(shell, "PAUSE_S", 0.001)


@pytest.fixture
def home_with_a_line(home: str) -> str:
    for verb in ("stock", "activate"):
        house.done(house.shell(home), [house.ask(verb, 0)])
    return home


@contextmanager
def held(conninfo: str, statement: str) -> Iterator[None]:
    """Hold what a statement locks, as somebody does who has hung."""
    with psycopg.connect(conninfo) as conn:
        conn.execute(statement.encode())
        yield
        conn.rollback()


#: What is held, and the limit that ends the wait for it.
WAITS = [
    ("SELECT * FROM lines FOR UPDATE", "lock_timeout"),
    ("SELECT * FROM accounts FOR UPDATE", "lock_timeout"),
    ("LOCK TABLE journal IN EXCLUSIVE MODE", "lock_timeout"),
    ("LOCK TABLE journal IN EXCLUSIVE MODE", "statement_timeout"),
]


@pytest.mark.parametrize(("statement", "limit"), WAITS)
def test_who_waits_too_long_is_told_and_may_ask_again(
    home_with_a_line: str, monkeypatch: pytest.MonkeyPatch, statement: str, limit: str
) -> None:
    monkeypatch.setitem(shell.LIMITS, limit, "50ms")
    asks = [house.ask("renew", 0)]
    opened = house.shell(home_with_a_line)
    with held(home_with_a_line, statement):
        assert opened.answer(asks) == [OutcomeUnknown()]
    with psycopg.connect(home_with_a_line) as conn:
        assert conn.execute("SELECT version FROM lines").fetchall() == [(2,)]
    # The same connection is good for the next ask, and the same key for the same.
    assert not house.done(opened, asks)[0].is_repeat
    with psycopg.connect(home_with_a_line) as conn:
        assert doubled(conn) == ails(conn) == []


def test_without_a_limit_it_would_wait_for_ever(
    home_with_a_line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what the limits are for."""
    for limit in shell.LIMITS:
        monkeypatch.setitem(shell.LIMITS, limit, "0")
    with closing(house.shell(home_with_a_line)) as opened, ThreadPoolExecutor() as pool:
        with held(home_with_a_line, WAITS[0][0]):
            asked = pool.submit(opened.answer, [house.ask("renew", 0)])
            with pytest.raises(TimeoutError):
                asked.result(timeout=2)
        assert asked.result(timeout=60)


def hung(conninfo: str) -> psycopg.Connection[object]:
    """Open a connection as the product does, lock the line, and do nothing any more."""
    conn = shell.connect(conninfo)
    conn.execute("SELECT * FROM lines FOR UPDATE")
    return conn


def test_who_hangs_with_locks_is_ended_by_the_server(
    home_with_a_line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shell.LIMITS, "idle_in_transaction_session_timeout", "300ms")
    with hung(home_with_a_line) as conn:
        house.done(house.shell(home_with_a_line), [house.ask("renew", 0)])
        with pytest.raises(IdleInTransactionSessionTimeout):
            conn.execute("SELECT 1")


class Stopped(Door):
    """A door whose process was stopped once in the middle of its work, as by a closed laptop."""

    is_stopped = False

    def answer(self, conn: Connection, asks: Sequence[Ask]) -> list[Answer]:
        if not self.is_stopped:
            self.is_stopped = True
            conn.execute("SELECT * FROM lines FOR UPDATE")
            time.sleep(0.6)
            conn.execute("SELECT 1")
        return super().answer(conn, asks)


def test_who_was_stopped_in_the_middle_begins_again(
    home_with_a_line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shell.LIMITS, "idle_in_transaction_session_timeout", "200ms")
    opened = shell.Shell(Stopped(house.terms), lambda: shell.connect(home_with_a_line))
    house.done(opened, [house.ask("renew", 0)])
    with psycopg.connect(home_with_a_line) as conn:
        assert doubled(conn) == ails(conn) == []


def test_else_its_locks_would_stand_in_the_way(
    home_with_a_line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: the same without that limit."""
    monkeypatch.setitem(shell.LIMITS, "idle_in_transaction_session_timeout", "0")
    monkeypatch.setitem(shell.LIMITS, "lock_timeout", "50ms")
    with hung(home_with_a_line), closing(house.shell(home_with_a_line)) as opened:
        assert opened.answer([house.ask("renew", 0)]) == [OutcomeUnknown()]
