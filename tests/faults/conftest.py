"""What the fault tests share: a furnished house, and processes of ours to kill."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import psycopg
import pytest
from tests.database import cloned
from tests.faults import asker, house

from baohao.store.embedded import Running


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    return asker.processes()


@pytest.fixture(scope="session")
def furnished(server: Running, template: str) -> Iterator[str]:
    """A database whose float has money; to be cloned by `home`."""
    with cloned(server, template) as conninfo:
        house.furnish(conninfo)
        with psycopg.connect(conninfo) as conn:
            name = conn.info.dbname
        # Nobody may be connected to what is cloned.
        yield name


@pytest.fixture
def home(server: Running, furnished: str) -> Iterator[str]:
    """Conninfo of a fresh furnished house."""
    with cloned(server, furnished) as conninfo:
        yield conninfo


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="bh-"))
    yield folder
    shutil.rmtree(folder)
