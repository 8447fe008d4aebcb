"""
Askers: processes of ours that ask the house through its door, made to be killed.

They are forked from one that has read the library already, for a start of their own would take
longer than all that they do.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.database import SMALL
from tests.faults import house
from tests.faults.witness import Witness

from baohao.app.door import Answered
from baohao.app.shell import OutcomeUnknown, connect
from baohao.core.asks import Ask
from baohao.store.embedded import Embedded

#: Read where this module is imported first: in the process that all others are forked from.
house.terms()


def processes() -> ForkServerContext:
    """Return what makes such processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def ask_once(conninfo: str, asks: Sequence[Ask], witness: Witness) -> None:
    """Ask once and note what was answered."""
    witness.write(asks, house.done(house.shell(conninfo), asks))


def tell_too_early(conninfo: str, asks: Sequence[Ask], witness: Witness) -> None:
    """Do it as it must not be done: note the answers before the commit."""
    with connect(conninfo) as conn:
        answers = house.door().answer(conn, asks)
        witness.write(asks, [answer for answer in answers if isinstance(answer, Answered)])
        conn.commit()


def follow_the_plan(conninfo: str, asker: int, witness: Witness) -> None:
    """Ask batch after batch, from the first that was not acknowledged on, until killed."""
    logging.disable(logging.CRITICAL)
    shell = house.shell(conninfo)
    for asks in house.plan(asker, first=len(witness.batches())):
        answers = shell.answer(asks)
        while any(isinstance(answer, OutcomeUnknown) for answer in answers):
            answers = shell.answer(asks)
        told = [answer for answer in answers if isinstance(answer, Answered)]
        assert len(told) == len(asks), answers
        witness.write(asks, told)


def start_server(data: Path) -> None:
    """Start the server of a data folder, as a command does."""
    Embedded(data, settings=SMALL).start()
