"""`baohao upkeep` and `policy upkeep`: the cheapest way to keep a number until a day."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import brochure
from baohao.app import upkeep as plans
from baohao.app.policies import load
from baohao.cli.asking import Data, house
from baohao.cli.output import REFUSED, Json, pairs, table, tell
from baohao.cli.policy import Begins, faults
from baohao.cli.reading import ReadableFile, day, number
from baohao.core.upkeep.plan import MARGIN_DAYS

Until = Annotated[
    date,
    typer.Option(
        "--until", parser=day, metavar="DATE", show_default=False, help="The last day to be safe."
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="ACT", show_default=False, help="Only such acts: topup, pack, sms_out ..."
    ),
]
Channel = Annotated[
    list[str] | None,
    typer.Option("--channel", show_default=False, help="Only there: app, counter, ussd ..."),
]
Abroad = Annotated[bool, typer.Option("--abroad", help="Only what is known to work from abroad.")]
Price = Annotated[
    list[str] | None,
    typer.Option(
        "--price",
        metavar="WHAT=AMOUNT",
        show_default=False,
        help="What an act or a pack costs where the policy does not say.",
    ),
]
Margin = Annotated[
    int, typer.Option("--margin", min=0, max=90, help="Days before the last safe one.")
]


def upkeep(
    line: Annotated[str, typer.Argument(metavar="NUMBER", show_default=False)],
    until: Until,
    by: By = None,
    channel: Channel = None,
    price: Price = None,
    abroad: Abroad = False,
    margin: Margin = MARGIN_DAYS,
    data: Data = None,
    json: Json = False,
) -> None:
    """Find the cheapest acts that keep a number until a day, and when to do each."""
    wanted = _wanted(until, by, channel, price, abroad=abroad, margin=margin)
    found = number(line)
    with house(data) as (opened, shell):
        rules = opened.terms().rules
        plan = shell.run(partial(plans.of_line, rules=rules, number=found, wanted=wanted))
    _tell(plans.told(plan))


def of_policy(
    file: ReadableFile,
    until: Until,
    begins: Begins = None,
    by: By = None,
    channel: Channel = None,
    price: Price = None,
    abroad: Abroad = False,
    margin: Margin = MARGIN_DAYS,
    json: Json = False,
) -> None:
    """Find the least that a holder can pay under a policy, from the activation of a line on."""
    loaded = load(file)
    if loaded.policy is None:
        faults(loaded.findings)
        raise typer.Exit(REFUSED)
    wanted = _wanted(until, by, channel, price, abroad=abroad, margin=margin)
    policy = loaded.policy
    first = brochure.morning(policy, begins or policy.effective_from)
    _tell(plans.told(plans.of_policy(policy, first, wanted)))


def _wanted(
    until: date,
    by: list[str] | None,
    channel: list[str] | None,
    price: list[str] | None,
    *,
    abroad: bool,
    margin: int,
) -> plans.Wanted:
    prices = {}
    for each in price or ():
        what, equals, amount = each.partition("=")
        if not equals or not what or not amount:
            raise typer.BadParameter(f"{each!r} is no price: write it as in sms_out=0.30")
        prices[what] = amount
    return plans.Wanted(
        until=until,
        kinds=frozenset(by) if by else None,
        channels=frozenset(channel) if channel else None,
        abroad=abroad,
        prices=prices,
        margin_days=margin,
    )


def _tell(facts: dict[str, Any]) -> None:
    tell(facts, lambda console: _print(console, facts))


def _print(console: Console, facts: dict[str, Any]) -> None:
    currency, above = facts["currency"], facts["at_most_above_least_percent"]
    console.print(
        pairs(
            {
                "policy": facts["policy"],
                "safe until": facts["safe_until"] or "no end in sight",
                "costs": f"{currency} {facts['cost']}",
                "a year": f"{currency} {facts['a_year']}",
                "at most above the least": f"{above} %" if above else "",
            }
        )
    )
    steps = table("on", "do", "costs", "how", "without it", "with it", right=("costs",))
    for step in facts["steps"]:
        times = f"{step['times']} × " if step["times"] > 1 else ""
        what = " ".join(filter(None, (f"{times}{step['act']}", step["of"])))
        after = str(step["with_it"] or "for good")
        how = step["how"] or step["channel"]
        steps.add_row(str(step["on"]), what, step["amount"], how, str(step["without_it"]), after)
    if facts["steps"]:
        console.print(steps)
    else:
        typer.echo("Nothing needs to be done until then.")
    if facts["unpriced"]:
        typer.echo(f"Would count too, with a --price: {', '.join(facts['unpriced'])}")
