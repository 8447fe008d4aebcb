"""`baohao payments bank`: transfers, statements, and what is paid out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.text import Text

from baohao.app.bank import by_hand, importing, listing
from baohao.app.bank import carry as transfers
from baohao.app.bank.by_hand import Who
from baohao.app.csv_files import replaced, write_rows
from baohao.app.payments.begin import begin as begin_payment
from baohao.app.payments.listing import facts as payment_facts
from baohao.cli.asking import COUNTER, STAFF, By, Channel, Data, Number, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.cli.reading import number
from baohao.core.money import format_minor
from baohao.outside.ids import new_id
from baohao.wiring import Installation

app = typer.Typer(help="Bank transfers: statements, matching, pay-outs.", no_args_is_help=True)

Row = Annotated[
    UUID, typer.Argument(metavar="ROW", show_default=False, help="As payments bank list says.")
]
Second = Annotated[
    str, typer.Option("--approved-by", show_default=False, help="The second person.")
]


def _state(text: str) -> str:
    if text not in listing.STATES:
        raise typer.BadParameter(f"{text!r} is none; there are {', '.join(listing.STATES)}")
    return text


def carry(opened: Installation) -> Mapping[str, int]:
    """Carry rows that are new; none where no account of ours is known."""
    if opened.settings.bank is None:
        return {}
    with opened.shell() as shell:
        return {f"row {what}": n for what, n in transfers.carry(shell, new_id).items()}


@app.command("begin")
def begin(
    line: Number,
    quote: Annotated[UUID, typer.Argument(metavar="QUOTE", show_default=False)],
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Let a quote be paid by transfer: say to which account, and what is to be written."""
    with house(data) as (opened, shell), opened.payment_ports() as ports:
        wanted = by_hand.transfer_for(number(line), quote, by=by, channel=channel)
        kept = begin_payment(shell, ports, wanted, new_id)
    facts = {"payment": str(kept.payment.id), "state": kept.payment.state.value, **kept.given}
    facts |= {"code": payment_facts(kept)["code"]}
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, show_default=False, help="A statement.")
    ],
    account: Annotated[
        str | None, typer.Option("--account", show_default=False, help="Whose it is, by its key.")
    ] = None,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in a bank's statement; every row once, however often and in which file it comes."""
    with house(data) as (opened, shell):
        of = importing.account_of(opened.bank.accounts, account)
        given = importing.File(name=file.name, data=file.read_bytes(), account=of, by=by)
        statements = importing.read(given)
        work = partial(importing.take_in, file=given, statements=statements)
        taken = shell.run(partial(work, seals=opened.seals, new_id=new_id))
        ran = carry(opened)
    counts = {f"rows {place}": count for place, count in taken.rows.items()}
    facts: dict[str, Any] = {"account": of.key, **asdict(taken), "rows": counts, "became": ran}
    tell(facts, lambda console: _print_taken(console, facts))


@app.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option("--state", parser=_state, metavar="STATE", show_default=False)
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List rows of statements, with what payers wrote; the oldest first."""
    with house(data) as (opened, shell):
        facts = shell.run(lambda conn: list(listing.rows(conn, opened.seals, state)))
    tell(facts, lambda console: _print_rows(console, facts))


@app.command("match")
def match(
    row: Row,
    payment: Annotated[
        UUID, typer.Argument(metavar="PAYMENT", show_default=False, help="As payments list says.")
    ],
    approved_by: Second = "",
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say which payment a transfer is for; what is more than was asked for goes back."""
    who = Who(by=by, approved_by=approved_by)
    with house(data) as (opened, shell):
        shell.run(partial(by_hand.match, row=row, payment=payment, who=who, new_id=new_id))
        facts = shell.run(partial(listing.one, seals=opened.seals, id_=row))
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("return")
def return_(
    row: Row,
    reason: Annotated[str, typer.Option("--reason", show_default=False)],
    approved_by: Second = "",
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Put a transfer that is nobody's on the list of what is paid out."""
    who = Who(by=by, approved_by=approved_by)
    with house(data) as (opened, shell):
        shell.run(partial(by_hand.give_back, row=row, reason=reason, who=who))
        facts = shell.run(partial(listing.one, seals=opened.seals, id_=row))
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("payouts")
def payouts(
    gone: Annotated[bool, typer.Option("--gone", help="Those that have gone, too.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", show_default=False, help="As CSV, for the bank.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List what a person is to pay out, to whom, and what to write."""
    with house(data) as (opened, shell):
        facts = shell.run(partial(listing.payouts, seals=opened.seals, gone=gone))
    if out is not None:
        with replaced(out) as file:
            cells = ([listing.cell(each, name) for name in listing.PAYOUT] for each in facts)
            write_rows(file, listing.PAYOUT, cells)
    tell(facts, lambda console: _print_payouts(console, facts))


@app.command("paid")
def paid(
    payout: Annotated[
        UUID, typer.Argument(metavar="PAYOUT", show_default=False, help="As payouts says.")
    ],
    account: Annotated[
        str | None,
        typer.Option("--account", show_default=False, help="If not from the one on the list."),
    ] = None,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take down that something was paid out, before a statement says so."""
    with house(data) as (opened, shell):
        if account is not None:
            importing.account_of(opened.bank.accounts, account)
        shell.run(partial(by_hand.paid_out, payout=payout, account=account, by=by))
        ran = carry(opened)
    facts = {"payout": str(payout), "is": f"paid, says {by}", **ran}
    tell(facts, lambda console: console.print(pairs(facts)))


# --- printing -------------------------------------------------------------------------------------


def _print_taken(console: Console, facts: dict[str, Any]) -> None:
    said = {"account": facts["account"], **facts["rows"], **facts["became"]}
    said["not booked yet"] = facts["pending"] or ""
    console.print(pairs(said))
    for day in facts["gaps"]:
        text = f"A statement is missing before that of {day}: get it from the bank."
        console.print(text, style="yellow", markup=False)


def _print_rows(console: Console, facts: list[dict[str, Any]]) -> None:
    columns = ("row", "account", "booked", "amount", "state", "from", "text", "for")
    rows = table(*columns, right=("amount",))
    for each in facts:
        amount = f"{format_minor(each['amount_minor'], each['currency'])} {each['currency']}"
        day = f"{each['booked_on']:%Y-%m-%d}"
        # What a payer wrote is no markup.
        words = (Text(each["name"]), Text(each["text"]))
        meant = each["payment"] or "\n".join(f"{payment}?" for payment in each["may_be_for"])
        rows.add_row(each["row"], each["account"], day, amount, each["state"], *words, meant)
    console.print(rows)
    console.print(f"{len(facts)} rows.")


def _print_payouts(console: Console, facts: list[dict[str, Any]]) -> None:
    rows = table("payout", "from", "to", "amount", "write", "gone", right=("amount",))
    for each in facts:
        amount = f"{format_minor(each['amount_minor'], each['currency'])} {each['currency']}"
        to = Text(f"{each['to_name']} {each['to_account']}".strip())
        gone = "" if each["gone_at"] is None else f"{each['gone_at']:%Y-%m-%d}"
        rows.add_row(each["payout"], each["account"], to, amount, each["reference"], gone)
    console.print(rows)
    console.print(f"{sum(each['gone_at'] is None for each in facts)} to be paid out.")
