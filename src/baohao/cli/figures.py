"""`baohao books revenue`, `deferred` and `floats`: figures for those who keep the accounts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from baohao.app import figures, tables
from baohao.app import house as houses
from baohao.cli.asking import Data, house
from baohao.cli.books import Month
from baohao.cli.output import Json, table, tell
from baohao.core.books.chart import Account
from baohao.core.money import format_minor

Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, show_default=False, help="A .csv or .xlsx file."),
]
Rows = list[dict[str, str]]


def revenue(month: Month, out: Out = None, data: Data = None, json: Json = False) -> None:
    """Show what became revenue in a month, and what was sold by plan, channel, agent and means."""
    with house(data) as (_, shell):
        income = shell.run(lambda conn: figures.revenue(conn, month))
        sold = shell.run(lambda conn: figures.sold(conn, month))
    earned: Rows = []
    for text, minor in income.items():
        account = Account.parse(text)
        amount = format_minor(minor, account.currency)
        named = {"kind": account.kind.value, "of": account.owner, "currency": account.currency}
        earned.append(named | {"amount": amount})
    through: Rows = [
        {
            "plan": each.plan,
            "channel": each.channel,
            "agent": each.agent,
            "means": each.means,
            "currency": each.currency,
            "count": str(each.count),
            "sold": format_minor(each.sold_minor, each.currency),
            "reversed": format_minor(each.reversed_minor, each.currency),
        }
        for each in sold
    ]
    facts: dict[str, object] = {"month": month.isoformat()[:7], "earned": earned, "sold": through}
    heads = (("kind", "of", "currency", "amount"), _SOLD)
    _tell(facts, [(heads[0], earned), (heads[1], through)], out)


def deferred(month: Month, out: Out = None, data: Data = None, json: Json = False) -> None:
    """Show how deferred revenue moved in a month: opening, added, reversed, released, closing."""
    with house(data) as (_, shell):
        rolled = shell.run(lambda conn: figures.roll_forward(conn, month))
    plans: Rows = []
    for each in rolled:
        amounts = (
            *(each.opening_minor, each.added_minor, each.reversed_minor),
            *(each.released_minor, each.other_minor, each.closing_minor),
        )
        said = {n: format_minor(m, each.currency) for n, m in zip(_ROLLED, amounts, strict=True)}
        plans.append({"plan": each.plan, "currency": each.currency, **said})
    facts: dict[str, object] = {"month": month.isoformat()[:7], "plans": plans}
    _tell(facts, [(("plan", "currency", *_ROLLED), plans)], out)


def floats(out: Out = None, data: Data = None, json: Json = False) -> None:
    """Show how long agents' prepaid money has been lying; what came first is spent first."""
    with house(data) as (_, shell):
        aged = shell.run(lambda conn: figures.ageing(conn, houses.house(conn).now))
    ages = (*(f"under_{most}_days" for most in figures.AGES_DAYS), "older")
    found: Rows = []
    for each in aged:
        account = Account.parse(each.account)
        said = {
            name: format_minor(minor, account.currency)
            for name, minor in zip(ages, each.by_age_minor, strict=True)
        }
        balance = format_minor(each.balance_minor, account.currency)
        agent = {"agent": account.owner, "currency": account.currency, "balance": balance}
        found.append(agent | said)
    _tell({"floats": found}, [(("agent", "currency", "balance", *ages), found)], out)


_SOLD = ("plan", "channel", "agent", "means", "currency", "count", "sold", "reversed")
_ROLLED = ("opening", "added", "reversed", "released", "other", "closing")
_WORDS = frozenset({"kind", "of", "plan", "channel", "agent", "means", "currency"})


def _tell(
    facts: dict[str, object], shown: list[tuple[Sequence[str], Rows]], out: Path | None
) -> None:
    """Print tables; the last of them is written to the file."""
    columns, found = shown[-1]
    if out is not None:
        tables.write_table(out, columns, ([row[name] for name in columns] for row in found))
        facts["file"] = str(out)
    listed = []
    for heads, of in shown:
        made = table(*heads, right=[name for name in heads if name not in _WORDS])
        for row in of:
            made.add_row(*(row[name] for name in heads))
        listed.append(made)
    tell(facts, lambda console: console.print(*listed, sep="\n"))
