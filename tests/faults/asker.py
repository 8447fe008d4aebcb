"""
Askers: processes of ours that ask the house through its door, made to be killed.

They are forked from one that has read the library already, for a start of their own would take
longer than all that they do.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.database import SMALL
from tests.faults import house
from tests.faults.witness import Witness

from baohao import jobs
from baohao.app import intake
from baohao.app.bulk import files
from baohao.app.door import Answered
from baohao.app.enrol import By
from baohao.app.intake import Intake
from baohao.app.inventory import Defaults, read_inventory
from baohao.app.inventory_kinds import Kinds
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.app.shell import OutcomeUnknown, connect
from baohao.config import Settings, policies_path
from baohao.core.asks import Ask
from baohao.outside.ids import new_id
from baohao.store.embedded import Embedded
from baohao.wiring import Installation

#: Lines of an import's transaction, so that a small file has many.
PART = 40

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


def take_in(conninfo: str, file: Path, progress: Path) -> None:
    """Import an inventory in small parts, and note after each how many lines are done."""
    logging.disable(logging.CRITICAL)
    intake.PART = PART
    library = read_library(shipped()).accepted()
    kinds = Kinds(library.policies, library.operators, datetime.now(UTC))
    inventory = read_inventory(file, kinds, defaults=Defaults(operator="demo", plan="keep12"))
    by = By(principal=house.AGENT, channel="operator")
    taking = Intake(house.shell(conninfo), house.terms, by, new_id)
    with progress.open("a", buffering=1) as told:
        taken = taking.take(inventory, lambda lines: print(lines, file=told))
    assert not inventory.faults
    assert not taken.faults


def work_through(conninfo: str) -> None:
    """Work through the files that wait, one after the other, until killed."""
    logging.disable(logging.CRITICAL)
    shell = house.shell(conninfo)
    for principal, file in shell.run(files.waiting):
        while files.work(shell, principal, file, house.terms().rules):
            continue


def installation(conninfo: str, data: Path) -> Installation:
    """Return the product's own installation on a database."""
    return Installation(
        settings=Settings(database_url=conninfo, data=data, policies=policies_path())
    )


def run_worker(conninfo: str, data: Path, pace: jobs.Pace) -> None:
    """Run the product's own worker, until killed or stopped; its keys are kept in a folder."""
    logging.disable(logging.CRITICAL)
    jobs.run(installation(conninfo, data), pace)
