"""Deposits over HTTP: what is asked for, what the payer is given, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from baohao.api.callers import Caller
from baohao.api.coming import replayed
from baohao.api.desk import Desk
from baohao.api.models import Body, Minor, Told
from baohao.app.payments import deposits, listing
from baohao.app.payments.returning import PaymentUnknown
from baohao.core.books.chart import Account
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id

#: At which field of what is asked a refusal stands.
POINTERS = {
    "payment.gateway_unknown": "/gateway",
    "payment.deposit": "/amount_minor",
    "exchange.no_rate": "/currency",
    "exchange.gateway": "/currency",
}

Word = Annotated[str, StringConstraints(max_length=40, pattern="^[A-Za-z0-9_-]*$")]
Line = Annotated[str, StringConstraints(max_length=200, pattern="^[!-~]*$")]


class DepositWanted(Body):
    """How much is put in, and how it is paid."""

    amount_minor: Minor = Field(description="Of the account's currency.")
    gateway: Word = Field("", description="As `acquirer`; of one that is connected, not needed.")
    way: Literal["qr", "jsapi", "h5", "page"] = "qr"
    payer: Line = Field("", description="Who pays, as the gateway knows them; some ways need it.")
    currency: Word = Field(
        "",
        description="What the payer pays in, at the rate that is stated; by default the account's.",
    )
    return_url: Line = Field("", description="Where the payer's browser goes back to.")


class ExchangeTold(Told):
    """An amount that is paid in another currency."""

    own_minor: int = Field(description="What is put in.")
    own_currency: str
    paid_minor: int = Field(description="What the payer pays.")
    paid_currency: str
    rate: str = Field(description="What one unit of theirs is worth.")
    since: str = Field(description="Since when it is stated.")
    source: str


class DepositTold(Told):
    """A deposit, and what the payer is given. Money is in whole minor units."""

    id: UUID
    account: str
    gateway: str
    state: str = Field(
        description="created, unknown (not answered yet: ask again), payable, closed, failed,"
        " captured, used (it is in the account), refunding, refunded, chargeback."
    )
    amount_minor: int = Field(description="What is to be paid.")
    currency: str
    exchange: ExchangeTold | None
    given: dict[str, str] = Field(description="What the payer needs, as `code_url` or `page_url`.")
    ends_at: datetime = Field(description="From then on nobody can pay it.")
    paid_minor: int
    put_in_minor: int = Field(description="What the account has got.")
    returned_minor: int = Field(description="What went back to the payer, in what was paid.")
    code: str = Field(description="Why it stands so; empty: nothing is wrong.")


async def begin(
    desk: Desk, caller: Caller, key: str, body: DepositWanted, into: Account, operator: str
) -> tuple[dict[str, Any], bool]:
    """Let a deposit be paid; return what is told, and whether it was begun before."""
    gateways = desk.gateways
    wanted = deposits.Depositing(
        account=into.text,
        amount_minor=body.amount_minor,
        gateway=body.gateway or (next(iter(gateways)) if len(gateways) == 1 else ""),
        description=f"baohao {into.owner}",
        way=body.way,
        payer=body.payer,
        return_url=body.return_url,
        by=caller.principal,
        channel=caller.channel,
        key=key,
        operator=operator,
        currency=body.currency,
    )
    known = await desk.read(partial(deposits.find, id_=wanted.id))
    async with desk.payers:
        kept = await run_in_threadpool(_begun, desk, wanted)
    return told(kept), known is not None


def _begun(desk: Desk, wanted: deposits.Depositing) -> Mapping[str, Any]:
    house = desk.installation
    # A gateway may take its time: no lane waits for it.
    with closing(house.make_shell()) as shell:
        ports = house.ports(desk.gateways)
        try:
            kept = deposits.deposit(shell, ports, wanted, house.library.operators, new_id)
        except Refusal as refusal:
            if refusal.code in POINTERS:
                refusal.facts.setdefault("pointer", POINTERS[refusal.code])
            raise
    return listing.deposit(kept)


async def one(desk: Desk, id_: UUID, into: Account) -> dict[str, Any]:
    """Return what became of a deposit into an account; raises `PaymentUnknown`."""
    kept = await desk.read(partial(deposits.find, id_=id_))
    if kept is None or kept["account"] != into.text:
        raise PaymentUnknown(payment=str(id_))
    return told(kept)


def told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a deposit."""
    exchange = facts["exchange"]
    return {
        **{name: facts[name] for name in ("account", "gateway", "state", "amount_minor")},
        **{name: facts[name] for name in ("currency", "given", "ends_at", "code")},
        "id": facts["payment"],
        "exchange": exchange and exchange | {"since": exchange["since"].isoformat()},
        "paid_minor": facts["captured_minor"],
        "put_in_minor": facts["put_in_minor"],
        "returned_minor": facts["returned_minor"],
    }


def made(response: Response, told: Mapping[str, Any], where: str, *, is_repeat: bool) -> object:
    """Say where a deposit is, and whether it was begun before."""
    response.headers["Location"] = f"{where}/{told['id']}"
    replayed(response, is_repeat=is_repeat)
    return told
