"""
A restored database is of another time: it stays closed until it is found whole and opened.

What was done after the backup is not in it, and the world outside knows nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from tests.cli.inside import inside
from tests.cli.run import Ran
from tests.database import FORGETFUL, SMALL, made_data_dir
from tests.faults import house
from tests.faults.witness import ails, doubled

from baohao.app.door import HouseClosed
from baohao.store import effects
from baohao.store.embedded import Embedded, restore

#: Lines that were active when the backup was made; the last is renewed after it.
LINES = 3
LATER = LINES - 1


class Restored:
    """A house with a backup that is older than its last renewal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder.parent / "backup"
        self.database = Embedded(folder, settings={**SMALL, **FORGETFUL})
        self.conninfo = self.database.start().conninfo()
        house.furnish(self.conninfo)
        self.shell = house.shell(self.conninfo)
        for verb in house.VERBS:
            renewing = LATER if verb == "renew" else LINES
            house.done(self.shell, [house.ask(verb, n) for n in range(renewing)])
        assert self.db("backup", self.file).code == 0
        house.done(self.shell, [house.ask("renew", LATER)])

    def db(self, *words: str | Path) -> Ran:
        return inside("db", *words, "--json", "--data", self.folder)

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.conninfo) as conn:
            conn.execute(statement.encode())


@pytest.fixture
def restored() -> Iterator[Restored]:
    with made_data_dir() as folder:
        made = Restored(folder)
        yield made
        made.shell.close()


def claimed(restored: Restored) -> int:
    """Count the effects that a worker would get now."""
    now = datetime.now(UTC) + timedelta(minutes=1)
    with psycopg.connect(restored.conninfo) as conn:
        found = effects.claim(conn, now, now + timedelta(minutes=1), 100)
        conn.rollback()
    return len(found)


def test_it_refuses_everything_until_it_is_whole_and_resumed(restored: Restored) -> None:
    assert claimed(restored) > 0
    ran = restored.db("restore", restored.file)
    assert ran.code == 0, ran
    assert (ran.facts["epoch"], ran.facts["open"]) == (2, False)
    again = [house.ask("renew", LATER), house.ask("renew", 0), house.ask("stock", LINES)]
    # Closed to all: to what was lost, to a key that it knows, and to what is new.
    assert restored.shell.answer(again) == [HouseClosed()] * 3
    assert claimed(restored) == 0

    restored.sql("UPDATE accounts SET balance_minor = balance_minor + 1")
    refused = restored.db("resume")
    assert refused.code == 1
    assert "balances 1" in refused.out + refused.err
    assert restored.shell.answer(again) == [HouseClosed()] * 3

    restored.sql("UPDATE accounts SET balance_minor = balance_minor - 1")
    resumed = restored.db("resume")
    assert resumed.code == 0, resumed
    assert resumed.facts["open"]
    assert claimed(restored) > 0
    # The renewal after the backup is not there; its key does it once more, and once only.
    answers = house.done(restored.shell, again)
    assert [answer.is_repeat for answer in answers] == [False, True, False]
    assert restored.db("resume").code == 1
    with psycopg.connect(restored.conninfo) as conn:
        assert doubled(conn) == ails(conn) == []


def test_a_bare_restore_would_go_on_as_if_nothing_were(restored: Restored) -> None:
    """The twin: the same file, put back without closing the house."""
    restore(restored.database, restored.file, before_open=lambda _: None)
    house.done(restored.shell, [house.ask("renew", 0, key="new", version=3)])
    assert claimed(restored) > 0
