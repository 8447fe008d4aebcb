"""What-if: by date it counts what projecting each line says; by policy change it writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from baohao.app import shell, whatif
from baohao.app.door import Answered, Door
from baohao.app.library import Library, read_library
from baohao.app.policies import shipped
from baohao.core.asks import Ask, Terms
from baohao.core.line.project import project
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.store import lines
from baohao.store.sql import Connection, rows

KEEP12, BALANCE = "mo.demo.keep12@2026-01", "mo.demo.balance180@2026-01"
#: How many days ago each line began.
BEGAN = (1, 100, 200, 300, 364)


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(shipped()).accepted()


@pytest.fixture
def opened(database: str, library: Library) -> Iterator[shell.Shell]:
    running = shell.Shell(Door(lambda: terms(library)), lambda: shell.connect(database))
    yield running
    running.close()


def terms(library: Library) -> Terms:
    return Terms(rules=library.policies, transfer=UUID(int=1))


def number(n: int) -> str:
    return f"+853{66000000 + n}"


@pytest.fixture
def now(opened: shell.Shell) -> datetime:
    """The database's clock, once a line has begun on each of the days and one is in stock."""
    ((clock,),) = opened.run(lambda conn: rows(conn, "read_now"))
    assert isinstance(clock, datetime)
    begins = [(clock - timedelta(days=days)).isoformat() for days in BEGAN]
    said = [("take_over", {"begins": begin}) for begin in begins] + [("stock", {})]
    asks = [
        Ask(
            id=new_id(),
            verb=verb,
            subject=number(n),
            key=str(n),
            principal="staff:ana",
            channel="operator",
            payload={"operator": "demo", "plan": "keep12", "pin": KEEP12, **payload},
        )
        for n, (verb, payload) in enumerate(said)
    ]
    for answer in opened.answer(asks):
        assert isinstance(answer, Answered), answer
    ((clock,),) = opened.run(lambda conn: rows(conn, "read_now"))
    assert isinstance(clock, datetime)
    return clock


def projected(conn: Connection, library: Library, at: datetime) -> dict[str, int]:
    found: Counter[str] = Counter()
    for n in range(len(BEGAN) + 1):
        line = lines.find(conn, number(n))
        assert line is not None
        state = line.state
        found[project(library.policies[KEEP12], state.standing, state.acts, at).stage] += 1
    return found


@pytest.mark.parametrize("days", [0, 1, 70, 170, 300, 400, 420, 480, 2000])
def test_a_count_by_date_is_what_each_line_projects_to(
    opened: shell.Shell, library: Library, now: datetime, days: int
) -> None:
    at = now + timedelta(days=days, hours=1)
    counted = opened.run(lambda conn: whatif.on_day(conn, at))
    assert {each.stage: each.lines for each in counted} == opened.run(
        lambda conn: projected(conn, library, at)
    )
    assert {each.pin for each in counted} == {KEEP12}


def test_what_is_over_is_not_counted(opened: shell.Shell, now: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        opened.run(lambda conn: whatif.on_day(conn, now - timedelta(days=1)))
    assert refused.value.code == "whatif.past"


def test_a_change_of_policy_is_played_and_not_written(
    opened: shell.Shell, library: Library, now: datetime
) -> None:
    before = opened.run(lambda conn: conn.execute("SELECT * FROM lines ORDER BY number").fetchall())
    at = now + timedelta(days=100)
    change = opened.run(lambda conn: whatif.under(conn, terms(library), KEEP12, BALANCE, at))
    assert change.sampled == len(BEGAN) + 1
    assert sum(change.moved_days.values()) + sum(change.refused.values()) == change.sampled
    assert sum(change.before.values()) == sum(change.after.values()) == change.sampled
    # What is paid for stays, but the other policy's way down is a month shorter.
    assert (change.gaining, change.losing, change.refused) == (0, len(BEGAN), {})
    after = opened.run(lambda conn: conn.execute("SELECT * FROM lines ORDER BY number").fetchall())
    assert after == before


def test_a_sample_takes_no_more_lines_than_asked_for(
    opened: shell.Shell, library: Library, now: datetime
) -> None:
    change = opened.run(lambda conn: whatif.under(conn, terms(library), KEEP12, BALANCE, now, 2))
    assert change.sampled == 2
