"""The house that is paid through an acquirer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.payments.cashdesk import NUMBER, Desk, make


@pytest.fixture
def desk(database: str) -> Iterator[Desk]:
    made = make(database)
    made.open(NUMBER)
    yield made
    made.shell.close()
