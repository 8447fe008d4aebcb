"""
The daily run: what has fallen due is taken down, quotes that ended give back what they kept, and
cards of other operators' move to the rules that have come into force.

It only settles earlier what the next ask would settle anyway. However often, late or doubled it
runs, the journal ends the same but for when its events were recorded (a law of the tests).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from baohao.app.door import Answered
from baohao.app.kept import newer
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.decide.settle_up import NothingDue
from baohao.store import clock, due, quotes
from baohao.store.due import Due
from baohao.store.sql import Connection

#: Who asks, and where.
PRINCIPAL, CHANNEL = "daily", "operator"
#: As many as a batch of the door holds.
AT_ONCE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run did."""

    #: Lines that were looked at, and those of them on which something had fallen due.
    looked: int
    settled: int
    #: Lines that could not be settled: the refusal's code -> how many.
    refused: Mapping[str, int]
    #: Quotes that ended, and gave back what they had kept.
    quotes: int
    #: Moves of kept cards to newer versions of their rules.
    moved: int


def run(shell: Shell, new_id: Callable[[], UUID]) -> Ran:
    """Take down all that has fallen due up to the moment at which the run begins."""
    now = shell.run(clock.now)
    looked = settled = 0
    refused: Counter[str] = Counter()
    last: Due | None = None
    while found := shell.run(partial(_find, now=now, last=last)):
        for answer in shell.answer(_asks(found, new_id)):
            if isinstance(answer, Answered):
                settled += 1
            elif not isinstance(answer, NothingDue):
                refused[answer.code] += 1
        looked, last = looked + len(found), found[-1]
    ended = 0
    while count := shell.run(partial(quotes.end, now=now)):
        ended += count
    shell.run(quotes.forget)
    moves = newer.move(shell, new_id)
    refused.update(moves.refused)
    return Ran(
        looked=looked, settled=settled, refused=dict(refused), quotes=ended, moved=moves.moved
    )


def _find(conn: Connection, now: datetime, last: Due | None) -> tuple[Due, ...]:
    return due.find(conn, now, AT_ONCE, last)


def _asks(found: Sequence[Due], new_id: Callable[[], UUID]) -> list[Ask]:
    return [
        Ask(
            id=new_id(),
            verb="settle",
            subject=each.number,
            # Doing it twice changes nothing: no key is kept of it.
            key="",
            principal=PRINCIPAL,
            channel=CHANNEL,
        )
        for each in found
    ]
