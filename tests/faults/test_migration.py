"""A schema that is cut short while it is made is gone on with; one that is not ours is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.cli.inside import inside
from tests.database import SMALL, cloned, made_data_dir
from tests.faults.wire import Cut, Wire

from baohao.store import migrate
from baohao.store.embedded import Embedded, Running
from baohao.store.migrate import MigrationFailed

#: In the suite every so manieth message is cut; in a soak every one.
STEP = 6


@pytest.fixture
def wire(server: Running, short_dir: Path) -> Iterator[Wire]:
    with Wire(short_dir, server.conninfo("postgres")) as wire:
        yield wire


def apply(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        migrate.apply(conn)
        migrate.check(conn)


@pytest.mark.soak
def test_a_migration_that_is_cut_goes_on(server: Running, wire: Wire, effort: int) -> None:
    cuts = 0
    for at in count(1, STEP if effort == 1 else 1):
        with cloned(server, "template0") as direct:
            with psycopg.connect(direct) as conn:
                through = make_conninfo(wire.conninfo, dbname=conn.info.dbname)
            wire.cut(Cut(at=at))
            if not _is_cut(wire, through):
                break
            cuts += 1
            apply(direct)
    assert cuts >= 5


def _is_cut(wire: Wire, conninfo: str) -> bool:
    try:
        apply(conninfo)
    except (psycopg.OperationalError, MigrationFailed):
        assert wire.is_cut
    return wire.is_cut


def test_without_its_transaction_half_of_a_file_would_stay(wire: Wire, bare_database: str) -> None:
    """The twin: the same file statement by statement; and it is refused, not taken for whole."""
    file = migrate.migrations()[1]
    statements = [part for part in file.sql.split(";\n") if part.strip()]
    with psycopg.connect(bare_database, autocommit=True) as conn:
        name = conn.info.dbname
        conn.execute(migrate.migrations()[0].sql.encode())
    wire.cut(Cut(at=len(statements) // 2))
    with pytest.raises(psycopg.OperationalError):
        _one_by_one(make_conninfo(wire.conninfo, dbname=name), statements)
    with pytest.raises(MigrationFailed, match="already exists"):
        apply(bare_database)


def _one_by_one(conninfo: str, statements: Sequence[str]) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement.encode())


# --- what the command says ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with made_data_dir() as folder:
        apply(Embedded(folder, settings={**SMALL, "fsync": "off"}).start().conninfo())
        yield folder


#: What has become of the schema, how it is put back, and what is said: what is wrong, what to do.
WRONG = [
    (
        "INSERT INTO schema_versions VALUES (9999, 'later', 'x')",
        "DELETE FROM schema_versions WHERE number = 9999",
        ("9999_later.sql", "newer", "restore a backup"),
    ),
    (
        "UPDATE schema_versions SET sha256 = 'x' || sha256 WHERE number = 2",
        "UPDATE schema_versions SET sha256 = substr(sha256, 2) WHERE number = 2",
        ("0002_", "Put the released file back"),
    ),
    (
        "UPDATE schema_versions SET number = -2 WHERE number = 2",
        "UPDATE schema_versions SET number = 2 WHERE number = -2",
        ("-002_", "restore a backup"),
    ),
    # Half of it was applied by somebody else's hand.
    (
        "ALTER TABLE schema_versions RENAME TO aside",
        "DROP TABLE schema_versions; ALTER TABLE aside RENAME TO schema_versions",
        ("0001_", "already exists", "Put that right", "restore a backup (db restore FILE)"),
    ),
]


@pytest.mark.parametrize(("wrong", "right", "says"), WRONG)
def test_a_schema_that_is_not_ours_is_refused_with_the_way_out(
    folder: Path, wrong: str, right: str, says: tuple[str, ...]
) -> None:
    with psycopg.connect(Embedded(folder).running().conninfo(), autocommit=True) as conn:
        conn.execute(wrong.encode())
        refused = inside("db", "status", "--data", folder)
        conn.execute(right.encode())
    assert refused.code == 1
    told = " ".join((refused.out + refused.err).split())
    assert all(part in told for part in says), told
    assert inside("db", "status", "--data", folder).code == 0
