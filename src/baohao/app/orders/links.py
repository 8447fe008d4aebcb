"""
Links that stop a standing order: one tap, without a sign-in, as often as anybody likes.

    AAEBkG...(56 letters)
    bucket · the order's id · MAC

Whoever has a link can stop this one order and nothing else, and learns nothing by it: no number, no
price, not even whether the order went on until then. A link is as good as the order is old: it has
no end, for a message is read months later too.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hmac import compare_digest
from uuid import UUID

from baohao.app.door import Answered
from baohao.app.shell import Shell
from baohao.core.asks import Ask
from baohao.core.bucket import bucket_of
from baohao.core.decide.ordering import OrderUnknown
from baohao.core.refusals import Refusal
from baohao.store import standing_orders

#: Returns the HMAC-SHA256 of a text under a key of the house.
Sign = Callable[[bytes], bytes]

#: Who asks, and where.
PRINCIPAL, CHANNEL = "link", "link"
BUCKET_BYTES, ID_BYTES, MAC_BYTES = 2, 16, 24
_BODY = BUCKET_BYTES + ID_BYTES
#: What is signed begins with it, so that no other use of the house's key makes a link.
_PURPOSE = b"stop order\0"
#: 42 bytes are a whole number of letters: each token is written in one way only.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{56}", re.ASCII)


class LinkForged(Refusal):
    """This link does not work: open it as it came, or ask at a counter to stop the order."""

    code = "standing_orders.link"


def link(number: str, order: str, sign: Sign) -> str:
    """Return the token that stops an order."""
    body = bucket_of(number).to_bytes(BUCKET_BYTES) + UUID(order).bytes
    return urlsafe_b64encode(body + _mac(body, sign)).decode()


def stop(shell: Shell, token: str, sign: Sign, new_id: Callable[[], UUID]) -> None:
    """
    Stop the order that a token is of; one that is over already stays so.

    Raises `LinkForged` for a token that is none of ours, and what the door raises.
    """
    if _TOKEN.fullmatch(token) is None:
        raise LinkForged()
    whole = urlsafe_b64decode(token)
    body, mac = whole[:_BODY], whole[_BODY:]
    if not compare_digest(_mac(body, sign), mac):
        raise LinkForged()
    bucket, order = int.from_bytes(body[:BUCKET_BYTES]), UUID(bytes=body[BUCKET_BYTES:])
    number = shell.run(lambda conn: standing_orders.number_of(conn, bucket, order))
    if number is not None:
        (answer,) = shell.answer([stopping(number, str(order), PRINCIPAL, CHANNEL, new_id())])
        # Its tenure ended, or another took its place, between the two: it is over.
        if not isinstance(answer, Answered | OrderUnknown):
            raise answer


def stopping(number: str, order: str, principal: str, channel: str, id_: UUID) -> Ask:
    """Return the ask that stops an order."""
    return Ask(
        id=id_,
        verb="stop_order",
        subject=number,
        # Doing it twice changes nothing, and the second is told the same.
        key=str(id_),
        principal=principal,
        channel=channel,
        payload={"order": order},
    )


def _mac(body: bytes, sign: Sign) -> bytes:
    return sign(_PURPOSE + body)[:MAC_BYTES]
