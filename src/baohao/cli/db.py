"""`baohao db`: the database of this installation, as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from baohao.app import house
from baohao.cli.asking import Data
from baohao.cli.output import Json, pairs, tell
from baohao.wiring import Installation, installation

app = typer.Typer(help="The database: start, stop, back up, restore.", no_args_is_help=True)


@app.command()
def start(data: Data = None, json: Json = False) -> None:
    """Start the embedded database: make it if there is none, bring its schema up to date."""
    opened = installation(data)
    opened.embedded.start()
    _told(opened, {"applied": list(opened.migrate())})


@app.command()
def stop(data: Data = None, json: Json = False) -> None:
    """Stop the embedded database; everything committed stays."""
    stopped = installation(data).embedded.stop()
    said = "stopped" if stopped else "it was not running"
    tell({"stopped": stopped}, lambda console: console.print(said))


@app.command()
def status(data: Data = None, json: Json = False) -> None:
    """Say whether the database runs, where it is, and whether it is open; starts nothing."""
    opened = installation(data)
    if opened.settings.database_url or opened.embedded.status() is not None:
        _told(opened, {})
    else:
        facts = {"running": False, "folder": str(opened.settings.data)}
        tell(facts, lambda console: console.print(pairs({**facts, "running": "no"})))


@app.command()
def migrate(data: Data = None, json: Json = False) -> None:
    """Bring the schema up to date; of a server, nothing else ever does."""
    opened = installation(data)
    applied = list(opened.migrate())
    _told(opened, {"applied": applied})


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE", show_default=False)],
    data: Data = None,
    json: Json = False,
) -> None:
    """Write the running database, as it is at one instant, into a file."""
    installation(data).backup(file)
    facts = {"file": str(file), "bytes": file.stat().st_size}
    tell(facts, lambda console: console.print(pairs({**facts, "bytes": f"{facts['bytes']:,}"})))


@app.command()
def restore(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, metavar="FILE", show_default=False
        ),
    ],
    data: Data = None,
    json: Json = False,
) -> None:
    """Replace the database by a backup; it refuses every ask until `db resume`."""
    opened = installation(data)
    opened.restore(file)
    _told(opened, {"next": "baohao doctor, then baohao db resume"})


@app.command()
def resume(data: Data = None, json: Json = False) -> None:
    """Open a restored database again, if the doctor finds nothing broken."""
    opened = installation(data)
    with opened.shell() as shell:
        shell.run(house.resume)
    _told(opened, {})


def _told(opened: Installation, more: dict[str, Any]) -> None:
    """Print how the running database is."""
    with opened.connect() as conn:
        now = house.house(conn)
    facts: dict[str, Any] = {
        "running": True,
        "where": "server" if opened.settings.database_url else str(opened.settings.data),
        "house": now.name,
        "epoch": now.epoch,
        "open": now.is_open,
        "now": now.now,
        **more,
    }
    shown = {
        **facts,
        "running": "yes",
        "open": "yes" if now.is_open else "no: it was restored",
        "now": now.now.isoformat(timespec="seconds"),
        "applied": ", ".join(more.get("applied", ())),
    }
    tell(facts, lambda console: console.print(pairs(shown)))
