"""The bench's own embedded PostgreSQL, in a folder that goes at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from baohao.store import migrate
from baohao.store.embedded import Embedded, Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server with the settings of the product."""

    running: Running
    #: For files beside the database.
    folder: Path

    def connect(self, database: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        return psycopg.connect(self.running.conninfo(database), autocommit=autocommit)

    def make(self, database: str) -> None:
        """Make a database with the product's schema; one that is there stays."""
        with self.connect("postgres", autocommit=True) as conn:
            there = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if there.fetchone() is None:
                conn.execute(f'CREATE DATABASE "{database}"')
        with self.connect(database, autocommit=True) as conn:
            migrate.apply(conn)

    def drop(self, database: str) -> None:
        with self.connect("postgres", autocommit=True) as conn:
            conn.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def checkpoint(self) -> None:
        with self.connect("postgres", autocommit=True) as conn:
            conn.execute("CHECKPOINT")

    def pgbench(
        self,
        database: str,
        script: str,
        *,
        clients: int,
        seconds: int,
        more: Sequence[str] = (),
    ) -> int:
        """
        Run pgbench, prepared, for so long; return how many transactions it made.

        Without a script it runs what `more` says.
        """
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            command = [
                str(self.running.bin_dir / "pgbench"),
                *("-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2))),
                *("-T", str(seconds), "-h", str(self.running.socket_dir)),
                *(("-f", file.name) if script else ()),
                *more,
                *("-p", str(self.running.port), "-U", "baohao", database),
            ]
            ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        word = "number of transactions actually processed: "
        return int(ran.stdout.partition(word)[2].split("\n", 1)[0])


@contextmanager
def served(data: Path | None) -> Iterator[Server]:
    """Start the server; without a folder it is in a temporary one, removed at the end."""
    folder = data or Path(tempfile.mkdtemp(prefix="bh-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    embedded = Embedded(folder / "data")
    try:
        yield Server(running=embedded.start(), folder=folder)
    finally:
        embedded.stop()
        if data is None:
            shutil.rmtree(folder)
