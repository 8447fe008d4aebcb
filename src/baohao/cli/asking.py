"""What every command that asks shares: the data folder, who asks, where, under which key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from baohao.app.door import Answered
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.refusals import Refusal
from baohao.outside.ids import new_id
from baohao.wiring import Installation, installation

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        file_okay=False,
        show_default=False,
        help="Folder of the embedded database; by default the platform's data folder.",
    ),
]
By = Annotated[str, typer.Option("--by", help="Who asks: a staff member, an agent, a holder.")]
Channel = Annotated[str, typer.Option("--channel", help="Where: counter, agent, app, operator ...")]
Key = Annotated[
    str | None,
    typer.Option(
        "--key", show_default=False, help="The same key again gives the first answer again."
    ),
]
AtPoint = Annotated[
    str,
    typer.Option(
        "--point", show_default=False, help="Where it is sold: an issuing point, for its receipt."
    ),
]
Number = Annotated[str, typer.Argument(metavar="NUMBER", show_default=False, help="+85366123456")]

#: Who asks when nobody says, and where.
STAFF, COUNTER, OPERATOR = "staff", "counter", "operator"


@contextmanager
def house(data: Path | None) -> Iterator[tuple[Installation, Shell]]:
    """Open the installation and its shell."""
    opened = installation(data)
    with opened.shell() as shell:
        yield opened, shell


def made(
    verb: str,
    subject: str,
    payload: dict[str, Any],
    *,
    by: str,
    channel: str,
    key: str | None = None,
    expect_until: datetime | None = None,
    expect_version: int | None = None,
    point: str = "",
) -> Ask:
    """Return an ask with an id of its own; without a key, the id is the key."""
    ask_id = new_id()
    return Ask(
        id=ask_id,
        verb=verb,
        subject=subject,
        key=key or str(ask_id),
        principal=by,
        channel=channel,
        payload={name: value for name, value in payload.items() if value not in (None, [], "")},
        expect_until=expect_until,
        expect_version=expect_version,
        point=point,
    )


def decided(shell: Shell, ask: Ask) -> Answered:
    """Ask, and return the answer; raises the refusal."""
    (answer,) = shell.answer([ask])
    if isinstance(answer, Refusal):
        raise answer
    return answer


def facts_of(answer: Answered) -> dict[str, Any]:
    """Return what an answer says, as it is printed."""
    return {"subject": answer.subject, **answer.answer, "repeated": answer.is_repeat}
