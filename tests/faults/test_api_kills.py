"""
kill -9 of the API in the middle of a thousand renewals, and of PostgreSQL under it.

The client keeps a log of its own of what it was told. Whatever it was not told it asks for again
under the same key, and each line is renewed exactly once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

import httpx
import pytest
from tests.api.processes import processes
from tests.api.raw import (
    CONNECTIONS,
    PATIENCE_S,
    Closed,
    Told,
    connected,
    crowded,
    renewal,
    request,
)
from tests.api.serving import Partner, Served, code, house
from tests.conftest import Campaign
from tests.faults.killing import kill_server, own_server, wait_for
from tests.shop import Shop

PRICE = 12_000
RENEWALS = 1_000
#: stocked, activated, renewed.
EVENTS = 3


@dataclass(slots=True)
class Client:
    """Asks for renewals, and notes what it was told."""

    served: Served
    agent: Partner
    lines: Sequence[str]
    #: Line -> the body of the answer that it was renewed.
    told: dict[str, bytes] = field(default_factory=dict)

    def requests(self, lines: Sequence[str]) -> list[bytes]:
        """Return the renewals of lines, each always under the same key."""
        return [renewal(self.agent.key, f"renew {line}", line) for line in lines]

    def ask(self, at: int, strike: Callable[[], object]) -> list[Told]:
        """
        Ask for all at once, and strike when so many have been answered; return all answers.

        A connection that is told to come later, or is closed, asks for nothing more.
        """
        found: list[Told] = []
        left = iter(zip(self.lines, self.requests(self.lines), strict=True))

        async def work() -> None:
            client = await connected(self.served.url)
            try:
                for line, asked in left:
                    told = await client.ask(asked)
                    self.note(line, told, found)
                    if len(found) == at:
                        strike()
                    if told.status == 503:
                        return
            except Closed:
                return
            finally:
                client.hang_up()

        async def run() -> None:
            await asyncio.gather(*[work() for _ in range(CONNECTIONS)])

        asyncio.run(run())
        return found

    def ask_again(self) -> None:
        """Ask for everything once more, what was told too, until all is told."""
        for _ in range(20):
            answers = crowded((self.served.url, self.requests(self.lines)))
            for line, told in zip(self.lines, answers, strict=True):
                self.note(line, told, [])
            if all(told.status == 201 for told in answers):
                return
        raise AssertionError("something was never answered")

    def note(self, line: str, told: Told, found: list[Told]) -> None:
        """Note an answer; whoever is told that a line was renewed is always told the same."""
        found.append(told)
        if told.status != 201:
            assert told.status == 503, told
            assert int(told.headers["retry-after"]) > 0
            return
        was = self.told.setdefault(line, told.body)
        assert was == told.body

    def is_right(self) -> None:
        """Hold the log against the database: each line was renewed once, as it was told."""
        assert set(self.told) == set(self.lines)
        kept = {
            subject: json.loads(answer)["id"]
            for subject, answer in self.served.rows(
                "SELECT subject, answer FROM keys WHERE principal = 'agent-7'"
            )
        }
        assert {line: json.loads(body)["id"] for line, body in self.told.items()} == kept
        assert self.doubled() == []
        assert self.served.balance() == 0

    def doubled(self) -> list[str]:
        """Return the lines that have more events than a line has that was renewed once."""
        counts = self.served.rows(
            "SELECT subject, count(*) FROM journal WHERE subject LIKE '+%%' GROUP BY subject"
        )
        return [subject for subject, count in counts if count > EVENTS]


def furnished(conninfo: str, url: str, count: int) -> Client:
    """Open lines, and put money into the float for one renewal of each."""
    served = Served(url=url, house=house(conninfo))
    lines = [f"+85368{n:06}" for n in range(count)]
    served.open(*lines)
    served.fund(count * PRICE)
    return Client(served, served.partner(per_second=1_000_000), lines)


@pytest.mark.soak
def test_what_was_told_is_done_and_the_rest_is_done_once(
    database: str, campaign: Callable[[int], Campaign]
) -> None:
    drawn = campaign(3)
    random = Random(drawn.seed)
    with processes(database) as [api]:
        client = furnished(database, api.url, RENEWALS * drawn.count)
        everything = client.lines
        for n in range(drawn.count):
            client.lines = everything[RENEWALS * n : RENEWALS * (n + 1)]
            found = client.ask(random.randrange(1, RENEWALS // 2), api.kill)
            assert 0 < len(found) < RENEWALS
            api.start()
            client.ask_again()
        client.lines = everything
        client.is_right()
        client.served.close()
    Shop(conninfo=database).is_well()


def test_the_api_heals_when_its_database_comes_back() -> None:
    with own_server({}) as database, ThreadPoolExecutor(1) as aside:
        running = database.running()
        with processes(running.conninfo()) as [api]:
            client = furnished(running.conninfo(), api.url, RENEWALS)
            stranger = client.served.partner("agent-8")
            asked: list[Future[httpx.Response]] = []

            def strike() -> None:
                kill_server(running.pid)
                asked.append(aside.submit(stranger.get, "/v1/me"))

            found = client.ask(RENEWALS // 4, strike)
            # It waited as long as it may, and then said that it does not know.
            assert 503 in {told.status for told in found}
            # Nor does it know whose a key is that it has not met.
            unknown = asked[0].result(PATIENCE_S)
            assert code(unknown) == (503, "database.silent")
            assert int(unknown.headers["retry-after"]) > 0
            database.start()
            client.ask_again()
            client.is_right()
            assert stranger.get("/v1/me").status_code == 200
            client.served.close()
        Shop(conninfo=running.conninfo()).is_well()


def test_a_client_that_draws_new_keys_pays_twice(database: str) -> None:
    """The twin: what was done and not told is done again."""
    with processes(database) as [api]:
        client = furnished(database, api.url, 100)
        client.served.fund(100 * PRICE)
        renewed = "SELECT 1 FROM lines WHERE version = 3"

        async def unread() -> None:
            asked = client.requests(client.lines)
            clients = [await connected(api.url) for _ in asked]
            for each, one in zip(clients, asked, strict=True):
                await each.send(one)
            is_done = lambda: len(client.served.rows(renewed)) == len(asked)  # noqa: E731
            await asyncio.to_thread(wait_for, is_done)
            for each in clients:
                each.hang_up()

        asyncio.run(unread())
        api.kill()
        api.start()
        rows = [{"number": line, "term": "12 months"} for line in client.lines]
        again = request(
            "POST",
            "/v1/renewals/batch",
            json.dumps(rows).encode(),
            authorization=f"Bearer {client.agent.key}",
            idempotency_key="another",
        )
        crowded((api.url, [again]), connections=1)
        assert len(client.doubled()) == 100
        client.served.close()
