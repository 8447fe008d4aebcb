"""The queue and the worker: a schema of its own, what is due once, whoever is woken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from tests.database import cloned

from baohao import jobs
from baohao.config import Settings, policies_path
from baohao.outside import queue
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
    assert [unit.name for unit in jobs.UNITS] == ["daily", "payments"]
    assert jobs.daily(installed) is False
    jobs.once(installed)
