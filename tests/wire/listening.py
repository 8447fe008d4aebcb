"""A shop whose agent listens, and what sends its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from typing import Any
from uuid import UUID

from tests.shop import Shop

from baohao.app.agents import registry
from baohao.app.feed import deliver, endpoints, fan_out, read
from baohao.app.library import read_library
from baohao.app.policies import shipped
from baohao.app.shell import Shell
from baohao.core.agents import Agent
from baohao.core.operators import Operator
from baohao.outside.pretend.receiver import Receiver
from baohao.outside.sealing import SealsOfHouse
from baohao.outside.webhooks import Webhooks

AGENT, OPERATOR = "agent-7", "operator:demo"
A, B = "+85366000001", "+85366000002"


@cache
def operators() -> Mapping[str, Operator]:
    """The operators of the library."""
    return read_library(shipped()).accepted().operators


@dataclass(kw_only=True)
class Listening(Shop):
    """A shop in which an agent, and the operator, hear of their lines."""

    listeners: frozenset[str] = frozenset({AGENT, "agent-9", OPERATOR, "operator:cmhk"})
    post: Webhooks = field(default_factory=lambda: Webhooks(allow_loopback=True, total_s=1.0))
    seals: SealsOfHouse = field(default_factory=lambda: SealsOfHouse(b"k" * 32))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.operators = operators()
        for listener in sorted(self.listeners):
            if ":" not in listener:
                agent = Agent(
                    key=listener, name="Kiosk", operators=frozenset({"demo"}), currency="MOP"
                )
                self.shell.run(partial(registry.add, agent=agent, operators=self.operators))
            self.shell.run(partial(read.page, listener=listener))

    # --- the feed ---------------------------------------------------------------------------------

    def told(self, listener: str = AGENT) -> list[read.Event]:
        """Everything that a listener was told, in order."""
        while self.shell.run(lambda conn: fan_out.fan_out(conn, self.now())):
            pass
        found: list[read.Event] = []
        more = True
        while more:
            page = self.shell.run(partial(read.page, listener=listener, after=len(found)))
            found += page.events
            more = page.more
        return found

    # --- endpoints --------------------------------------------------------------------------------

    def add(self, receiver: Receiver, listener: str = AGENT, **rest: Any) -> UUID:
        """Send a listener's events to a receiver, which learns the secret."""
        made, secret = rest.pop("endpoint", None) or self.new_id(), self.post.new_secret()
        given: dict[str, Any] = {"url": receiver.url, "secret": secret, **rest}
        given |= {"listener": listener, "endpoint": made}
        self.shell.run(
            lambda conn: endpoints.add(conn, self.post, self.seals, self.operators, **given)
        )
        receiver.secrets.append(secret)
        return made

    def send(self, shell: Shell | None = None) -> deliver.Delivered:
        return deliver.run(shell or self.shell, self.post, self.seals, self.new_id)

    def claim(self) -> tuple[deliver.Work, ...]:
        return self.shell.run(lambda conn: deliver.claim(conn, self.seals))

    def facts(self, endpoint: UUID) -> dict[str, Any]:
        """How an endpoint stands."""
        found = self.shell.run(endpoints.listed)
        return next(each for each in found if each["endpoint"] == str(endpoint))

    def happen(self, count: int, number: str = A) -> None:
        """Let so many things happen on a line of the agent's: it is activated, held, lifted ..."""
        if number not in self.states():
            self.open(number)
            count -= 1
        for _ in range(count):
            line = self.line(number)
            verb = "hold" if line.standing.held_since is None else "lift"
            cause = {"cause": "fraud"} if verb == "hold" else {}
            self.say(verb, number, reason="because", approved_by="clerk-2", **cause)

    def until_due(self, endpoint: UUID) -> timedelta:
        """Put the clock on to the next try of an endpoint; return by how much."""
        wait: timedelta = self.facts(endpoint)["next_try_at"] - self.now()
        self.later(max(wait, timedelta()))
        return wait


@contextmanager
def listening(conninfo: str) -> Iterator[Listening]:
    """A shop that tells, on a database, with money in the agent's float."""
    made = Listening(conninfo=conninfo)
    made.fund(100_000_000)
    try:
        yield made
    finally:
        made.shell.close()
