"""One data folder for the commands of a test module, with lines of the demo operator in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.inside import inside
from tests.cli.run import Ran
from tests.database import FORGETFUL, SMALL, made_data_dir

from baohao.app.door import Answered
from baohao.cli.asking import made
from baohao.store.embedded import Embedded
from baohao.wiring import installation

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def house() -> Iterator[Path]:
    """The data folder of a running, empty house."""
    with made_data_dir() as folder:
        Embedded(folder, settings={**SMALL, **FORGETFUL}).start()
        yield folder


@pytest.fixture
def run(house: Path) -> Run:
    """Run a command on the house."""
    return lambda *arguments: inside(*arguments, "--data", house)


@pytest.fixture
def stock(house: Path) -> Callable[..., None]:
    """Put numbers in stock under a policy of the demo operator."""

    def put(*numbers: str, policy: str = "mo.demo.keep12@2026-01", **more: Any) -> None:
        payload = {"operator": "demo", "plan": policy.split("@")[0].rpartition(".")[2]}
        with installation(house).shell() as shell:
            asks = [
                made("stock", n, {**payload, "pin": policy, **more}, by="staff", channel="operator")
                for n in numbers
            ]
            answers = shell.answer(asks)
            assert all(isinstance(answer, Answered) for answer in answers), answers

    return put
