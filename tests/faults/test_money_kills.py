"""
Money, killed anywhere: at every message to the database, every request of a gateway, every commit.

The client dies at a message that the server still gets, to the last one, so that nobody heard what
became of it; or at a request that the gateway did, or did not do. The server dies at a commit: in
the moment before it is written to the disk, and when it is there and nobody was told. In each case
the same thing is begun again, under the same keys, and all books must say that it happened once.

The disk is not asked through ptrace, which is not allowed everywhere: before it flushes a commit
the server sleeps (`commit_delay`), and there it is killed. What lies between that and the answer
is the kernel's, and survives the death of a process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import psycopg
import pytest
from tests.conftest import Campaign
from tests.faults import house
from tests.faults.flows import PAID_IN, TILL, WAYS, Scene, carry, wait
from tests.faults.killing import kill_server, own_server
from tests.faults.wire import Cut, Wire
from tests.faults.witness import Witness, ails
from tests.payments.gates import GATES, Gate, Notice, connected

from baohao.store.embedded import Embedded

#: Each way of money, through each gateway that it leads through.
PATHS = [
    *((way, gate) for way in ("pay", "refund") for gate in GATES),
    *((way, "acquirer") for way in ("sell", "fund")),
]
#: Beyond the last message.
NEVER = 1_000_000
#: Before it flushes a commit the server waits so long, and in the middle of that it is killed.
FLUSH_LATER = ("commit_delay = 100000", "commit_siblings = 0")
INTO_THE_FLUSH_S = 0.04


class Asking:
    """A payer, for a process that is to be killed: it is asked over a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def __call__(self, order: str) -> Notice:
        self._pipe.send(order)
        told: Notice = self._pipe.recv()
        return told


def play(way: str, scene: Scene, told: Witness, pipe: Connection) -> None:
    """Go one way of money, until killed."""
    WAYS[way](scene, told, Asking(pipe))


@dataclass(slots=True, kw_only=True)
class Stage:
    """A house behind a wire, a gateway, and somebody who pays."""

    conninfo: str
    wire: Wire
    gate: Gate
    processes: ForkServerContext
    folder: Path
    way: str
    notices: dict[str, Notice] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)

    def scene(self, *, behind: bool, key: str = "") -> Scene:
        return Scene(
            conninfo=self.wire.conninfo if behind else self.conninfo,
            opening=self.gate.opening,
            folder=self.folder,
            line=self.lines[-1],
            key=key,
        )

    @property
    def commits(self) -> int:
        """How many commits there were since the last cut was made."""
        return self.wire.said

    @property
    def told(self) -> Witness:
        return Witness(self.folder / "told")

    def pays(self, order: str) -> Notice:
        """Pay an order, once; it is told of again as long as nobody answers."""
        self.gate.told()
        if self.gate.pay(order):
            [self.notices[order]] = self.gate.told()
        return self.notices[order]

    def next_line(self) -> None:
        """Activate the next line; where money is to go back, it has been paid for before."""
        self.lines.append(len(self.lines))
        shell = house.shell(self.conninfo)
        for verb in ("stock", "activate"):
            house.done(shell, [house.ask(verb, self.lines[-1])])
        if self.way == "refund":
            WAYS["pay"](self.scene(behind=False), self.told, self.pays)

    def begun(self) -> ForkServerProcess:
        """Let a process of its own go the way, behind the wire."""
        ours, theirs = self.processes.Pipe()
        arguments = (self.way, self.scene(behind=True), self.told, theirs)
        process = self.processes.Process(target=play, args=arguments)
        process.start()
        theirs.close()

        def paying() -> None:
            with suppress(EOFError, OSError):
                while True:
                    ours.send(self.pays(ours.recv()))

        Thread(target=paying, daemon=True).start()
        return process

    def killed(self, cut: Cut, *, request: int = NEVER, is_done: bool = False) -> int:
        """
        Kill a client on the way, at a message or a request; return how many requests there were.

        A request that is not the one is answered as always.
        """
        requests, dying = 0, list[ForkServerProcess]()

        def draw(what: str) -> str:
            nonlocal requests
            if what.startswith("notice"):
                return ""
            requests += 1
            if requests != request:
                return ""
            dying[0].kill()
            return "lost" if is_done else "broken"

        def kill() -> None:
            dying[0].kill()
            dying[0].join()

        self.gate.misbehave(draw)
        self.wire.cut(Cut(at=cut.at, nth=cut.nth, then=kill))
        process = self.begun()
        dying.append(process)
        process.join()
        self.gate.misbehave(lambda _: "")
        # 255: the other thread was told how it ended.
        assert process.exitcode in (0, -9, 255), process.exitcode
        return requests

    def struck(self, database: Embedded, nth: int, *, early: bool) -> None:
        """Kill the server at a commit of the way, and start it again; the client lives on."""

        def strike() -> None:
            kill_server(database.running().pid)
            database.start()

        after_s = INTO_THE_FLUSH_S if early else None
        self.wire.cut(Cut(at=b"COMMIT", nth=nth, after_s=after_s, then=strike))
        process = self.begun()
        process.join()
        assert self.wire.is_cut
        assert process.exitcode == 0

    def again(self, key: str = "") -> None:
        """Begin again what was killed: the same, by the same keys."""
        wait(self.conninfo)
        WAYS[self.way](self.scene(behind=False, key=key), self.told, self.pays)
        # Some give money back in their own time; whoever looks later finds it done.
        self.gate.elapse()
        wait(self.conninfo)
        carry(self.scene(behind=False))

    def wrong(self) -> list[str]:
        """Return what is not as it must be: each way was gone once, and all books say so."""
        with psycopg.connect(self.conninfo) as conn:
            found = ails(conn)
            for currency, total in conn.execute(
                "SELECT currency, sum(amount) FROM entries, unnest(amounts) AS amount GROUP BY 1"
            ):
                found += [f"{currency} is {total}"] if total else []
            found += _lines(conn, self.way)
            found += _books(conn, self.gate)
            found += _receipts(conn, self.way)
            found += _holders(conn, self.way, len(self.lines))
        return found


def _lines(conn: psycopg.Connection[Any], way: str) -> Iterator[str]:
    """Yield the lines to which something happened oftener than once, or never."""
    events = {"pay": 3, "sell": 3, "refund": 4, "fund": 2}[way]
    for number, version in conn.execute("SELECT number, version FROM lines"):
        if version != events:
            yield f"{number} has {version} events of {events}"


def _books(conn: psycopg.Connection[Any], gate: Gate) -> Iterator[str]:
    """Yield the orders that the gateway has otherwise than we."""
    ours = {
        id_.hex: (captured, returned, state, next_at)
        for id_, captured, returned, state, next_at in conn.execute(
            "SELECT id, captured_minor, returned_minor, state, next_at FROM payments"
        )
    }
    for booked in gate.books():
        state = "refunded" if booked.returned_minor else "used"
        theirs = booked.paid_minor, booked.returned_minor, state, None
        if ours.get(booked.order) != theirs:
            yield f"{booked.order}: {ours.get(booked.order)}, and there {theirs}"


def _receipts(conn: psycopg.Connection[Any], way: str) -> Iterator[str]:
    """Yield what is wrong with the receipts: one for each purchase, from 1 on, without a gap."""
    found = [number for (number,) in conn.execute("SELECT number FROM receipts ORDER BY 1")]
    if found != list(range(1, len(found) + 1)):
        yield f"receipts {found}"
    acts = conn.execute("SELECT count(*) FROM lines WHERE version > 2").fetchone()
    if way != "fund" and (len(found),) != acts:
        yield f"{len(found)} receipts for {acts} purchases"


def _holders(conn: psycopg.Connection[Any], way: str, lines: int) -> Iterator[str]:
    """Yield the holders of money that have another sum than they must."""
    wanted = {house.FLOAT: house.FLOAT_MINOR - house.PRICE_MINOR * lines}
    if way == "fund":
        wanted[house.FLOAT] += PAID_IN * lines
    if way == "sell":
        wanted[TILL] = house.PRICE_MINOR * lines
    held = dict(conn.execute("SELECT account, balance_minor FROM accounts").fetchall())
    for account, minor in wanted.items():
        if held.get(account) != minor:
            yield f"{account} has {held.get(account)} of {minor}"
    for account, minor in held.items():
        if account.startswith("advance:") and minor:
            yield f"{account} has {minor}"


@contextmanager
def staged(
    conninfo: str, processes: ForkServerContext, short: Path, folder: Path, way: str, gate: str
) -> Iterator[Stage]:
    with ExitStack() as stack:
        wire = stack.enter_context(Wire(short, conninfo))
        found = stack.enter_context(connected(gate, lambda: datetime.now(UTC)))
        yield Stage(
            conninfo=conninfo,
            wire=wire,
            gate=found,
            processes=processes,
            folder=folder,
            way=way,
        )


@pytest.fixture
def stages(
    home: str, processes: ForkServerContext, short_dir: Path, tmp_path: Path
) -> Callable[[str, str], Any]:
    return lambda way, gate: staged(home, processes, short_dir, tmp_path, way, gate)


@pytest.mark.soak
@pytest.mark.parametrize(("way", "gate"), PATHS)
def test_killed_anywhere_it_happens_once(
    stages: Callable[[str, str], Any],
    way: str,
    gate: str,
    campaign: Callable[[int], Campaign],
    effort: int,
) -> None:
    """The suite draws a few of the messages and requests; a soak takes each of them."""
    drawn = campaign(2)
    with stages(way, gate) as stage:
        stage.next_line()
        requests, messages = stage.killed(Cut(at=NEVER)), stage.wire.sent
        stage.again()
        assert messages > 20
        cuts: list[dict[str, Any]] = [{"cut": Cut(at=at + 1)} for at in range(messages)]
        cuts += [
            {"cut": Cut(at=NEVER), "request": n + 1, "is_done": is_done}
            for n in range(requests)
            for is_done in (False, True)
        ]
        # The last message, COMMIT, is always among them: it is done, and nobody was told.
        count = len(cuts) if effort > 1 else min(drawn.count, len(cuts))
        chosen = Random(drawn.seed).sample(cuts, count)
        for cut in (cuts[messages - 1], *chosen):
            stage.next_line()
            stage.killed(**cut)
            stage.again()
        assert stage.wrong() == []


@pytest.mark.parametrize(("way", "gate"), [("pay", "acquirer"), ("sell", "acquirer")])
def test_whoever_begins_again_with_a_new_key_pays_twice(
    stages: Callable[[str, str], Any], way: str, gate: str
) -> None:
    """The twin: what the same keys save us from."""
    with stages(way, gate) as stage:
        stage.next_line()
        stage.killed(Cut(at=NEVER))
        messages = stage.wire.sent
        stage.next_line()
        stage.killed(Cut(at=messages))
        assert stage.wrong() == []
        stage.again(key="another ")
        assert stage.wrong() != []


@pytest.mark.soak
def test_the_server_dies_at_any_commit_and_it_happens_once(
    processes: ForkServerContext,
    short_dir: Path,
    tmp_path: Path,
    campaign: Callable[[int], Campaign],
) -> None:
    """The client lives, and is told once, by whoever has recovered."""
    drawn = campaign(1)
    chance = Random(drawn.seed)
    with own_server({}) as database:
        for n, (way, gate) in enumerate(chance.sample(PATHS, min(drawn.count, len(PATHS)))):
            conninfo, folder = _own_database(database, f"way_{n}"), short_dir / str(n)
            folder.mkdir()
            with staged(conninfo, processes, folder, tmp_path, way, gate) as stage:
                stage.next_line()
                stage.killed(Cut(at=b"COMMIT", nth=NEVER))
                stage.again()
                struck = [(nth + 1, early) for nth in range(stage.commits) for early in (0, 1)]
                for nth, early in chance.sample(struck, min(_each(drawn.count), len(struck))):
                    stage.next_line()
                    stage.struck(database, nth, early=bool(early))
                    stage.again()
                assert stage.wrong() == []


def _each(count: int) -> int:
    """How many of all kills are for one way."""
    return max(1, 4 * count // len(PATHS))


def _own_database(database: Embedded, name: str) -> str:
    with psycopg.connect(database.running().conninfo(), autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    conninfo = database.running().conninfo(name)
    house.furnish(conninfo)
    with psycopg.connect(conninfo) as conn:
        for setting in FLUSH_LATER:
            conn.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    return conninfo
