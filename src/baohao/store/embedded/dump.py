"""Backup and restore of an embedded database: one file in pg_dump's custom format."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.errors import ObjectInUse

from baohao.store.embedded.refusals import CommandFailed
from baohao.store.embedded.server import DATABASE, Embedded, Running

#: A database being restored; it takes the name of the real one when it is complete.
RESTORING, REPLACED = f"{DATABASE}_restoring", f"{DATABASE}_replaced"
#: Sessions may come back between being ended and the change of names.
SWAP_TRIES = 10


def backup(embedded: Embedded, file: Path) -> None:
    """
    Write the running database, as it is at one instant, into `file`, readable by us alone.

    An older file of that name is replaced once the new one is whole and on the disk. Raises
    `NotRunning`, `CommandFailed`.
    """
    running = embedded.running()
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    _run(running, "pg_dump", "--format=custom", f"--file={part}", running.conninfo())
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.rename(file)


def restore(
    embedded: Embedded, file: Path, *, before_open: Callable[[psycopg.Connection[Any]], None]
) -> None:
    """
    Replace the running database by the one in `file`, whole or not at all.

    `before_open` gets a connection to the restored database in a transaction before anybody else
    can see it: the place for what makes it a restored one. Sessions of the old database are ended.
    Raises `NotRunning`, `CommandFailed`, and whatever `before_open` raises; the old one then stays.
    """
    running = embedded.running()
    _run(running, "pg_restore", "--list", str(file))
    with embedded.lock(), psycopg.connect(running.conninfo("postgres"), autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {REPLACED} WITH (FORCE)")
        conn.execute(f"DROP DATABASE IF EXISTS {RESTORING} WITH (FORCE)")
        conn.execute(f"CREATE DATABASE {RESTORING}")
        _run(
            running,
            "pg_restore",
            "--exit-on-error",
            "--single-transaction",
            "--no-owner",
            f"--dbname={running.conninfo(RESTORING)}",
            str(file),
        )
        with psycopg.connect(running.conninfo(RESTORING)) as restored:
            before_open(restored)
        _swap(conn)
        conn.execute(f"DROP DATABASE {REPLACED} WITH (FORCE)")


def _swap(conn: psycopg.Connection[Any]) -> None:
    """Change both names in one transaction: a kill leaves the old database or the new one."""
    for tries_left in reversed(range(SWAP_TRIES)):
        try:
            with conn.transaction():
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [DATABASE],
                )
                conn.execute(f"ALTER DATABASE {DATABASE} RENAME TO {REPLACED}")
                conn.execute(f"ALTER DATABASE {RESTORING} RENAME TO {DATABASE}")
        except ObjectInUse:
            if not tries_left:
                raise
        else:
            return


def _run(running: Running, program: str, *arguments: str) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    done = subprocess.run(
        [str(running.bin_dir / program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**clean, "LC_ALL": "C"},
    )
    if done.returncode:
        raise CommandFailed(command=program, tail=done.stderr.strip()[-2000:])
