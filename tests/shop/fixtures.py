"""Shops as fixtures; tests/conftest.py lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from tests.database import cloned
from tests.shop import Shop
from tests.shop.asking import Timed, ticking, timed

from baohao.store.embedded import Running


@contextmanager
def opened(conninfo: str) -> Iterator[Shop]:
    """A shop over a database, with money in the agent's float."""
    made = Shop(conninfo=conninfo)
    made.fund(10_000_000)
    yield made
    made.shell.close()


@pytest.fixture
def shop(database: str) -> Iterator[Shop]:
    with opened(database) as made:
        yield made


@pytest.fixture
def timed_shops(
    server: Running, template: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Timed]]:
    """Make shops, each on a database of its own, whose clocks are set by the test."""
    ticking(monkeypatch)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(timed(stack.enter_context(cloned(server, template))))
