"""`baohao api` and `baohao keys`: the door for machines, and who may come in by it."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from baohao.app.partners import keys
from baohao.cli.asking import Data, house
from baohao.cli.output import Json, console, pairs, table, tell
from baohao.core.credentials import Credential, Listed, id_of, networks, scopes
from baohao.wiring import installation

keys_app = typer.Typer(help="Keys of machines: agents' and operators'.", no_args_is_help=True)

#: What an agent's key is for, if nobody says.
USUAL = ("read", "sell", "money", "events")
PORT = 8850

Owner = Annotated[
    str,
    typer.Argument(
        metavar="OWNER", show_default=False, help="An agent, or operator:KEY for its own systems."
    ),
]
KeyId = Annotated[str, typer.Argument(metavar="KEY", show_default=False, help="bh_live_...")]


def api(
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port")] = PORT,
    lanes: Annotated[int | None, typer.Option("--lanes", show_default=False)] = None,
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of the proxy before it, if there is one.")
    ] = "",
    data: Data = None,
) -> None:
    """Serve the API for machines; its pages are listed at /docs."""
    opened = installation(data)
    # The server's process reads the environment anew.
    _environ(data, lanes)
    _ = opened.conninfo
    console().print(f"http://{host}:{port}/docs", markup=False)
    uvicorn.run(
        "baohao.api.main:app",
        factory=True,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        server_header=False,
        timeout_graceful_shutdown=30,
    )


def _environ(data: Path | None, lanes: int | None) -> None:
    if data is not None:
        os.environ["BAOHAO_DATA"] = str(data)
    if lanes is not None:
        os.environ["BAOHAO_API_LANES"] = str(lanes)


@keys_app.command("create")
def create(
    owner: Owner,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "main",
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", show_default=False, help="May be given often; see docs."),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option("--network", show_default=False, help="That it may come from."),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For the lines of invented operators alone.")
    ] = False,
    sign: Annotated[
        bool, typer.Option("--sign", help="Each request must be signed, too; see docs.")
    ] = False,
    per_second: Annotated[int, typer.Option("--per-second")] = 100,
    per_day: Annotated[int, typer.Option("--per-day")] = 5_000_000,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a key. It is shown once."""
    id_, whole, verifier = keys.drawn(sandbox, secrets.token_bytes)
    wanted = Credential(
        id=id_,
        owner=owner,
        label=label,
        is_sandbox=sandbox,
        verifier=verifier,
        scopes=scopes(scope or list(USUAL)),
        networks=networks(network or []),
        per_second=per_second,
        per_day=per_day,
    )
    shown = {"key": whole, "owner": owner, "label": label, "scopes": sorted(wanted.scopes)}
    with house(data) as (opened, shell):
        if sign:
            secret = secrets.token_urlsafe(32)
            sealed = opened.seals.seal(secret, wanted.signing_context)
            wanted, shown = replace(wanted, signing=sealed), {**shown, "signing_secret": secret}
        shell.run(partial(keys.create, wanted=wanted, operators=opened.library.operators))
    _shown(shown)


@keys_app.command("rotate")
def rotate(owner: Owner, key: KeyId, data: Data = None, json: Json = False) -> None:
    """Make a new key beside an old one, which ends a day later. It is shown once."""
    with house(data) as (_, shell):
        whole = shell.run(
            partial(keys.rotate, owner=owner, id_=id_of(key), chance=secrets.token_bytes)
        )
    _shown({"key": whole, "owner": owner})


@keys_app.command("revoke")
def revoke(owner: Owner, key: KeyId, data: Data = None, json: Json = False) -> None:
    """Put a key away at once; every process knows within a few seconds."""
    with house(data) as (_, shell):
        shell.run(partial(keys.revoke, owner=owner, id_=id_of(key)))
    _shown({"revoked": key, "owner": owner})


@keys_app.command("list")
def list_(owner: Owner, data: Data = None, json: Json = False) -> None:
    """List an owner's keys, those put away too."""
    with house(data) as (_, shell):
        found = [_facts(each) for each in shell.run(partial(keys.listed, owner=owner))]
    heads = ("key", "label", "scopes", "networks", "created", "last_used", "ends")
    listed = table(*heads)
    for facts in found:
        listed.add_row(*(str(facts[head] or "") for head in heads))
    tell(found, lambda out: out.print(listed))


def _shown(facts: dict[str, Any]) -> None:
    def text(out: Any) -> None:
        named = {n: ", ".join(v) if isinstance(v, list) else v for n, v in facts.items()}
        out.print(pairs(named))
        if "key" in facts:
            out.print("Keep it now: it is not shown again.", markup=False)

    tell(facts, text)


def _facts(each: Listed) -> dict[str, Any]:
    key = each.credential
    return {
        "key": key.shown,
        "label": key.label,
        "scopes": ", ".join(sorted(key.scopes)),
        "networks": ", ".join(map(str, key.networks)),
        "created": _minute(each.created_at),
        "last_used": _minute(each.last_used_at),
        "ends": _minute(key.ends_at),
    }


def _minute(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
