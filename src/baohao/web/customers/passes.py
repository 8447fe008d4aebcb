"""
Passes: links that a keeper gives to a customer, to look at their cards or to take them over.

    nWQK...(43 letters)
    a random id · MAC

The address is the key. It ends by itself, and its keeper may take it back; who reads the database
without the house's key cannot write it.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from hmac import compare_digest
from uuid import UUID

from django.db import transaction

from baohao.outside.ids import new_id
from baohao.web.customers.models import Pass
from baohao.web.desk import desk

#: How long each kind is good.
LASTS = {Pass.LOOK: timedelta(days=180), Pass.TAKE: timedelta(days=7)}
_ID_BYTES, _MAC_BYTES = 16, 16
#: What is signed begins with it, so that no other use of the house's key makes an address.
_PURPOSE = b"card pass\0"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def make(kind: str, keeper: str, customer: UUID) -> Pass:
    """Make a link in place of the one of that kind that was there."""
    now = desk().now()
    with transaction.atomic():
        revoke(kind, keeper, customer)
        return Pass.objects.create(
            id=new_id(),
            kind=kind,
            keeper=keeper,
            customer=customer,
            made_at=now,
            until=now + LASTS[kind],
        )


def revoke(kind: str, keeper: str, customer: UUID) -> None:
    """Take a link back."""
    Pass.objects.filter(kind=kind, keeper=keeper, customer=customer).update(is_revoked=True)


def standing(kind: str, keeper: str, customer: UUID) -> Pass | None:
    """Return the link of a kind that a customer has; `None`: they have none."""
    found = Pass.objects.filter(kind=kind, keeper=keeper, customer=customer, is_revoked=False)
    return found.filter(used_by="", until__gt=desk().now()).order_by("-made_at").first()


def token(made: Pass) -> str:
    """Return a link's token."""
    return urlsafe_b64encode(made.id.bytes + _mac(made.kind, made.id)).decode().rstrip("=")


def read(kind: str, text: str) -> Pass | None:
    """Return the link of a token, however it stands; `None`: there is no such."""
    if _TOKEN.fullmatch(text) is None:
        return None
    told = urlsafe_b64decode(text + "=")
    id_ = UUID(bytes=told[:_ID_BYTES])
    if not compare_digest(told[_ID_BYTES:], _mac(kind, id_)):
        return None
    return Pass.objects.filter(id=id_, kind=kind).first()


def is_good(found: Pass) -> bool:
    """Whether a link may be opened."""
    return not found.is_revoked and desk().now() < found.until


def _mac(kind: str, id_: UUID) -> bytes:
    return desk().house.seals.sign(_PURPOSE + kind.encode() + b"\0" + id_.bytes)[:_MAC_BYTES]
