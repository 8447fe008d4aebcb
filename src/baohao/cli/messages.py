"""`baohao messages`: what the holders of a number were told, with the evidence."""

from __future__ import annotations

from functools import partial
from typing import Any

from rich.console import Console

from baohao.app.messages import evidence
from baohao.cli.asking import Data, Number, house
from baohao.cli.output import Json, table, tell
from baohao.cli.reading import number


def messages(line: Number, data: Data = None, json: Json = False) -> None:
    """Show what a number's holders were told, the last first: when, how, and what proves it."""
    subject = number(line)
    with house(data) as (opened, shell):
        found = shell.run(partial(evidence.of_number, teller=opened.teller(), number=subject))
    tell({"number": subject, "messages": found}, lambda console: _print(console, found))


def _print(console: Console, found: list[dict[str, Any]]) -> None:
    rows = table("at, UTC", "tenure", "what", "by", "state", "tries", "reply", "code")
    for each in found:
        at = each["at"][:16].replace("T", " ")
        rows.add_row(
            at,
            str(each["tenure"]),
            each["what"],
            each["channel"],
            each["state"],
            str(each["tries"]),
            each["reply"],
            each["code"],
        )
    console.print(rows)
    console.print(f"{len(found)} messages. Their words and digests: --json")
