"""The memory of one household's process and of its database, once their pages were used."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from psutil import Process

from baohao.store.embedded import Embedded
from bench.figures import Figure
from bench.machine import measured

#: What a household looks at, in turns.
PAGES = (
    *("/my/cards/", "/my/cards/next/", "/my/household/", "/my/preferences/", "/my/account/"),
    *("/my/cards/calendar/", "/my/cards/cost/", "/help/", "/my/cards/new/", "/products/"),
)
#: Their cards: what each is of, and its number.
CARDS = {
    "mo.ctm.prepaid": "+85366123401",
    "hk.hahasim.yearly": "+85251234002",
    "hk.clubsim.local": "+85251234003",
    "hk.cmhk.prepaid": "+85251234004",
    "gb.giffgaff.payg": "+447400123005",
    "id.telkomsel.prepaid": "+6281234567806",
}
VISITS, PEOPLE = 200, 4
NAME, MIB = "bench", 2**20


def at_home(folder: Path) -> Iterator[Figure]:
    """Measure a home in a folder of its own, after its pages were visited 200 times."""
    data = folder / "home"
    password = folder / "password"
    password.write_text(secrets.token_urlsafe(16), encoding="ascii")
    with _served(data, password) as (process, client):
        _sign_in(client, password.read_text(encoding="ascii"))
        cards = [_keep(client, product, number) for product, number in CARDS.items()]
        pages = [page for card in cards for page in (card, f"{card}plan/", *PAGES)]
        visits = measured(lambda: _visit(client, pages))
        yield _figure("resident memory of a home after 200 pages", _rss(process), visits.load, 300)
        yield _figure("its peak, sign-in included", _peak(process), visits.load, 300)
        database = Process(Embedded(data).running().pid)
        parts = [database, *database.children(recursive=True)]
        pss = sum(each.memory_full_info().pss for each in parts) / MIB
        yield _figure("the database beside it: its share (PSS)", pss, visits.load, None)


def _figure(name: str, mib: float, load: float, most: int | None) -> Figure:
    return Figure(
        name=name,
        ours=round(mib, 1),
        theirs=None,
        ratio=None,
        goal="" if most is None else f"at most {most}",
        unit="MiB",
        load=round(load, 2),
    )


def _visit(client: httpx.Client, pages: Sequence[str]) -> int:
    def look(n: int) -> None:
        client.get(pages[n % len(pages)], follow_redirects=True).raise_for_status()

    # As several people, so that every thread and each of its sessions is used.
    with ThreadPoolExecutor(PEOPLE) as people:
        for _ in people.map(look, range(VISITS)):
            continue
    return VISITS


def _keep(client: httpx.Client, product: str, number: str) -> str:
    page = client.get("/my/cards/new/", params={"product": product}).text
    hidden = dict(re.findall(r'name="(csrfmiddlewaretoken|key)" value="([^"]+)"', page))
    # Long enough ahead for any of them.
    until = re.search(r'max="(\d{4})', page)
    assert until
    said = {"act": "unknown", "on": "", "until": f"{int(until[1]) + 1}-03-01", "balance": "50"}
    form = {**hidden, "product": product, "number": number, **said}
    answer = client.post("/my/cards/new/", data=form)
    refused = re.findall(r"role=.alert.>([^<]*)", answer.text)
    assert answer.status_code == 302, f"{product}: {refused}"
    return str(answer.headers["Location"])


def _sign_in(client: httpx.Client, password: str) -> None:
    page = client.get("/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    said = {"login": NAME, "password": password, "csrfmiddlewaretoken": token[1]}
    assert client.post("/accounts/login/", data=said).status_code == 302


def _rss(process: Process) -> float:
    return float(process.memory_info().rss) / MIB


def _peak(process: Process) -> float:
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    assert found
    return int(found[1]) / 1024


@contextmanager
def _served(data: Path, password: Path) -> Iterator[tuple[Process, httpx.Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "baohao", "home", "--port", str(port), "--data", str(data)]
    said = ["--yes", "--name", NAME, "--password-file", str(password)]
    with subprocess.Popen([*command, *said], stdout=subprocess.DEVNULL) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                _wait_for(client, process)
                yield Process(process.pid), client
        finally:
            process.terminate()


def _wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            client.get("/alive/").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the home did not start")
