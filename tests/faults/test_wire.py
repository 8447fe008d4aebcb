"""
One renewal, cut at every message that it sends: it happens once, or not at all.

A cut at a message means that the server got it and all before it, and finished them, while its
answer never arrived. For the last one, COMMIT, that is the outcome that nobody but the database
knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path

import psycopg
import pytest
from tests.faults import house
from tests.faults.asker import ask_once, tell_too_early
from tests.faults.wire import Cut, Wire
from tests.faults.witness import Witness, ails, doubled, lost

from baohao.app.door import Answered

#: More messages than a renewal sends.
LINES = 200


@pytest.fixture
def kept_lines(home: str) -> str:
    """A house with active lines, each to be renewed."""
    shell = house.shell(home)
    for verb in ("stock", "activate"):
        house.done(shell, [house.ask(verb, line) for line in range(LINES)])
    return home


@pytest.fixture
def wire(kept_lines: str, short_dir: Path) -> Iterator[Wire]:
    with Wire(short_dir, kept_lines) as wire:
        yield wire


def killed_at(
    wire: Wire, at: int | bytes, line: int, processes: ForkServerContext, witness: Witness
) -> bool:
    """Kill a process of ours at a message of its renewal; say whether it came to that message."""
    asks = [house.ask("renew", line)]
    asker = processes.Process(target=ask_once, args=(wire.conninfo, asks, witness))

    def kill() -> None:
        asker.kill()
        asker.join()

    wire.cut(Cut(at=at, then=kill))
    asker.start()
    asker.join()
    return wire.is_cut


def is_renewed(conn: psycopg.Connection[object], line: int) -> bool:
    found = conn.execute("SELECT version FROM lines WHERE number = %s", [house.number(line)])
    return found.fetchone() == (3,)


def test_killed_at_any_message_it_is_done_once_by_the_same_key(
    wire: Wire, kept_lines: str, processes: ForkServerContext, tmp_path: Path
) -> None:
    told = Witness(tmp_path / "told")
    in_doubt: list[int] = []
    undone: list[int] = []
    with psycopg.connect(kept_lines, autocommit=True) as conn:
        for at in count(1):
            if not killed_at(wire, at, at, processes, told):
                break
            (in_doubt if is_renewed(conn, at) else undone).append(at)
        # The one before last was COMMIT: done, and nobody was told.
        assert len(undone) >= 20
        assert in_doubt == [at - 1]
        assert len(told.batches()) == 1
        for line in range(1, at):
            asks = [house.ask("renew", line)]
            answers = house.done(house.shell(kept_lines), asks)
            assert [answer.is_repeat for answer in answers] == [line in in_doubt]
            told.write(asks, answers)
        assert lost(conn, [told]) == doubled(conn) == ails(conn) == []
        assert all(is_renewed(conn, line) for line in range(1, at + 1))


def test_whoever_asks_again_with_a_new_key_pays_twice(
    wire: Wire, kept_lines: str, processes: ForkServerContext, tmp_path: Path
) -> None:
    """The twin: what the same key saves us from. It even looks up the version that it expects."""
    again = house.ask("renew", 0, key="another", version=3)
    with psycopg.connect(kept_lines, autocommit=True) as conn:
        assert killed_at(wire, b"COMMIT", 0, processes, Witness(tmp_path / "told"))
        assert not (tmp_path / "told").exists()
        assert is_renewed(conn, 0)
        house.done(house.shell(kept_lines), [again])
        assert doubled(conn) == [house.number(0)]


@pytest.mark.parametrize("delivered", [True, False])
def test_a_commit_without_an_answer_is_asked_about(
    wire: Wire, kept_lines: str, *, delivered: bool
) -> None:
    asks = [house.ask("renew", line) for line in range(5)]
    wire.cut(Cut(at=b"COMMIT", delivered=delivered))
    answers = house.done(house.shell(wire.conninfo), asks)
    assert wire.is_cut
    # What the database had done answers itself, word for word; what it had not is done now.
    assert [answer.is_repeat for answer in answers] == [delivered] * len(asks)
    again = house.done(house.shell(kept_lines), asks)
    assert again == [replace(answer, is_repeat=True) for answer in answers]
    with psycopg.connect(kept_lines) as conn:
        assert doubled(conn) == []


def test_a_commit_taken_for_a_failure_pays_twice(wire: Wire, kept_lines: str) -> None:
    """The twin: a client that takes the lost answer for a rollback, and begins anew."""
    shell = house.shell(wire.conninfo)
    wire.cut(Cut(at=b"COMMIT"))
    with pytest.raises(psycopg.OperationalError):
        shell._once(lambda conn: shell._door.answer(conn, [house.ask("renew", 0)]))
    shell.close()
    answer = house.done(house.shell(kept_lines), [house.ask("renew", 0, key="anew", version=3)])
    assert isinstance(answer[0], Answered)
    with psycopg.connect(kept_lines) as conn:
        assert doubled(conn) == [house.number(0)]


def test_told_before_the_commit_it_is_lost(
    wire: Wire, kept_lines: str, processes: ForkServerContext, tmp_path: Path
) -> None:
    """The twin: a door that answers too early, and the witness that finds it out."""
    told = Witness(tmp_path / "told")
    wire.cut(Cut(at=b"COMMIT", delivered=False))
    with pytest.raises(psycopg.OperationalError):
        tell_too_early(wire.conninfo, [house.ask("renew", 0)], told)
    with psycopg.connect(kept_lines) as conn:
        assert lost(conn, [told]) == ["renew 0"]
