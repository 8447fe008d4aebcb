"""`baohao points` and `baohao day`: issuing points, and their days that are closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import days, tables
from baohao.app.receipts import paid
from baohao.cli.asking import STAFF, By, Data, house
from baohao.cli.output import DONE, REFUSED, Json, pairs, table, tell
from baohao.cli.point_words import particulars
from baohao.cli.reading import day as day_of
from baohao.core.money import format_minor
from baohao.core.points import ClosedDay, Particulars, Point, PointUnknown

app = typer.Typer(help="Days of issuing points, closed for good.", no_args_is_help=True)
points_app = typer.Typer(help="Issuing points: where people pay.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="POINT", show_default=False, help="hall")]
Day = Annotated[
    date, typer.Argument(parser=day_of, metavar="DAY", show_default=False, help="2026-03-01")
]
Tills = Annotated[
    list[str] | None,
    typer.Option("--till", show_default=False, help="As in till:hall-1:MOP; may come again."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, show_default=False, help="A .csv or .xlsx file."),
]
NameIn = Annotated[
    list[str] | None,
    typer.Option(
        "--name-in",
        metavar="LANG=NAME",
        show_default=False,
        help="Its name in another language, as in zh-Hant=氹仔營業廳; may come again.",
    ),
]
Address = Annotated[
    list[str] | None,
    typer.Option(
        "--address",
        metavar="[LANG=]ADDRESS",
        show_default=False,
        help="Street and house, as in pt='Rua Direita 1, Taipa'; may come again.",
    ),
]
Hours = Annotated[
    list[str] | None,
    typer.Option(
        "--hours",
        metavar="DAYS=HOURS",
        show_default=False,
        help="As in mon-fri=10:00-13:00,14:30-19:00 or sat=10:00-18:00; may come again. Days that "
        "are not named are closed.",
    ),
]
Phone = Annotated[str | None, typer.Option("--phone", show_default=False, help="Of the shop.")]
Email = Annotated[str | None, typer.Option("--email", show_default=False, help="Of the shop.")]
Company = Annotated[
    str | None,
    typer.Option("--company", show_default=False, help="Who sells there, if not the operator."),
]
Registration = Annotated[
    str | None,
    typer.Option("--registration", show_default=False, help="In the register of companies."),
]
TaxNumber = Annotated[
    str | None, typer.Option("--tax-number", show_default=False, help="As a taxpayer.")
]
_COLUMNS = ("means", "what", "verb", "plan", "currency", "count", "amount")


@points_app.command("add")
def add(
    point: Key,
    name: Annotated[str, typer.Option("--name", show_default=False, help="As on receipts.")],
    operator: Annotated[str, typer.Option("--operator", show_default=False)],
    till: Tills = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", show_default=False, help="By default its operator's."),
    ] = None,
    name_in: NameIn = None,
    address: Address = None,
    phone: Phone = None,
    email: Email = None,
    hours: Hours = None,
    company: Company = None,
    registration: Registration = None,
    tax_number: TaxNumber = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Register an issuing point: what it is called, where it is, its tills."""
    told = particulars(
        Particulars(),
        names=name_in,
        addresses=address,
        hours=hours,
        phone=phone,
        email=email,
        company=company,
        registration=registration,
        tax_number=tax_number,
    )
    with house(data) as (opened, shell):
        operators = opened.library.operators
        here = operators[operator].zone_name if operator in operators else ""
        made = Point(
            key=point,
            operator=operator,
            name=name,
            zone=zone or here,
            tills=tuple(sorted(set(till or ()))),
            told=told,
        )
        shell.run(lambda conn: days.add(conn, made, operators))
    _told(made)


@points_app.command("change")
def change(
    point: Key,
    name: Annotated[str | None, typer.Option("--name", show_default=False)] = None,
    till: Tills = None,
    name_in: NameIn = None,
    address: Address = None,
    phone: Phone = None,
    email: Email = None,
    hours: Hours = None,
    company: Company = None,
    registration: Registration = None,
    tax_number: TaxNumber = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """
    Change what is said of an issuing point; what is not named stays, and "" takes it away.

    Receipts that were given and days that are closed keep what was true then.
    """
    with house(data) as (_, shell):
        was = shell.run(days.known).get(point)
        if was is None:
            raise PointUnknown(point=point)
        stand = tuple(sorted(set(till))) if till else was.tills
        told = particulars(
            was.told,
            names=name_in,
            addresses=address,
            hours=hours,
            phone=phone,
            email=email,
            company=company,
            registration=registration,
            tax_number=tax_number,
        )
        made = replace(was, name=name or was.name, tills=stand, told=told)
        shell.run(lambda conn: days.change(conn, made))
    _told(made)


@points_app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List all issuing points."""
    with house(data) as (_, shell):
        found = [_point(point) for point in shell.run(days.known).values()]
    listed = table("point", "operator", "name", "zone", "tills")
    for each in found:
        cells = (each["point"], each["operator"], each["name"], each["zone"])
        listed.add_row(*cells, ", ".join(each["tills"]))
    tell(found, lambda console: console.print(listed))


@app.command("close")
def close(
    point: Key,
    day: Day,
    out: Out = None,
    by: By = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Close a day that is over, once all its shifts are closed; it never changes afterwards."""
    with house(data) as (_, shell):
        closed = shell.run(lambda conn: days.close_day(conn, point, day, by=by))
    _show(closed, out)


@app.command("show")
def show(point: Key, day: Day, out: Out = None, data: Data = None, json: Json = False) -> None:
    """Show a day as it was closed; exit 1 where its entries are not those of then."""
    with house(data) as (_, shell):
        closed = shell.run(lambda conn: days.day_of(conn, point, day))
    _show(closed, out)
    raise typer.Exit(DONE if closed.is_whole else REFUSED)


def _show(closed: ClosedDay, out: Path | None) -> None:
    totals = [
        {name: each[name] for name in _COLUMNS[:-1]}
        | {"amount": format_minor(each["minor"], each["currency"])}
        for each in closed.totals
    ]
    if out is not None:
        tables.write_table(out, _COLUMNS, ([str(each[n]) for n in _COLUMNS] for each in totals))
    facts = {
        "point": closed.point,
        "day": closed.day,
        "tills": list(closed.tills),
        "closed": closed.closed_at,
        "by": closed.closed_by,
        "digest": closed.digest.hex(),
        "whole": closed.is_whole,
        "totals": totals,
        "file": str(out) if out else None,
    }
    tell(facts, lambda console: _print(console, facts))


def _print(console: Console, facts: dict[str, Any]) -> None:
    console.print(pairs({name: value for name, value in facts.items() if name != "totals"}))
    listed = table(*_COLUMNS, right=("count", "amount"))
    for each in facts["totals"]:
        listed.add_row(*(str(each[name]) for name in _COLUMNS))
    console.print(listed)
    if not facts["whole"]:
        console.print("Its entries are not those that it was closed with: baohao doctor.")


def _told(point: Point) -> None:
    facts = _point(point)
    shown = {
        name: " · ".join(_said(*each) for each in value.items())
        if isinstance(value, dict)
        else value
        for name, value in facts.items()
    }
    shown["tills"] = ", ".join(point.tills)
    tell(facts, lambda console: console.print(pairs(shown)))


def _said(key: str, value: str | list[str]) -> str:
    return f"{key} {value if isinstance(value, str) else ', '.join(value)}".strip()


def _point(point: Point) -> dict[str, Any]:
    return {
        "point": point.key,
        "operator": point.operator,
        "name": point.name,
        **paid.told(point),
        "zone": point.zone,
        "tills": list(point.tills),
    }
