"""
Gather: single asks that arrive at once are answered as one batch.

    asks ->  waiting  ->  batch in flight (a thread, its own connection)  -> answers
             next one fills meanwhile

Self-clocked: a batch goes as soon as the one before it is back, with whatever has come until then;
there is no timer. A second ask for one subject waits for the next batch, so that it sees what the
first has left. Whoever comes when the queue is full is told to come again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from prometheus_client import Counter, Histogram

from baohao.core.refusals import Refusal

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Beyond this many a batch gains little, and everybody in it waits longer.
BATCH_MAX = 300
#: Two batches: who comes behind them would wait for most of a second.
WAITING_MAX = 2 * BATCH_MAX
#: After a second a full queue has been answered several times over.
RETRY_AFTER_S = 1

BATCHES = Histogram(
    "baohao_batch_items",
    "Items answered in one batch.",
    ["lane"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 300, 1000, 10_000),
)
WAITED = Histogram(
    "baohao_batch_wait_seconds",
    "How long an item waited before its batch went.",
    ["lane"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
TURNED_AWAY = Counter(
    "baohao_turned_away_total", "Items refused because the queue was full.", ["lane"]
)


class Overloaded(Refusal):
    """More is asked than can be answered just now; ask again in {retry_after_s} s."""

    code = "overloaded"


@dataclass(slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    subject: Hashable
    since: float
    answered: asyncio.Future[Result]


class Gather(Generic[Item, Result]):
    """
    One lane: what is waiting, and the one batch that is in flight.

    Of the event loop that it is used in first. `answer` runs in a thread of the lane's own, and
    returns one result for each item, in order. Without `subject_of` items have nothing to do with
    each other.
    """

    def __init__(
        self,
        name: str,
        answer: Callable[[Sequence[Item]], Sequence[Result]],
        subject_of: Callable[[Item], Hashable] | None = None,
        *,
        batch_max: int = BATCH_MAX,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._answer, self._subject_of = answer, subject_of
        self._batch_max, self._waiting_max = batch_max, waiting_max
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._flying = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._sizes, self._waits = BATCHES.labels(name), WAITED.labels(name)
        self._turned_away = TURNED_AWAY.labels(name)

    @property
    def is_full(self) -> bool:
        """Whether the next one would be turned away; asked before a request is even read."""
        return len(self._waiting) >= self._waiting_max

    def full(self) -> Overloaded:
        """Count one who is turned away, and return what to tell them."""
        self._turned_away.inc()
        return Overloaded(retry_after_s=RETRY_AFTER_S)

    async def ask(self, item: Item) -> Result:
        """
        Return the result of one item; raises `Overloaded`, and what `answer` raises for all of it.

        Whoever goes away meanwhile loses the answer only: what waits is answered.
        """
        if self.is_full:
            raise self.full()
        return await self._put(item)

    async def ask_all(self, items: Sequence[Item]) -> list[Result]:
        """
        Return the results of a body's items in order, a batch of them at a time.

        One body holds at most a batch in the queue, so that single asks go in between.
        """
        found: list[Result] = []
        for start in range(0, len(items), self._batch_max):
            if self.is_full and not start:
                raise self.full()
            part = items[start : start + self._batch_max]
            found += await asyncio.gather(*[self._put(item) for item in part])
        return found

    def close(self) -> None:
        """Let the batch in flight end, and take no more."""
        self._thread.shutdown(wait=True)

    def _put(self, item: Item) -> asyncio.Future[Result]:
        loop = asyncio.get_running_loop()
        subject = None if self._subject_of is None else self._subject_of(item)
        waiting = _Waiting(item, subject, time.perf_counter(), loop.create_future())
        self._waiting.append(waiting)
        if not self._flying:
            # Not at once: whatever else this turn of the loop brings goes along.
            self._flying = True
            loop.call_soon(self._go, loop)
        return waiting.answered

    def _go(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = self._next()
        if not batch:
            self._flying = False
            return
        now = time.perf_counter()
        self._sizes.observe(len(batch))
        for each in batch:
            self._waits.observe(now - each.since)
        flight = loop.run_in_executor(self._thread, self._answer, [each.item for each in batch])
        flight.add_done_callback(lambda done: self._landed(loop, batch, done))

    def _next(self) -> list[_Waiting[Item, Result]]:
        """Take what goes next: each subject once; what is left keeps its order."""
        batch: list[_Waiting[Item, Result]] = []
        if self._subject_of is None:
            while self._waiting and len(batch) < self._batch_max:
                batch.append(self._waiting.popleft())
            return batch
        left: list[_Waiting[Item, Result]] = []
        subjects: set[Hashable] = set()
        while self._waiting and len(batch) < self._batch_max:
            each = self._waiting.popleft()
            if each.subject in subjects:
                left.append(each)
            else:
                subjects.add(each.subject)
                batch.append(each)
        self._waiting.extendleft(reversed(left))
        return batch

    def _landed(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: list[_Waiting[Item, Result]],
        done: asyncio.Future[Sequence[Result]],
    ) -> None:
        error = done.exception()
        for n, each in enumerate(batch):
            if each.answered.done():
                continue  # the one who asked has gone away
            if error is not None:
                each.answered.set_exception(error)
            else:
                each.answered.set_result(done.result()[n])
        self._go(loop)
