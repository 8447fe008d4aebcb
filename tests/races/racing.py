"""Racing: several doors at once, each with a connection and a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from tests.shop import Shop

from baohao.app.door import Answer
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.store import sql

T = TypeVar("T")

#: More than there are cores: whoever has a lock is often put aside while the others look.
DOORS = 8


def at_once(shop: Shop, work: Callable[[Shell, int], T], doors: int = DOORS) -> list[T]:
    """Run `work` in as many threads as there are doors; all of them begin together."""
    barrier = Barrier(doors)

    def run(place: int) -> T:
        shell = shop.make_shell()
        try:
            # Connected before the start, so that nobody begins late.
            shell.run(lambda conn: conn.execute("SELECT 1"))
            barrier.wait()
            return work(shell, place)
        finally:
            shell.close()

    with ThreadPoolExecutor(doors) as pool:
        return list(pool.map(run, range(doors)))


def in_batches(shell: Shell, asks: Sequence[Ask], size: int) -> list[Answer]:
    """Ask in batches, as a gathered channel does."""
    return [
        answer
        for first in range(0, len(asks), size)
        for answer in shell.answer(asks[first : first + size])
    ]


def unlock(monkeypatch: pytest.MonkeyPatch, name: str, part: str) -> None:
    """Load a statement with one part left out; the part must be there."""
    text = sql.STATEMENTS[name].decode()
    assert part in text, f"{name} has no {part}"
    monkeypatch.setitem(sql.STATEMENTS, name, text.replace(part, "").encode())


def altered(shop: Shop, *statements: str) -> None:
    """Change the schema of this test's own database."""
    with shop.looking() as conn:
        for statement in statements:
            conn.execute(statement.encode())
        conn.commit()
