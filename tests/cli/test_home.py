"""A home that is served for real, put into one file, destroyed, and there again."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.cli.inside import inside
from tests.cli.run import baohao
from tests.database import made_data_dir

from baohao.store.embedded import Embedded

PASSWORD = "three small boats"


def test_a_home_is_the_same_after_backup_destruction_and_restore(tmp_path: Path) -> None:
    password, passphrase = tmp_path / "password", tmp_path / "passphrase"
    password.write_text(f"{PASSWORD}\n")
    passphrase.write_text("kept under the third plank\n")
    file, wrong = tmp_path / "home.baohao", tmp_path / "wrong"
    wrong.write_text("under the fourth\n")
    said = ("--yes", "--name", "Mei", "--password-file", str(password), "--zone", "Asia/Macau")
    with made_data_dir() as folder:
        with _served(folder, *said) as mei:
            _signed_in(mei)
            mei.post("/my/household/look-after/", data={"cared-name": "Po Po", **_token(mei)})
            before = _page(mei)
            # Of two that serve one home the second is told, and does no harm.
            assert "home.runs" in inside("home", "--yes", "--data", folder).err
            closed = ("--passphrase-file", passphrase)
            ran = inside("home", "backup", file, *closed, "--data", folder)
            assert ran.code == 0, ran.err
            session = dict(mei.cookies)
        # Whoever stops it leaves nothing running.
        assert Embedded(folder).status() is None
        assert b"Po Po" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        shutil.rmtree(folder)
        assert "parcel.closed" in inside("home", "restore", file, "--data", folder).err
        restore = ("home", "restore", file, "--data", folder, "--passphrase-file")
        assert "parcel.passphrase" in inside(*restore, wrong).err
        # The pages' own tables are looked at too: a process of its own.
        ran = baohao(*restore, passphrase)
        assert ran.code == 0, ran.err
        # Nobody loses a home by a command typed too soon.
        assert "home.there" in inside(*restore, passphrase).err
        with _served(folder) as mei:
            mei.cookies.update(session)
            assert mei.get("/my/household/").status_code == 302
            mei.cookies.clear()
            _signed_in(mei)
            assert _page(mei) == before
            assert "Po Po" in before


@contextmanager
def _served(folder: Path, *said: str) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "baohao", "home", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen([*command, *said], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _wait_for(client, process)
            yield client
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, out.decode()
    finally:
        process.kill()
        process.wait()


def _wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends and process.poll() is None:
        try:
            if client.get("/alive/").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    out, _ = process.communicate()
    pytest.fail(out.decode())


def _token(client: httpx.Client) -> dict[str, str]:
    page = client.get("/accounts/login/", follow_redirects=True).text
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return {"csrfmiddlewaretoken": found[1]}


def _signed_in(client: httpx.Client) -> None:
    said = {"login": "Mei", "password": PASSWORD, **_token(client)}
    assert client.post("/accounts/login/", data=said).status_code == 302


def _page(client: httpx.Client) -> str:
    """The page of the household, without what differs each time."""
    page = client.get("/my/household/").text
    return re.sub(r'(name="(?:csrfmiddlewaretoken|key)" value=)"[^"]*"', r"\1", page)
