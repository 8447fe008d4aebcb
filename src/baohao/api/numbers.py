"""Numbers in paths, and whose they are: to an agent, what is not its own is as if it were not."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from baohao.api.callers import Caller
from baohao.api.desk import Desk
from baohao.core.decide.case import LineUnknown
from baohao.core.identifiers.number import parse_number

Number = Annotated[str, Path(max_length=40, description="E.164, as +85366123456.")]


async def own_number(desk: Desk, caller: Caller, written: str) -> str:
    """
    Return a number that the caller may look into.

    Raises `LineUnknown` for any other, whether or not it is a line, and `MalformedNumber`.
    """
    number = parse_number(written)
    found = await desk.lookups.ask(number)
    if found is None or found.operator not in caller.operators:
        raise LineUnknown(number=number)
    await desk.in_sandbox(caller, number)
    if caller.agent is not None and number not in await desk.own(caller.agent, [number]):
        raise LineUnknown(number=number)
    return number
