"""Shops as fixtures; tests/conftest.py lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tests.database import cloned
from tests.shop import Shop
from tests.shop.asking import Timed, ticking, timed

from baohao.store.embedded import Running


@pytest.fixture
def shop(database: str) -> Iterator[Shop]:
    made = Shop(conninfo=database)
    made.fund(10_000_000)
    yield made
    made.shell.close()


@pytest.fixture
def timed_shops(
    server: Running, template: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Timed]]:
    """Make shops, each on a database of its own, whose clocks are set by the test."""
    ticking(monkeypatch)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(timed(stack.enter_context(cloned(server, template))))
