"""`baohao wallets`: holders' prepaid money; and `payments deposit`, which puts some in."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import wallets
from baohao.app.payments import deposits, listing
from baohao.cli.asking import COUNTER, STAFF, By, Channel, Data, Key
from baohao.cli.asking import house as house_of
from baohao.cli.output import Json, pairs, table, tell
from baohao.core.books.chart import Account
from baohao.core.money import format_minor, parse_minor
from baohao.outside.ids import new_id

app = typer.Typer(help="Wallets: holders' prepaid money.", no_args_is_help=True)

Holder = Annotated[
    str, typer.Argument(metavar="HOLDER", show_default=False, help="The holder's random id.")
]
Currency = Annotated[str, typer.Option("--currency", help="A wallet has one.")]


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List every wallet that was ever used, with what is in it."""
    with house_of(data) as (_, shell):
        found = shell.run(wallets.wallets)
    facts = [
        {"account": each.text, "currency": each.currency, "balance_minor": minor}
        for each, minor in found
    ]
    tell(facts, lambda console: _print(console, facts))


@app.command("show")
def show(holder: Holder, currency: Currency = "MOP", data: Data = None, json: Json = False) -> None:
    """Show what is in a holder's wallet, and everything that moved it."""
    wallet = wallets.wallet_of(holder, currency)
    with house_of(data) as (_, shell):
        balance = shell.run(partial(wallets.balance, wallet=wallet))
        moved = shell.run(partial(wallets.movements, wallet=wallet))
    facts: dict[str, Any] = {
        "account": wallet.text,
        "currency": currency,
        "balance_minor": balance,
        "movements": [wallets.facts(each) for each in moved],
    }
    tell(facts, lambda console: _print_movements(console, facts))


def deposit(
    account: Annotated[
        str,
        typer.Argument(
            metavar="ACCOUNT", show_default=False, help="As in wallet:h-19:MOP, float:agent-7:MOP."
        ),
    ],
    amount: Annotated[
        str, typer.Option("--amount", show_default=False, help="In the account's currency.")
    ],
    gateway: Annotated[
        str, typer.Option("--gateway", show_default=False, help="As in acquirer, wechat.")
    ],
    way: Annotated[str, typer.Option("--way", help="How it is paid: qr, jsapi, h5, page.")] = "qr",
    payer: Annotated[
        str, typer.Option("--payer", show_default=False, help="Who pays, where the way needs it.")
    ] = "",
    currency: Annotated[
        str,
        typer.Option(
            "--currency", show_default=False, help="Paid in another one, at the stated rate."
        ),
    ] = "",
    operator: Annotated[
        str,
        typer.Option("--operator", show_default=False, help="Whose receipt is given for it."),
    ] = "",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let somebody pay money into a wallet or a float; with the same key it is the same order."""
    into = Account.parse(account)
    with house_of(data) as (opened, shell), opened.payment_ports() as ports:
        wanted = deposits.Depositing(
            account=into.text,
            amount_minor=parse_minor(amount, into.currency),
            gateway=gateway,
            description=f"baohao {into.owner}",
            way=way,
            payer=payer,
            by=by,
            channel=channel,
            key=key or str(new_id()),
            operator=operator,
            currency=currency,
        )
        kept = deposits.deposit(shell, ports, wanted, opened.library.operators, new_id)
    facts = listing.deposit(kept)
    tell(facts, lambda console: _print_begun(console, facts))


def _print(console: Console, facts: list[dict[str, Any]]) -> None:
    rows = table("wallet", "balance", right=("balance",))
    for each in facts:
        rows.add_row(each["account"], format_minor(each["balance_minor"], each["currency"]))
    console.print(rows)
    console.print(f"{len(facts)} wallets.")


def _print_movements(console: Console, facts: dict[str, Any]) -> None:
    currency = facts["currency"]
    columns = ("amount", "balance")
    rows = table("at", "what", *columns, "lines", right=columns)
    for each in facts["movements"]:
        rows.add_row(
            f"{each['at']:%Y-%m-%d %H:%M}",
            each["what"].replace("_", " "),
            format_minor(each["amount_minor"], currency),
            format_minor(each["balance_minor"], currency),
            ", ".join(each["numbers"]) or each["reason"],
        )
    console.print(rows)
    held = format_minor(facts["balance_minor"], currency)
    console.print(f"{facts['account']} has {held} {currency}.")


def _print_begun(console: Console, facts: dict[str, Any]) -> None:
    brief = {name: facts[name] for name in ("payment", "state", "account", "code")}
    brief["to pay"] = (
        f"{format_minor(facts['amount_minor'], facts['currency'])} {facts['currency']}"
    )
    if facts["exchange"] is not None:
        each = facts["exchange"]
        own = format_minor(each["own_minor"], each["own_currency"])
        brief["for"] = f"{own} {each['own_currency']}"
        brief["rate"] = f"1 {each['paid_currency']} = {each['rate']} {each['own_currency']}"
    console.print(pairs(brief | facts["given"] | {"until": facts["ends_at"]}))
