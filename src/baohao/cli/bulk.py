"""`baohao bulk`: files of renewals that a worker goes through in the background."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from baohao.app import wishes
from baohao.app.bulk import files
from baohao.app.bulk.files import File, Format, Upload, Usual
from baohao.app.bulk.rows import CHUNK_BYTES, format_of
from baohao.app.csv_files import replaced
from baohao.cli.asking import STAFF, Data, Key, house
from baohao.cli.output import Json, pairs, table, tell
from baohao.cli.reading import span
from baohao.core.civil import Span
from baohao.outside.ids import new_id

app = typer.Typer(
    help="Files of up to a million renewals, worked through in the background.",
    no_args_is_help=True,
)

As = Annotated[str, typer.Option("--as", help="Whose file it is: an agent, a staff member.")]
Id = Annotated[UUID, typer.Argument(metavar="ID", show_default=False, help="As send printed it.")]


@app.command("send")
def send(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, metavar="FILE", show_default=False
        ),
    ],
    principal: As = STAFF,
    term: Annotated[
        Span | None,
        typer.Option("--term", parser=span, metavar="SPAN", show_default=False, help="12m, 1y."),
    ] = None,
    paid: Annotated[
        str | None,
        typer.Option("--paid", show_default=False, help="By default the sender's own float."),
    ] = None,
    till: Annotated[
        str, typer.Option("--till", help="The drawer that cash goes into.")
    ] = wishes.MAIN_TILL,
    channel: Annotated[str, typer.Option("--channel", help="Where: agent, counter ...")] = "agent",
    key: Key = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Send a .csv or .ndjson file; under the same key it is the same file, however often sent."""
    usual = Usual(
        term=term,
        paid=paid or f"float:{principal}",
        till=till,
        principal=principal,
        channel=channel,
    )
    id_ = new_id()
    with house(data) as (opened, shell):
        with (
            file.open("rb") as content,
            Upload(
                shell, usual, id_=id_, key=key or str(id_), format_=format_of(file), name=file.name
            ) as upload,
        ):
            while chunk := content.read(CHUNK_BYTES):
                upload.feed(chunk)
            sent = upload.end()
        opened.wake("work_file", principal=principal, file=str(sent.id))
    _told(sent)


@app.command("list")
def list_(principal: As = STAFF, data: Data = None, json: Json = False) -> None:
    """List the files of one sender, the newest first."""
    with house(data) as (_, shell):
        found = shell.run(partial(files.listed, principal=principal))
    heads = ("file", "state", "rows", "done", "refused", "sent", "key")
    counts = ("rows", "done", "refused")
    listed = table(*heads, right=counts)
    for each in map(_facts, found):
        listed.add_row(*(str(each[head]) for head in heads))
    tell([_facts(each) for each in found], lambda console: console.print(listed))


@app.command("show")
def show(file: Id, principal: As = STAFF, data: Data = None, json: Json = False) -> None:
    """Say how far a file is."""
    with house(data) as (_, shell):
        found = shell.run(partial(files.progress, principal=principal, id_=file))
    _told(found)


@app.command("result")
def result(
    file: Id,
    out: Annotated[
        Path,
        typer.Option("--out", dir_okay=False, show_default=False, help="A .csv or .ndjson file."),
    ],
    principal: As = STAFF,
    data: Data = None,
    json: Json = False,
) -> None:
    """Write what became of each row, as far as the file is done."""
    with house(data) as (_, shell):
        format_ = format_of(out)
        # Spreadsheets want a byte order mark, and readers of JSON none.
        with replaced(out, "utf-8-sig" if format_ is Format.CSV else "utf-8") as written:
            written.writelines(files.written(shell, principal, file, format_))
        found = shell.run(partial(files.progress, principal=principal, id_=file))
    facts = {**_facts(found), "result": str(out)}
    tell(facts, lambda console: console.print(pairs(facts)))


@app.command("stop")
def stop(file: Id, principal: As = STAFF, data: Data = None, json: Json = False) -> None:
    """Stop a file after the part at hand, for good; what was renewed stays renewed."""
    with house(data) as (_, shell):
        found = shell.run(partial(files.stop, principal=principal, id_=file))
    _told(found)


def _told(file: File) -> None:
    facts = _facts(file)
    tell(facts, lambda console: console.print(pairs(facts)))


def _facts(file: File) -> dict[str, Any]:
    return {
        "file": str(file.id),
        "state": file.state,
        "rows": file.rows,
        "done": file.done,
        "refused": file.refused,
        "of": file.principal,
        "key": file.key,
        "sent": _at(file.created_at),
        "started": _at(file.started_at),
        "ended": _at(file.ended_at),
        "reason": file.reason,
    }


def _at(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
