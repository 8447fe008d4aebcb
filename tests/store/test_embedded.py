"""The embedded PostgreSQL: it starts, it comes back after a kill, or it says why not."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.database import SMALL, made_data_dir

import baohao
from baohao.store.embedded import Embedded, Running, backup, binaries, restore
from baohao.store.embedded.account import Account, account
from baohao.store.embedded.refusals import (
    CommandFailed,
    FolderOfAnother,
    FolderOutOfReach,
    NotRunning,
    NotStarted,
    OtherVersion,
)
from baohao.store.embedded.tuning import tuned

ROOT = os.geteuid() == 0


def embedded(data: Path) -> Embedded:
    return Embedded(data, settings=SMALL)


def value(running: Running, query: str, *parameters: Any) -> Any:
    with psycopg.connect(running.conninfo(), autocommit=True) as conn:
        row = conn.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]


# --- start, status, stop --------------------------------------------------------------------------


def test_it_starts_says_where_it_is_and_stops(data_dir: Path) -> None:
    database = embedded(data_dir)
    assert database.status() is None
    running = database.start()
    assert database.status() == running == database.start()
    assert value(running, "SELECT current_database()") == "baohao"
    assert database.stop()
    assert database.status() is None
    assert not database.stop()


def test_what_was_committed_is_there_at_the_next_start(data_dir: Path) -> None:
    database = embedded(data_dir)
    with psycopg.connect(database.start().conninfo()) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 1 AS n")
    database.stop()
    assert value(database.start(), "SELECT n FROM kept") == 1


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_level", "replica"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ],
)
def test_its_settings_are_safe(kept: Running, setting: str, wanted: str) -> None:
    assert value(kept, "SELECT current_setting(%s)", setting) == wanted


def test_text_is_ordered_by_code_point(kept: Running) -> None:
    assert value(
        kept, "SELECT string_agg(c, '' ORDER BY c) FROM unnest('{b,A,é,a}'::text[]) c"
    ) == ("Aabé")


@pytest.mark.parametrize("memory_mib", [256, 4096, 1_000_000])
def test_memory_is_shared_with_the_application(memory_mib: int) -> None:
    buffers_mib = int(tuned(memory_mib)["shared_buffers"].removesuffix("MB"))
    assert 64 <= buffers_mib <= max(64, memory_mib // 8)


def test_nobody_else_may_reach_the_socket(kept: Running) -> None:
    assert kept.socket_dir.stat().st_mode & 0o077 == 0


def test_the_log_holds_no_values(kept: Running, kept_dir: Path) -> None:
    with psycopg.connect(kept.conninfo(), autocommit=True) as conn:
        conn.execute("CREATE TEMP TABLE told (number text PRIMARY KEY)")
        conn.execute("INSERT INTO told VALUES ('+85366123456')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("INSERT INTO told VALUES ('+85366123456')")
    log = (kept_dir / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "66123456" not in log


@pytest.fixture(scope="module")
def kept_dir() -> Iterator[Path]:
    with made_data_dir() as folder:
        yield folder


@pytest.fixture(scope="module")
def kept(kept_dir: Path) -> Running:
    return embedded(kept_dir).start()


def test_a_long_path_gets_a_short_socket(data_dir: Path) -> None:
    deep = data_dir.parent / ("long" * 30)
    database = embedded(deep)
    running = database.start()
    try:
        assert not running.socket_dir.is_relative_to(deep)
        assert value(running, "SELECT 1") == 1
        database.stop()
        # A trap laid in the shared folder meanwhile is not followed, and not given away by chown.
        running.socket_dir.rename(running.socket_dir.with_suffix(".aside"))
        running.socket_dir.symlink_to(data_dir.parent)
        with pytest.raises(FolderOfAnother):
            database.start()
        assert data_dir.parent.stat().st_uid == os.geteuid()
    finally:
        running.socket_dir.unlink()
        running.socket_dir.with_suffix(".aside").rmdir()


#: A command of its own, which finds this checkout whether it is installed or not.
ELSEWHERE = {**os.environ, "PYTHONPATH": str(Path(baohao.__file__).parent.parent)}
START = """
import sys
from pathlib import Path
from baohao.store.embedded import Embedded
print(Embedded(Path(sys.argv[1])).start().pid)
"""


def test_two_processes_that_start_it_at_once_get_one_server(data_dir: Path) -> None:
    command = [sys.executable, "-c", START, str(data_dir)]
    starts = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ELSEWHERE)
        for _ in range(2)
    ]
    pids = {start.communicate()[0] for start in starts}
    assert len(pids) == 1
    # It outlives the commands that started it.
    assert embedded(data_dir).running().pid == int(pids.pop())


# --- kills ----------------------------------------------------------------------------------------


def killed_under_load(data: Path) -> str:
    """Kill the postmaster while rows are committed; start again; answer how many rows are lost."""
    database = embedded(data)
    running = database.start()
    with psycopg.connect(running.conninfo()) as conn:
        conn.execute("CREATE TABLE acked (n int)")
    acked: list[int] = []

    def write() -> None:
        with psycopg.connect(running.conninfo(), autocommit=True) as conn:
            while True:
                try:
                    conn.execute("INSERT INTO acked VALUES (%s)", [len(acked)])
                except psycopg.OperationalError:
                    return
                acked.append(len(acked))

    writer = threading.Thread(target=write)
    writer.start()
    while len(acked) < 100:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    again = database.start()
    writer.join()
    rows = value(again, "SELECT count(*) FROM acked")
    # One insert may have been committed and not answered.
    assert again.pid != running.pid
    return f"{len(acked) - min(rows, len(acked))} lost"


def test_a_killed_server_comes_back_with_all_it_acknowledged(data_dir: Path) -> None:
    assert killed_under_load(data_dir) == "0 lost"


def test_so_it_does_for_an_ordinary_user(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if ROOT:
        # That user may be shut out of root's virtual environment: the same programs elsewhere.
        readable = binaries.copied(binaries.of_wheel(), data_dir.parent)
        monkeypatch.setattr(binaries, "of_wheel", lambda: readable)
    with ordinary_folder(data_dir.parent / "theirs") as theirs:
        assert as_ordinary_user(lambda: killed_under_load(theirs / "data")) == "0 lost"


def test_a_zombie_is_not_taken_for_a_server(data_dir: Path) -> None:
    keeper = f"{START}\nsys.stdout.flush(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", keeper, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ELSEWHERE,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, signal.SIGKILL)
        # Its parent lives and does not ask for its end, so the number stays taken.
        wait_for(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
        assert embedded(data_dir).status() is None
        assert value(embedded(data_dir).start(), "SELECT 1") == 1
        parent.communicate()


def test_a_backend_that_outlives_its_server_is_waited_for(data_dir: Path) -> None:
    database = embedded(data_dir)
    running = database.start()
    with psycopg.connect(running.conninfo()) as conn:
        backend = conn.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        os.kill(running.pid, signal.SIGKILL)
        threading.Timer(1.0, os.kill, (backend, signal.SIGCONT)).start()
        begun = time.monotonic()
        assert value(database.start(), "SELECT 1") == 1
        assert time.monotonic() - begun > 0.9


def test_a_number_that_belongs_to_a_stranger_now_is_no_server(data_dir: Path) -> None:
    database = embedded(data_dir)
    running = database.start()
    pid_file = database.cluster / "postmaster.pid"
    written = pid_file.read_text()
    database.stop()
    with subprocess.Popen(["sleep", "60"], **account().popen()) as stranger:
        pid_file.write_text(written.replace(str(running.pid), str(stranger.pid), 1))
        assert database.status() is None
        assert value(database.start(), "SELECT 1") == 1
        stranger.kill()


def test_a_first_start_that_was_killed_is_begun_again(data_dir: Path) -> None:
    (data_dir / "cluster.making" / "base").mkdir(parents=True)
    data_dir.chmod(data_dir.parent.stat().st_mode)
    assert value(embedded(data_dir).start(), "SELECT 1") == 1
    assert not (data_dir / "cluster.making").exists()


# --- refusals -------------------------------------------------------------------------------------


def test_a_folder_of_another_version_is_refused(data_dir: Path) -> None:
    database = embedded(data_dir)
    database.start()
    database.stop()
    (database.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(OtherVersion) as refused:
        database.start()
    assert refused.value.facts["found"] == "17"


def test_a_server_that_gives_up_shows_its_last_words(data_dir: Path) -> None:
    with pytest.raises(NotStarted) as refused:
        Embedded(data_dir, settings={"shared_buffers": "nonsense"}).start()
    assert "shared_buffers" in str(refused.value)


def test_a_folder_we_may_not_write_is_refused(data_dir: Path) -> None:
    with ordinary_folder(data_dir.parent / "theirs") as theirs:
        shut = theirs / "shut"
        shut.mkdir()
        shut.chmod(0o555)

        def start() -> str:
            with pytest.raises(FolderOfAnother):
                embedded(shut).start()
            return "refused"

        assert as_ordinary_user(start) == "refused"


if ROOT:  # only root hands the server over to another account

    def test_a_folder_that_the_account_cannot_reach_is_refused(data_dir: Path) -> None:
        closed = data_dir.parent / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(FolderOutOfReach) as refused:
            embedded(closed / "data").start()
        assert refused.value.facts["closed"] == str(closed)
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not (closed / "data").exists()

    def test_a_folder_whose_cluster_is_a_users_is_left_to_that_user(data_dir: Path) -> None:
        database = embedded(data_dir)
        database.start()
        database.stop()
        os.chown(database.cluster, 1, 1)
        with pytest.raises(FolderOfAnother):
            database.start()


# --- backup and restore ---------------------------------------------------------------------------


def mark(conn: psycopg.Connection[Any]) -> None:
    conn.execute("CREATE TABLE restored AS SELECT true AS yes")


@pytest.fixture
def filled(data_dir: Path) -> Embedded:
    database = embedded(data_dir)
    with psycopg.connect(database.start().conninfo()) as conn:
        conn.execute("CREATE TABLE line AS SELECT n FROM generate_series(1, 1000) n")
    return database


def test_a_backup_brings_everything_back_and_says_so(filled: Embedded, data_dir: Path) -> None:
    file = data_dir.parent / "today.backup"
    backup(filled, file)
    assert file.stat().st_mode & 0o777 == 0o600
    running = filled.running()
    with psycopg.connect(running.conninfo()) as conn:
        conn.execute("DELETE FROM line")
        conn.commit()
        restore(filled, file, before_open=mark)
        with pytest.raises(psycopg.OperationalError):
            conn.execute("SELECT 1")
    assert value(running, "SELECT count(*) FROM line") == 1000
    assert value(running, "SELECT yes FROM restored")
    assert value(running, "SELECT count(*) FROM pg_database WHERE datname LIKE 'baohao_%%'") == 0


def test_a_restore_that_fails_leaves_the_database_as_it_was(
    filled: Embedded, data_dir: Path
) -> None:
    file = data_dir.parent / "today.backup"
    backup(filled, file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - 500])

    def fail(_: psycopg.Connection[Any]) -> None:
        raise LookupError

    with pytest.raises(CommandFailed):
        restore(filled, file, before_open=mark)
    file.write_bytes(whole)
    with pytest.raises(LookupError):
        restore(filled, file, before_open=fail)
    assert value(filled.running(), "SELECT count(*) FROM line") == 1000
    assert value(filled.running(), "SELECT to_regclass('restored') IS NULL")


def test_a_stopped_database_is_not_backed_up(data_dir: Path) -> None:
    with pytest.raises(NotRunning):
        backup(embedded(data_dir), data_dir.parent / "never")


def test_pgbench_comes_with_it(kept: Running) -> None:
    shown = subprocess.run([kept.bin_dir / "pgbench", "--version"], capture_output=True, text=True)
    assert "PostgreSQL) 18" in shown.stdout


# --- as somebody else -----------------------------------------------------------------------------


def ordinary() -> Account:
    if not ROOT:
        return account()
    nobody = pwd.getpwnam("nobody")
    return Account(name="nobody", uid=nobody.pw_uid, gid=nobody.pw_gid)


@contextmanager
def ordinary_folder(folder: Path) -> Iterator[Path]:
    ordinary().own(folder)
    yield folder
    as_ordinary_user(lambda: str(Embedded(folder / "data").stop(immediate=True)))


def as_ordinary_user(work: Callable[[], str]) -> str:
    """
    Do `work` as an account without privileges: ours, or for root a child of ours that is nobody.

    A fork, because such an account may be shut out of the interpreter that root runs.
    """
    if not ROOT:
        return work()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = ""
        try:
            os.setgroups([])
            os.setgid(ordinary().gid)
            os.setuid(ordinary().uid)
            said = work()
        except BaseException:  # noqa: BLE001 - the parent is told whatever went wrong
            said = traceback.format_exc()
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
