"""`baohao payments match`, `matches`, `roll`, `handed-over`: bills, and what gateways hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app.matching import listing
from baohao.app.tables import write_table
from baohao.cli.asking import OPERATOR, STAFF, By, Data, Key, decided, house, made
from baohao.cli.money import Amount, Bank, Reference
from baohao.cli.output import Json, pairs, table, tell
from baohao.cli.reading import day as day_of
from baohao.core.books.chart import AccountKind, account
from baohao.core.money import format_minor, parse_minor
from baohao.wiring import installation

Gateway = Annotated[
    str, typer.Option("--gateway", show_default=False, help="As in acquirer, or wechat.")
]
SomeGateway = Annotated[
    str | None, typer.Option("--gateway", show_default=False, help="As in acquirer, or wechat.")
]
Currency = Annotated[str, typer.Option("--currency", help="As in MOP.")]
SomeDay = Annotated[
    date | None,
    typer.Option("--day", parser=day_of, metavar="DAY", show_default=False, help="2026-03-01"),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, show_default=False, help="A .csv or .xlsx file."),
]
#: The first day of which there may be a bill.
_BEGINNING = date(2000, 1, 1)
_MONEY = ("paid", "returned", "fees", "net", "our_paid", "our_returned", "booked_fees")
_MATCHED = (
    *("gateway", "day", "state", "currency", "payments", "paid", "refunds", "returned", "fees"),
    *("net", "our_payments", "our_paid", "our_refunds", "our_returned", "booked_fees"),
    *("matched_at", "readings", "digest", "code"),
)
#: What of it a terminal has room for.
_SHOWN = ("day", "gateway", "state", "currency", "paid", "our_paid", "fees", "net")
_ROLLED = ("opening", "captured", "refunded", "fees", "handed_over", "other", "closing")


def match(
    gateway: SomeGateway = None,
    day: SomeDay = None,
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Take a bill as it is of which much differs; with --day."),
    ] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Hold gateways' bills against the books: those of all days that are due, or of one."""
    if (gateway is None) != (day is None) or (trust and day is None):
        raise typer.BadParameter("say --gateway and --day, or neither of them")
    with installation(data).matcher() as matcher:
        if gateway is None or day is None:
            ran: Mapping[str, Any] = dict(matcher.run())
        else:
            done = matcher.match(gateway, day, trust=trust)
            state = next(listing.facts(done.bill))["state"]
            ran = {"state": state, "found": done.found, "settled": done.settled}
    tell(ran, lambda console: console.print(pairs(ran) if ran else "Nothing is due."))


def matches(
    gateway: SomeGateway = None,
    since: Annotated[
        date | None,
        typer.Option("--since", parser=day_of, metavar="DAY", show_default=False),
    ] = None,
    out: Out = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the days that were matched: what each bill has, and what we have of it."""
    with house(data) as (_, shell):
        look = partial(listing.matched, gateway=gateway, since=since or _BEGINNING)
        facts = shell.run(look)
    rows = [_formatted(each) for each in facts]
    _written(out, _MATCHED, rows)
    tell(facts, lambda console: _print(console, _SHOWN, rows, "days and currencies"))


def roll(
    gateway: Gateway,
    currency: Currency = "MOP",
    out: Out = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Roll the account with a gateway forward, by day (UTC): what it should hold for us."""
    with house(data) as (_, shell):
        found = shell.run(partial(listing.rolled, gateway=gateway, currency=currency))
    rows = [
        {"day": each.day.isoformat()}
        | {name: format_minor(getattr(each, f"{name}_minor"), currency) for name in _ROLLED}
        for each in found
    ]
    _written(out, ("day", *_ROLLED), rows)
    tell(rows, lambda console: _print(console, ("day", *_ROLLED), rows, "days"))


def handed_over(
    gateway: Gateway,
    amount: Amount,
    currency: Currency = "MOP",
    bank: Bank = "main",
    reference: Reference = "",
    key: Key = None,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take down that a gateway paid what it holds for us into our bank account."""
    subject = str(account(AccountKind.BANK, gateway, currency))
    asked = {"amount_minor": parse_minor(amount, currency), "bank": bank, "reference": reference}
    with house(data) as (_, shell):
        answer = decided(shell, made("hand_over", subject, asked, by=by, channel=OPERATOR, key=key))
    facts = {"account": subject, "bank": bank, "repeated": answer.is_repeat}
    tell(facts, lambda console: console.print(pairs(facts)))


def _formatted(each: Mapping[str, Any]) -> dict[str, str]:
    said = {name: "" if value is None else str(value) for name, value in each.items()}
    currency = each["currency"]
    for name in _MONEY:
        said[name] = format_minor(each[f"{name}_minor"], currency) if currency else ""
    return said


def _written(out: Path | None, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    if out is not None:
        write_table(out, columns, ([row[name] for name in columns] for row in rows))


def _print(
    console: Console, columns: Sequence[str], rows: Sequence[Mapping[str, str]], what: str
) -> None:
    shown = table(*columns)
    for row in rows:
        shown.add_row(*(row[name] for name in columns))
    console.print(shown)
    console.print(f"{len(rows)} {what}.")
