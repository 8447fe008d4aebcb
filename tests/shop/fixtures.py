"""The shop as a fixture; tests/conftest.py lists it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.shop import Shop


@pytest.fixture
def shop(database: str) -> Iterator[Shop]:
    made = Shop(conninfo=database)
    made.fund(10_000_000)
    yield made
    made.shell.close()
