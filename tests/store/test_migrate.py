"""The schema's runner: each file once, whole or not at all; no work on a schema not ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from baohao.store.migrate import (
    MigrationFailed,
    SchemaBehind,
    SchemaChanged,
    SchemaGap,
    SchemaNewer,
    apply,
    check,
    migrations,
)

Connection = psycopg.Connection[Any]

FIRST = "CREATE TABLE lines (number text PRIMARY KEY);"
SECOND = (
    "ALTER TABLE lines ADD COLUMN plan text; INSERT INTO lines VALUES ('+85366000001', 'yearly');"
)


@pytest.fixture
def bare(bare_database: str) -> Iterator[Connection]:
    with psycopg.connect(bare_database, autocommit=True) as conn:
        yield conn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_lines.sql").write_text(FIRST)
    (tmp_path / "0002_plans.sql").write_text(SECOND)
    return tmp_path


def tables(conn: Connection) -> set[str]:
    rows = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows} - {"schema_versions"}


def test_files_are_applied_in_order_and_once(bare: Connection, folder: Path) -> None:
    assert [str(m) for m in apply(bare, folder)] == ["0001_lines.sql", "0002_plans.sql"]
    assert apply(bare, folder) == ()
    assert bare.execute("SELECT number, plan FROM lines").fetchall() == [("+85366000001", "yearly")]
    check(bare, folder)


def test_what_was_applied_is_on_record(bare: Connection, folder: Path) -> None:
    apply(bare, folder)
    rows = bare.execute(
        "SELECT number, name, sha256, applied_at <= clock_timestamp() FROM schema_versions"
        " ORDER BY number"
    ).fetchall()
    assert rows == [(m.number, m.name, m.sha256, True) for m in migrations(folder)]


def test_a_database_without_a_schema_is_behind(bare: Connection, folder: Path) -> None:
    with pytest.raises(SchemaBehind) as refused:
        check(bare, folder)
    assert refused.value.facts["missing"] == "0001_lines.sql, 0002_plans.sql"


def test_a_run_cut_short_is_behind_and_goes_on(bare: Connection, folder: Path) -> None:
    second = (folder / "0002_plans.sql").rename(folder / "later")
    apply(bare, folder)
    second.rename(folder / "0002_plans.sql")
    with pytest.raises(SchemaBehind):
        check(bare, folder)
    assert [str(m) for m in apply(bare, folder)] == ["0002_plans.sql"]
    check(bare, folder)


def test_a_file_that_fails_leaves_nothing(bare: Connection, folder: Path) -> None:
    (folder / "0002_plans.sql").write_text("CREATE TABLE half (n int); SELECT 1 / 0;")
    with pytest.raises(MigrationFailed) as refused:
        apply(bare, folder)
    assert refused.value.facts == {"name": "0002_plans.sql", "reason": "division by zero"}
    assert tables(bare) == {"lines"}
    (folder / "0002_plans.sql").write_text(SECOND)
    apply(bare, folder)
    check(bare, folder)


def test_a_newer_database_is_refused(bare: Connection, folder: Path) -> None:
    apply(bare, folder)
    (folder / "0002_plans.sql").unlink()
    for refuse in (apply, check):
        with pytest.raises(SchemaNewer) as refused:
            refuse(bare, folder)
        assert refused.value.facts["unknown"] == "0002_plans.sql"


def test_a_changed_file_is_refused(bare: Connection, folder: Path) -> None:
    apply(bare, folder)
    (folder / "0001_lines.sql").write_text(FIRST + " -- tidied up")
    for refuse in (apply, check):
        with pytest.raises(SchemaChanged) as refused:
            refuse(bare, folder)
        assert refused.value.facts["name"] == "0001_lines.sql"


def test_a_gap_is_refused(bare: Connection, folder: Path) -> None:
    apply(bare, folder)
    bare.execute("DELETE FROM schema_versions WHERE number = 1")
    for refuse in (apply, check):
        with pytest.raises(SchemaGap):
            refuse(bare, folder)


def test_many_processes_at_once_apply_each_file_once(bare_database: str, folder: Path) -> None:
    done: list[str] = []
    together = threading.Barrier(4)

    def run() -> None:
        with psycopg.connect(bare_database, autocommit=True) as conn:
            together.wait()
            done.extend(str(m) for m in apply(conn, folder))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["0001_lines.sql", "0002_plans.sql"]


def test_a_connection_inside_a_transaction_is_not_taken(bare_database: str, folder: Path) -> None:
    with psycopg.connect(bare_database) as conn, pytest.raises(ValueError, match="autocommit"):
        apply(conn, folder)


@pytest.mark.parametrize(
    ("name", "sql", "wrong"),
    [
        ("plans.sql", "", "is not called"),
        ("0004_gap.sql", "", "not numbered"),
        ("0002_again.sql", "", "not numbered"),
        ("0003_ends.sql", "CREATE TABLE a (n int);\nCommit ;", "transaction"),
    ],
)
def test_a_wrong_file_is_a_defect(folder: Path, name: str, sql: str, wrong: str) -> None:
    (folder / name).write_text(sql)
    with pytest.raises(ValueError, match=wrong):
        migrations(folder)


def test_a_body_in_plpgsql_may_begin_and_end(folder: Path) -> None:
    (folder / "0003_body.sql").write_text(
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$;"
    )
    assert len(migrations(folder)) == 3


def test_the_products_own_files_are_sound() -> None:
    assert [m.number for m in migrations()] == list(range(1, len(migrations()) + 1))
