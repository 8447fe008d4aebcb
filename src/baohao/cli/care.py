"""`baohao doctor`, `daily`, `reminders` and `audit`: what keeps a house in order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import audit as audits
from baohao.app import daily as runs
from baohao.app import doctor as doctors
from baohao.app import house as houses
from baohao.app import listing
from baohao.cli.asking import Data, house
from baohao.cli.output import DONE, REFUSED, Json, pairs, table, tell
from baohao.cli.reading import day as day_of
from baohao.cli.reading import instant
from baohao.core.refusals import Malformed
from baohao.outside.ids import new_id

audit_app = typer.Typer(help="The journal: whether it is whole.", no_args_is_help=True)


class SealMalformed(Malformed):
    """{file} holds no seals: give what `baohao audit seal` printed."""

    code = "malformed.seal"


Day = Annotated[
    date | None,
    typer.Option(
        "--day",
        parser=day_of,
        metavar="DATE",
        show_default=False,
        help="UTC; by default yesterday.",
    ),
]


def doctor(data: Data = None, json: Json = False) -> None:
    """Examine every invariant, one query each; exit 1 where one is broken."""
    with house(data) as (_, shell):
        found = shell.run(lambda conn: list(doctors.examine(conn)))
    broken = [f for f in found if f.is_invariant and not f.is_well]
    facts = {
        "well": not broken,
        "findings": [
            {
                "name": f.name,
                "holds": f.holds,
                "looked": f.looked,
                "wrong": f.wrong,
                "invariant": f.is_invariant,
            }
            for f in found
        ],
    }
    tell(facts, lambda console: _print_doctor(console, facts))
    raise typer.Exit(REFUSED if broken else DONE)


def daily(data: Data = None, json: Json = False) -> None:
    """Take down all that has fallen due; run it late or twice, the journal ends the same."""
    with house(data) as (_, shell):
        ran = runs.run(shell, new_id)
    facts = {
        "looked": ran.looked,
        "settled": ran.settled,
        "refused": dict(ran.refused),
        "quotes": ran.quotes,
    }
    tell(facts, lambda console: console.print(pairs(facts)))


def reminders(
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=instant, metavar="INSTANT", show_default=False),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", parser=instant, metavar="INSTANT", show_default=False),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the reminders that fall due; by default those of the next day."""
    with house(data) as (opened, shell):
        begin = since or shell.run(houses.house).now
        end = until or begin + timedelta(days=1)
        rules, wishes_of = opened.library.policies, opened.teller().wishes_of
        found = shell.run(lambda conn: list(listing.reminders(conn, rules, begin, end, wishes_of)))
    facts = {"from": begin, "to": end, "reminders": found}
    tell(facts, lambda console: _print_reminders(console, found))


@audit_app.command()
def verify(
    seal: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            show_default=False,
            help="Seals that were kept outside; against them a cut tail shows.",
        ),
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Hold every chain, row and sealed day against each other; exit 1 where one does not hold."""
    exported = dict(_seals(file) for file in seal) if seal else None
    with house(data) as (opened, shell):
        rules = opened.library.policies
        found = shell.run(lambda conn: audits.verify(conn, rules, exported=exported))
    facts = {
        "subjects": found.subjects,
        "events": found.events,
        "days": found.days,
        "faults": [{"subject": f.subject, "seq": f.seq, "what": f.what} for f in found.faults],
    }
    tell(facts, lambda console: _print_audit(console, facts))
    raise typer.Exit(REFUSED if found.faults else DONE)


@audit_app.command("seal")
def seal_day(day: Day = None, data: Data = None, json: Json = False) -> None:
    """Seal a day, and print the roots: keep them outside the house."""
    with house(data) as (_, shell):
        wanted = day or shell.run(houses.house).now.astimezone(UTC).date() - timedelta(days=1)
        text = shell.run(lambda conn: audits.seal(conn, wanted))
    facts = {"day": wanted, "seal": text}
    tell(facts, lambda _: typer.echo(text, nl=False))


def _seals(file: Path) -> tuple[date, str]:
    try:
        text = file.read_text(encoding="utf-8")
        day = audits.sealed_day(text)
    except ValueError:
        raise SealMalformed(file=file.name) from None
    return day, text


def _print_doctor(console: Console, facts: dict[str, Any]) -> None:
    rows = table("", "what holds", "looked at", "wrong", right=("looked at", "wrong"))
    for each in facts["findings"]:
        sign = "✓" if not each["wrong"] else "✗" if each["invariant"] else "!"
        rows.add_row(sign, each["holds"], str(each["looked"]), str(each["wrong"]))
    console.print(rows)
    if facts["well"]:
        console.print("Nothing is broken.", style="green")
    else:
        console.print(
            "Something is broken: stop selling, keep the database as it is (baohao db backup), "
            "and look with baohao audit verify.",
            style="red",
        )


def _print_reminders(console: Console, found: list[dict[str, Any]]) -> None:
    rows = table("due", "number", "of", "last good day", "days before", "by")
    for each in found:
        rows.add_row(
            each["due_at"],
            each["number"],
            each["subject"],
            each["last_day"],
            str(each["lead_days"]),
            ", ".join(each["channels"]),
        )
    console.print(rows)
    console.print(f"{len(found)} reminders.")


def _print_audit(console: Console, facts: dict[str, Any]) -> None:
    for fault in facts["faults"]:
        console.print(f"{fault['subject']} at {fault['seq']}: {fault['what']}", markup=False)
    style = "red" if facts["faults"] else "green"
    said = f"{len(facts['faults'])} faults" if facts["faults"] else "nothing wrong"
    console.print(
        f"{facts['subjects']} chains of {facts['events']} events and {facts['days']} sealed days: "
        f"{said}.",
        style=style,
    )
