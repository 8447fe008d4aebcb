"""
The schema's runner: numbered SQL files, applied in order, one transaction each, under one lock.

    Refusal
    └── SchemaRefusal
        ├── SchemaBehind        files are not applied yet, or an earlier run was cut short
        ├── SchemaNewer         the database was changed by a newer baohao
        ├── SchemaChanged       a file was edited after it was applied
        ├── SchemaGap           an earlier file is missing from the database
        └── MigrationFailed     a file could not be applied, and nothing of it remains

The runner is the one place of `store` that begins and commits: it is a shell of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.errors import DuplicateObject, DuplicateTable, UniqueViolation

from baohao.core.refusals import Refusal

SCHEMA = Path(__file__).parent / "schema"
#: 0001_words.sql
FILE_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
#: A file that ends the transaction it runs in could leave half of itself behind.
ENDS_TRANSACTION = re.compile(
    r"^\s*(begin|commit|rollback|start\s+transaction)\s*;", re.IGNORECASE | re.MULTILINE
)
#: How long a file waits for a table in use; then nothing has changed and it may be tried again.
LOCK_TIMEOUT_S = 30


class SchemaRefusal(Refusal):
    """The schema of the database does not fit this baohao."""

    code = "schema"


class SchemaBehind(SchemaRefusal):
    """The database lacks {missing} of this baohao's schema: apply them (db migrate)."""

    code = "schema.behind"


class SchemaNewer(SchemaRefusal):
    """
    The database has {unknown}, which this baohao does not know: it was used by a newer one. Install
    that one again, or restore a backup from before (db restore FILE).
    """

    code = "schema.newer"


class SchemaChanged(SchemaRefusal):
    """
    {name} is not the file that was applied to the database. Put the released file back; changes go
    into a new file.
    """

    code = "schema.changed"


class SchemaGap(SchemaRefusal):
    """
    The database has {later} but not {missing}, which comes before it. Install the baohao that was
    used last, or restore a backup (db restore FILE).
    """

    code = "schema.gap"


class MigrationFailed(SchemaRefusal):
    """
    {name} could not be applied and nothing of it remains: {reason}. Put that right and apply it
    again (db migrate), or restore a backup (db restore FILE).
    """

    code = "schema.failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    #: Without number and ending.
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.number:04}_{self.name}.sql"


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """One row of schema_versions."""

    number: int
    name: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.number:04}_{self.name}.sql"


def migrations(folder: Path = SCHEMA) -> tuple[Migration, ...]:
    """Return the folder's files in order. ValueError for a wrong name, number or content."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        named = FILE_NAME.fullmatch(path.name)
        if named is None:
            raise ValueError(f"{path.name} is not called 0001_words.sql")
        sql = path.read_text(encoding="utf-8")
        if ENDS_TRANSACTION.search(sql):
            raise ValueError(f"{path.name} begins or ends a transaction")
        found.append(Migration(number=int(named["number"]), name=named["name"], sql=sql))
    if [m.number for m in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"the files of {folder.name} are not numbered 1, 2, 3 ...")
    return tuple(found)


def apply(conn: psycopg.Connection[Any], folder: Path = SCHEMA) -> tuple[Migration, ...]:
    """
    Apply what the database lacks and return it; nothing, when it is up to date.

    `conn` is in autocommit. Any number of processes may do this at once. Raises `SchemaNewer`,
    `SchemaChanged`, `SchemaGap`, `MigrationFailed`; files applied before a failing one stay.
    """
    if not conn.autocommit:
        raise ValueError("the runner has transactions of its own: give it an autocommit connection")
    ours = migrations(folder)
    _make_table(conn)
    done: list[Migration] = []
    while (applied := _apply_next(conn, ours)) is not None:
        done.append(applied)
    return tuple(done)


def check(conn: psycopg.Connection[Any], folder: Path = SCHEMA) -> None:
    """
    Refuse to work with a database whose schema is not this code's; every process asks at its start.

    Raises `SchemaBehind`, `SchemaNewer`, `SchemaChanged`, `SchemaGap`.
    """
    missing = _missing(migrations(folder), _applied(conn))
    if missing:
        raise SchemaBehind(missing=_listed(missing))


def _make_table(conn: psycopg.Connection[Any]) -> None:
    try:
        conn.execute(
            "CREATE TABLE IF NOT EXISTS schema_versions ("
            " number int PRIMARY KEY,"
            " name text NOT NULL,"
            " sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
    except (DuplicateObject, DuplicateTable, UniqueViolation):
        return  # another process made it at the same moment: IF NOT EXISTS does not cover that


def _apply_next(conn: psycopg.Connection[Any], ours: tuple[Migration, ...]) -> Migration | None:
    with conn.transaction():
        conn.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")
        # Held to the end of the transaction: whoever comes second finds the file applied.
        conn.execute("LOCK TABLE schema_versions IN EXCLUSIVE MODE")
        missing = _missing(ours, _applied(conn))
        if not missing:
            return None
        chosen = missing[0]
        try:
            conn.execute(chosen.sql.encode())
        except psycopg.Error as error:
            reason = error.diag.message_primary or str(error)
            raise MigrationFailed(name=str(chosen), reason=reason) from error
        conn.execute(
            "INSERT INTO schema_versions (number, name, sha256) VALUES (%s, %s, %s)",
            [chosen.number, chosen.name, chosen.sha256],
        )
    return chosen


def _applied(conn: psycopg.Connection[Any]) -> tuple[Applied, ...]:
    there = conn.execute("SELECT to_regclass('schema_versions') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        return ()
    rows = conn.execute("SELECT number, name, sha256 FROM schema_versions ORDER BY number")
    return tuple(Applied(number=n, name=name, sha256=sha) for n, name, sha in rows)


def _missing(ours: tuple[Migration, ...], applied: tuple[Applied, ...]) -> tuple[Migration, ...]:
    """Return what is still to be applied, after checking that what is applied is ours."""
    known = {m.number: m for m in ours}
    unknown = tuple(a for a in applied if a.number not in known)
    if unknown:
        raise SchemaNewer(unknown=_listed(unknown))
    for row in applied:
        if row.sha256 != known[row.number].sha256:
            raise SchemaChanged(name=str(row))
    present = {a.number for a in applied}
    missing = tuple(m for m in ours if m.number not in present)
    if missing and applied and missing[0].number < applied[-1].number:
        raise SchemaGap(later=str(applied[-1]), missing=str(missing[0]))
    return missing


def _listed(files: tuple[Migration, ...] | tuple[Applied, ...]) -> str:
    return ", ".join(map(str, files))
