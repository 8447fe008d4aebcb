"""What every test shares: how much random work is done, and the tools that Debian gives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.database"]

#: `make soak` does this many times the random work of the suite: 20,000 asks become 1,000,000.
SOAK_TIMES = 50

# No deadline: two busy cores say nothing about a law. The suite draws the same examples each time,
# so that a red run is about the change at hand; the soak draws new ones.
settings.register_profile("suite", derandomize=True, print_blob=True, deadline=None)
settings.register_profile(
    "soak",
    max_examples=100 * SOAK_TIMES,
    print_blob=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def effort(pytestconfig: pytest.Config) -> int:
    """How many times the usual random work a test is to do: 1, and 50 in `make soak`."""
    return SOAK_TIMES if pytestconfig.getoption("--hypothesis-profile") == "soak" else 1


@pytest.fixture(scope="session")
def debian_tool() -> Callable[[str], str]:
    """
    Find a program that Debian gives and pip does not, such as hledger; return its path.

    Where it is missing the test is skipped and says how to get it; in CI that is a failure.
    """

    def find(name: str) -> str:
        path = shutil.which(name)
        if path:
            return path
        how = f"{name} is missing; install it with: sudo apt install {name}"
        if os.environ.get("CI"):
            pytest.fail(how)
        pytest.skip(how)

    return find
