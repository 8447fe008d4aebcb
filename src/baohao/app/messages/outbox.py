"""
The outbox: sends what was written down, and notes what became of it.

    waiting ──> sent        the mail server, or the network, has it
       │  └───> failed      it never will; the next way to the holder is tried
       └──────> over        it is not true any more: the tenure has ended, the deadline has moved

Nothing is sent inside a transaction: messages are claimed in one, and what became of each is noted
in another. A worker that dies between the two leaves a lease that ends, and the message is sent
again, with the same Message-ID: told twice is better than not told. Two workers never have one
message at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from baohao.app.door import HouseClosed
from baohao.app.messages import acts, remind
from baohao.app.messages.teller import Teller, Way
from baohao.app.messages.wording import EMAIL, PUSH, Said, as_html
from baohao.app.ports import SealBroken
from baohao.app.ports.telling import Letter, Mail, Note, Posted, Push, Texts
from baohao.app.shell import OutcomeUnknown, Shell
from baohao.core.asks import Ask
from baohao.core.line.ordered import OWED
from baohao.store import clock, lines, messages
from baohao.store.messages import FAILED, OVER, SENT, WAITING, Message
from baohao.store.sql import Connection

#: Until the next try of a message that failed once, twice ...; then the last again and again.
BACK_OFF = (
    *(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
    *(timedelta(hours=1), timedelta(hours=4)),
)
#: A message that failed for so long is tried by another way.
GIVE_UP = timedelta(days=1)
#: Messages that are claimed together. None is begun after so many seconds; with the last one's
#: time-out a worker is done long before its lease ends.
AT_ONCE = 20
BUDGET_S = 60.0
LEASE = timedelta(minutes=3)
#: Who says that the holder was told of a charge.
PRINCIPAL, CHANNEL = "messages", "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A message that is to be sent now."""

    message: Message
    holder: str
    #: The first is sent; those behind it are for when it fails.
    ways: list[Way]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What the house has to send with."""

    mail: Mail | None = None
    texts: Texts | None = None
    push: Push | None = None


class Outbox:
    """Sends by what the house has."""

    def __init__(
        self, shell: Shell, teller: Teller, ways: Ways, new_id: Callable[[], UUID]
    ) -> None:
        self._shell, self._teller, self._ways = shell, teller, ways
        self._new_id = new_id

    def run(self) -> int:
        """Tell all that is due; return how many messages were handed over."""
        sent = 0
        while (turn := self.turn()) is not None:
            sent += turn
        return sent

    def turn(self) -> int | None:
        """Write down what is owed, and send some; `None`: there was nothing to do."""
        owed = self._shell.run(partial(acts.take, teller=self._teller))
        works, over = self._shell.run(self.claim)
        if not owed and not works and not over:
            return None
        ends = time.monotonic() + BUDGET_S
        return sum(self._sent(work, is_late=time.monotonic() > ends) for work in works)

    def claim(self, conn: Connection) -> tuple[list[Work], int]:
        """Claim messages, and take those back that are not true any more; return how many."""
        now = clock.now(conn)
        works, over = [], 0
        for message in messages.claim(conn, now, now + LEASE, AT_ONCE):
            try:
                holder, ways = self._teller.opened(conn, message)
            except SealBroken:
                over += messages.finish(conn, message, OVER, now, "it was erased", None)
                continue
            if why := self._why_over(conn, message, holder, now):
                over += messages.finish(conn, message, OVER, now, why, None)
            else:
                works.append(Work(message=message, holder=holder, ways=ways))
        return works, over

    def note(self, conn: Connection, work: Work, posted: Posted) -> None:
        """Note what became of a message; of one that somebody else has by now, nothing."""
        now, message = clock.now(conn), work.message
        if posted.is_taken:
            messages.finish(conn, message, SENT, now, posted.reply, None)
            return
        if not posted.is_refused and now - message.made_at < GIVE_UP:
            pause = BACK_OFF[min(message.tries, len(BACK_OFF)) - 1]
            messages.finish(conn, message, WAITING, now, posted.reply, now + pause)
            return
        if messages.finish(conn, message, FAILED, now, posted.reply, None) and work.ways[1:]:
            following = replace(
                message, channel=work.ways[1].channel, made_at=now, state=WAITING, reply=""
            )
            sealed = self._teller.sealed(conn, following, work.holder, work.ways[1:])
            messages.write(conn, sealed, now)

    # --- the parts --------------------------------------------------------------------------------

    def _why_over(self, conn: Connection, message: Message, holder: str, now: datetime) -> str:
        """Say why a message is not to be sent any more; empty: it is."""
        if message.what in acts.ENDING:
            return ""
        held = messages.tenure(conn, message.number, message.epoch)
        found = lines.find(conn, message.number)
        if held is None or not held[1] or found is None:
            return "the tenure has ended"
        line = found.state
        if message.what == OWED and (line.order is None or not line.order.is_live):
            return "the standing order was stopped"
        if message.what != remind.REMINDER:
            return ""
        if message.deadline is not None and message.deadline <= now:
            return "the deadline has passed"
        if line.version == message.version:
            return ""
        zone = self._teller.terms.rules[line.pin].zone
        wishes = self._teller.wishes_of(conn, holder, zone)
        is_true = remind.stands(self._teller, line, message.key, wishes, now)
        return "" if is_true else "the deadline has moved"

    def _sent(self, work: Work, *, is_late: bool) -> bool:
        message = work.message
        if is_late:
            self._shell.run(partial(self._put_back, work=work))
            return False
        posted = self._post(work.ways[0], message)
        if posted.is_taken and message.what == OWED:
            self._told(message)
        self._shell.run(partial(self.note, work=work, posted=posted))
        return posted.is_taken

    def _put_back(self, conn: Connection, work: Work) -> None:
        now = clock.now(conn)
        messages.finish(conn, work.message, WAITING, now, "", now)

    def _post(self, way: Way, message: Message) -> Posted:
        if way.channel == PUSH:
            return self._pushed(way)
        if way.channel != EMAIL:
            if self._ways.texts is None:
                return Posted(code=503, reply="nothing sends short messages")
            self._ways.texts.send(way.to, way.text)
            return Posted(code=250, reply="given to the network")
        if self._ways.mail is None:
            return Posted(code=503, reply="nothing sends mail")
        pages = self._teller.pages
        letter = Letter(
            id=message.id,
            to=way.to,
            subject=way.title,
            text=way.text,
            html=as_html(Said(title=way.title, text=way.text), message.language, pages),
            language=message.language,
            at=message.made_at,
            preferences_url=f"{pages}/my/preferences/" if pages else "",
        )
        return self._ways.mail.send(letter)

    def _pushed(self, way: Way) -> Posted:
        """Push to each place; one of them that has it is enough, and which is nobody's business."""
        if self._ways.push is None:
            return Posted(code=503, reply="nothing pushes")
        note = Note(title=way.title, text=way.text, url=way.url)
        said = [self._ways.push.send(target, note) for target in way.to.splitlines()]
        if taken := sum(each.is_taken for each in said):
            return Posted(code=250, reply=f"taken at {taken} of {len(said)} places")
        # What may be taken later is waited for.
        return min(said, key=lambda each: each.code)

    def _told(self, message: Message) -> None:
        """
        Say that the notice of a charge was handed over, under a key that follows from the message.

        A refusal says that the order has moved on: nothing is charged by this notice.
        """
        with_order = self._shell.run(partial(lines.find, number=message.number))
        order = None if with_order is None else with_order.state.order
        if order is None or message.deadline is None:
            return
        ask = Ask(
            id=self._new_id(),
            verb="tell_order",
            subject=message.number,
            key=f"message:{message.id}",
            principal=PRINCIPAL,
            channel=CHANNEL,
            payload={
                "order": order.id,
                "deadline": message.deadline.isoformat(),
                "evidence": f"{message.channel} message {message.id}",
            },
        )
        (answer,) = self._shell.answer([ask])
        if isinstance(answer, OutcomeUnknown | HouseClosed):
            raise answer


def is_due(conn: Connection) -> bool:
    """Whether somebody is to be told something now."""
    return messages.is_due(conn)
