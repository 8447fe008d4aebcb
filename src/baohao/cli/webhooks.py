"""`baohao webhooks`: where events are sent, and the sending of them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from baohao.app.feed import deliver, endpoints, read
from baohao.cli.asking import Data, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.outside.ids import new_id

app = typer.Typer(help="Webhooks: events, sent to agents and operators.", no_args_is_help=True)

Listener = Annotated[
    str,
    typer.Argument(metavar="LISTENER", show_default=False, help="An agent, or operator:KEY."),
]
Endpoint = Annotated[
    UUID, typer.Argument(metavar="ENDPOINT", show_default=False, help="As webhooks list says.")
]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", show_default=False, help="Only these; may be given often."),
]


@app.command("add")
def add(
    listener: Listener,
    url: Annotated[str, typer.Argument(metavar="URL", show_default=False)],
    types: Types = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Send a listener's events, from now on, to an address; print the secret, this once."""
    endpoint = new_id()
    with house(data) as (opened, shell):
        secret = opened.post.new_secret()
        shell.run(
            partial(
                endpoints.add,
                post=opened.post,
                seals=opened.seals,
                operators=opened.library.operators,
                listener=listener,
                endpoint=endpoint,
                url=url,
                types=types or (),
                secret=secret,
            )
        )
    _told({"endpoint": str(endpoint), "secret": secret})


@app.command("change")
def change(
    listener: Listener,
    endpoint: Endpoint,
    url: Annotated[str | None, typer.Option("--url", show_default=False)] = None,
    types: Types = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Send to another address, or other types, from now on; what is not said stays."""
    with house(data) as (opened, shell):
        shell.run(
            lambda conn: endpoints.change(
                conn, opened.post, listener, endpoint, url=url, types=types
            )
        )
    _told({"endpoint": str(endpoint), "changed": True})


@app.command("list")
def list_(
    listener: Annotated[
        str | None, typer.Argument(metavar="[LISTENER]", show_default=False)
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """List endpoints, how far each has come, and what it last answered."""
    with house(data) as (_, shell):
        found = shell.run(partial(endpoints.listed, listener=listener))
    tell(found, lambda console: _print_endpoints(console, found))


@app.command("events")
def events(
    listener: Listener,
    after: Annotated[int, typer.Option("--after", min=0, help="A place in the feed.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=read.PAGE_MAX)] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """Read what a listener was told; whoever reads for the first time listens from now on."""
    with house(data) as (opened, shell):
        operators = opened.library.operators
        shell.run(partial(endpoints.known, listener=listener, operators=operators))
        page = shell.run(partial(read.page, listener=listener, after=after, limit=limit))
    found = [
        {"seq": e.seq, "id": str(e.id), "at": e.at, "type": e.type, "data": e.data}
        for e in page.events
    ]
    rows = table("seq", "at", "type", "number", right=("seq",))
    for each in page.events:
        rows.add_row(str(each.seq), each.at.isoformat(), each.type, each.data.get("number", ""))
    facts = {"events": found, "cursor": page.cursor, "more": page.more}
    tell(facts, lambda console: console.print(rows))


@app.command("rotate")
def rotate(listener: Listener, endpoint: Endpoint, data: Data = None, json: Json = False) -> None:
    """Sign with another secret, and for a day with the last one too; print it, this once."""
    with house(data) as (opened, shell):
        secret = opened.post.new_secret()
        shell.run(
            lambda conn: endpoints.rotate(conn, opened.seals, listener, endpoint, secret=secret)
        )
    _told({"endpoint": str(endpoint), "secret": secret})


@app.command("pause")
def pause(listener: Listener, endpoint: Endpoint, data: Data = None, json: Json = False) -> None:
    """Send nothing until it is resumed."""
    with house(data) as (_, shell):
        shell.run(partial(endpoints.pause, listener=listener, endpoint=endpoint))
    _told({"endpoint": str(endpoint), "state": "paused"})


@app.command("resume")
def resume(listener: Listener, endpoint: Endpoint, data: Data = None, json: Json = False) -> None:
    """Go on where it stopped: everything that it missed is sent, in order."""
    with house(data) as (_, shell):
        shell.run(partial(endpoints.resume, listener=listener, endpoint=endpoint))
    _told({"endpoint": str(endpoint), "state": "live"})


@app.command("replay")
def replay(
    listener: Listener,
    endpoint: Endpoint,
    from_seq: Annotated[int, typer.Option("--from", help="The first place.", show_default=False)],
    to_seq: Annotated[int, typer.Option("--to", help="The last place.", show_default=False)],
    data: Data = None,
    json: Json = False,
) -> None:
    """Send events once more, beside what happens; receivers know them by their ids."""
    cursor = new_id()
    with house(data) as (_, shell):
        last = shell.run(
            lambda conn: endpoints.replay(conn, listener, endpoint, cursor, from_seq, to_seq)
        )
    _told({"endpoint": str(endpoint), "from": from_seq, "to": last})


@app.command("remove")
def remove(listener: Listener, endpoint: Endpoint, data: Data = None, json: Json = False) -> None:
    """Forget an endpoint; the feed stays."""
    with house(data) as (_, shell):
        shell.run(partial(endpoints.remove, listener=listener, endpoint=endpoint))
    _told({"endpoint": str(endpoint), "removed": True})


@app.command("send")
def send(data: Data = None, json: Json = False) -> None:
    """Fill the feeds and send what is due, until nothing is."""
    with house(data) as (opened, shell):
        done = deliver.run(shell, opened.post, opened.seals, new_id)
    facts = {"told": done.told, "taken": done.taken, "failed": done.failed}
    tell(facts, lambda c: c.print(pairs({name: str(count) for name, count in facts.items()})))


def _told(facts: dict[str, Any]) -> None:
    tell(facts, lambda console: console.print(pairs(facts)))


def _print_endpoints(console: Console, found: list[dict[str, Any]]) -> None:
    for facts in found:
        said = {
            **facts,
            "types": ", ".join(facts["types"]) or "all",
            "sent": f"{facts['sent']} of {facts['of']}",
            "of": None,
            "tries": facts["tries"] or None,
            "replays": facts["replays"] or None,
        }
        console.print(pairs(said))
        console.print()
