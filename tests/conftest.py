"""What every test shares: how much random work is done, and the tools that Debian gives."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NoReturn

import pytest
import typst
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.database", "tests.queueing", "tests.shop.fixtures", "tests.web.fixtures"]

#: Programs that come in a package of another name.
_PACKAGES = dict.fromkeys(("pdfsig", "pdftoppm", "pdftotext"), "poppler-utils")

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


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a campaign of random work is drawn from, and how long it is."""

    seed: int
    count: int


@pytest.fixture
def campaign(
    request: pytest.FixtureRequest, effort: int, capsys: pytest.CaptureFixture[str]
) -> Callable[[int], Campaign]:
    """
    Draw a campaign: `campaign(10)` is ten of what the test does, and fifty times that in a soak.

    The suite draws the same each time, the soak something new. `BAOHAO_SEED` and `BAOHAO_COUNT` say
    otherwise, and a line on the terminal (in the suite: of a red run) says how to run it again.
    """

    def draw(count: int) -> Campaign:
        fresh = secrets.randbits(32) if effort > 1 else 0
        drawn = Campaign(
            seed=int(os.environ.get("BAOHAO_SEED", fresh)),
            count=int(os.environ.get("BAOHAO_COUNT", count * effort)),
        )
        again = f"BAOHAO_SEED={drawn.seed} BAOHAO_COUNT={drawn.count} .venv/bin/pytest"
        with capsys.disabled() if effort > 1 else nullcontext():
            print(f"\nagain: {again} '{request.node.nodeid}'")
        return drawn

    return draw


@pytest.fixture(scope="session")
def debian_tool() -> Callable[[str], str]:
    """
    Find a program that Debian gives and pip does not, such as hledger; return its path.

    Where it is missing the test is skipped and says how to get it; in CI that is a failure.
    """

    def find(name: str) -> str:
        path = shutil.which(name)
        return path or missing(name, _PACKAGES.get(name, name))

    return find


@pytest.fixture(scope="session")
def debian_font() -> Callable[[str, str], None]:
    """Look for a font that Debian gives, in a package; where it is missing, as `debian_tool`."""
    families = set(typst.Fonts().families())

    def look(name: str, package: str) -> None:
        if name not in families:
            missing(name, package)

    return look


def missing(name: str, package: str) -> NoReturn:
    """Skip the test, and say what would let it run; in CI that is a failure."""
    how = f"{name} is missing; install it with: sudo apt install {package}"
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)
