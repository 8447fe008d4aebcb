"""`baohao agents allot`, `take-back`, `stock`, `float`, `due`: what agents hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app.agents import allotting, customers, floats, registry, stock
from baohao.app.agents.allotting import OUTCOME, REFUSED, Outcome
from baohao.app.csv_files import replaced, write_rows
from baohao.app.readings import By as Sender
from baohao.app.tables import ENDINGS, write_table
from baohao.cli.agents import Key
from baohao.cli.asking import OPERATOR, STAFF, By, Channel, Data, house
from baohao.cli.output import DONE, Json, pairs, table, tell
from baohao.cli.output import REFUSED as EXIT_REFUSED
from baohao.core.money import format_minor
from baohao.outside.ids import new_id
from baohao.wiring import now

#: How many rows a screen shows; files and `--json` have them all.
SHOWN = 50


def _ending(path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() not in ENDINGS:
        raise typer.BadParameter(f"{path.name!r} is not known; there are {' and '.join(ENDINGS)}")
    return path


Cards = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NUMBER]...", show_default=False, help="Numbers, or ICCIDs."),
]
CardFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        exists=True,
        dir_okay=False,
        readable=True,
        show_default=False,
        help="A .csv or .xlsx file with a column of numbers or one of ICCIDs.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        dir_okay=False,
        show_default=False,
        callback=_ending,
        help="A .csv or .xlsx file; by default the terminal.",
    ),
]


def allot(
    agent: Key,
    cards: Cards = None,
    file: CardFile = None,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Hand cards in stock to an agent, who alone may activate them then."""
    _allot(agent, cards, file, by=by, channel=channel, data=data)


def take_back(
    cards: Cards = None,
    file: CardFile = None,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take cards back out of agents' stocks."""
    _allot("", cards, file, by=by, channel=channel, data=data)


def _allot(
    agent: str, cards: list[str] | None, file: Path | None, *, by: str, channel: str, data: Data
) -> None:
    if bool(cards) == bool(file):
        raise typer.BadParameter("give the cards, or --file with them")
    named = allotting.cards_of(file) if file else enumerate(cards or (), start=1)
    counts: Counter[str] = Counter()
    refused: list[Outcome] = []
    with house(data) as (_, shell):
        if agent:
            shell.run(partial(registry.find, key=agent))
        sender = Sender(principal=by, channel=channel, new_id=new_id)
        found = _counted(allotting.allot(shell, agent, named, sender), counts, refused)
        if file is None:
            list(found)
        else:
            with replaced(_beside(file)) as out:
                write_rows(out, OUTCOME, (each.cells for each in found))
    facts = {
        "cards": sum(counts.values()),
        "outcomes": dict(counts),
        "refused": [dict(zip(OUTCOME, each.cells, strict=True)) for each in refused],
        "file": str(_beside(file)) if file else None,
    }
    tell(facts, lambda console: _print(console, facts))
    raise typer.Exit(EXIT_REFUSED if counts[REFUSED] else DONE)


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.outcome.csv")


def _counted(
    outcomes: Iterable[Outcome], counts: Counter[str], refused: list[Outcome]
) -> Iterator[Outcome]:
    for each in outcomes:
        counts[each.outcome] += 1
        if each.outcome == REFUSED and len(refused) < SHOWN:
            refused.append(each)
        yield each


def _print(console: Console, facts: dict[str, Any]) -> None:
    said = ", ".join(f"{count} {what}" for what, count in facts["outcomes"].items())
    console.print(f"{facts['cards']} cards: {said or 'nothing to do'}.")
    for each in facts["refused"]:
        console.print(f"row {each['row']}: {each['card']}: {each['message']}", markup=False)
    if facts["file"]:
        console.print(f"Each row with its outcome: {facts['file']}", markup=False)


def list_stock(agent: Key, out: Out = None, data: Data = None, json: Json = False) -> None:
    """List the cards in an agent's stock, and count them by plan."""
    with house(data) as (_, shell):
        shell.run(partial(registry.find, key=agent))
        plans = shell.run(partial(stock.counted, agent=agent))
        cards = shell.run(lambda conn: list(stock.all_held(conn, agent)))
    facts = {"agent": agent, "cards": sum(plans.values()), "plans": dict(plans)}
    rows = [(card.number, card.iccid, card.plan, card.since.isoformat()) for card in cards]
    _listed(facts, stock.COLUMNS, rows, out)


def float_(agent: Key, data: Data = None, json: Json = False) -> None:
    """Show an agent's float: what is in it, how fast it is spent, when it runs out."""
    with house(data) as (_, shell):
        known = shell.run(partial(registry.find, key=agent))
        found = shell.run(lambda conn: floats.float_of(conn, known, now(conn)))

    def money(minor: int | None) -> str | None:
        return None if minor is None else format_minor(minor, known.currency)

    facts = {
        "agent": agent,
        "currency": known.currency,
        "balance": money(found.balance_minor),
        "spent_7_days": money(found.spent_7_minor),
        "spent_28_days": money(found.spent_28_minor),
        "runs_out_at": found.runs_out_at,
        "alarm": money(known.float_alarm_minor),
        "is_low": found.is_low,
    }
    tell(facts, lambda console: console.print(pairs(facts)))


def due(
    agent: Key,
    days: Annotated[int, typer.Option("--days", min=1, max=36_525, help="How far ahead.")] = 30,
    out: Out = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the numbers of an agent's customers that are lost soon, the first to be lost first."""
    with house(data) as (opened, shell):
        shell.run(partial(registry.find, key=agent))
        rules = opened.library.policies
        rows = shell.run(lambda conn: list(customers.due_list(conn, rules, agent, days)))
    _listed({"agent": agent, "days": days, "due": len(rows)}, customers.COLUMNS, rows, out)


def _listed(
    facts: dict[str, Any], columns: Sequence[str], rows: Sequence[Sequence[str]], out: Path | None
) -> None:
    """Write rows into a file, or tell them."""
    if out is not None:
        write_table(out, columns, rows)
        facts |= {"file": str(out)}
        tell(facts, lambda console: console.print(pairs(facts)))
        return
    facts |= {"rows": [dict(zip(columns, row, strict=True)) for row in rows]}
    listed = table(*columns)
    for row in rows[:SHOWN]:
        listed.add_row(*row)

    def show(console: Console) -> None:
        console.print(pairs({name: said for name, said in facts.items() if name != "rows"}))
        console.print(listed)
        if len(rows) > SHOWN:
            console.print(f"and {len(rows) - SHOWN} more: --out FILE has them all", style="dim")

    tell(facts, show)
