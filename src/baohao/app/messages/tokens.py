"""
Tokens of messages: what a message gives its reader to answer it by, without a sign-in.

    AAEBkG...(56 letters)
    bucket · the message's id · MAC

It names the message, and so the tenure and the deadline that it is about. Who reads the database
without the house's key cannot write one.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hmac import compare_digest
from uuid import UUID

from baohao.core.bucket import bucket_of
from baohao.store import messages
from baohao.store.messages import Message
from baohao.store.sql import Connection

#: Returns the HMAC-SHA256 of a text under a key of the house.
Sign = Callable[[bytes], bytes]

BUCKET_BYTES, ID_BYTES, MAC_BYTES = 2, 16, 24
_BODY = BUCKET_BYTES + ID_BYTES
#: What is signed begins with it, so that no other use of the house's key makes one.
_PURPOSE = b"message done\0"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{56}", re.ASCII)


def token(number: str, id_: UUID, sign: Sign) -> str:
    """Return the token of a message about a line."""
    body = bucket_of(number).to_bytes(BUCKET_BYTES) + id_.bytes
    return urlsafe_b64encode(body + _mac(body, sign)).decode()


def found(conn: Connection, text: str, sign: Sign) -> Message | None:
    """Return the message that a token is of; `None`: it is none of ours."""
    if _TOKEN.fullmatch(text) is None:
        return None
    whole = urlsafe_b64decode(text)
    body, mac = whole[:_BODY], whole[_BODY:]
    if not compare_digest(_mac(body, sign), mac):
        return None
    bucket, id_ = int.from_bytes(body[:BUCKET_BYTES]), UUID(bytes=body[BUCKET_BYTES:])
    return messages.of_id(conn, bucket, id_)


def _mac(body: bytes, sign: Sign) -> bytes:
    return sign(_PURPOSE + body)[:MAC_BYTES]
