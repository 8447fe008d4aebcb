"""The house that sells for an operator with a system of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.wire.harbour import FLOAT, PAID_IN, Harbour


@pytest.fixture
def harbour(database: str) -> Iterator[Harbour]:
    made = Harbour(conninfo=database)
    made.fund(PAID_IN, FLOAT)
    yield made
    made.shell.close()
