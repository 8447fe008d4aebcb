"""`baohao books`: whether they balance, closing a month, and the journal for other programs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import account_codes, doctor, ledger, tables
from baohao.app import close as closing
from baohao.app import house as houses
from baohao.app.csv_files import replaced
from baohao.cli.asking import Data, house
from baohao.cli.output import DONE, REFUSED, Json, table, tell
from baohao.cli.reading import month as month_of
from baohao.core.money import format_minor
from baohao.outside.ids import new_id

app = typer.Typer(help="The books: double entry, in whole minor units.", no_args_is_help=True)

#: What the doctor says of money.
MONEY = (
    *(
        "entries",
        "clearing",
        "exchange",
        "balances",
        "sales",
        "deferrals",
        "promotions",
        "commissions",
    ),
    "days",
)


Month = Annotated[
    date,
    typer.Option("--month", parser=month_of, metavar="MONTH", show_default=False, help="2026-01"),
]
MaybeMonth = Annotated[
    date | None,
    typer.Option(
        "--month", parser=month_of, metavar="MONTH", show_default=False, help="By default all."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, show_default=False, help="By default the terminal."),
]

Codes = Annotated[
    Path | None,
    typer.Option(
        "--codes",
        exists=True,
        dir_okay=False,
        readable=True,
        show_default=False,
        help="Your account codes, by prefix: a TOML file.",
    ),
]


@app.command()
def check(data: Data = None, json: Json = False) -> None:
    """Examine every invariant of money, and print the trial balance."""
    with house(data) as (_, shell):
        found = shell.run(lambda conn: [f for f in doctor.examine(conn) if f.name in MONEY])
        balances = shell.run(ledger.trial_balance)
    totals = {
        currency: sum(b.balance_minor for b in balances if b.currency == currency)
        for currency in sorted({b.currency for b in balances})
    }
    is_well = all(f.is_well for f in found) and not any(totals.values())
    facts = {
        "balanced": is_well,
        "checks": [
            {"name": f.name, "holds": f.holds, "looked": f.looked, "wrong": f.wrong} for f in found
        ],
        "accounts": [
            {
                "account": b.account,
                "section": b.section,
                "currency": b.currency,
                "debits": format_minor(b.debits_minor, b.currency),
                "credits": format_minor(b.credits_minor, b.currency),
                "balance": format_minor(b.balance_minor, b.currency),
            }
            for b in balances
        ],
        "totals": {c: format_minor(minor, c) for c, minor in totals.items()},
    }
    tell(facts, lambda console: _print(console, facts))
    raise typer.Exit(DONE if is_well else REFUSED)


@app.command()
def close(month: Month, data: Data = None, json: Json = False) -> None:
    """Close a month: what was deferred to it, and to those before, becomes revenue."""
    parent = new_id()
    with house(data) as (_, shell):
        done = shell.run(
            lambda conn: closing.close_month(conn, month, now=houses.house(conn).now, parent=parent)
        )
    facts = {
        "month": month.isoformat()[:7],
        "entries": done.entries,
        "released": [
            {"plan": plan, "currency": currency, "amount": format_minor(minor, currency)}
            for (plan, currency), minor in sorted(done.released.items())
        ],
    }
    tell(facts, lambda console: _print_closed(console, facts))


@app.command()
def export(
    form: Annotated[str, typer.Option("--format", help="hledger, csv or xlsx.")] = "hledger",
    month: MaybeMonth = None,
    out: Out = None,
    codes: Codes = None,
    data: Data = None,
) -> None:
    """Write the entries: as hledger reads them, or as a table in your own account codes."""
    if form in ("csv", "xlsx"):
        _coded(form, codes, out, month, data)
        return
    if form != "hledger":
        raise typer.BadParameter(f"{form!r} is not known; there are hledger, csv and xlsx")

    def write(lines: Iterable[str]) -> None:
        if out is None:
            for line in lines:
                typer.echo(line)
        else:
            with replaced(out, encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)

    with house(data) as (_, shell):
        shell.run(lambda conn: write(ledger.hledger(conn, month)))


def _coded(
    form: str, codes: Path | None, out: Path | None, month: date | None, data: Path | None
) -> None:
    if codes is None or out is None:
        raise typer.BadParameter(f"{form} needs --codes FILE and --out FILE")
    if out.suffix.lower() != f".{form}":
        raise typer.BadParameter(f"{out.name} does not end in .{form}")
    known = account_codes.load(codes)
    with house(data) as (_, shell):
        written = shell.run(
            lambda conn: tables.write_table(
                out, account_codes.COLUMNS, account_codes.coded(conn, known, month)
            )
        )
    typer.echo(f"{written} postings are in {out}.")


def _print(console: Console, facts: dict[str, Any]) -> None:
    checks = table("what must hold", "looked at", "wrong", right=("looked at", "wrong"))
    for each in facts["checks"]:
        checks.add_row(each["holds"], str(each["looked"]), str(each["wrong"]))
    console.print(checks)
    columns = ("debits", "credits", "balance")
    accounts = table("account", "section", *columns, right=columns)
    for each in facts["accounts"]:
        accounts.add_row(each["account"], each["section"], *(each[name] for name in columns))
    for currency, total in facts["totals"].items():
        accounts.add_row(f"all in {currency}", "", "", "", total)
    console.print(accounts)
    if facts["balanced"]:
        console.print("The books balance.", style="green")
    else:
        console.print("The books do not balance: baohao doctor says where.", style="red")


def _print_closed(console: Console, facts: dict[str, Any]) -> None:
    for each in facts["released"]:
        console.print(f"{each['plan']}: {each['currency']} {each['amount']} became revenue.")
    console.print(f"{facts['month']} is closed, with {facts['entries']} entries.")
