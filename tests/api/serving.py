"""The API as partners meet it: a real server on loopback, and clients with keys of their own."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from baohao.api.main import app
from baohao.app.agents import registry
from baohao.app.door import Answer
from baohao.app.library import Library, read_library
from baohao.app.partners import keys
from baohao.app.policies import shipped
from baohao.config import Settings
from baohao.core.agents import Agent
from baohao.core.asks import Ask
from baohao.core.credentials import Credential, networks, scopes
from baohao.outside.ids import new_id
from baohao.wiring import Installation

KEEP12, BALANCE180 = "mo.demo.keep12@2026-01", "mo.demo.balance180@2026-01"
#: Of the other invented operator, and of one that is not invented.
YEARLY, IDD = "hk.demo2.yearly@2026-01", "mo.ctm.idd@2020-09"
OPERATORS = {YEARLY: "demo2", IDD: "ctm"}
FLOAT = "float:agent-7:MOP"


@cache
def library() -> Library:
    """The shipped library, read once."""
    return read_library(shipped()).accepted()


def house(conninfo: str, data: Path = Path("/nowhere")) -> Installation:
    """An installation on a database that is there already."""
    settings = Settings(
        database_url=conninfo,
        data=data,
        policies=shipped(),
        secret_key=b"only for tests, 32 bytes long...",
    )
    found = Installation(settings=settings)
    found._library_of = 0, library()
    return found


@dataclass(kw_only=True)
class Partner:
    """Somebody with a key."""

    key: str
    http: httpx.Client

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(path, params=query)

    def post(
        self, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send a body under an idempotency key, by default a new one."""
        named = {"Idempotency-Key": key or secrets.token_hex(8), **headers}
        return self.http.post(path, json=body, headers=named)

    def send(self, method: str, path: str, *, key: str | None = None) -> httpx.Response:
        """Write without a body."""
        return self.http.request(
            method, path, headers={"Idempotency-Key": key or secrets.token_hex(8)}
        )

    def renew(self, number: str, version: int, *, key: str | None = None, **more: Any) -> Any:
        body = {"number": number, "term": "12 months", "expect_version": version, **more}
        return self.post("/v1/renewals", body, key=key)


@dataclass(kw_only=True)
class Served:
    """A running API."""

    url: str
    house: Installation
    _clients: list[httpx.Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shell = self.house.make_shell()

    # --- who comes --------------------------------------------------------------------------------

    def partner(
        self,
        owner: str = "agent-7",
        *,
        scope: Sequence[str] = ("read", "sell", "reverse", "money", "events"),
        **more: Any,
    ) -> Partner:
        """A partner with a new key; an agent is registered first."""
        if ":" not in owner:
            self.register(owner, *more.pop("operators", ()))
        id_, whole, verifier = keys.drawn(more.pop("is_sandbox", False), secrets.token_bytes)
        signing = more.pop("signing", "")
        wanted = Credential(
            id=id_,
            owner=owner,
            label=more.pop("label", f"key {id_}"),
            is_sandbox=whole.startswith("bh_test_"),
            verifier=verifier,
            scopes=scopes(list(scope)),
            networks=networks(more.pop("network", [])),
            per_second=more.pop("per_second", 10_000),
            **more,
        )
        if signing:
            sealed = self.house.seals.seal(signing, wanted.signing_context)
            wanted = replace(wanted, signing=sealed)
        self.shell.run(lambda conn: keys.create(conn, wanted, self.house.library.operators))
        return self.bearer(whole)

    def register(self, agent: str, *operators: str) -> None:
        """Register an agent, by default of the demo operator; one that is there stays as it is."""
        sells_for = frozenset(operators or ("demo",))
        made = Agent(key=agent, name=agent, operators=sells_for, currency="MOP")
        if agent not in self.shell.run(registry.known):
            self.shell.run(lambda conn: registry.add(conn, made, self.house.library.operators))
        self.house.meet(made)

    def bearer(self, key: str) -> Partner:
        """A partner with a key that is there."""
        headers = {"Authorization": f"Bearer {key}"}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        self._clients.append(client)
        return Partner(key=key, http=client)

    # --- what is there ----------------------------------------------------------------------------

    def ask(self, verb: str, subject: str, **payload: Any) -> Mapping[str, Any]:
        """Ask as staff, which must be granted."""
        (answer,) = self.asks([(verb, subject, payload)])
        assert not isinstance(answer, Exception), (answer.code, str(answer))
        return answer.answer

    def asks(
        self, wanted: Sequence[tuple[str, str, Mapping[str, Any]]], *, channel: str = "operator"
    ) -> list[Answer]:
        """Ask as staff, all at once."""
        return self.shell.answer(
            [
                Ask(
                    id=(id_ := new_id()),
                    verb=verb,
                    subject=subject,
                    key=str(id_),
                    principal="staff",
                    channel=channel,
                    payload=payload,
                )
                for verb, subject, payload in wanted
            ]
        )

    def fund(self, amount_minor: int, account: str = FLOAT) -> None:
        self.ask("fund", account, amount_minor=amount_minor)

    def stock(self, *numbers: str, pin: str = KEEP12, agent: str = "") -> None:
        """Put numbers in stock, an agent's if it is said."""
        plan = pin.split("@")[0].rpartition(".")[2]
        payload = {"operator": OPERATORS.get(pin, "demo"), "plan": plan, "pin": pin}
        for answer in self.asks([("stock", number, payload) for number in numbers]):
            assert not isinstance(answer, Exception), str(answer)
        if agent:
            self.register(agent)
            for number in numbers:
                self.ask("allot", number, agent=agent)

    def open(self, *numbers: str, pin: str = KEEP12, agent: str = "agent-7") -> None:
        """
        Put numbers in stock and sell them to customers of an agent; each is at version 2 then.

        The agent's float is as before.
        """
        self.register(agent)
        self.stock(*numbers, pin=pin)
        account = f"float:{agent}:MOP"
        before = self.balance(account)
        self.fund(len(numbers) * 1_000_000, account)
        paid = {"paid": account, "document": "bir"}
        for answer in self.asks(
            [("activate", n, {**paid, "holder": f"h{n[1:]}"}) for n in numbers]
        ):
            assert not isinstance(answer, Exception), str(answer)
        self.ask("withdraw", account, amount_minor=self.balance(account) - before)

    def begin(self, *numbers: str) -> None:
        """Put balance cards in stock and let numbers come in on them; each is at version 2 then."""
        self.stock(*numbers, pin=BALANCE180)
        for number in numbers:
            came = {"holder": f"h{number[1:]}", "document": "bir", "paid": "till:hall-1:MOP"}
            (answer,) = self.asks([("port_in", number, came)], channel="counter")
            assert not isinstance(answer, Exception), str(answer)

    def balance(self, account: str = FLOAT) -> int:
        found = self.rows("SELECT balance_minor FROM accounts WHERE account = %s", account)
        return int(found[0][0]) if found else 0

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        with self.house.connect() as conn:
            return conn.execute(query.encode(), parameters).fetchall()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.shell.close()


class Prompt(uvicorn.Server):
    """The server itself, but it ends within a hundredth of a second: the suite has hundreds."""

    async def main_loop(self) -> None:
        counter = 0
        # Every tenth tick tells what time it is.
        while not await self.on_tick(counter // 10):
            counter += 1
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listening in [*self.servers, *(sockets or ())]:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
        for server in self.servers:
            await server.wait_closed()
        await self.lifespan.shutdown()


@contextmanager
def serving(found: Installation, lanes: int = 1) -> Iterator[Served]:
    """Serve the API in a thread, on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app(found, lanes), log_level="error", access_log=False, lifespan="on", ws="none"
        )
        server = Prompt(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        served = Served(url=f"http://127.0.0.1:{listening.getsockname()[1]}", house=found)
        try:
            yield served
        finally:
            served.close()
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not end"


def code(answer: httpx.Response) -> tuple[int, str]:
    """The status and our code; every refusal is a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"]


def pointer(answer: httpx.Response) -> tuple[int, str, str | None]:
    """The status, our code, and the field at fault."""
    return *code(answer), answer.json().get("pointer")
