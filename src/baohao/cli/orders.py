"""`baohao order`: standing orders, by which lines renew by themselves."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console

from baohao.app import show, wishes
from baohao.app.door import Answered
from baohao.app.orders import cards, keep, links, listing
from baohao.cli.asking import COUNTER, STAFF, By, Channel, Data, Key, Number, decided, house, made
from baohao.cli.output import Json, pairs, table, tell
from baohao.cli.reading import number, span
from baohao.core.civil import Span
from baohao.core.line.fold import policy_of
from baohao.core.line.ordered import CARD
from baohao.core.money import format_minor, parse_minor
from baohao.outside.ids import new_id
from baohao.wiring import Installation, now

app = typer.Typer(help="Standing orders: lines that renew by themselves.", no_args_is_help=True)

Term = Annotated[
    Span, typer.Option("--term", parser=span, metavar="SPAN", show_default=False, help="12m, 1y.")
]
Lead = Annotated[
    Span | None,
    typer.Option("--lead", parser=span, metavar="SPAN", help="From charge to deadline; 2 weeks."),
]
Notice = Annotated[
    Span | None,
    typer.Option("--notice", parser=span, metavar="SPAN", help="From telling to charge; 1 week."),
]
Cure = Annotated[
    Span | None,
    typer.Option("--cure", parser=span, metavar="SPAN", help="A charge is tried so long; 1 week."),
]


@app.command("start")
def start(
    line: Number,
    term: Term,
    payer: Annotated[
        str,
        typer.Option(
            "--payer", show_default=False, help="wallet:HOLDER, float:AGENT or card:PAYMENT."
        ),
    ],
    limit: Annotated[
        str, typer.Option("--limit", show_default=False, help="The most at once, as in 150.00.")
    ],
    consent: Annotated[
        str, typer.Option("--consent", show_default=False, help="How the holder said so.")
    ],
    lead: Lead = None,
    notice: Notice = None,
    cure: Cure = None,
    granted_until: Annotated[
        datetime | None,
        typer.Option("--granted-until", show_default=False, help="Until when another pays."),
    ] = None,
    key: Key = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Take down a holder's consent; nothing is charged before the holder was told."""
    subject = number(line)
    with house(data) as (opened, shell):
        state = shell.run(partial(show.find, number=subject))
        policy = policy_of(opened.library.policies, state.pin)
        until = granted_until
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=policy.zone)
        spans = {"term": term, "lead": lead, "notice": notice, "cure": cure}
        said: dict[str, Any] = {
            "payer": payer if payer.startswith(CARD) else wishes.payer(payer, policy.currency),
            "limit_minor": parse_minor(limit, policy.currency),
            "consent": consent,
            "granted_until": None if until is None else until.isoformat(),
            **{name: str(value) for name, value in spans.items() if value is not None},
        }
        decided(shell, made("order", subject, said, by=by, channel=channel, key=key))
        facts = _whole(opened, shell.run(partial(_read, opened, subject)))
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("show")
def show_(line: Number, data: Data = None, json: Json = False) -> None:
    """Show a line's order, what was done for the next deadline, and what happens next."""
    subject = number(line)
    with house(data) as (opened, shell):
        facts = _whole(opened, shell.run(partial(_read, opened, subject)))
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("told")
def told(
    line: Number,
    evidence: Annotated[
        str,
        typer.Option("--evidence", show_default=False, help="A message's id, who called."),
    ],
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say that the notice that is owed was handed over; from now on the holder has all of it."""
    subject = number(line)
    with house(data) as (opened, shell):
        facts = shell.run(partial(_read, opened, subject))
        said = {"order": facts["order"], "deadline": facts["deadline"], "evidence": evidence}
        answer = decided(shell, made("tell_order", subject, said, by=by, channel=channel))
    _tell(answer)


@app.command("stop")
def stop(
    line: Annotated[
        str | None, typer.Argument(metavar="[NUMBER]", show_default=False, help="+85366123456")
    ] = None,
    link: Annotated[
        str | None,
        typer.Option("--link", show_default=False, help="The link that the holder was sent."),
    ] = None,
    by: By = STAFF,
    channel: Channel = COUNTER,
    data: Data = None,
    json: Json = False,
) -> None:
    """Stop a line's order, or the one that a link is of. A second time changes nothing."""
    if (line is None) == (link is None):
        raise typer.BadParameter("give a NUMBER, or --link")
    with house(data) as (opened, shell):
        if link is not None:
            links.stop(shell, link, opened.seals.sign, new_id)
            facts = {"stopped": True}
            tell(facts, lambda console: console.print(pairs(facts)))
            return
        subject = number(line or "")
        order = shell.run(partial(_read, opened, subject))["order"]
        ask = made("stop_order", subject, {"order": order}, by=by, channel=channel)
        answer = decided(shell, ask)
    _tell(answer)


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """List the orders that go on, whose next step is first."""
    _listed(data, None)


@app.command("due")
def due(
    days: Annotated[int, typer.Option("--days", min=0, help="How far ahead.")] = 0,
    data: Data = None,
    json: Json = False,
) -> None:
    """List the orders with something to do by now: notices that wait to be handed over, too."""
    _listed(data, days)


@app.command("keep")
def keep_(data: Data = None, json: Json = False) -> None:
    """Do what is due by standing orders now; the worker does it each minute."""
    with house(data) as (opened, shell):
        ran = Counter(keep.run(shell, new_id))
        if opened.takes_payments:
            with opened.payment_ports() as ports:
                ran.update(cards.run(shell, ports, new_id))
    tell(ran, lambda console: console.print(pairs(ran) if ran else "Nothing is due."))


def _listed(data: Any, days: int | None) -> None:
    with house(data) as (_, shell):

        def read(conn: Any) -> list[dict[str, Any]]:
            until = None if days is None else now(conn) + timedelta(days=days)
            return list(listing.listed(conn, until))

        found = shell.run(read)
    tell(found, lambda console: _print(console, found))


def _read(opened: Installation, subject: str, conn: Any) -> dict[str, Any]:
    return listing.whole(conn, opened.library.policies, subject)


def _whole(opened: Installation, facts: dict[str, Any]) -> dict[str, Any]:
    """Return an order as it is printed, with the link that stops it."""
    ahead, minor = facts["next"], facts.pop("limit_minor")
    facts["limit"] = f"{format_minor(minor, facts['currency'])} {facts.pop('currency')}"
    facts["next"] = f"{ahead['at']}: {ahead['what']}" if ahead else ""
    facts["failed_at"] = ", ".join(facts["failed_at"])
    sign = opened.seals.sign
    facts["stop_link"] = links.link(facts["number"], facts["order"], sign)
    return facts


def _tell(answer: Answered) -> None:
    facts = {"number": answer.subject, **answer.answer}
    tell(facts, lambda console: console.print(pairs(facts)))


def _print(console: Console, found: list[dict[str, Any]]) -> None:
    rows = table("number", "step", "at, UTC", "deadline, UTC", "payer", "order")
    for each in found:
        at, deadline = (str(each[name] or "")[:16].replace("T", " ") for name in ("at", "deadline"))
        step = each["step"] or "nothing"
        rows.add_row(each["number"], step, at, deadline, each["payer"], each["order"])
    console.print(rows)
    console.print(f"{len(found)} orders.")
