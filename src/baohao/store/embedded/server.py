"""
The embedded PostgreSQL: the wheel's programs, driven by our own start, stop and retry.

    data/lock            held while starting, stopping or restoring: of two processes one wins
    data/cluster/        PostgreSQL's own folder
    data/run/            the socket, unless the path is too long for one
    data/postgres.log    its log
    data/binaries-*/     a copy of the programs, for root only
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from baohao.store.embedded import binaries, postmaster
from baohao.store.embedded.account import Account, account, owner
from baohao.store.embedded.binaries import MAJOR, Binaries
from baohao.store.embedded.postmaster import Postmaster
from baohao.store.embedded.refusals import (
    CommandFailed,
    FolderOfAnother,
    NotRunning,
    NotStarted,
    NotStopped,
    OtherVersion,
)
from baohao.store.embedded.tuning import memory_mib, tuned

log = logging.getLogger(__name__)

#: The database, and the role that owns it and everything in it.
DATABASE, ROLE = "baohao", "baohao"
#: Names the socket's file; nothing listens on the network.
PORT = 5432
#: A socket's address holds 108 bytes on Linux and 104 elsewhere, its end included.
SOCKET_PATH_BYTES = 103
#: How long a start is tried again while leftovers of a killed server go away (seconds): a zombie
#: waits for its parent, a busy backend notices late that its postmaster is gone.
LEFTOVERS_S = 60.0
#: What PostgreSQL says to a start beside such leftovers.
LEFTOVERS = ("lock file", "shared memory block")
POLL_S = 0.05
#: The log is put aside at a start once it is bigger than this.
LOG_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A server that accepts connections."""

    pid: int
    #: Folder of the socket.
    socket_dir: Path
    port: int
    #: Folder of the programs: psql, pgbench, pg_dump ...
    bin_dir: Path

    def conninfo(self, database: str = DATABASE) -> str:
        """Return what psycopg connects with."""
        host = str(self.socket_dir)
        return make_conninfo(host=host, port=self.port, user=ROLE, dbname=database)


class Embedded:
    """The database in one data folder; any number of processes may hold one of these."""

    def __init__(self, data: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """`settings` replace server settings by name, at the next start."""
        # Resolved: a live server is known by this path in its command line.
        self.data = data.expanduser().resolve()
        self.cluster = self.data / "cluster"
        self.log_file = self.data / "postgres.log"
        self._settings = dict(settings or {})
        self._account: Account | None = None

    # --- the three verbs ------------------------------------------------------------------------

    def start(self) -> Running:
        """
        Start the server unless it runs, and return once it accepts connections.

        The first start makes the cluster and its database. A recovery is waited for as long as it
        takes. Raises `EmbeddedRefusal`: NoBinaries, NoAccount, FolderOutOfReach, FolderOfAnother,
        OtherVersion, NotStarted, CommandFailed.
        """
        self.make_folder()
        end = time.monotonic() + LEFTOVERS_S
        with self.lock():
            while True:
                running = self.status()
                if running is None:
                    self._make_cluster()
                    running = self._launch()
                try:
                    self._make_database(running)
                except psycopg.OperationalError:
                    # One that was killed a moment ago is there still, and answers no more.
                    if time.monotonic() > end:
                        raise
                    time.sleep(POLL_S)
                else:
                    return running

    def status(self) -> Running | None:
        """Return the running server, or None when there is none that accepts connections."""
        found = self._postmaster()
        return self._running(found) if found is not None and found.ready else None

    def stop(self, *, immediate: bool = False, timeout_s: float = 60.0) -> bool:
        """
        Stop the server and return whether there was one.

        Sessions are ended and everything is written. `immediate` leaves that to the next start's
        recovery; nothing committed is lost either way. Raises `NotStopped`.
        """
        if not self.data.is_dir():
            return False
        with self.lock():
            found = self._postmaster()
            if found is None:
                return False
            os.kill(found.pid, signal.SIGQUIT if immediate else signal.SIGINT)
            end = time.monotonic() + timeout_s
            while postmaster.serves(found.pid, self.cluster):
                if time.monotonic() > end:
                    raise NotStopped(pid=found.pid, timeout_s=timeout_s)
                time.sleep(POLL_S)
        return True

    def running(self) -> Running:
        """Return the running server. Raises `NotRunning`."""
        found = self.status()
        if found is None:
            raise NotRunning(folder=str(self.data))
        return found

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the data folder against other processes that start, stop or restore."""
        try:
            file = (self.data / "lock").open("w")
        except PermissionError:
            raise FolderOfAnother(folder=str(self.data), owner=owner(self.data)) from None
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # --- the folder and the cluster -------------------------------------------------------------

    @property
    def account(self) -> Account:
        if self._account is None:
            self._account = account()
        return self._account

    @property
    def binaries(self) -> Binaries:
        wheel = binaries.of_wheel()
        return wheel if self.account.is_us else binaries.copied(wheel, self.data)

    def make_folder(self) -> None:
        """Make the data folder if there is none, so that the server's account reaches its own."""
        self.account.check_reaches(self.data)
        if not self.data.is_dir():
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.account.is_us:
                # The server's account passes through to its own folders and sees no names.
                self.data.chmod(0o711)
            # Folders above it may be new, and closed by our umask.
            self.account.check_reaches(self.data)
        if not os.access(self.data, os.W_OK):
            raise FolderOfAnother(folder=str(self.data), owner=owner(self.data))

    def _make_cluster(self) -> None:
        """Make the cluster if there is none; it gets its name last, for an initdb may be killed."""
        if self.cluster.is_dir():
            return self._check_cluster()
        making = self.data / "cluster.making"
        if making.exists():
            shutil.rmtree(making)
        self.account.own(making)
        # Order by code point and the full Unicode upper and lower case, the same on every machine.
        self._run(
            "initdb",
            f"--pgdata={making}",
            f"--username={ROLE}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
        )
        making.rename(self.cluster)
        return None

    def _check_cluster(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != str(MAJOR):
            raise OtherVersion(folder=str(self.data), found=found, ours=MAJOR)
        if self.cluster.stat().st_uid != self.account.uid:
            raise FolderOfAnother(folder=str(self.data), owner=owner(self.cluster))

    def _make_database(self, running: Running) -> None:
        # Told apart by what we connect to: the cluster may be there without its database when the
        # first start was killed between the two.
        with psycopg.connect(running.conninfo("postgres"), autocommit=True) as conn:
            there = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if there.fetchone() is None:
                conn.execute(f"CREATE DATABASE {DATABASE}")

    def _run(self, program: str, *arguments: str) -> None:
        command = [self.binaries.program(program), *arguments]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, **self.account.popen()
        )
        if done.returncode:
            raise CommandFailed(command=program, tail=done.stderr.strip()[-2000:])

    # --- the process ----------------------------------------------------------------------------

    def _postmaster(self) -> Postmaster | None:
        try:
            return postmaster.read(self.cluster)
        except PermissionError:
            raise FolderOfAnother(folder=str(self.data), owner=owner(self.data)) from None

    def _launch(self) -> Running:
        """Start `postgres`, again while a killed one leaves traces. Raises `NotStarted`."""
        self._put_log_aside()
        end = time.monotonic() + LEFTOVERS_S
        while True:
            said = self.log_file.stat().st_size if self.log_file.exists() else 0
            found = self._postmaster()
            if found is None:
                ready = self._spawn()
            else:  # left in its recovery by a start that was killed
                ready = self._until_ready(
                    found.pid, partial(postmaster.serves, cluster=self.cluster)
                )
            if ready is not None:
                return self._running(ready)
            tail = self._log_since(said)
            if time.monotonic() > end or not any(sign in tail for sign in LEFTOVERS):
                raise NotStarted(folder=str(self.data), log=str(self.log_file), tail=tail)
            log.info("the last server's leftovers are still there, starting again")
            time.sleep(4 * POLL_S)

    def _spawn(self) -> Postmaster | None:
        """Start one `postgres`; return it once it is ready, or None when it gave up."""
        socket_dir = self._socket_dir()
        postmaster.forget(self.cluster, socket_dir)
        settings = {
            **tuned(memory_mib()),
            "port": str(PORT),
            "unix_socket_directories": f'"{socket_dir}"',
            **self._settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log_file.open("ab") as out:
            # Its own session: Ctrl-C in our terminal is for us, the server ends by `stop`.
            child = subprocess.Popen(
                [self.binaries.program("postgres"), "-D", str(self.cluster), *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                **self.account.popen(),
            )
        postmaster.adopt(child)
        # Asked of the child itself: a program that has just begun shows no command line yet.
        return self._until_ready(child.pid, lambda _: child.poll() is None)

    def _until_ready(self, pid: int, alive: Callable[[int], bool]) -> Postmaster | None:
        """
        Wait until that server accepts connections and return it, or None when it gave up.

        There is no limit: a recovery takes as long as there is log to read, and killing it starts
        it anew.
        """
        while alive(pid):
            found = self._postmaster()
            if found is not None and found.pid == pid and found.ready:
                return found
            time.sleep(POLL_S)
        return None

    def _running(self, found: Postmaster) -> Running:
        return Running(
            pid=found.pid,
            socket_dir=found.socket_dir,
            port=found.port,
            bin_dir=binaries.of_wheel().bin_dir,
        )

    def _socket_dir(self) -> Path:
        """Return the socket's folder, closed to all but the server's account and root."""
        folder = self.data / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES:
            # A path too long for a socket: a short one that belongs to this data folder alone.
            name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"baohao-{name}"
        self.account.own(folder)
        return folder

    # --- the log --------------------------------------------------------------------------------

    def _put_log_aside(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.rename(self.log_file.with_suffix(".log.1"))

    def _log_since(self, offset_bytes: int) -> str:
        """Return the end of what the log has got since then."""
        with self.log_file.open("rb") as file:
            file.seek(offset_bytes)
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-6:])
