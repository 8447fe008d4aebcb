"""`baohao fund` and `withdraw`: money into and out of floats, wallets and tills."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from baohao.cli.asking import OPERATOR, STAFF, By, Channel, Data, Key, decided, house, made
from baohao.cli.output import Json, pairs, tell
from baohao.core.books.chart import Account
from baohao.core.money import format_minor, parse_minor

Guarded = Annotated[
    str,
    typer.Argument(metavar="ACCOUNT", show_default=False, help="As in float:agent-7:MOP."),
]
Amount = Annotated[str, typer.Option("--amount", show_default=False, help="As in 1000.00.")]
Bank = Annotated[str, typer.Option("--bank", help="Our account at the bank.")]
Reference = Annotated[str, typer.Option("--reference", help="The bank's own reference.")]


def fund(
    account: Guarded,
    amount: Amount,
    bank: Bank = "main",
    reference: Reference = "",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Pay money that reached our bank into a float, a wallet or a till."""
    asked = {"amount": amount, "bank": bank, "reference": reference}
    _move("fund", account, asked, key=key, by=by, channel=channel, data=data)


def withdraw(
    account: Guarded,
    amount: Amount,
    bank: Bank = "main",
    reference: Reference = "",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Pay money out of a float or a wallet; cash of a till goes to the bank."""
    asked = {"amount": amount, "bank": bank, "reference": reference}
    _move("withdraw", account, asked, key=key, by=by, channel=channel, data=data)


def _move(
    verb: str,
    account: str,
    asked: dict[str, Any],
    *,
    key: str | None,
    by: str,
    channel: str,
    data: Data,
) -> None:
    subject = Account.parse(account)
    asked["amount_minor"] = parse_minor(asked.pop("amount"), subject.currency)
    with house(data) as (_, shell):
        ask = made(verb, str(subject), asked, by=by, channel=channel, key=key)
        answer = decided(shell, ask)
    held = answer.answer.get("balance")
    facts = {
        "account": str(subject),
        # What is in a till is not told while its shift is open.
        "balance": None if held is None else format_minor(int(held), subject.currency),
        "currency": subject.currency,
        "repeated": answer.is_repeat,
    }
    tell(facts, lambda console: console.print(pairs(facts)))
