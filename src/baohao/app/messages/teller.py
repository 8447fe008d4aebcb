"""
The teller: writes a message down for one holder, by the way that reaches them.

It is worded once, when it is written down: it has dates and no "in three days", so that it is true
for as long as it is sent at all. What would be sent next if the first way fails is worded with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import msgspec

from baohao.app.messages import preferences, tokens
from baohao.app.messages.preferences import Preferences
from baohao.app.messages.wording import EMAIL, PUSH, SMS, Facts, Words
from baohao.app.ports import SealBroken, Seals, Vault
from baohao.core.asks import Terms
from baohao.core.ids import following
from baohao.core.line.fold import policy_of
from baohao.core.line.state import LineState
from baohao.core.operators import Operator
from baohao.core.reminders import Reminder, Wishes
from baohao.store import messages
from baohao.store.messages import FAILED, WAITING, Message
from baohao.store.sql import Connection

#: Letters that are not mistaken for others when they are read out (Crockford's base 32).
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LETTERS = 8
#: How a holder is told whom nothing reaches.
NOBODY = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A message as one channel takes it."""

    id: UUID
    channel: str
    #: An address; of pushes each on a line of its own.
    to: str
    title: str
    text: str
    #: What a tap on it opens, where it can be tapped on.
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is told, to whoever held a number in a tenure."""

    id: UUID
    #: "reminder", or the act.
    what: str
    key: str
    holder: str
    epoch: int
    facts: Facts
    deadline: datetime | None = None
    #: Channels that the policy names, in order.
    named: Sequence[str] = ()
    #: By each way that there is, not by the first alone.
    by_all: bool = False
    #: The number that short messages go to; empty: it is somebody else's by now.
    handset: str = ""


class Cards(Protocol):
    """Says what a reminder of a card of another operator's is about."""

    def facts(
        self, conn: Connection, line: LineState, reminder: Reminder, now: datetime
    ) -> Facts | None:
        """Return it; `None`: its keeper has let the card go."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Writes messages down, by what the house has to send them."""

    terms: Terms
    operators: Mapping[str, Operator]
    seals: Seals
    vault: Vault
    #: Where the pages are; empty: nowhere.
    pages: str
    #: What can be sent at all.
    channels: frozenset[str]
    #: What is said of cards that people keep.
    cards: Cards | None = None

    def preferences(self, conn: Connection, holder: str) -> Preferences:
        """Return what a holder has said of being told; what cannot be read was not said."""
        try:
            return preferences.read(conn, self.vault, holder) if holder else Preferences()
        except SealBroken:
            return Preferences()

    def wishes_of(self, conn: Connection, holder: str, usual: tzinfo) -> Wishes:
        """Return what a holder has said as the rules of reminders take it."""
        return self.preferences(conn, holder).wishes(usual)

    def write(self, conn: Connection, line: LineState, event: Event, now: datetime) -> int:
        """Write a message down for each way by which it is told; return how many are new."""
        said = self.preferences(conn, event.holder)
        language = preferences.language_of(said, self.operators[line.operator].languages)
        ways = [
            self._worded(line, event, said, language, n, channel, to)
            for n, (channel, to) in enumerate(self._ways(conn, event, said))
        ]
        if not ways:
            nowhere = self._row(line, event, NOBODY, language, now)
            return messages.write(conn, replace(nowhere, state=FAILED, done_at=now), None)
        spare = [] if event.by_all else ways[1:]
        new = 0
        for way in ways if event.by_all else ways[:1]:
            row = self._row(line, event, way.channel, language, now)
            new += messages.write(conn, self.sealed(conn, row, event.holder, [way, *spare]), now)
        return new

    def sealed(self, conn: Connection, row: Message, holder: str, ways: Sequence[Way]) -> Message:
        """Return a message with its words, and those of the ways after it, sealed."""
        first = ways[0]
        plain = msgspec.json.encode([holder, ways]).decode()
        if holder:
            key = preferences.key_of(conn, self.vault, holder)
            sealed = self.vault.seal(key, plain, preferences.context_of(holder))
        else:
            sealed = self.seals.seal(plain, f"message:{row.number}")
        digest = sha256(f"{first.title}\n\n{first.text}".encode()).digest()
        return replace(
            row, id=first.id, digest=digest, sealed=sealed, code=code_of(self.seals, first.id)
        )

    def opened(self, conn: Connection, message: Message) -> tuple[str, list[Way]]:
        """
        Return the holder and the ways of a message; raises `SealBroken` where they were erased.
        """
        if not message.sealed:
            raise SealBroken()
        held = messages.tenure(conn, message.number, message.epoch)
        holder = held[0] if held is not None else ""
        return msgspec.json.decode(self._plain(conn, message, holder), type=tuple[str, list[Way]])

    # --- the parts --------------------------------------------------------------------------------

    def _plain(self, conn: Connection, message: Message, holder: str) -> str:
        found = messages.key_of(conn, holder) if holder else None
        if found is not None:
            try:
                return self.vault.unseal(found[0], message.sealed, preferences.context_of(holder))
            except SealBroken:
                # Nobody was registered yet when it was written down.
                pass
        return self.seals.unseal(message.sealed, f"message:{message.number}")

    def _ways(self, conn: Connection, event: Event, said: Preferences) -> list[tuple[str, str]]:
        """Return the ways to a holder: theirs first, then push, e-mail, and those of the policy."""
        email = ""
        if event.holder and EMAIL in self.channels:
            email = preferences.email_of(conn, self.vault, event.holder, said)
        there = {
            EMAIL: email,
            PUSH: "\n".join(said.targets) if PUSH in self.channels else "",
            SMS: event.handset if SMS in self.channels else "",
        }
        # Who has told us where to push looks there first.
        order = dict.fromkeys((*said.channels, PUSH, EMAIL, *event.named, SMS))
        return [(channel, there[channel]) for channel in order if there.get(channel)]

    def _worded(
        self,
        line: LineState,
        event: Event,
        said: Preferences,
        language: str,
        n: int,
        channel: str,
        to: str,
    ) -> Way:
        id_ = following(event.id, n)
        zone = policy_of(self.terms.rules, line.pin).zone
        words = Words(
            language=language,
            channel=channel,
            operator=self.operators[line.operator],
            zone=zone,
            reader_zone=said.wishes(zone).zone,
            pages=self.pages,
            code=code_of(self.seals, id_),
            done=tokens.token(line.number, id_, self.seals.sign) if event.facts.card else "",
        )
        written = words.of(event.facts)
        return Way(
            id=id_,
            channel=channel,
            to=to,
            title=written.title,
            text=written.text,
            url=written.url,
        )

    @staticmethod
    def _row(line: LineState, event: Event, channel: str, language: str, now: datetime) -> Message:
        return Message(
            id=event.id,
            number=line.number,
            epoch=event.epoch,
            what=event.what,
            key=event.key,
            channel=channel,
            language=language,
            deadline=event.deadline,
            version=line.version,
            digest=b"",
            sealed="",
            code="",
            made_at=now,
            state=WAITING,
        )


def code_of(seals: Seals, id_: UUID) -> str:
    """Return the code that a message carries: nobody else can make one that is found."""
    mac = int.from_bytes(seals.sign(b"message code\0" + id_.bytes)[:8])
    return "".join(_LETTERS[mac >> 5 * n & 31] for n in range(CODE_LETTERS))


def read_code(text: str) -> str:
    """Return a code as it is kept, from what somebody typed; empty: it is none."""
    bare = "".join(letter for letter in text.upper() if letter.isalnum())
    plain = bare.translate(str.maketrans("OIL", "011"))
    is_code = len(plain) == CODE_LETTERS and set(plain) <= set(_LETTERS)
    return plain if is_code else ""
