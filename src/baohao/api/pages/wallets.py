"""Wallets of an operator's holders, for the operator's own app: balance, deposits, renewals."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from baohao.api import deposits
from baohao.api.asking import asked, expected, operator_of
from baohao.api.callers import Caller
from baohao.api.coming import AtDesk, Host, IfMatch, Key, sale
from baohao.api.deposits import DepositTold, DepositWanted
from baohao.api.desk import Desk
from baohao.api.models import Body, Code, Instant, Minor, Sold, Term, Told, Version, Written
from baohao.api.numbers import sold_number
from baohao.api.paging import LIMIT, After, Limit, instant, micros, read
from baohao.app import wallets
from baohao.core.books.chart import Account

router = APIRouter(tags=["money"])

Holder = Annotated[
    str,
    Path(pattern="^[A-Za-z0-9_.@+-]{1,80}$", description="Whom your lines are of: a random id."),
]
_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{32})", re.ASCII)


class MovementTold(Told):
    """What moved a wallet; below zero, less is in it."""

    at: datetime
    what: str = Field(description="paid_in, spent, given_back, paid_out or put_right.")
    amount_minor: int
    balance_minor: int = Field(description="After it.")
    numbers: list[str] = Field(description="The lines that it paid for, or got back from.")
    reason: str


class WalletTold(Told):
    """Prepaid money of a holder, and some of what moved it, the earliest first."""

    account: str
    currency: str
    balance_minor: int
    movements: list[MovementTold]
    next: str | None = Field(description="Give it back as `after`; null: that was all.")


class WalletRenewal(Body):
    """A renewal that a wallet pays. Say what was shown, so that nobody pays twice."""

    number: Written
    term: Term
    quote: UUID | None = Field(None, description="The quote that was shown.")
    codes: tuple[Code, ...] = Field((), max_length=10, description="Of promotions.")
    total_minor: Minor | None = Field(None, description="The price that was shown.")
    expect_until: Instant | None = Field(None, description="The deadline that was shown.")
    expect_version: Version | None = Field(None, description="Or the version, also in If-Match.")


@router.get("/wallets/{holder}", summary="A holder's prepaid money", response_model=WalletTold)
async def wallet(
    holder: Holder, desk: AtDesk, caller: Host, after: After = "", limit: Limit = LIMIT
) -> object:
    """What is in it, and what moved it; one that was never used is empty."""
    account = await _wallet(desk, caller, holder)
    place = _place(after) if after else wallets.FIRST
    balance = await desk.read(partial(wallets.balance, wallet=account))
    rows = await desk.read(partial(wallets.movements, wallet=account, after=place, limit=limit + 1))
    page = rows[:limit]
    more = f"{micros(page[-1].at)}-{page[-1].entry.hex}" if len(rows) > limit else None
    return {
        "account": account.text,
        "currency": account.currency,
        "balance_minor": balance,
        "movements": [wallets.facts(each) for each in page],
        "next": more,
    }


@router.post(
    "/wallets/{holder}/deposits",
    status_code=201,
    summary="Put money into a holder's wallet through a payment gateway",
    response_model=DepositTold,
)
async def deposit_into_wallet(
    holder: Holder,
    body: DepositWanted,
    key: Key,
    desk: AtDesk,
    caller: Host,
    response: Response,
) -> object:
    """Begin a payment. With the same key it is the same order, however often it is asked for."""
    into = await _wallet(desk, caller, holder)
    told, is_repeat = await deposits.begin(desk, caller, key, body, into, operator_of(caller))
    return deposits.made(response, told, f"/v1/wallets/{holder}/deposits", is_repeat=is_repeat)


@router.get(
    "/wallets/{holder}/deposits/{id}",
    summary="What became of money for a holder's wallet",
    response_model=DepositTold,
)
async def deposit_of_wallet(holder: Holder, id: UUID, desk: AtDesk, caller: Host) -> object:
    """A deposit as it is now."""
    return await deposits.one(desk, id, await _wallet(desk, caller, holder))


@router.post(
    "/wallets/{holder}/renewals",
    status_code=201,
    summary="Renew a line out of a holder's wallet",
    response_model=Sold,
    response_model_exclude_unset=True,
)
async def renew_from_wallet(
    holder: Holder,
    body: WalletRenewal,
    key: Key,
    desk: AtDesk,
    caller: Host,
    response: Response,
    if_match: IfMatch = None,
) -> object:
    """Buy time; anybody's line of yours, for a child pays for a parent."""
    account = await _wallet(desk, caller, holder)
    said = body.model_dump(
        mode="json", include={"term", "quote", "codes", "total_minor"}, exclude_none=True
    )
    payload = {name: value for name, value in said.items() if value != []}
    shown = expected(body.expect_until, body.expect_version, if_match)
    number = await sold_number(desk, caller, body.number)
    payload["paid"] = account.text
    ask = asked("renew", number, payload, caller=caller, key=key, expected=shown)
    return await sale(response, desk, caller, ask)


async def _wallet(desk: Desk, caller: Caller, holder: str) -> Account:
    """Return the wallet of a holder of the operator's; raises `HolderNotYours`, `SandboxOnly`."""
    operator = operator_of(caller)
    desk.all_in_sandbox(caller)
    await desk.read(partial(wallets.of_operator, holder=holder, operator=operator))
    currency = desk.installation.library.operators[operator].currency
    return wallets.wallet_of(holder, currency)


def _place(after: str) -> wallets.Place:
    found = read(_CURSOR, after)
    return instant(found[1]), UUID(hex=found[2])
