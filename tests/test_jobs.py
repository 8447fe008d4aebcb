"""The queue and the worker: a schema of its own, what is due once, whoever is woken."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from tests.database import cloned
from tests.wire.harbour import FLOAT, PAID_IN, TOKEN, Harbour
from tests.wire.listening import listening

from baohao import jobs
from baohao.config import Endpoint, Settings, policies_path
from baohao.outside import queue
from baohao.outside.pretend.receiver import Receiver
from baohao.store import migrate
from baohao.store.embedded import Running
from baohao.wiring import Installation

TABLES = """
SELECT table_schema, table_name, column_name, data_type, is_nullable FROM information_schema.columns
WHERE table_schema IN ('procrastinate', 'public') AND table_name LIKE 'procrastinate%'
ORDER BY 1, 2, 3
"""
FUNCTIONS = """
SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'procrastinate' ORDER BY 1
"""


def described(conninfo: str) -> list[list[Any]]:
    with psycopg.connect(conninfo) as conn:
        return [conn.execute(query.encode()).fetchall() for query in (TABLES, FUNCTIONS)]


def migrated(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        migrate.apply(conn)
        queue.migrate(conn)


@pytest.fixture
def installed(database: str) -> Installation:
    settings = Settings(database_url=database, data=Path("nowhere"), policies=policies_path())
    made = Installation(settings=settings)
    made.migrate()
    return made


def test_the_queue_has_a_schema_of_its_own_made_once_by_whoever_comes(bare_database: str) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(migrated, [bare_database] * 4))
    tables, functions = described(bare_database)
    assert {schema for schema, *_ in tables} == {"procrastinate"}
    assert len(functions) > 10
    migrated(bare_database)
    assert described(bare_database) == [tables, functions]


def test_a_queue_of_an_older_version_is_brought_up_to_date(
    bare_database: str, server: Running, template: str
) -> None:
    first, *_ = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    with psycopg.connect(bare_database, autocommit=True) as conn:
        migrate.apply(conn)
        conn.execute("CREATE SCHEMA procrastinate")
        conn.execute("SET search_path = procrastinate")
        conn.execute(first.read_text().encode())
        conn.execute(f"COMMENT ON SCHEMA procrastinate IS '{first.name}'")
    migrated(bare_database)
    with cloned(server, template) as fresh:
        migrated(fresh)
        assert described(bare_database) == described(fresh)


def test_who_is_awake_is_not_woken_twice(installed: Installation) -> None:
    for file in ("a", "b", "a", "a"):
        installed.wake("work_file", principal="agent-7", file=file)
    with psycopg.connect(installed.conninfo) as conn:
        found = conn.execute(
            "SELECT task_name, args, lock FROM procrastinate.procrastinate_jobs ORDER BY id"
        ).fetchall()
    assert found == [
        ("work_file", {"principal": "agent-7", "file": file}, f"work_file agent-7 {file}")
        for file in "ab"
    ]


def test_each_unit_is_done_until_it_has_no_more(installed: Installation) -> None:
    names = ["daily", "feed", "charging", "payments", "orders", "matching", "overviews"]
    names += ["campaigns", "receipts", "reminders", "messages"]
    assert [unit.name for unit in jobs.UNITS] == names
    # Nothing is due, and nothing is connected.
    assert [unit.work(installed) for unit in jobs.UNITS] == [False] * 11
    jobs.once(installed)


def woken(installed: Installation) -> list[str]:
    with psycopg.connect(installed.conninfo) as conn:
        found = conn.execute("SELECT args ->> 'unit' FROM procrastinate.procrastinate_jobs")
        return [unit for (unit,) in found.fetchall()]


def telling(database: str) -> Installation:
    made = Installation(
        settings=Settings(
            database_url=database,
            data=Path("nowhere"),
            policies=policies_path(),
            secret_key=b"k" * 32,
            webhooks_to_loopback=True,
        )
    )
    made.migrate()
    return made


def test_a_thread_beside_the_pages_does_what_somebody_waits_for(database: str) -> None:
    beside = jobs.Beside(telling(database), frozenset({"feed"}))
    with listening(database) as shop, Receiver() as receiver:
        shop.add(receiver)
        with beside:
            shop.happen(1)
            ends = time.monotonic() + 60
            while not receiver.got and time.monotonic() < ends:
                time.sleep(0.05)
        assert [got.event["type"] for got in receiver.got] == ["line.activated"]


def test_what_happened_wakes_the_feed_and_is_sent(database: str) -> None:
    """What the worker does between an event and its webhook, step by step."""
    installed = telling(database)
    worker = jobs.Worker(installed, jobs.Pace())
    with (
        listening(database) as shop,
        worker._queue.open(),
        installed.shell() as shell,
        Receiver() as receiver,
    ):
        shop.add(receiver)
        worker.look(shell)
        assert woken(installed) == []
        shop.happen(1)
        for _ in range(2):
            worker.look(shell)
        assert woken(installed) == ["feed"]
        assert jobs.feed(installed) is False
        assert [got.event["type"] for got in receiver.got] == ["line.activated"]
        assert receiver.got[0].is_verified
        # One that was not taken is due again later, and nobody looks in vain until then.
        receiver.mood = "error"
        shop.happen(1)
        assert jobs.has_to_tell(installed, shell)
        jobs.feed(installed)
        assert not jobs.has_to_tell(installed, shell)


def test_what_was_sold_is_carried_to_the_system_that_is_connected(database: str) -> None:
    harbour = Harbour(conninfo=database)
    harbour.fund(PAID_IN, FLOAT)
    with harbour.connected(), closing(harbour.shell):
        begun = harbour.opened("+85251234001")
        charging = {"DEMO2": Endpoint(url=harbour.twin.url, token=TOKEN)}
        settings = Settings(
            database_url=harbour.conninfo,
            data=Path("nowhere"),
            policies=policies_path(),
            charging=charging,
        )
        assert jobs.charging(Installation(settings=settings)) is True
        assert jobs.charging(Installation(settings=settings)) is False
        assert harbour.charges()[begun].state == "done"
