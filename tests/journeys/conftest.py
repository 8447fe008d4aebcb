"""
A site and people who use it, in Debian's chromium.

    site      the demo, started once by each process of the tests
    chromium  the browser, of one module: its loop must not outlive it
    person    makes somebody at a desk; phone makes somebody with a phone
    door      asks for what has no page; `number` is one that no other test has

What any page complained of fails the test at its end. With BAOHAO_PICTURES=1 the pictures in
docs/pictures are written anew (`make pictures`).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.journeys.people import PHONE, Person, keep
from tests.journeys.site import Site, opened
from tests.shop import Shop

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
#: Nothing of the browser's own goes over the network.
QUIET = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_numbers = itertools.count(int(os.environ.get("BAOHAO_NUMBER", "100")) % 9000)

Makes = Callable[..., Person]


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with opened() as made:
        yield made


@pytest.fixture(scope="module")
def chromium(debian_tool: Callable[[str], str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = debian_tool("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def person(site: Site, chromium: Browser) -> Iterator[Makes]:
    made: list[Person] = []
    take = _take if os.environ.get("BAOHAO_PICTURES") else None

    def make(**how: Any) -> Person:
        made.append(Person(site, chromium, take=take, **how))
        return made[-1]

    yield make
    complaints = [complaint for each in made for complaint in each.leaves()]
    assert complaints == []


@pytest.fixture
def phone(person: Makes) -> Makes:
    return partial(person, viewport=PHONE, device_scale_factor=1, has_touch=True)


@pytest.fixture
def door(site: Site) -> Iterator[Shop]:
    made = site.shop()
    made.fund(1_000_000)
    yield made
    made.shell.close()


@pytest.fixture
def number() -> str:
    return f"+8536377{next(_numbers):04}"


def _take(page: Page, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    keep(page, PICTURES / f"{name}.webp")
