"""`baohao agents`: who sells for operators, and under which terms."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer

from baohao.app.agents import registry
from baohao.cli.asking import Data, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.core.agents import Agent
from baohao.core.money import format_minor, parse_minor

app = typer.Typer(help="Agents: who sells for operators.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="AGENT", show_default=False, help="As in agent-7.")]
Operators = Annotated[
    list[str] | None,
    typer.Option("--operator", show_default=False, help="For whom it sells; may be given often."),
]
Tier = Annotated[
    str | None,
    typer.Option("--tier", show_default=False, help="What the commission schedule calls it."),
]
Alarm = Annotated[
    str | None,
    typer.Option(
        "--float-alarm", metavar="AMOUNT", show_default=False, help="Tell when the float is below."
    ),
]


@app.command("add")
def add(
    agent: Key,
    name: Annotated[str, typer.Option("--name", show_default=False, help="As on receipts.")],
    operator: Operators = None,
    currency: Annotated[str, typer.Option("--currency", help="Of its float.")] = "MOP",
    tier: Tier = None,
    float_alarm: Alarm = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Register an agent."""
    made = Agent(
        key=agent,
        name=name,
        operators=frozenset(operator or ()),
        currency=currency,
        tier=tier or "",
        float_alarm_minor=parse_minor(float_alarm, currency) if float_alarm else None,
    )
    with house(data) as (opened, shell):
        shell.run(partial(registry.add, agent=made, operators=opened.library.operators))
    _told(made)


@app.command("change")
def change(
    agent: Key,
    name: Annotated[str | None, typer.Option("--name", show_default=False)] = None,
    operator: Operators = None,
    tier: Tier = None,
    float_alarm: Alarm = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive", show_default=False)] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Give an agent other terms, from now on; what is not said stays."""
    with house(data) as (opened, shell):
        was = shell.run(partial(registry.find, key=agent))
        said: dict[str, Any] = {
            "name": name,
            "operators": frozenset(operator) if operator else None,
            "tier": tier,
            "float_alarm_minor": parse_minor(float_alarm, was.currency) if float_alarm else None,
            "is_active": active,
        }
        now = replace(was, **{field: value for field, value in said.items() if value is not None})
        shell.run(partial(registry.change, agent=now, operators=opened.library.operators))
    _told(now)


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List all agents."""
    with house(data) as (_, shell):
        found = [_facts(agent) for agent in shell.run(registry.known).values()]
    heads = ("agent", "name", "operators", "currency", "tier", "float_alarm", "active")
    listed = table(*heads)
    for facts in found:
        listed.add_row(*(_cell(facts[head]) for head in heads))
    tell(found, lambda console: console.print(listed))


def _told(agent: Agent) -> None:
    facts = _facts(agent)
    tell(facts, lambda console: console.print(pairs({n: _cell(v) for n, v in facts.items()})))


def _facts(agent: Agent) -> dict[str, Any]:
    alarm = agent.float_alarm_minor
    return {
        "agent": agent.key,
        "name": agent.name,
        "operators": sorted(agent.operators),
        "currency": agent.currency,
        "tier": agent.tier,
        "float_alarm": None if alarm is None else format_minor(alarm, agent.currency),
        "active": agent.is_active,
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str("" if value is None else value)
