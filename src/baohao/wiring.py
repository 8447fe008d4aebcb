"""
The wiring: settings in, ready use cases out. The only room that knows every other one below.

An installation opens its database when something needs it: a command that only reads policies starts
no server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import psycopg

from baohao.app import shell
from baohao.app.catalogue import fees_at
from baohao.app.door import Door
from baohao.app.library import Library, read_library
from baohao.config import BadSetting, Settings, settings
from baohao.core.asks import Terms
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.store import migrate
from baohao.store.embedded import Embedded
from baohao.store.sql import Connection, rows

__all__ = ["BadSetting", "DatabaseAway", "Installation", "installation"]


class DatabaseAway(Refusal):
    """
    The database cannot be reached: {reason}. Start its server, or set BAOHAO_DATABASE_URL to one that
    runs; without that variable the embedded one is used.
    """

    code = "database.away"


def installation(data: Path | None = None, environ: Mapping[str, str] = os.environ) -> Installation:
    """Return the installation that the environment and a data folder name; raises `BadSetting`."""
    return Installation(settings=settings(environ, data=data))


@dataclass(kw_only=True)
class Installation:
    """One baohao: its settings, its library, its database."""

    settings: Settings

    @property
    def embedded(self) -> Embedded | None:
        """The embedded PostgreSQL; `None`: a server is used."""
        return None if self.settings.database_url else Embedded(self.settings.data)

    @cached_property
    def library(self) -> Library:
        """Policies, operators, promotions and fees; raises `LibraryRefused`."""
        return read_library(self.settings.policies).accepted()

    @cached_property
    def conninfo(self) -> str:
        """
        What connects to the database, once it runs and has this code's schema.

        The embedded one is started and brought up to date; a server is only looked at. Raises
        `EmbeddedRefusal`, `SchemaRefusal`, `DatabaseAway`.
        """
        embedded = self.embedded
        conninfo = embedded.start().conninfo() if embedded else self.settings.database_url or ""
        with self._autocommit(conninfo) as conn:
            if embedded is not None:
                migrate.apply(conn)
            migrate.check(conn)
        return conninfo

    def connect(self) -> Connection:
        """Open a connection; raises as `conninfo` does."""
        with _reaching():
            return shell.connect(self.conninfo)

    def migrate(self) -> tuple[str, ...]:
        """Bring the schema of the database up to date; return the files that were applied."""
        embedded = self.embedded
        conninfo = embedded.start().conninfo() if embedded else self.settings.database_url or ""
        with self._autocommit(conninfo) as conn:
            return tuple(map(str, migrate.apply(conn)))

    @contextmanager
    def shell(self) -> Iterator[shell.Shell]:
        """Give the shell that runs asks through the door."""
        opened = shell.Shell(Door(self.terms), self.connect)
        shell.steady()
        try:
            yield opened
        finally:
            opened.close()

    @cached_property
    def terms(self) -> Callable[[], Terms]:
        """What is on offer now, made anew for each batch."""
        library = self.library
        with self.connect() as conn:
            day = now(conn)
        fees = fees_at(library.fees, library.operators, day)

        def make() -> Terms:
            return Terms(
                rules=library.policies,
                promotions=library.promotions,
                fees=fees,
                transfer=new_id(),
            )

        return make

    @contextmanager
    def _autocommit(self, conninfo: str) -> Iterator[Connection]:
        with _reaching():
            conn = psycopg.connect(conninfo, autocommit=True, connect_timeout=10)
        with conn:
            yield conn


def now(conn: Connection) -> datetime:
    """Return what time it is in the house: the database's clock, and what the demo adds to it."""
    ((at, _),) = rows(conn, "read_clock")
    instant: datetime = at
    return instant


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise DatabaseAway(reason=str(error).strip().splitlines()[0]) from error
