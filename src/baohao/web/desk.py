"""
The desk: what every page works with. Each thread asks by a shell of its own, and reads from a pool.

Views never touch a connection: they give work of `app` to `read`, asks to `ask`, and work that
writes outside the door to `shell`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from psycopg_pool import ConnectionPool

from baohao import wiring
from baohao.app.door import Answer, Answered
from baohao.app.payments.asking import Ports
from baohao.app.payments.carry import Carrier
from baohao.app.shell import Shell
from baohao.core.asks import Ask, Terms
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.wiring import Installation

T = TypeVar("T")

#: Connections that only read, beside those of the threads' shells.
READERS = 4


class Desk:
    """Of one installation and one process."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self._pool: ConnectionPool[Any] = house.pool(READERS)
        self._pool.open()
        self._of_thread = threading.local()
        self._shells: list[Shell] = []
        self._ports: Ports | None = None
        self._lock = threading.Lock()

    @property
    def terms(self) -> Terms:
        """What is on offer now."""
        return self.house.terms()

    @property
    def shell(self) -> Shell:
        """The shell of this thread."""
        found: Shell | None = getattr(self._of_thread, "shell", None)
        if found is None:
            found = self._of_thread.shell = self.house.make_shell()
            self._shells.append(found)
        return found

    def read(self, work: Callable[[Any], T]) -> T:
        """Do work that reads; raises what it raises."""
        with self._pool.connection() as conn:
            return work(conn)

    def now(self) -> datetime:
        """Return what time it is by the house's clock."""
        return self.read(wiring.now)

    def ask(self, ask: Ask) -> Answered:
        """Ask, and return what was answered; raises the refusal."""
        (answer,) = self.ask_all([ask])
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def ask_all(self, asks: Sequence[Ask]) -> list[Answer]:
        """Ask many things; return their answers in order."""
        return self.shell.answer(asks)

    # --- money ------------------------------------------------------------------------------------

    @property
    def ports(self) -> Ports:
        """The payment gateways; raises `NoGateway`. They are opened once, and kept."""
        with self._lock:
            if self._ports is None:
                if not self.house.takes_payments:
                    raise wiring.NoGateway()
                self._ports = self.house.ports(self.house.gateways())
            return self._ports

    def carrier(self) -> Carrier:
        """Return what carries payments on, over the shell of this thread."""
        return Carrier(self.shell, self.ports, new_id)

    def close(self) -> None:
        """Close everything; no thread works any more."""
        self._pool.close()
        for shell in self._shells:
            shell.close()
        for gateway in self._ports.gateways.values() if self._ports is not None else ():
            gateway.close_connections()  # type: ignore[attr-defined]


_desk: Desk | None = None


def use(house: Installation) -> None:
    """Have this process work for an installation."""
    global _desk
    if _desk is None or _desk.house is not house:
        if _desk is not None:
            _desk.close()
        _desk = Desk(house)


def desk() -> Desk:
    """Return the desk of this process."""
    assert _desk is not None, "configure() comes first"  # noqa: S101
    return _desk


def made(
    verb: str,
    subject: str,
    payload: Mapping[str, Any],
    *,
    by: str,
    channel: str,
    key: str = "",
    expect_until: datetime | None = None,
    expect_version: int | None = None,
) -> Ask:
    """Return an ask with an id of its own; without a key, the id is the key."""
    id_ = new_id()
    return Ask(
        id=id_,
        verb=verb,
        subject=subject,
        key=key or str(id_),
        principal=by,
        channel=channel,
        payload={name: value for name, value in payload.items() if value not in (None, [], "")},
        expect_until=expect_until,
        expect_version=expect_version,
    )
