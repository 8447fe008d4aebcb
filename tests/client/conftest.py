"""A running API, and a road to it on which things go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.serving import Served, house, serving
from tests.client.road import Road

#: What keys that need it sign with.
SECRET = "for-tests"


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    with serving(house(database, tmp_path)) as found:
        yield found


@pytest.fixture
def road(served: Served) -> Iterator[Road]:
    with Road(served.url) as found:
        yield found
