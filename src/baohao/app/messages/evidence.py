"""Evidence: what a number's holders were told, and whether a message that somebody got is ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baohao.app.messages.teller import Teller, read_code
from baohao.app.messages.wording import spelled
from baohao.app.ports import SealBroken
from baohao.core.kept import number_of
from baohao.store import lines, messages
from baohao.store.messages import Message
from baohao.store.sql import Connection

Json = dict[str, Any]

#: As many as are listed.
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A message that left the house, as anybody may see it who has its code."""

    number: str
    #: Who has the line now, by whose zone it is told.
    operator: str
    what: str
    channel: str
    at: datetime


def ours(conn: Connection, typed: str) -> Ours | None:
    """Return the message that a code is of; `None`: none of ours has it."""
    code = read_code(typed)
    found = messages.of_code(conn, code) if code else None
    if found is None or found.done_at is None:
        return None
    line = lines.find(conn, found.number)
    return Ours(
        number=number_of(found.number),
        operator="" if line is None else line.state.operator,
        what=found.what,
        channel=found.channel,
        at=found.done_at,
    )


def of_number(conn: Connection, teller: Teller, number: str) -> list[Json]:
    """Return what a number's holders were told, the last first, with what proves it."""
    return [_row(conn, teller, each) for each in messages.of_number(conn, number, MOST)]


def _row(conn: Connection, teller: Teller, message: Message) -> Json:
    try:
        _, (way, *_rest) = teller.opened(conn, message)
        title, text = way.title, way.text
    except (SealBroken, ValueError):
        title, text = "", ""
    return {
        "id": str(message.id),
        "at": (message.done_at or message.made_at).isoformat(),
        "tenure": message.epoch,
        "what": message.what,
        "of": message.key,
        "channel": message.channel,
        "language": message.language,
        "deadline": None if message.deadline is None else message.deadline.isoformat(),
        "state": message.state,
        "tries": message.tries,
        "reply": message.reply,
        "code": spelled(message.code) if message.code else "",
        "sha256": message.digest.hex(),
        "title": title,
        "text": text,
    }
