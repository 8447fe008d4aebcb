"""The house that is paid by bank transfer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.bank.branch import LINE, Branch, make


@pytest.fixture
def branch(database: str) -> Iterator[Branch]:
    made = make(database)
    made.open(LINE)
    yield made
    made.close()
