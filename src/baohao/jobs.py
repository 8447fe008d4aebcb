"""
The worker: files in the background, and whatever falls due by itself.

What there is to do stands in our tables. The queue only wakes workers, so that they need not look
every second, and once a minute they look anyway. To add a unit of work is a line in `UNITS`; one
for which somebody waits has a cheap question beside it, which is asked each second.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Self
from uuid import UUID

from procrastinate import JobContext
from procrastinate.jobs import Status

from baohao.app import campaigns
from baohao.app import daily as runs
from baohao.app.bank import carry as transfers
from baohao.app.bulk import files
from baohao.app.console import overview
from baohao.app.feed import deliver
from baohao.app.messages import outbox, remind
from baohao.app.orders import cards, keep
from baohao.app.receipts.desk import is_owed
from baohao.app.shell import Shell
from baohao.core.refusals import Refusal
from baohao.outside import queue
from baohao.outside.ids import new_id
from baohao.wiring import Installation, NothingConnected

log = logging.getLogger(__name__)

#: Parts of a file that a worker does before other files get their turn.
PARTS_A_TURN = 10
#: Turns of a unit before it ends, so that who is to stop need not wait for the last event.
TURNS = 10
#: Jobs at a time: a few files or units, of which one may wait for the database while others think.
AT_ONCE = 4
#: How often it is asked whether something is due for which somebody waits (seconds).
WATCH_S = 1
#: How often units look for what nobody asks about (seconds).
LOOK_S = 60.0
#: The units that one household needs; the others are for who sells.
AT_HOME = frozenset({"daily", "reminders", "messages"})
#: Pause of a unit that has more to do (seconds).
UNIT_PAUSE_S = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Work that falls due by itself."""

    name: str
    #: Does what is due, and returns whether to look again in a second.
    work: Callable[[Installation], bool]
    #: Says cheaply whether something is due, for what cannot wait a minute.
    is_due: Callable[[Installation, Shell], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How soon the work of a worker that was killed goes to another."""

    heartbeat_s: float = 2.0
    #: Whoever was not heard of for so long is gone. If not, nothing is done twice but work in vain.
    gone_s: float = 10.0


def daily(house: Installation) -> bool:
    """Take down all that has fallen due."""
    with house.shell() as shell:
        runs.run(shell, new_id)
    return False


def has_to_tell(house: Installation, shell: Shell) -> bool:
    """Whether listeners are to be told or sent something."""
    return shell.run(deliver.is_due)


def has_messages(house: Installation, shell: Shell) -> bool:
    """Whether holders are to be told something, where there is a way to."""
    return house.tells and shell.run(outbox.is_due)


def feed(house: Installation) -> bool:
    """Tell listeners what happened, some turns of it, and send it to their endpoints."""
    with house.shell() as shell:
        # Where nothing is due no secret is read, and none of the house's is made for it.
        if has_to_tell(house, shell):
            for _ in range(TURNS):
                if deliver.turn(shell, house.post, house.seals, new_id) is None:
                    return False
            return True
    return False


def charging(house: Installation) -> bool:
    """Carry what was sold to operators' own systems, where one is connected."""
    try:
        with house.carrier() as carrier:
            return bool(carrier.run())
    except NothingConnected:
        return False


def payments(house: Installation) -> bool:
    """Ask gateways, buy what was paid for, give back what cannot be used."""
    if house.settings.bank is not None:
        with house.shell() as shell:
            transfers.carry(shell, new_id)
    if house.takes_payments:
        with house.payments() as carrier:
            carrier.run()
    return False


def orders(house: Installation) -> bool:
    """Tell, charge and try again by standing orders, where it is time."""
    with house.shell() as shell:
        keep.run(shell, new_id)
        if house.takes_payments:
            with house.payment_ports() as ports:
                cards.run(shell, ports, new_id)
    return False


def matching(house: Installation) -> bool:
    """Hold the bills of days that are over against the books, and these against the lines."""
    if house.takes_payments:
        with house.matcher() as matcher:
            matcher.run()
    return False


def overviews(house: Installation) -> bool:
    """Make the figures of operators' consoles anew where they are an hour old."""
    with house.shell() as shell:
        overview.refresh(shell, house.library.policies, house.library.operators)
    return False


def many(house: Installation) -> bool:
    """Hold, lift, tell and move lines of campaigns, some parts of it."""
    with house.shell() as shell:
        return campaigns.Work(shell, house.library.policies, house.texts, new_id).turn()


def receipts(house: Installation) -> bool:
    """Give the receipts that are owed, some turns of it."""
    with house.shell() as shell:
        # Where none is, no key is read, and none of the house's is made for it.
        if shell.run(is_owed):
            desk = house.desk(shell)
            return all(desk.turn() is not None for _ in range(TURNS))
    return False


def reminders(house: Installation) -> bool:
    """Write down the reminders that are due, some turns of it."""
    if not house.tells:
        return False
    with house.shell() as shell:
        teller = house.teller()
        return all(remind.once(shell, teller, new_id) is not None for _ in range(TURNS))


def messages(house: Installation) -> bool:
    """Tell holders what was done and what is due, some turns of it."""
    with house.shell() as shell:
        # Where nothing is to be told, no key is read, and none of the house's is made for it.
        if has_messages(house, shell):
            box = house.outbox(shell)
            return all(box.turn() is not None for _ in range(TURNS))
    return False


UNITS = (
    Unit(name="daily", work=daily),
    Unit(name="feed", work=feed, is_due=has_to_tell),
    Unit(name="charging", work=charging),
    Unit(name="payments", work=payments),
    Unit(name="orders", work=orders),
    Unit(name="matching", work=matching),
    Unit(name="overviews", work=overviews),
    Unit(name="campaigns", work=many),
    # After what buys.
    Unit(name="receipts", work=receipts),
    Unit(name="reminders", work=reminders),
    Unit(name="messages", work=messages, is_due=has_messages),
)


def once(house: Installation) -> None:
    """Do all that is due now, without the queue."""
    with house.shell() as shell:
        for principal, file in shell.run(files.waiting):
            while files.work(shell, principal, file, house.library.policies):
                continue
    # Last, for what files have done is told too.
    for unit in UNITS:
        while unit.work(house):
            continue


def run(house: Installation, pace: Pace | None = None) -> None:
    """Work until SIGTERM or SIGINT; then the part at hand is finished."""
    asyncio.run(Worker(house, pace or Pace()).run())


class Beside:
    """
    Units that are done in a thread of a process that serves pages too, without the queue.

    For one household: what falls due is looked for each minute, what somebody waits for each
    second, one after another.
    """

    def __init__(self, house: Installation, names: frozenset[str] = AT_HOME) -> None:
        self._house = house
        self._units = [unit for unit in UNITS if unit.name in names]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="units")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(self._house.make_shell()) as shell:
            looked = -LOOK_S
            while not self._stop.is_set():
                is_time = time.monotonic() - looked >= LOOK_S
                looked = time.monotonic() if is_time else looked
                for unit in self._units:
                    if is_time or unit.is_due is not None:
                        self._turn(unit, shell, is_time=is_time)
                self._stop.wait(WATCH_S)

    def _turn(self, unit: Unit, shell: Shell, *, is_time: bool) -> None:
        """Do what is due of one kind; whatever goes wrong, the next minute looks again."""
        try:
            if not is_time and unit.is_due is not None and not unit.is_due(self._house, shell):
                return
            while unit.work(self._house) and not self._stop.is_set():
                continue
        except Refusal as refusal:
            log.warning("%s waits: %s", unit.name, refusal.code)
        except Exception as defect:  # noqa: BLE001 - the pages go on, and so do the other units
            log.error("%s failed by a %s", unit.name, type(defect).__name__)  # noqa: TRY400


class Worker:
    """The tasks of the queue, on one installation."""

    def __init__(self, house: Installation, pace: Pace) -> None:
        self._house, self._pace = house, pace
        self._units = {unit.name: unit for unit in UNITS}
        self._queue = queue.app(house.conninfo)
        self._queue.task(name="work_file", pass_context=True)(self.work_file)
        self._queue.task(name="run_unit")(self.run_unit)
        nudge = self._queue.task(name="nudge", queueing_lock="nudge")(self.nudge)
        self._queue.periodic(cron="* * * * *")(nudge)

    async def run(self) -> None:
        """Work until a signal says to stop."""
        # Read once, before the threads that need it all begin.
        log.info("a worker begins, with %s policies", len(self._house.library.policies))
        async with self._queue.open_async():
            await self.nudge(0)
            watching = asyncio.create_task(self.watch())
            try:
                await self._queue.run_worker_async(
                    concurrency=AT_ONCE,
                    fetch_job_polling_interval=UNIT_PAUSE_S,
                    update_heartbeat_interval=self._pace.heartbeat_s,
                    stalled_worker_timeout=self._pace.gone_s,
                    # Nobody is interrupted: a turn asks whether it is to stop, after each part.
                    shutdown_graceful_timeout=0,
                    delete_jobs="always",
                )
            finally:
                watching.cancel()

    async def watch(self) -> None:
        """Ask each second whether something is due for which somebody waits."""
        with closing(self._house.make_shell()) as shell:
            while True:
                await asyncio.sleep(WATCH_S)
                try:
                    await asyncio.to_thread(self.look, shell)
                except (Refusal, queue.Silent) as away:
                    log.warning("nobody knows what is due: %s", type(away).__name__)

    def look(self, shell: Shell) -> None:
        """Wake the units that say that something is due."""
        for unit in self._units.values():
            if unit.is_due is not None and unit.is_due(self._house, shell):
                queue.wake(self._queue, "run_unit", {"unit": unit.name})

    def work_file(self, context: JobContext, principal: str, file: str) -> None:
        """Do some parts of a file, and queue up again for the rest."""
        with self._house.shell() as shell:
            try:
                for _ in range(PARTS_A_TURN):
                    if context.should_abort():
                        break
                    if not files.work(shell, principal, UUID(file), self._house.library.policies):
                        return
            except Refusal as refusal:
                # The house is closed, or the database away: the next minute's nudge looks again.
                log.warning("a file of %s waits: %s", principal, refusal.code)
                return
            except Exception as defect:  # noqa: BLE001 - whatever it is, it would come again
                kind = type(defect).__name__
                # Its kind alone: what it says of a row is not for a log.
                log.error("a file of %s was given up by a %s", principal, kind)  # noqa: TRY400
                reason = f"a defect on our side: {kind}"
                shell.run(partial(files.fail, principal=principal, id_=UUID(file), reason=reason))
                return
        queue.wake(self._queue, "work_file", {"principal": principal, "file": file})

    def run_unit(self, unit: str) -> None:
        """Do what is due of one kind."""
        try:
            more = self._units[unit].work(self._house)
        except Refusal as refusal:
            # The house is closed, or the database away: the next minute's nudge looks again.
            log.warning("%s waits: %s", unit, refusal.code)
            return
        if more:
            queue.wake(self._queue, "run_unit", {"unit": unit}, in_s=UNIT_PAUSE_S)

    async def nudge(self, timestamp: int) -> None:
        """Look for what nobody was woken for; take their work from those who are gone."""
        jobs = self._queue.job_manager
        for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=self._pace.gone_s):
            await jobs.finish_job(job, Status.ABORTED, delete_job=True)
        await asyncio.to_thread(self._wake)

    def _wake(self) -> None:
        for unit in self._units:
            queue.wake(self._queue, "run_unit", {"unit": unit})
        with self._house.shell() as shell:
            shell.run(files.forget)
            waiting = shell.run(files.waiting)
        for principal, file in waiting:
            queue.wake(self._queue, "work_file", {"principal": principal, "file": str(file)})
