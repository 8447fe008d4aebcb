"""
A pretended post office: a mail server on the loopback that keeps what it is given.

It speaks SMTP (and STARTTLS where it has a certificate), and does to letters what servers do: puts
a stranger off, is busy, refuses an address, or takes a letter and breaks off before it says so.
"""

from __future__ import annotations

import asyncio
import mailbox
import random
import ssl
import threading
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Self, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

#: Where the demo keeps what it was given, in the data folder.
MAILBOX = "mailbox"
#: What may become of a letter.
TAKEN, GREYLISTED, BUSY, REFUSED, SPAM, LOST = FATES = (
    *("taken", "greylisted", "busy", "refused", "spam", "lost"),
)
_AT_ADDRESS = {
    GREYLISTED: "451 4.7.1 Greylisted, come again",
    REFUSED: "550 5.1.1 No such mailbox",
}
_AT_LETTER = {
    BUSY: "452 4.3.1 Insufficient storage",
    SPAM: "554 5.7.1 Not wanted here",
}


def by_chance(seed: int) -> Iterator[str]:
    """Yield fates without end, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - it plays, it keeps no secret
    while True:
        yield chance.choice((TAKEN, TAKEN, GREYLISTED, BUSY, LOST))


class PostOffice:
    """Takes letters while it is entered; each meets the next fate, and is taken after the last."""

    def __init__(
        self,
        folder: Path | None = None,
        fates: Iterable[str] = (),
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._folder, self._fates, self._context = folder, iter(fates), context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        #: Whom each letter was for and what it was, those that were given twice, too.
        self.received: list[tuple[str, EmailMessage]] = []
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Hear whom a letter is for."""
        fate = next(self._fates, TAKEN)
        if fate in _AT_ADDRESS:
            return _AT_ADDRESS[fate]
        envelope.rcpt_tos.append(address)
        envelope.fate = fate  # type: ignore[attr-defined]
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter, or not."""
        fate: str = envelope.fate  # type: ignore[attr-defined]
        if fate in _AT_LETTER:
            return _AT_LETTER[fate]
        content = envelope.original_content or b""
        letter = message_from_bytes(content, policy=SMTPUTF8)
        self.received += [(to, letter) for to in envelope.rcpt_tos]
        if self._folder is not None:
            mailbox.Maildir(self._folder).add(content)
        if fate == LOST:
            cast("asyncio.WriteTransport", server.transport).abort()
        return "250 2.0.0 OK"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> asyncio.Server:
        return await self._loop.create_server(self._smtp, "127.0.0.1", 0)

    async def _close(self) -> None:
        self._server.close()
        # Those who are still talking are cut off.
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _smtp(self) -> SMTP:
        return SMTP(
            self,
            hostname="post-office.example",
            enable_SMTPUTF8=True,
            tls_context=self._context,
            require_starttls=self._context is not None,
            loop=self._loop,
        )


def kept(folder: Path, most: int = 20) -> list[EmailMessage]:
    """Return the letters in a folder that a post office has kept, the last first."""
    if not folder.is_dir():
        return []
    box = mailbox.Maildir(folder, create=False)
    # They are named by when they came.
    found = map(box.get_bytes, sorted(box.iterkeys(), reverse=True)[:most])
    return [message_from_bytes(each, policy=SMTPUTF8) for each in found]
