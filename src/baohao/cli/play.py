"""`baohao policy play`: fold a history under one policy and print what is true at an instant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from baohao.app.play import play as played
from baohao.cli.output import Json, pairs, table, tell
from baohao.cli.reading import At, ReadableFile
from baohao.core.policy.model import SERVICES
from baohao.core.refusals import Malformed


class HistoryMalformed(Malformed):
    """{file} is no history: {reason}. Write a JSON list (docs/how-to/play-a-policy.md)."""

    code = "malformed.history"


def play(file: ReadableFile, events: ReadableFile, at: At, json: Json = False) -> None:
    """Play a policy against a history of events and print what is true at an instant."""
    told = played(file, read_events(events), at)
    tell(told, lambda console: _print(console, told))


def read_events(file: Path) -> list[dict[str, Any]]:
    """Return the events of a file; raises `HistoryMalformed`."""
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise HistoryMalformed(file=file.name, reason=f"it is not UTF-8: {error.reason}") from None
    except (ValueError, RecursionError) as error:
        raise HistoryMalformed(file=file.name, reason=str(error)) from None
    events = document.get("events") if isinstance(document, dict) else document
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise HistoryMalformed(file=file.name, reason="it holds no list of objects")
    return events


def _print(console: Console, told: dict[str, Any]) -> None:
    stage = told["stage"]
    console.print(
        pairs(
            {
                "policy": f"{told['policy']} @ {told['version']}",
                "at": told["at"],
                "stage": stage if isinstance(stage, str) else " or ".join(stage),
                "safe until": safe(told),
                "service until": between(told["service_until"]),
                "parked": "yes" if told["parked"] else "",
                "held": "yes" if told["held"] else "",
            }
        )
    )
    clocks = table("clock", "until", "operator says")
    for name, deadline in told["clocks"].items():
        clocks.add_row(name, between(deadline), _read(told["observed"].get(name)))
    console.print(clocks)
    works = table("where", "what works")
    for place, services in told["services"].items():
        works.add_row(place, _works(services))
    console.print(works)
    if isinstance(told["settled"], list) and told["settled"]:
        fell = table("fell due", "at", "what", "amount")
        for row in told["settled"]:
            what = f"{row['from'] or 'stock'} → {row['to']}" if "to" in row else row["id"]
            fell.add_row(row["what"], row["at"], what, row.get("amount", ""))
        console.print(fell)
    for warning in told["warnings"]:
        parts = [str(warning[k]) for k in ("of", "code", "days", "why") if k in warning]
        typer.echo("warning: " + ", ".join(parts))


def safe(told: dict[str, Any]) -> str:
    """Say until when the number is safe; without an end it is so for good, or lost already."""
    if told["safe_until"] is None and told["kept"] is False:
        return "lost already"
    return between(told["safe_until"])


def between(deadline: dict[str, Any] | None) -> str:
    """Say a deadline by its last good day, or the earliest and the latest."""
    if deadline is None:
        return "no end in sight"
    if "earliest" in deadline:
        return f"between {between(deadline['earliest'])} and {between(deadline['latest'])}"
    return str(deadline["last_day"])


def _works(services: list[str]) -> str:
    return "everything" if len(services) == len(SERVICES) else ", ".join(services) or "nothing"


def _read(observed: dict[str, Any] | None) -> str:
    if observed is None:
        return ""
    differs = observed.get("differs_days")
    return str(observed["last_day"]) + (f" ({differs:+d} days)" if differs else "")
