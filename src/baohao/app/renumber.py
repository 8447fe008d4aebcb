"""
Change of number: one ask of the holder, two of the door, both or neither.

The old line is closed and the new one opened with what it had. They lie in two buckets, and the
money goes from one to the other through clearing.
"""

from __future__ import annotations

from uuid import UUID

from baohao.app.door import Answer, Answered, Door
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.decide.change_number import carried
from baohao.core.refusals import Refusal
from baohao.store import journal
from baohao.store.sql import Connection


class NumberNotFree(Refusal):
    """The number {number} cannot be given: {reason}"""

    code = "number.not_free"


def change_number(conn: Connection, door: Door, ask: Ask, id_: UUID) -> Answer:
    """
    Ask `change_number` and what follows from it; `id_` is the second ask's. Return the first's
    answer.

    A refusal of the first changes nothing and is returned. Raises `NumberNotFree` where the second
    is refused, and what `Door.answer` raises: the transaction is to be rolled back.
    """
    [closed] = door.answer(conn, [ask])
    if not isinstance(closed, Answered):
        return closed
    event = journal.at(conn, bucket_of(closed.subject), closed.subject, closed.seq).recorded.event
    second = carried(ask, event, id_)
    [opened] = door.answer(conn, [second])
    if isinstance(opened, Refusal):
        raise NumberNotFree(number=second.subject, reason=opened.message)
    return closed
