"""
Hand-over: an operator's own app opens the holder's pages signed in, by a link that works once.

    https://keep.example/in#AAEd0...(88 characters)
                            bucket · secret · MAC

The secret has 256 bits, and only its SHA-256 is kept. It stands behind the #, which browsers send
nowhere and no server writes into a log. A token that was made up fails its MAC before the database
is asked anything. A link belongs to a tenure: when the number goes to somebody else, it is dead.

    Refusal
    └── HandoverRefusal
        ├── NowhereToHandOver  nobody has said where the holders' pages are
        ├── NobodyToHandOver   not a line of the operator's, or nobody holds it
        └── LinkDead           forged, used, too late, or of a tenure that has ended
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from baohao.app.partners.keys import Chance
from baohao.core.bucket import bucket_of
from baohao.core.refusals import Refusal
from baohao.store import handovers
from baohao.store.sql import Connection

#: Returns the HMAC-SHA256 of a text under a key of the house.
Sign = Callable[[bytes], bytes]

#: From the app to the browser takes seconds; a phone may have to be unlocked first.
GOOD_FOR = timedelta(minutes=5)
BUCKET_BYTES, SECRET_BYTES = 2, 32
_BODY = BUCKET_BYTES + SECRET_BYTES
#: What is signed begins with it, so that no other use of the house's key makes a link.
_PURPOSE = b"handover\0"
#: 66 bytes are a whole number of letters: each token is written in one way only.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{88}", re.ASCII)


class HandoverRefusal(Refusal):
    """Nobody is handed over."""

    code = "handover"


class NowhereToHandOver(HandoverRefusal):
    """The pages of holders are not configured here: set BAOHAO_HOLDER_URL."""

    code = "handover.not_configured"


class NobodyToHandOver(HandoverRefusal):
    """The number {number} is none of the operator's lines, or nobody holds it."""

    code = "handover.nobody"


class LinkDead(HandoverRefusal):
    """This link does not work, or no more: open the page from the operator's app again."""

    code = "handover.dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link into a tenure. Whoever has it first is in, so it is shown nowhere."""

    url: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The tenure that a link has opened."""

    number: str
    epoch: int


def issue(
    conn: Connection,
    operator: str,
    number: str,
    *,
    pages: str | None,
    chance: Chance,
    sign: Sign,
    ttl: timedelta = GOOD_FOR,
) -> Link:
    """
    Make a link to `pages` for whoever holds a number of an operator's.

    Raises `NobodyToHandOver`, and `NowhereToHandOver` without pages.

    The operator vouches for its holder, so only its own systems may ask: scope `handover`.
    """
    if pages is None:
        raise NowhereToHandOver()
    secret = chance(SECRET_BYTES)
    until = handovers.add(conn, sha256(secret).digest(), operator, number, ttl)
    if until is None:
        raise NobodyToHandOver(number=number)
    body = bucket_of(number).to_bytes(BUCKET_BYTES) + secret
    token = urlsafe_b64encode(body + sign(_PURPOSE + body)).decode()
    return Link(url=f"{pages.rstrip('/')}/in#{token}", until=until)


def redeem(conn: Connection, token: str, sign: Sign) -> Entered:
    """
    Use what stands behind the # of a link, and return the tenure that it opens.

    Once, in time, and only while that tenure is the open one; raises `LinkDead` for every other
    token alike. The tenure stays open until the caller commits: a session that is begun in the same
    transaction is there to be ended with it.
    """
    if _TOKEN.fullmatch(token) is None:
        raise LinkDead()
    whole = urlsafe_b64decode(token)
    body, mac = whole[:_BODY], whole[_BODY:]
    if not compare_digest(sign(_PURPOSE + body), mac):
        raise LinkDead()
    bucket, secret = int.from_bytes(body[:BUCKET_BYTES]), body[BUCKET_BYTES:]
    opened = handovers.use(conn, bucket, sha256(secret).digest())
    if opened is None:
        raise LinkDead()
    number, epoch = opened
    return Entered(number=number, epoch=epoch)
