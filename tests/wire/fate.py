"""Processes that may end at any step, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from baohao.app.door import Answer
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.store.sql import Connection

T = TypeVar("T")


class Ended(Exception):  # noqa: N818 - it is nobody's error
    """The process ended here."""


class Fate:
    """Ends the process, now and then: before a step, or once it is done."""

    def __init__(self, seed: int, share: float = 0.08) -> None:
        self._chance, self._share = random.Random(seed), share

    def step(self, work: Callable[[], T]) -> T:
        if self._chance.random() < self._share:
            raise Ended
        done = work()
        if self._chance.random() < self._share:
            raise Ended
        return done


class FatedShell(Shell):
    """One whose process may end before and after each transaction."""

    fate: Fate

    def run(self, work: Callable[[Connection], T]) -> T:
        return self.fate.step(lambda: super(FatedShell, self).run(work))

    def answer(self, asks: Sequence[Ask]) -> list[Answer]:
        return self.fate.step(lambda: super(FatedShell, self).answer(asks))
