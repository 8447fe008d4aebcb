"""`baohao agents statement` and `agents pay`: an agent's month, and the commission of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app.agents import registry, statement_file
from baohao.app.agents import statement as statements
from baohao.cli.agents import Key
from baohao.cli.asking import OPERATOR, STAFF, By, Channel, Data, decided, house, made
from baohao.cli.output import DONE, REFUSED, Json, pairs, table, tell
from baohao.cli.reading import month
from baohao.core.money import format_minor

Month = Annotated[
    date, typer.Argument(parser=month, metavar="MONTH", show_default=False, help="2026-11")
]
Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, show_default=False, help="Its sales, as .csv or .xlsx."),
]


def statement(
    agent: Key, month: Month, out: Out = None, data: Data = None, json: Json = False
) -> None:
    """Show an agent's month: what it earned, what its float did, what it sold."""
    with house(data) as (opened, shell):
        who = shell.run(lambda conn: registry.find(conn, agent))
        zone = statements.zone_of(who, opened.library.operators)
        told = shell.run(lambda conn: statements.statement(conn, who, month, zone))
        if out is not None:
            sales = shell.run(lambda conn: list(statements.detail(conn, who, month, zone)))
            statement_file.write(out, told, sales, zone)
    facts = _facts(told) | {"file": str(out) if out else None}
    tell(facts, lambda console: _print(console, facts))
    raise typer.Exit(DONE if told.agrees else REFUSED)


def pay(
    agent: Key,
    month: Month,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Pay the commission of a month that is over into the agent's float, once."""
    with house(data) as (opened, shell):
        who = shell.run(lambda conn: registry.find(conn, agent))
        zone = statements.zone_of(who, opened.library.operators)
        name = statements.name_of(month)
        due_minor = shell.run(lambda conn: statements.due(conn, who, month, zone, by))
        asked = {"amount_minor": due_minor, "month": name}
        key = f"commission:{agent}:{name}"
        answer = decided(
            shell, made("pay_commission", who.float_account, asked, by=by, channel=channel, key=key)
        )
    facts = {
        "agent": agent,
        "month": name,
        "paid": format_minor(int(answer.answer["paid"]), who.currency),
        "balance": format_minor(int(answer.answer["balance"]), who.currency),
        "currency": who.currency,
        "repeated": answer.is_repeat,
    }
    tell(facts, lambda console: console.print(pairs(facts)))


def _facts(told: statements.Statement) -> dict[str, Any]:
    def money(minor: int) -> str:
        return format_minor(minor, told.currency)

    return {
        "agent": told.agent,
        "month": statements.name_of(told.month),
        "currency": told.currency,
        "lines": {name: money(minor) for name, minor in statement_file.lines(told)},
        "sales": [
            {
                "what": each.verb,
                "plan": each.plan,
                "count": each.count,
                "total": money(each.total_minor),
                "commission": money(each.commission_minor),
                "service_fee": money(each.service_fee_minor),
                "takes_back": each.is_back,
            }
            for each in told.sales
        ],
        "unlisted": money(told.unlisted_minor),
        "agrees": told.agrees,
    }


def _print(console: Console, facts: dict[str, Any]) -> None:
    console.print(f"{facts['agent']}, {facts['month']}, in {facts['currency']}")
    amounts = table("", "amount", right=("amount",))
    for name, amount in facts["lines"].items():
        amounts.add_row(name, amount)
    console.print(amounts)
    columns = ("count", "total", "commission", "service_fee")
    sales = table("what", "plan", *columns, right=columns)
    for each in facts["sales"]:
        sales.add_row(each["what"], each["plan"], *(str(each[name]) for name in columns))
    console.print(sales)
    if facts["unlisted"].strip("-0."):
        console.print(f"Spent before it was registered: {facts['unlisted']}.")
    if facts["file"]:
        console.print(f"Its sales are in {facts['file']}.")
    if facts["agrees"]:
        console.print("The sales agree with the books.", style="green")
    else:
        console.print("The sales do not agree with the books: baohao doctor.", style="red")
