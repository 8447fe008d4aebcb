"""A running API on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.serving import Served, house, serving


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving(house(database, tmp_path)) as found:
        yield found
