"""`baohao till`: a clerk's shift, from the counted float to the counted drawer."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from baohao.app import tills
from baohao.cli.asking import (
    COUNTER,
    STAFF,
    By,
    Channel,
    Data,
    Key,
    decided,
    house,
    made,
)
from baohao.cli.output import Json, pairs, tell
from baohao.core.books.chart import Account
from baohao.core.money import format_minor, parse_minor
from baohao.core.shifts import Shift

app = typer.Typer(help="Tills: shifts, and their blind count.", no_args_is_help=True)

_PIECES = re.compile(r"([0-9.]+)x([0-9]{1,9})", re.ASCII)

Till = Annotated[str, typer.Argument(metavar="TILL", show_default=False, help="hall-1")]
Currency = Annotated[str, typer.Option("--currency", help="Of the till.")]
Amount = Annotated[str, typer.Option("--amount", show_default=False, help="As in 500.00.")]
ApprovedBy = Annotated[
    str | None, typer.Option("--approved-by", show_default=False, help="The second person.")
]
Reason = Annotated[str | None, typer.Option("--reason", show_default=False, help="Why it differs.")]


@app.command("open")
def open_(
    till: Till,
    float_: Annotated[str, typer.Option("--float", show_default=False, help="As counted.")],
    approved_by: ApprovedBy = None,
    reason: Reason = None,
    currency: Currency = "MOP",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Open a shift; whoever asks (--by) is its clerk, and has counted the float."""
    subject = tills.till_of(till, currency)
    asked = {
        "float_minor": _minor(float_, subject),
        "approved_by": approved_by,
        "reason": reason,
    }
    _ask("open_shift", subject, asked, key=key, by=by, channel=channel, data=data)


@app.command()
def drop(
    till: Till,
    amount: Amount,
    safe: Annotated[str, typer.Option("--safe", help="The account that the safe is.")] = "safe",
    approved_by: ApprovedBy = None,
    currency: Currency = "MOP",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take cash out of the drawer into the safe, in the middle of a shift."""
    subject = tills.till_of(till, currency)
    asked = {"amount_minor": _minor(amount, subject), "bank": safe, "approved_by": approved_by}
    _ask("drop", subject, asked, key=key, by=by, channel=channel, data=data)


@app.command()
def count(
    till: Till,
    pieces: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PIECES...", show_default=False, help="100.00x3 0.50x7; none: empty"
        ),
    ] = None,
    approved_by: ApprovedBy = None,
    currency: Currency = "MOP",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Count the drawer, once; what must be in it is told by nobody before."""
    subject = tills.till_of(till, currency)
    asked = {"pieces": _pieces(pieces or [], subject), "approved_by": approved_by}
    _ask("count", subject, asked, key=key, by=by, channel=channel, data=data)


@app.command("close")
def close(
    till: Till,
    leave: Annotated[str, typer.Option("--leave", help="Left as the next float.")] = "0",
    bank: Annotated[str, typer.Option("--bank", help="Where the rest goes.")] = "main",
    approved_by: ApprovedBy = None,
    reason: Reason = None,
    currency: Currency = "MOP",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Close a shift that was counted; what is short or over needs a second person and a reason."""
    subject = tills.till_of(till, currency)
    asked = {
        "leave_minor": _minor(leave, subject),
        "bank": bank,
        "approved_by": approved_by,
        "reason": reason,
    }
    _ask("close_shift", subject, asked, key=key, by=by, channel=channel, data=data)


@app.command()
def show(till: Till, currency: Currency = "MOP", data: Data = None, json: Json = False) -> None:
    """Show the last shift of a till, as far as its clerk may know it."""
    subject = tills.till_of(till, currency)
    with house(data) as (_, shell):
        shift = shell.run(lambda conn: tills.last_shift(conn, subject))
    facts = {"till": subject} if shift is None else _facts(subject, shift)
    tell(facts, lambda console: console.print(pairs(facts)))


def _minor(text: str, subject: str) -> int:
    return parse_minor(text, Account.parse(subject).currency)


def _pieces(said: list[str], subject: str) -> dict[str, int]:
    """Read "100.00x3" and the like; those of one face are added up."""
    found: dict[str, int] = {}
    for text in said:
        match = _PIECES.fullmatch(text)
        if match is None:
            raise typer.BadParameter(f"{text!r} is no count: write face and pieces, as 100.00x3")
        face = str(_minor(match[1], subject))
        found[face] = found.get(face, 0) + int(match[2])
    return found


def _ask(
    verb: str,
    subject: str,
    asked: dict[str, Any],
    *,
    key: str | None,
    by: str,
    channel: str,
    data: Data,
) -> None:
    with house(data) as (_, shell):
        answer = decided(shell, made(verb, subject, asked, by=by, channel=channel, key=key))
    currency = Account.parse(subject).currency
    amounts = {
        name: format_minor(int(value), currency)
        for name, value in answer.answer.items()
        if name != "shift"
    }
    facts = {"till": subject, "shift": answer.answer["shift"], **amounts}
    facts |= {"currency": currency, "repeated": answer.is_repeat}
    tell(facts, lambda console: console.print(pairs(facts)))


def _facts(subject: str, shift: Shift) -> dict[str, Any]:
    currency = Account.parse(subject).currency

    def money(minor: int | None) -> str | None:
        return None if minor is None else format_minor(minor, currency)

    return {
        "till": subject,
        "shift": shift.n,
        "clerk": shift.clerk,
        "state": "closed" if not shift.is_open else "counted" if shift.is_counted else "open",
        "opened": shift.opened_at,
        "float": money(shift.float_minor),
        "brought": money(shift.brought_minor),
        "dropped": money(shift.dropped_minor),
        "counted_at": shift.counted_at,
        "counted": money(shift.counted_minor),
        "expected": money(shift.expected_minor),
        "difference": money(shift.difference_minor),
        "takings": money(shift.takings_minor),
        "closed": shift.closed_at,
        "left": money(shift.left_minor),
        "approved_by": shift.approved_by,
        "currency": currency,
    }
