"""
The ways of money, each from its order to its answer, to be killed anywhere and begun again.

    pay     quote, order, somebody pays, notice; captured, funded, bought; receipt, answer
    refund  what was bought is reversed, the gateway gives it back, answer
    sell    cash into a till, receipt, answer
    fund    an agent pays into its float, answer

Whoever begins one again uses the same keys, and waits until nobody else has the payment any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from tests.faults import house
from tests.faults.witness import Witness
from tests.payments.gates import NOTIFY_URL, Notice, Opening
from tests.shop.receipts import issuer, operators

from baohao.app.door import Answered
from baohao.app.payments import refunding
from baohao.app.payments.asking import Ports
from baohao.app.payments.begin import Beginning, begin
from baohao.app.payments.carry import Carrier
from baohao.app.payments.notices import Sent, take
from baohao.app.payments.refunding import Wish
from baohao.app.receipts import desk as receipts
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.outside.ids import new_id
from baohao.store.payments import Asked

TILL = "till:hall-1:MOP"
ASKED = Asked(description="12 months", way="qr", by="h1", channel="counter")
#: What an agent pays in.
PAID_IN = 50_000

#: What somebody who pays does: pays an order, and returns the notice that tells of it.
Payer = Callable[[str], Notice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where it is played, to be sent to another process; on a line of its own."""

    conninfo: str
    opening: Opening
    #: Where the key of the receipts is.
    folder: Path
    line: int
    #: Another one is the red twin's: who asks again as if it were something new.
    key: str = ""

    @property
    def number(self) -> str:
        return house.number(self.line)


@cache
def _issuer(folder: Path) -> Any:
    return issuer(folder)


def _id(text: str) -> UUID:
    return UUID(bytes=md5(text.encode()).digest(), version=4)


def _ask(scene: Scene, verb: str, subject: str, **payload: Any) -> Ask:
    key = f"{scene.key}{verb} {scene.line}"
    return Ask(
        id=_id(key),
        verb=verb,
        subject=subject,
        key=key,
        principal="bank" if verb == "fund" else house.AGENT,
        channel="operator" if verb == "fund" else "counter",
        payload=payload,
        # Whoever begins anew looks up what there is.
        expect_version=(3 if scene.key else 2) if verb == "renew" else None,
    )


def _answered(shell: Shell, ask: Ask) -> Answered:
    """Ask until somebody says what became of it."""
    while True:
        (answer,) = shell.answer([ask])
        if not isinstance(answer, OutcomeUnknown):
            assert isinstance(answer, Answered), answer
            return answer


def _receipt(scene: Scene, shell: Shell, ask: UUID, point: str) -> str:
    found = shell.run(
        partial(
            receipts.issue,
            terms=house.terms(),
            operators=operators(),
            issuer=_issuer(scene.folder),
            ask=ask,
            point=point,
        )
    )
    return str(found.facts["receipt"])


@contextmanager
def _at_work(scene: Scene) -> Iterator[tuple[Shell, Ports]]:
    """Somebody's process: its connection to the database, and to the gateway."""
    shell, gateway = house.shell(scene.conninfo), scene.opening.opened(_clock)
    try:
        yield shell, Ports(gateways={gateway.name: gateway}, notify_url=NOTIFY_URL)
    finally:
        gateway.close_connections()
        shell.close()


# --- the ways -------------------------------------------------------------------------------------


def pay(scene: Scene, told: Witness, payer: Payer) -> None:
    """Renew a line through a gateway."""
    with _at_work(scene) as (shell, ports):
        [gateway] = ports.gateways.values()
        quote = _ask(scene, "quote", scene.number, what="renew", term="12 months")
        id_ = UUID(str(_answered(shell, quote).answer["quote"]))
        beginning = Beginning(
            number=scene.number, quote=id_, gateway=gateway.name, asked=ASKED, said={}
        )
        kept = begin(shell, ports, beginning, new_id)
        headers, body = payer(kept.payment.order)
        refused = take(shell, [Sent(gateway=gateway, headers=headers, body=body)], new_id)
        assert refused == [None], refused
        Carrier(shell, ports, new_id).run()
        _tell(told, scene, _receipt(scene, shell, kept.payment.act, ""))


def refund(scene: Scene, told: Witness, _: Payer) -> None:
    """Give back what was paid for a line, which somebody bought by mistake."""
    wish = Wish(
        payment=_id(f"quote {scene.line}"),
        reason="wrong number",
        by="ada",
        approved_by="bob",
        mistake=True,
        key=f"{scene.key}refund {scene.line}",
    )
    with _at_work(scene) as (shell, ports):
        refunding.refund(shell, wish, new_id)
        Carrier(shell, ports, new_id).run()
        _tell(told, scene, "refunded")


def sell(scene: Scene, told: Witness, _: Payer) -> None:
    """Renew a line for cash, with a receipt of the hall."""
    with _at_work(scene) as (shell, _ports):
        ask = _ask(scene, "renew", scene.number, term="12 months", paid=TILL)
        _answered(shell, ask)
        _tell(told, scene, _receipt(scene, shell, ask.id, "hall-1"))


def fund(scene: Scene, told: Witness, _: Payer) -> None:
    """Pay into the agent's float."""
    with _at_work(scene) as (shell, _ports):
        _answered(shell, _ask(scene, "fund", house.FLOAT, amount_minor=PAID_IN))
        _tell(told, scene, "funded")


WAYS: Mapping[str, Callable[[Scene, Witness, Payer], None]] = {
    "pay": pay,
    "refund": refund,
    "sell": sell,
    "fund": fund,
}


def _tell(told: Witness, scene: Scene, what: str) -> None:
    """Give the answer, outside of all databases."""
    with told.file.open("a") as file:
        print(scene.line, what, file=file)


def _clock() -> datetime:
    return datetime.now(UTC)


def carry(scene: Scene) -> None:
    """Do what is due, as the worker does each minute."""
    with _at_work(scene) as (shell, ports):
        Carrier(shell, ports, new_id).run()


def wait(conninfo: str) -> None:
    """Let the time pass in which somebody else might still be at work on a payment."""
    with psycopg.connect(conninfo) as conn:
        for table in ("payments", "refunds"):
            conn.execute(
                f"UPDATE {table} SET next_at = clock_timestamp() WHERE next_at IS NOT NULL".encode()
            )
