"""
Who of `make test`'s workers does what: long files first, and one of them has the browser.

A plugin (tests/conftest.py lists it). By itself xdist begins with the files of many tests; those of
one long test would come last, and one core would wait for the other.
"""

from __future__ import annotations

from typing import Any

import pytest

#: Rooms and files that take long, the longest first; all others follow.
LONG = (
    "tests/journeys/",
    "tests/app/test_door_laws.py",
    "tests/web/test_matrix.py",
    "tests/faults/",
    "tests/cli/",
    "tests/web/test_bad_input.py",
    "tests/payments/",
    "tests/wire/",
    "tests/core/test_upkeep.py",
    "tests/web/",
    "tests/races/",
    "tests/core/laws/",
    "tests/api/",
    "tests/bank/",
    "tests/app/",
    "tests/client/",
)
#: They share a site, which takes long to start.
TOGETHER = "tests/journeys/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.nodeid))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class Queue(LoadFileScheduling):  # type: ignore[misc]
        """Gives files away in the order in which they were collected."""

        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return Queue(config, log)


def _place(nodeid: str) -> int:
    return next((n for n, begin in enumerate(LONG) if nodeid.startswith(begin)), len(LONG))
