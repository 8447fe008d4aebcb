"""`baohao payments` and `exceptions`: money through gateways, and what waits for a person."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from baohao.app.payments import claims, exceptions, listing, refunding
from baohao.app.payments.begin import Asked, Beginning, begin
from baohao.app.tables import write_table
from baohao.cli import bank
from baohao.cli.asking import STAFF, By, Data, Key, Number, house
from baohao.cli.output import Json, as_json, pairs, table, tell
from baohao.cli.reading import number as read_number
from baohao.core.money import format_minor, parse_minor
from baohao.outside.ids import new_id
from baohao.wiring import installation

app = typer.Typer(help="Money that comes through payment gateways.", no_args_is_help=True)
app.add_typer(bank.app, name="bank")
exceptions_app = typer.Typer(help="What waits for a person, with a clock.", no_args_is_help=True)

Payment = Annotated[
    UUID, typer.Argument(metavar="PAYMENT", show_default=False, help="As payments list says.")
]
Exception_ = Annotated[
    UUID, typer.Argument(metavar="EXCEPTION", show_default=False, help="As exceptions list says.")
]


Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, show_default=False, help="A .csv or .xlsx file."),
]
#: What a file of exceptions has.
_COLUMNS = (
    *("exception", "kind", "subject", "said", "opened_at", "due_at", "age_hours", "owner"),
    *("to_do", "action", "closed_by", "why", "closed_at"),
)


def _kind(text: str) -> str:
    if text not in exceptions.ACTIONS:
        raise typer.BadParameter(f"{text!r} is none; there are {', '.join(exceptions.ACTIONS)}")
    return text


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return as_json(value)
    return "" if value is None else str(value)


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
    opened = installation(data)
    with opened.payments() as carrier:
        ran = {**bank.carry(opened), **carrier.run()}
    tell(ran, lambda console: console.print(pairs(ran) if ran else "Nothing is due."))


@app.command("begin")
def begin_(
    number: Number,
    quote: Annotated[UUID, typer.Argument(metavar="QUOTE", show_default=False)],
    through: Annotated[
        str, typer.Option("--through", show_default=False, help="Which gateway: stripe, wechat ...")
    ],
    way: Annotated[str, typer.Option("--way", help="How they pay: page, qr, jsapi, h5.")] = "qr",
    payer: Annotated[str, typer.Option("--payer", show_default=False)] = "",
    back: Annotated[
        str, typer.Option("--back", show_default=False, help="Where their browser goes back to.")
    ] = "",
    about: Annotated[str, typer.Option("--about", help="What the payer reads.")] = "baohao",
    keeps: Annotated[
        bool, typer.Option("--keeps", help="They agree to be charged again without them.")
    ] = False,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let a quote be paid; print what the payer is given. Again, it is the same order."""
    asked = Asked(
        description=about,
        way=way,
        payer=payer,
        return_url=back,
        keeps=keeps,
        by=by,
        channel="counter",
    )
    beginning = Beginning(
        number=read_number(number), quote=quote, gateway=through, asked=asked, said={}
    )
    house_ = installation(data)
    with house_.payment_ports() as ports, house_.shell() as shell:
        kept = begin(shell, ports, beginning, new_id)
    facts = listing.facts(kept) | {"given": dict(kept.given)}
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("claim")
def claim(
    payment: Payment,
    reason: Annotated[str, typer.Option("--reason", show_default=False)],
    paid_into: Annotated[
        str,
        typer.Option(
            "--paid-into",
            metavar="BANK",
            show_default=False,
            help="They paid it after all, into this bank account of ours; else it is given up.",
        ),
    ] = "",
    amount: Annotated[
        str | None, typer.Option("--amount", show_default=False, help="Else all of it.")
    ] = None,
    approved_by: Annotated[
        str, typer.Option("--approved-by", show_default=False, help="The second person.")
    ] = "",
    key: Key = None,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Close what is claimed of a payer whose bank took money back: it was paid, or is given up."""
    with house(data) as (_, shell):
        currency = shell.run(partial(listing.payment, id_=payment)).payment.advance.currency
        closing = claims.Closing(
            payment=payment,
            amount_minor=None if amount is None else parse_minor(amount, currency),
            bank=paid_into,
            reason=reason,
            by=by,
            approved_by=approved_by,
            key=key or str(new_id()),
        )
        claims.close(shell, closing, new_id)
        facts = shell.run(partial(listing.whole, id_=payment))
    tell(facts, lambda console: console.print(pairs(facts)))


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
    kind: Annotated[
        str | None,
        typer.Option("--kind", parser=_kind, metavar="KIND", show_default=False),
    ] = None,
    out: Out = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what waits for a person, whose clock runs out first."""
    with house(data) as (_, shell):
        facts = shell.run(partial(listing.waiting, closed=closed, kind=kind))
    if out is not None:
        write_table(out, _COLUMNS, ([_cell(each[name]) for name in _COLUMNS] for each in facts))
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
    rows = table("exception", "kind", "subject", "age", "due", "owner", "to do, or why closed")
    for each in facts:
        age = "{}d {}h".format(*divmod(each["age_hours"], 24))
        due = f"{each['due_at']:%Y-%m-%d %H:%M}"
        last = each["why"] or each["to_do"]
        rows.add_row(
            each["exception"], each["kind"], each["subject"], age, due, each["owner"], last
        )
    console.print(rows)
    console.print(f"{len(facts)} exceptions.")
