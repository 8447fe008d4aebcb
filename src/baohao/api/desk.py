"""
The desk: what every page of the API works with. Asks go to the gatherers, reading to a pool.

A page is async and waits; what it waits for is synchronous, in a thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID
from zlib import crc32

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from starlette.concurrency import run_in_threadpool

from baohao.api.callers import Caller, Callers
from baohao.api.gather import Gather
from baohao.app import shell
from baohao.app.agents import customers
from baohao.app.charging.listing import Charge, charges_of
from baohao.app.door import Answer, Answered
from baohao.app.partners import keys
from baohao.app.partners.keys import Bearer
from baohao.app.partners.once import once
from baohao.app.payments.notices import Sent, take
from baohao.app.ports import Gateway
from baohao.app.safety import Safe, Safety
from baohao.app.shell import Shell
from baohao.core.agents import Agent
from baohao.core.asks import Ask, Terms
from baohao.core.credentials import SandboxOnly
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.wiring import Installation

log = logging.getLogger(__name__)

T = TypeVar("T")
Connection = psycopg.Connection[Any]

#: Connections that only read; each is one thread's at a time.
READERS = 8
#: Files that come in at once; they wait for their senders.
UPLOADS = 4
#: Payments that are begun at once; they wait for gateways.
PAYERS = 4
#: Numbers looked up in one trip.
LOOKUPS_MAX = 2_000
#: How often what keys asked is written down.
COUNTED_EVERY_S = 5.0


class ReadFailed(Refusal):
    """The database did not answer; ask again in a moment."""

    code = "database.silent"


@dataclass(slots=True, kw_only=True)
class Desk:
    """Everything that a page needs. Of one event loop."""

    installation: Installation
    #: One lane for each writer; the asks of one payer go through one lane.
    lanes: Sequence[Gather[Ask, Answer]]
    lookups: Gather[str, Safe | None]
    pool: ConnectionPool[Connection]
    callers: Callers
    #: Payment gateways that tell us, by name; and what they tell.
    gateways: Mapping[str, Gateway]
    #: Payments that are put to gateways; each has a thread and a connection.
    payers: asyncio.Semaphore
    notices: Gather[Sent, Refusal | None]
    #: Files on their way in; each has a thread and a connection.
    uploads: asyncio.Semaphore

    @property
    def terms(self) -> Terms:
        """What is on offer now."""
        return self.installation.terms()

    # --- asking -----------------------------------------------------------------------------------

    def lane(self, payer: str) -> Gather[Ask, Answer]:
        """Return the lane of a payer: two lanes would wait for one float."""
        return self.lanes[crc32(payer.encode()) % len(self.lanes)]

    async def ask(self, ask: Ask) -> Answered:
        """Ask one thing and return what was answered; raises the refusal."""
        answer = await self.lane(ask.principal).ask(ask)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def ask_all(self, asks: Sequence[Ask]) -> list[Answer]:
        """Ask many things of one principal; return their answers in order."""
        return await self.lane(asks[0].principal).ask_all(asks) if asks else []

    async def charges(self, caller: Caller, answers: Sequence[Answer]) -> list[Charge | None]:
        """Return what each answer is in its operator's own system, where that is master."""
        acts = {_act_of(each) for each in answers if not isinstance(each, Refusal)}
        # Seldom: who sells for no such operator asks nobody.
        if not acts or self.installation.authority_there.isdisjoint(caller.operators):
            return [None] * len(answers)
        found = await self.read(partial(charges_of, acts=acts))
        return [None if isinstance(each, Refusal) else found.get(_act_of(each)) for each in answers]

    async def in_sandbox(self, caller: Caller, number: str) -> None:
        """Keep a test key on the lines of invented operators; raises `SandboxOnly`."""
        if await self.outside_sandbox(caller, [number]):
            raise SandboxOnly()

    async def outside_sandbox(self, caller: Caller, numbers: Sequence[str]) -> frozenset[str]:
        """Return which numbers a test key must not touch: the lines of operators that are real."""
        if not caller.credential.is_sandbox:
            return frozenset()
        operators, found = self.operators(caller), await self.lookups.ask_all(numbers)
        return frozenset(
            number
            for number, safe in zip(numbers, found, strict=True)
            if safe is not None and safe.operator not in operators
        )

    def all_in_sandbox(self, caller: Caller) -> None:
        """Keep a test key from what is told of all lines at once; raises `SandboxOnly`."""
        if self.operators(caller) != caller.operators:
            raise SandboxOnly()

    async def seen(
        self, caller: Caller, rows: Sequence[T], number: Callable[[T], str | None]
    ) -> list[T]:
        """Return the rows that a key may see: a test key sees none of a real operator's lines."""
        numbers = [found for row in rows if (found := number(row)) is not None]
        outside = await self.outside_sandbox(caller, numbers)
        return [row for row in rows if number(row) not in outside]

    def operators(self, caller: Caller) -> frozenset[str]:
        """Return whose lines a key may ask about: a test key, those of invented operators."""
        if not caller.credential.is_sandbox:
            return caller.operators
        known = self.installation.library.operators
        return frozenset(key for key in caller.operators if key in known and known[key].invented)

    async def own(self, agent: Agent, numbers: Sequence[str]) -> frozenset[str]:
        """Return which numbers are an agent's customers, or cards that it holds in stock."""
        if not numbers:
            return frozenset()
        owns = await self.read(partial(customers.owns, agent=agent.key, numbers=numbers))
        return frozenset(owns)

    # --- reading and writing without the door -----------------------------------------------------

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do work that only reads; raises what it raises, and `ReadFailed`."""
        return await run_in_threadpool(self._with_connection, work)

    async def once(
        self,
        caller: Caller,
        key: str,
        asked: Mapping[str, Any],
        work: Callable[[Connection], Mapping[str, Any]],
    ) -> tuple[Mapping[str, Any], bool]:
        """Do a write that is no ask, once under its key: what was answered, and whether before."""

        def write(conn: Connection) -> tuple[Mapping[str, Any], bool]:
            return once(conn, caller.principal, key, asked, partial(work, conn))

        return await run_in_threadpool(self._with_connection, write)

    def _with_connection(self, work: Callable[[Connection], T]) -> T:
        return _with_connection(self.pool, work)


@asynccontextmanager
async def opened(installation: Installation, lanes: int = 1) -> AsyncIterator[Desk]:
    """Open a desk: its connections, its threads, and what counts keys meanwhile."""
    conninfo = await run_in_threadpool(lambda: installation.conninfo)
    pool: ConnectionPool[Connection] = installation.pool(READERS)
    shells = [installation.make_shell() for _ in range(lanes)]
    told = installation.make_shell()
    lookups = _Lookups(conninfo)
    shell.steady()
    gateways = installation.gateways()
    with pool:
        desk = Desk(
            installation=installation,
            lanes=[
                Gather(f"asks-{n}", each.answer, lambda ask: ask.subject)
                for n, each in enumerate(shells)
            ],
            lookups=Gather(
                "lookups",
                lookups.answer,
                batch_max=LOOKUPS_MAX,
                waiting_max=2 * LOOKUPS_MAX,
            ),
            pool=pool,
            callers=Callers(partial(_find_key, pool, installation), installation.seals.unseal),
            gateways=gateways,
            payers=asyncio.Semaphore(PAYERS),
            notices=Gather("notices", partial(_take, installation, told)),
            uploads=asyncio.Semaphore(UPLOADS),
        )
        counting = asyncio.create_task(_count(desk))
        try:
            yield desk
        finally:
            counting.cancel()
            for lane in desk.lanes:
                await run_in_threadpool(lane.close)
            await run_in_threadpool(desk.lookups.close)
            await run_in_threadpool(desk.notices.close)
            await _counted(desk)
            for each in (*shells, told):
                each.close()
            lookups.close()
            for gateway in gateways.values():
                gateway.close_connections()


def _with_connection(pool: ConnectionPool[Connection], work: Callable[[Connection], T]) -> T:
    """Do work over a connection of the pool; raises what it raises, and `ReadFailed`."""
    try:
        with pool.connection() as conn:
            return work(conn)
    except (psycopg.OperationalError, PoolTimeout) as error:
        raise ReadFailed() from error


def _take(installation: Installation, told: Shell, notices: Sequence[Sent]) -> list[Refusal | None]:
    """Take notices down, and wake a worker for what follows from them."""
    refused = take(told, notices, new_id)
    if None in refused:
        try:
            installation.wake("run_unit", unit="payments")
        except Refusal as refusal:
            # It looks by itself within a minute.
            log.warning("no worker was woken: %s", refusal.code)
    return refused


async def _find_key(
    pool: ConnectionPool[Connection], installation: Installation, id_: str
) -> Bearer:
    found = await run_in_threadpool(_with_connection, pool, lambda conn: keys.find(conn, id_))
    if found.agent is not None:
        # Whoever asks is known to the rules too, with the terms of now.
        installation.meet(found.agent)
    return found


async def _count(desk: Desk) -> None:
    while True:
        await asyncio.sleep(COUNTED_EVERY_S)
        await _counted(desk)


async def _counted(desk: Desk) -> None:
    """Write down what keys have asked; while the database is away it is kept for later."""
    used = desk.callers.pending()
    if used:
        try:
            desk.callers.counted(await desk.read(partial(keys.count, used=used)))
        except Refusal:
            desk.callers.keep(used)


def _act_of(answer: Answered) -> tuple[str, UUID]:
    """Return how the charge of a paid act is known."""
    return answer.subject, UUID(str(answer.answer["id"]))


class _Lookups:
    """Looks numbers up over a connection of its own, opened anew where it broke."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._conn: Connection | None = None
        self._safety = Safety()

    def answer(self, numbers: Sequence[str]) -> list[Safe | None]:
        """Return what is known of each number; raises `ReadFailed`."""
        try:
            if self._conn is None or self._conn.closed:
                self._conn = shell.connect(self._conninfo)
                self._conn.autocommit = True
            found = self._safety.find(self._conn, numbers)
        except psycopg.OperationalError as error:
            self.close()
            raise ReadFailed() from error
        return [found.get(number) for number in numbers]

    def close(self) -> None:
        """Close the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
