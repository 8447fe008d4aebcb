"""How many statements a page costs, Django's and those of our own tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

#: The most that a page may cost: Django's statements and those of our own tables.
MOST = 12


@contextmanager
def counted() -> Iterator[list[str]]:
    """Note every statement that is sent by a cursor, Django's and ours."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *rest: Any, **more: Any) -> Any:
        # An empty one asks a connection whether it is there.
        if query:
            sent.append(query.decode() if isinstance(query, bytes) else str(query))
        return execute(self, query, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noted)
        yield sent
