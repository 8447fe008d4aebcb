"""Gathering: single asks become batches, in order, each subject once; a full queue says so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baohao.api.gather import Gather, Overloaded

T = TypeVar("T")
Item = tuple[str, int]


class Batches:
    """Answers each item by itself, and remembers how they came."""

    def __init__(self, *, held: bool = False) -> None:
        self.seen: list[list[Item]] = []
        self.go, self.first = threading.Event(), threading.Event()
        if not held:
            self.go.set()

    def answer(self, items: Sequence[Item]) -> list[Item]:
        self.seen.append(list(items))
        self.first.set()
        self.go.wait(10)
        return list(items)

    async def came(self) -> None:
        """Wait until a batch is in flight."""
        await asyncio.to_thread(self.first.wait, 10)

    def gather(self, **limits: int) -> Gather[Item, Item]:
        return Gather("test", self.answer, lambda item: item[0], **limits)


def run(work: Callable[[], object]) -> None:
    asyncio.run(work())  # type: ignore[arg-type]


def test_what_comes_while_a_batch_is_in_flight_is_the_next_batch() -> None:
    batches = Batches(held=True)

    async def work() -> None:
        gather = batches.gather()
        first = asyncio.ensure_future(gather.ask(("a", 0)))
        await batches.came()
        others = [asyncio.ensure_future(gather.ask((f"b{n}", n))) for n in range(5)]
        await asyncio.sleep(0)
        batches.go.set()
        assert await first == ("a", 0)
        assert await asyncio.gather(*others) == [(f"b{n}", n) for n in range(5)]
        gather.close()

    run(work)
    assert [len(batch) for batch in batches.seen] == [1, 5]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), max_size=40))
def test_each_subject_is_once_in_a_batch_and_keeps_its_order(items: list[Item]) -> None:
    batches = Batches()

    async def work() -> None:
        gather = batches.gather(batch_max=4)
        assert await asyncio.gather(*map(gather.ask, items)) == items
        gather.close()

    run(work)
    for batch in batches.seen:
        assert len({subject for subject, _ in batch}) == len(batch) <= 4
    for subject in "abc":
        came = [item for batch in batches.seen for item in batch if item[0] == subject]
        assert came == [item for item in items if item[0] == subject]


def test_a_full_queue_turns_away_and_loses_nothing() -> None:
    batches = Batches(held=True)

    async def work() -> None:
        gather = batches.gather(batch_max=2, waiting_max=3)
        taken = [asyncio.ensure_future(gather.ask((f"n{n}", n))) for n in range(1)]
        await batches.came()
        taken += [asyncio.ensure_future(gather.ask((f"m{n}", n))) for n in range(3)]
        await asyncio.sleep(0)
        assert gather.is_full
        with pytest.raises(Overloaded):
            await gather.ask(("late", 0))
        batches.go.set()
        assert len(await asyncio.gather(*taken)) == 4
        assert await gather.ask(("again", 0)) == ("again", 0)
        gather.close()

    run(work)


def test_who_goes_away_takes_nobody_along() -> None:
    batches = Batches(held=True)

    async def work() -> None:
        gather = batches.gather()
        first = asyncio.ensure_future(gather.ask(("a", 0)))
        await batches.came()
        gone = asyncio.ensure_future(gather.ask(("b", 1)))
        stays = asyncio.ensure_future(gather.ask(("c", 2)))
        await asyncio.sleep(0)
        gone.cancel()
        batches.go.set()
        assert (await first, await stays) == (("a", 0), ("c", 2))
        gather.close()

    run(work)
    assert [("b", 1), ("c", 2)] in batches.seen


def test_what_a_batch_raises_is_told_to_all_of_it_and_the_next_goes_on() -> None:
    calls: list[int] = []

    def answer(items: Sequence[Item]) -> list[Item]:
        calls.append(len(items))
        if len(calls) == 1:
            raise RuntimeError("broken")
        return list(items)

    async def work() -> None:
        gather: Gather[Item, Item] = Gather("test", answer, lambda item: item[0])
        found = await asyncio.gather(
            *[gather.ask((f"{n}", n)) for n in range(3)], return_exceptions=True
        )
        assert [str(each) for each in found] == ["broken"] * 3
        assert await gather.ask(("x", 1)) == ("x", 1)
        gather.close()

    run(work)
    assert calls == [3, 1]


def test_a_long_body_goes_in_batches_and_comes_back_in_order() -> None:
    batches = Batches()

    async def work() -> None:
        gather = batches.gather(batch_max=7)
        items = [(f"{n}", n) for n in range(50)]
        assert await gather.ask_all(items) == items
        gather.close()

    run(work)
    assert max(map(len, batches.seen)) == 7
