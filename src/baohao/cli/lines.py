"""`baohao lines show` and `lines export`: what is true of a line, and of all lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import listing
from baohao.app import show as shows
from baohao.app.csv_files import replaced, write_rows
from baohao.cli.asking import Data, Number, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.cli.play import between, safe
from baohao.cli.reading import instant, number
from baohao.core.policy.model import SERVICES

MaybeAt = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        parser=instant,
        metavar="INSTANT",
        show_default=False,
        help="With its offset; by default now. Of the past: by all that is known of it today.",
    ),
]
#: Messages and acts that a screen shows; `--json` has them all.
SHOWN = 12


def show(line: Number, at: MaybeAt = None, data: Data = None, json: Json = False) -> None:
    """Show a line: until when it is safe, what works where, what comes next, what happened."""
    subject = number(line)
    with house(data) as (opened, shell):
        told = shell.run(lambda conn: shows.show(conn, opened.terms(), subject, at))
    tell(told, lambda console: _print(console, told))


def export(
    form: Annotated[str, typer.Option("--format", help="csv")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option("--out", dir_okay=False, show_default=False, help="By default the terminal."),
    ] = None,
    data: Data = None,
) -> None:
    """Write all lines as a table, each with its stage and the last day on which it is safe."""
    if form != "csv":
        raise typer.BadParameter(f"{form!r} is not known; there is csv")

    def write(rows: Iterable[Mapping[str, object]]) -> None:
        cells = (tuple(row.values()) for row in rows)
        if out is None:
            write_rows(sys.stdout, listing.COLUMNS, cells)
            return
        with replaced(out) as file:
            write_rows(file, listing.COLUMNS, cells)

    with house(data) as (opened, shell):
        rules = opened.library.policies
        shell.run(lambda conn: write(listing.lines(conn, rules)))


def _print(console: Console, told: dict[str, Any]) -> None:
    _head(console, told)
    for row in told["timeline"]:
        console.print(row, markup=False)
    works = table("where", "what works")
    for place, services in told["services"].items():
        works.add_row(place, _works(services))
    console.print(works)
    clocks = table("clock", "last good day", "operator says", "differs")
    for name, deadline in told["clocks"].items():
        seen = told["observed"].get(name, {})
        differs = seen.get("differs_days")
        clocks.add_row(
            name,
            between(deadline),
            str(seen.get("last_day", "")),
            "" if not differs else f"{differs:+d} days",
        )
    console.print(clocks)
    _money(console, told)
    _ahead(console, told)
    _ways(console, told)
    _past(console, told)


def _head(console: Console, told: dict[str, Any]) -> None:
    stage, tenure, card = told["stage"], told["tenure"], told["card"]
    left = told["days_left"]
    days = "" if left is None or left < 0 else f" ({left} days left)"
    ahead = told["next"]
    console.print(
        pairs(
            {
                "number": told["number"],
                "plan": f"{told['operator']} {told['plan']}, {told['policy']} @ {told['version']}",
                "custody": told["custody"] if told["custody"] != "issued" else "",
                "card": card["iccid"],
                "in the stock of": told["agent"],
                "held by": tenure["holder"] or "not registered" if tenure else "nobody",
                "at": minute(told["at"]),
                "stage": stage if isinstance(stage, str) else " or ".join(stage),
                "safe until": safe(told) + days,
                "service until": between(told["service_until"]) if told["service_until"] else "",
                "next": f"{ahead['what']}: {ahead['of']}, {minute(ahead['at'])}" if ahead else "",
                "parked": "yes" if told["parked"] else "",
                "on hold": "yes" if told["held"] else "",
                "standing order": _order(told["order"]),
                "left": ", ".join(f"{n} {name}" for name, n in told["allowances"].items()),
            }
        )
    )
    console.print()


def _order(order: dict[str, Any] | None) -> str:
    """Say what a line's standing order does next."""
    if order is None:
        return ""
    if order["stopped_at"]:
        return f"stopped, {minute(order['stopped_at'])}"
    ahead = order["next"]
    went = f" (the last charge failed: {order['code']})" if order["code"] else ""
    what = f"{ahead['what']}, {minute(ahead['at'])}" if ahead else "nothing for this deadline"
    return f"{order['payer']} pays; next: {what}{went}"


def _works(services: list[str]) -> str:
    return "everything" if len(services) == len(SERVICES) else ", ".join(services) or "nothing"


def minute(instant_: str) -> str:
    """Write an instant for a screen: its zone is the policy's, said once in the plan."""
    return instant_[:16].replace("T", " ")


def _money(console: Console, told: dict[str, Any]) -> None:
    balances = told["balances"]
    if balances and "worlds" not in balances:
        rows = table("balance", "computed", "operator says", right=("computed", "operator says"))
        for name, amount in balances.items():
            rows.add_row(name, amount, str(told["observed"].get(name, {}).get("amount", "")))
        console.print(rows)
    if isinstance(told["benefits"], list) and told["benefits"]:
        rows = table("benefit", "clock", "from", "to", "by")
        for each in told["benefits"]:
            rows.add_row(
                each["kind"], each["clock"], minute(each["from"]), minute(each["to"]), each["of"]
            )
        console.print(rows)


def _ahead(console: Console, told: dict[str, Any]) -> None:
    if isinstance(told["ahead"], list) and told["ahead"]:
        rows = table("if nothing happens", "from")
        for each in told["ahead"]:
            rows.add_row(each["stage"], minute(each["at"]))
        console.print(rows)
    if told["reminders"]:
        rows = table("reminder", "at", "days before")
        for each in told["reminders"][:SHOWN]:
            rows.add_row(each["subject"], minute(each["due_at"]), str(each["lead_days"]))
        console.print(rows)


def _ways(console: Console, told: dict[str, Any]) -> None:
    if told["offers"]:
        rows = table("may be bought", "term", "price", right=("price",))
        for each in told["offers"]:
            price = f"{each['currency']} {each['price']}"
            rows.add_row(f"{each['what']}: {each['title']}", each["term"] or "", price)
        console.print(rows)
    if told["how"]:
        rows = table("how", "where", "what to do", "from abroad")
        for each in told["how"]:
            do = "; ".join(filter(None, (each["dial"], each["page"], *each["steps"])))
            abroad = {True: "yes", False: "no", None: "not known"}[each["abroad"]]
            rows.add_row(each["act"], each["channel"], do, abroad)
        console.print(rows)


def _past(console: Console, told: dict[str, Any]) -> None:
    rows = table("when", "what", "amount", "by", "where", right=("amount",))
    for each in told["history"][-SHOWN:]:
        rows.add_row(
            minute(each["effective_at"]),
            each["what"],
            each.get("amount", ""),
            each["by"],
            each["channel"],
        )
    console.print(rows)
    if told["sold"]:
        rows = table("sold", "at", "total", "paid from", "promotions", right=("total",))
        for each in told["sold"]:
            total = f"{each['currency']} {each['total']}"
            said = ", ".join(each["promotions"])
            rows.add_row(each["id"], minute(each["at"]), total, each["paid"], said)
        console.print(rows)
