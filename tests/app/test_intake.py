"""Taking an inventory in: parts, what is here already, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from baohao.app import intake, shell
from baohao.app.door import Door, HouseClosed
from baohao.app.enrol import By, enrol
from baohao.app.intake import Intake, Taken
from baohao.app.inventory import Defaults, Inventory, read_inventory
from baohao.app.inventory_kinds import Kinds
from baohao.app.library import Library, read_library
from baohao.app.policies import shipped
from baohao.core.asks import Terms
from baohao.core.identifiers.luhn import luhn_digit
from baohao.outside.ids import new_id
from baohao.store import partitions
from baohao.store.sql import rows

NUMBERS = [f"+8536612345{n}" for n in range(8)]
BY = By(principal="staff:ana", channel="operator")


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(shipped()).accepted()


@pytest.fixture
def opened(database: str, library: Library) -> Iterator[shell.Shell]:
    door = Door(lambda: _terms(library))
    running = shell.Shell(door, lambda: shell.connect(database))
    yield running
    running.close()


def _terms(library: Library) -> Terms:
    return Terms(rules=library.policies, transfer=UUID(int=1))


@pytest.fixture
def taking(opened: shell.Shell, library: Library) -> Intake:
    return Intake(opened, lambda: _terms(library), BY, new_id)


Read = Callable[..., Inventory]


@pytest.fixture
def read(library: Library, tmp_path: Path) -> Read:
    def reading(*rows: str) -> Inventory:
        file = tmp_path / "inventory.csv"
        file.write_text("\n".join(["number,iccid,imsi", *rows]))
        kinds = Kinds(library.policies, library.operators, datetime(2026, 6, 1, tzinfo=UTC))
        return read_inventory(file, kinds, defaults=Defaults(operator="demo", plan="keep12"))

    return reading


def card(n: int) -> str:
    body = f"8985301{n:011d}"
    return body + luhn_digit(body)


ROWS = [f"{number},{card(n)},45501{n:010d}" for n, number in enumerate(NUMBERS)]


def here(database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as conn:
        found = conn.execute("SELECT number, iccid, version, head FROM lines ORDER BY number")
        return found.fetchall()


def summary(taken: Taken) -> tuple[int, int, list[tuple[int, str]]]:
    return taken.new, taken.unchanged, [(fault.line, fault.code) for fault in taken.faults]


@pytest.mark.parametrize("part", [1, 3, 100])
def test_a_second_import_changes_nothing(
    taking: Intake, read: Read, database: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PART", part)
    told: list[int] = []
    assert summary(taking.take(read(*ROWS), told.append)) == (8, 0, [])
    assert told[-1] == 8
    before = here(database)
    assert summary(taking.take(read(*ROWS))) == (0, 8, [])
    assert here(database) == before


def test_an_import_that_was_cut_short_goes_on(
    taking: Intake, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "PART", 3)
    assert taking.take(read(*ROWS[:4])).new == 4
    assert summary(taking.take(read(*ROWS))) == (4, 4, [])


def test_what_differs_from_what_is_here_is_a_fault(taking: Intake, read: Read) -> None:
    taking.take(read(*ROWS[:3]))
    taken = taking.take(
        read(
            ROWS[0],
            f"{NUMBERS[1]},{card(50)},",
            f"{NUMBERS[5]},{card(2)},",
            f"{NUMBERS[6]},,45501{2:010d}",
            ROWS[7],
        )
    )
    assert summary(taken) == (1, 1, [(3, "line.exists"), (4, "card.taken"), (5, "card.taken")])
    assert taken.faults[0].reason == f"it is here already, as keep12 (issued) with card {card(1)}"


def test_all_or_nothing_takes_nothing_of_a_file_with_a_fault(
    taking: Intake, read: Read, database: str
) -> None:
    assert summary(taking.take_all(read(*ROWS[:3], "661,,"))) == (0, 0, [])
    assert here(database) == []
    assert summary(taking.take_all(read(*ROWS[:3]))) == (3, 0, [])
    clash = read(ROWS[4], f"{NUMBERS[1]},{card(50)},")
    assert summary(taking.take_all(clash)) == (0, 0, [(3, "line.exists")])
    assert len(here(database)) == 3
    assert summary(taking.take_all(read(*ROWS))) == (5, 3, [])


def test_a_dry_run_does_nothing(taking: Intake, read: Read, database: str) -> None:
    taking.take(read(*ROWS[:2]))
    clash = read(*ROWS[1:4], f"{NUMBERS[0]},{card(50)},")
    assert summary(taking.compare(clash)) == (2, 1, [(5, "line.exists")])
    assert len(here(database)) == 2


def test_nothing_goes_into_a_closed_house(taking: Intake, read: Read, conn: Any) -> None:
    conn.execute("UPDATE house SET is_open = false")
    conn.commit()
    with pytest.raises(HouseClosed):
        taking.take(read(*ROWS))


def test_somebody_else_may_put_the_same_in_at_the_same_moment(
    taking: Intake, read: Read, library: Library, database: str
) -> None:
    """Another import was quicker and has not committed yet: this one waits, and finds its lines."""
    first = read(*ROWS[:5])
    with shell.connect(database) as quicker, ThreadPoolExecutor(1) as pool:
        ((now,),) = rows(quicker, "read_now")
        partitions.make(quicker, partitions.month_of(now))
        quicker.commit()
        terms = _terms(library)
        enrol(quicker, first.lines, first.kinds, by=BY, parent=new_id(), terms=terms, now=now)
        waiting = pool.submit(taking.take, read(*ROWS))
        while not _is_waiting(database):
            assert not waiting.done()
        quicker.commit()
        assert summary(waiting.result(timeout=60)) == (3, 5, [])


def _is_waiting(database: str) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with psycopg.connect(database) as conn:
        return conn.execute(query).fetchone() != (0,)


def test_the_journal_knows_who_brought_the_lines(taking: Intake, read: Read, conn: Any) -> None:
    taking.take(read(*ROWS))
    ((now,),) = rows(conn, "read_now")
    found = conn.execute(
        "SELECT DISTINCT principal, channel, recorded_at <= %s FROM journal", [now]
    )
    assert found.fetchall() == [("staff:ana", "operator", True)]
