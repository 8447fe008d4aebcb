"""`baohao payments` and `exceptions`: money through gateways, and what waits for a person."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from baohao.app.payments import exceptions, listing, refunding
from baohao.cli.asking import STAFF, By, Data, Key, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.core.money import format_minor, parse_minor
from baohao.outside.ids import new_id
from baohao.wiring import installation

app = typer.Typer(help="Money that comes through payment gateways.", no_args_is_help=True)
exceptions_app = typer.Typer(help="What waits for a person, with a clock.", no_args_is_help=True)

Payment = Annotated[
    UUID, typer.Argument(metavar="PAYMENT", show_default=False, help="As payments list says.")
]
Exception_ = Annotated[
    UUID, typer.Argument(metavar="EXCEPTION", show_default=False, help="As exceptions list says.")
]


def _state(text: str) -> str:
    if text not in listing.STATES:
        raise typer.BadParameter(f"{text!r} is none; there are {', '.join(listing.STATES)}")
    return text


@app.command("list")
def list_(
    state: Annotated[
        str | None,
        typer.Option("--state", parser=_state, metavar="STATE", show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List payments, the oldest first."""
    with house(data) as (_, shell):
        facts = shell.run(
            lambda conn: [listing.facts(each) for each in listing.payments(conn, state)]
        )
    tell(facts, lambda console: _print(console, facts))


@app.command("show")
def show(payment: Payment, data: Data = None, json: Json = False) -> None:
    """Show a payment, with its refunds and what waits for a person."""
    with house(data) as (_, shell):
        facts = shell.run(partial(listing.whole, id_=payment))
    tell(facts, lambda console: console.print(pairs(_brief(facts))))


@app.command("carry")
def carry(data: Data = None, json: Json = False) -> None:
    """Ask gateways, buy what was paid for, give back what cannot be used, until nothing is due."""
    with installation(data).payments() as carrier:
        ran = dict(carrier.run())
    tell(ran, lambda console: console.print(pairs(ran) if ran else "Nothing is due."))


@app.command("refund")
def refund(
    payment: Payment,
    reason: Annotated[str, typer.Option("--reason", show_default=False)],
    amount: Annotated[
        str | None,
        typer.Option(
            "--amount", show_default=False, help="Of what bought nothing; else all of it."
        ),
    ] = None,
    mistake: Annotated[
        bool,
        typer.Option("--mistake", help="What was bought goes back whole; with a second person."),
    ] = False,
    approved_by: Annotated[
        str, typer.Option("--approved-by", show_default=False, help="The second person.")
    ] = "",
    by_hand: Annotated[
        str | None,
        typer.Option(
            "--by-hand",
            metavar="BANK",
            show_default=False,
            help="The gateway declined it, and it was paid from this bank account of ours.",
        ),
    ] = None,
    key: Key = None,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give money back by the way it came; of what it bought, as much as the policy says."""
    with house(data) as (_, shell):
        if by_hand is not None:
            refunding.by_hand(shell, payment, by_hand, new_id)
        else:
            kept = shell.run(partial(listing.payment, id_=payment))
            currency = kept.payment.advance.currency
            wish = refunding.Wish(
                payment=payment,
                amount_minor=None if amount is None else parse_minor(amount, currency),
                reason=reason,
                by=by,
                approved_by=approved_by,
                mistake=mistake,
                key=key or str(new_id()),
            )
            refunding.refund(shell, wish, new_id)
        facts = shell.run(partial(listing.whole, id_=payment))
    tell(facts, lambda console: console.print(pairs(_brief(facts))))


@exceptions_app.command("list")
def list_exceptions(
    closed: Annotated[bool, typer.Option("--closed", help="Those that are closed, too.")] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what waits for a person, whose clock runs out first."""
    with house(data) as (_, shell):
        found = shell.run(partial(exceptions.listed, closed=closed))
    facts = [listing.exception(each) for each in found]
    tell(facts, lambda console: _print_exceptions(console, facts))


@exceptions_app.command("take")
def take(exception: Exception_, by: By = STAFF, data: Data = None, json: Json = False) -> None:
    """Say that you look after it."""
    with house(data) as (_, shell):
        shell.run(partial(exceptions.take, id_=exception, owner=by))
    _done(exception, f"taken by {by}")


@exceptions_app.command("close")
def close(
    exception: Exception_,
    action: Annotated[str, typer.Option("--action", show_default=False, help="What was done.")],
    why: Annotated[str, typer.Option("--why", show_default=False)],
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Close it, with what was done and why; never while it is its money's only home."""
    with house(data) as (_, shell):
        shell.run(partial(exceptions.close, id_=exception, action=action, by=by, why=why))
    _done(exception, "closed")


def _brief(facts: dict[str, Any]) -> dict[str, Any]:
    """Return a payment's facts with the rate as people read it."""
    each = facts["exchange"]
    if each is None:
        return facts
    own = format_minor(each["own_minor"], each["own_currency"])
    rate = f"1 {each['paid_currency']} = {each['rate']} {each['own_currency']}"
    return facts | {"exchange": f"for {own} {each['own_currency']}, {rate}"}


def _done(exception: UUID, what: str) -> None:
    facts = {"exception": str(exception), "is": what}
    tell(facts, lambda console: console.print(pairs(facts)))


def _print(console: Console, facts: list[dict[str, Any]]) -> None:
    rows = table("payment", "for", "gateway", "state", "asked", "came", "went back", "code")
    for each in facts:
        came = each["captured_currency"] or each["currency"]
        rows.add_row(
            each["payment"],
            each["number"] or each["account"],
            each["gateway"],
            each["state"],
            f"{format_minor(each['amount_minor'], each['currency'])} {each['currency']}",
            f"{format_minor(each['captured_minor'], came)} {came}",
            format_minor(each["returned_minor"], came),
            each["code"],
        )
    console.print(rows)
    console.print(f"{len(facts)} payments.")


def _print_exceptions(console: Console, facts: list[dict[str, Any]]) -> None:
    rows = table("exception", "kind", "subject", "due", "owner", "why closed")
    for each in facts:
        due = f"{each['due_at']:%Y-%m-%d %H:%M}"
        rows.add_row(
            each["exception"], each["kind"], each["subject"], due, each["owner"], each["why"]
        )
    console.print(rows)
    console.print(f"{len(facts)} exceptions.")
