"""
Databases for tests: one embedded server a session, and for each test a database of its own.

A plugin (tests/conftest.py lists it), so that every room has these fixtures:

    data_dir      a folder in which an embedded server may be started, by root too
    server        the running server of the session
    database      conninfo of a fresh database with the product's schema
    bare_database conninfo of a fresh database with nothing in it
    conn          a connection to `database`, not in autocommit
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from baohao.store import clock, migrate, partitions
from baohao.store.embedded import Embedded, Running

#: Nothing has to outlive the session, so commits need not reach the disk.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: Small, for there are two cores and many servers.
SMALL = {"shared_buffers": "64MB", "max_wal_size": "256MB", "autovacuum_naptime": "10s"}

TEMPLATE = "baohao_template"
#: A disk that is memory, and the room there has to be on it: a clone has hundreds of small files.
MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 * 2**30
_numbers = itertools.count(1)


@contextmanager
def made_data_dir() -> Iterator[Path]:
    """
    A short path that the account running PostgreSQL for root may enter; pytest's are closed.

    It is in memory where there is room: processes are killed here, never the machine, and what a
    killed process has written is with the system then, whatever is below.
    """
    folder = Path(tempfile.mkdtemp(prefix="bh-", dir=_in_memory()))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield folder / "data"
    finally:
        Embedded(folder / "data").stop(immediate=True)
        shutil.rmtree(folder)


def _in_memory() -> Path | None:
    """Return the disk in memory, or None where it is missing, is small or lets no program run."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    return None if os.statvfs(MEMORY).f_flag & os.ST_NOEXEC else MEMORY


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with made_data_dir() as folder:
        yield folder


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    with made_data_dir() as folder:
        yield Embedded(folder, settings={**SMALL, **FORGETFUL}).start()


@pytest.fixture(scope="session")
def template(server: Running) -> str:
    """
    A database with the product's schema, to be cloned: migrating each time would be slower.

    It has room for what happens this month, which the first ask would make.
    """
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {TEMPLATE}")
    with psycopg.connect(server.conninfo(TEMPLATE), autocommit=True) as conn:
        migrate.apply(conn)
        with conn.transaction():
            partitions.make(conn, partitions.month_of(clock.now(conn)))
    return TEMPLATE


@contextmanager
def cloned(server: Running, template: str) -> Iterator[str]:
    """Conninfo of a clone of `template`, which goes at the end together with its sessions."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        try:
            yield server.conninfo(name)
        finally:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(server: Running, template: str) -> Iterator[str]:
    with cloned(server, template) as conninfo:
        yield conninfo


@pytest.fixture
def bare_database(server: Running) -> Iterator[str]:
    with cloned(server, "template0") as conninfo:
        yield conninfo


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database) as connection:
        yield connection
        connection.rollback()
