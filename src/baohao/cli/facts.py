"""`baohao record`, `observe` and `ask`: what happened elsewhere, and verbs without a command."""

from __future__ import annotations

import json as codec
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import readings, show, wishes
from baohao.app.csv_files import replaced, write_rows
from baohao.app.expecting import expecting
from baohao.app.readings import OUTCOME, REFUSED, Outcome
from baohao.cli.asking import (
    COUNTER,
    OPERATOR,
    STAFF,
    By,
    Channel,
    Data,
    Key,
    Number,
    decided,
    facts_of,
    house,
    made,
)
from baohao.cli.output import DONE, Json, pairs, table, tell
from baohao.cli.output import REFUSED as EXIT_REFUSED
from baohao.cli.reading import instant, number, span
from baohao.core.civil import Span
from baohao.core.decide import LINE_VERBS
from baohao.core.line.fold import policy_of
from baohao.core.money import parse_minor
from baohao.outside.ids import new_id

When = Annotated[
    datetime | None,
    typer.Option(
        "--at", parser=instant, metavar="INSTANT", show_default=False, help="By default now."
    ),
]
Money = Annotated[str | None, typer.Option(show_default=False, help="As in 50.00.")]
Evidence = Annotated[
    str, typer.Option("--evidence", show_default=False, help="Where that is known from.")
]


def record(
    line: Number,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="topup, call_out, usage ...")],
    at: When = None,
    amount: Money = None,
    spend: Money = None,
    term: Annotated[
        Span | None, typer.Option("--term", parser=span, metavar="SPAN", show_default=False)
    ] = None,
    evidence: Evidence = "",
    act: Annotated[
        str | None, typer.Option("--act", show_default=False, help="Its own id.")
    ] = None,
    key: Key = None,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Record something that happened elsewhere: a top-up at the operator's shop, a call."""
    subject = number(line)
    with house(data) as (opened, shell):
        state = shell.run(lambda conn: show.find(conn, subject))
        currency = policy_of(opened.library.policies, state.pin).currency
        asked = {
            "kind": kind,
            "at": at.isoformat() if at else None,
            "amount_minor": None if amount is None else parse_minor(amount, currency),
            "spend_minor": None if spend is None else parse_minor(spend, currency),
            "term": str(term) if term else None,
            "evidence": evidence,
            "act": act,
        }
        answer = decided(shell, made("record", subject, asked, by=by, channel=channel, key=key))
    _told(facts_of(answer))


def observe(
    line: Annotated[
        str | None, typer.Argument(metavar="[NUMBER]", show_default=False, help="+85366123456")
    ] = None,
    clock: Annotated[str | None, typer.Option("--clock", show_default=False)] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", show_default=False)
    ] = None,
    balance: Annotated[str | None, typer.Option("--balance", show_default=False)] = None,
    amount: Money = None,
    at: When = None,
    evidence: Evidence = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            exists=True,
            dir_okay=False,
            readable=True,
            show_default=False,
            help="Readings of many lines: number,last_activity,balance,expiry.",
        ),
    ] = None,
    key: Key = None,
    by: By = STAFF,
    channel: Channel = OPERATOR,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take down what the operator says of a clock or a balance, beside what is computed."""
    if file is not None and line is None:
        _observe_file(file, by=by, channel=channel, data=data)
        return
    of_clock, of_balance = clock and until, balance and amount
    if line is None or file is not None or bool(of_clock) == bool(of_balance):
        raise typer.BadParameter(
            "give a NUMBER with --clock and --until, or with --balance and --amount; or --file"
        )
    subject = number(line)
    with house(data) as (opened, shell):
        state = shell.run(lambda conn: show.find(conn, subject))
        policy = policy_of(opened.library.policies, state.pin)
        asked: dict[str, Any] = {"at": at.isoformat() if at else None, "evidence": evidence}
        if of_clock:
            asked |= {"clock": clock, "until": wishes.deadline(until or "", policy).isoformat()}
        else:
            asked["balance"] = balance
            asked["amount_minor"] = parse_minor(amount or "", policy.currency)
        answer = decided(shell, made("observe", subject, asked, by=by, channel=channel, key=key))
        told = shell.run(lambda conn: show.show(conn, opened.terms(), subject))
    seen = told["observed"].get(clock or balance, {})
    _told(facts_of(answer) | {"observed": seen})


def ask(
    line: Number,
    verb: Annotated[str, typer.Argument(metavar="VERB", help=", ".join(sorted(LINE_VERBS)))],
    payload: Annotated[
        str, typer.Option("--json-payload", help="The verb's fields, as a JSON object.")
    ] = "{}",
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Ask anything of a line: park, resume, hold, lift, terminate, register, replace_card ..."""
    subject = number(line)
    if verb not in LINE_VERBS:
        raise typer.BadParameter(f"{verb!r} is no verb; there are {', '.join(sorted(LINE_VERBS))}")
    try:
        asked = codec.loads(payload)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"the payload is no JSON: {error}") from None
    if not isinstance(asked, dict):
        raise typer.BadParameter('the payload must be an object, as in \'{"cause": "fraud"}\'')
    with house(data) as (_, shell):
        one = made(verb, subject, asked, by=by, channel=channel, key=key)
        (one,) = shell.run(lambda conn: expecting(conn, [one])) if verb != "stock" else [one]
        answer = decided(shell, one)
    _told(facts_of(answer))


def _observe_file(file: Path, *, by: str, channel: str, data: Path | None) -> None:
    outcome = file.with_name(f"{file.name}.outcome.csv")
    counts: Counter[str] = Counter()
    drift: list[dict[str, Any]] = []
    with house(data) as (opened, shell):
        sender = readings.By(principal=by, channel=channel, new_id=new_id)
        found = readings.observe(shell, opened.library.policies, file, sender)
        with replaced(outcome) as out:
            write_rows(out, OUTCOME, (each.cells for each in _counted(found, counts, drift)))
    facts = {
        "rows": counts["rows"],
        "observed": counts[readings.OBSERVED],
        "refused": counts[REFUSED],
        "drifting": counts["drifting"],
        "drift": drift,
        "file": str(outcome),
    }
    tell(facts, lambda console: _print(console, facts))
    raise typer.Exit(EXIT_REFUSED if counts[REFUSED] else DONE)


#: Lines that are listed with their drift; the outcome file has them all.
LISTED = 1_000


def _counted(
    outcomes: Iterable[Outcome], counts: Counter[str], drift: list[dict[str, Any]]
) -> Iterator[Outcome]:
    for each in outcomes:
        counts["rows"] += 1
        counts[each.outcome] += 1
        if each.drifts:
            counts["drifting"] += 1
            if len(drift) < LISTED:
                drift.append(dict(zip(OUTCOME, each.cells, strict=True)))
        yield each


def _print(console: Console, facts: dict[str, Any]) -> None:
    console.print(pairs({name: value for name, value in facts.items() if name != "drift"}))
    rows = table("number", "operator says", "computed", "differs", "balance", "computed balance")
    for each in facts["drift"]:
        days = each["drift_days"]
        rows.add_row(
            each["number"],
            each["expiry"],
            each["computed_expiry"],
            f"{days:+d} days" if days else "",
            each["balance"],
            each["computed_balance"],
        )
    if facts["drift"]:
        console.print(rows)


def _told(facts: dict[str, Any]) -> None:
    tell(facts, lambda console: console.print(pairs(facts)))
