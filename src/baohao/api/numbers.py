"""Numbers in paths and bodies, and whose they are: what is not yours is as if it were not."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.api.problems import standing_at
from baohao.core.decide.case import LineUnknown
from baohao.core.identifiers.number import parse_number

Number = Annotated[str, Path(max_length=40, description="E.164, as +85366123456.")]


def queried(text: str) -> str:
    """Read a number of a query, in which a plus is a space: people forget to write %2B."""
    with standing_at("/number"):
        return parse_number(text.replace(" ", "+", 1) if text.startswith(" ") else text)


async def sold_number(desk: Desk, caller: Caller, written: str) -> str:
    """
    Return a number of an operator that the caller asks for: an agent sells to whoever comes.

    Raises `LineUnknown` for any other, whether or not it is a line, `SandboxOnly`, and
    `MalformedNumber`.
    """
    with standing_at("/number"):
        number = parse_number(written)
    found = await desk.lookups.ask(number)
    if found is None or found.operator not in caller.operators:
        raise LineUnknown(number=number)
    await desk.in_sandbox(caller, number)
    return number


async def own_number(desk: Desk, caller: Caller, written: str) -> str:
    """
    Return a number that the caller may look into: of an agent's, its customers' and its stock's.

    Raises as `sold_number` does.
    """
    number = await sold_number(desk, caller, written)
    if caller.agent is not None and number not in await desk.own(caller.agent, [number]):
        raise LineUnknown(number=number)
    return number
